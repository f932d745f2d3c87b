import { answeredFlows, closedFlows, type FlowMatch, matchFlow } from "./flows.ts";
import { type InboundMessage, type Intent, type PersonFacts, type Sender } from "./message.ts";
import { type CountryBook, GUARDED, type PhraseSign, type Place, type Rulebook } from "./rulebook/rulebook.ts";
import { type Sign } from "./rulebook/rulebook_schema.ts";
import { edgesOf } from "./text/edges.ts";
import { type KeywordMatch } from "./text/keywords.ts";
import { offeredWords } from "./text/offers.ts";
import { ownWords } from "./text/own_words.ts";
import { type PhraseMatch } from "./text/phrases.ts";
import { reportedIn } from "./text/reported.ts";
import { drawnIn, type Token, tokenize } from "./text/text.ts";
import { MINUTE, minutesSince } from "./time/since.ts";

/** The facts about a message from a person, each computed at most once and only when a rule asks. */

export class InboundFrame {
  readonly [fact: string]: unknown;
  intent: Intent = "none";
  /** What the person wrote, without what they only quote. */
  readonly tokens: readonly Token[];
  readonly quoted: boolean;
  readonly keyword: KeywordMatch | null;
  #understood: Meaning | undefined;
  #typed: string | null | undefined;
  #offered: boolean | undefined;
  #yes: boolean | undefined;
  #flow: FlowMatch | null | undefined;

  constructor(
    readonly message: InboundMessage,
    /** Null when the message came to an address that is no sender of ours. */
    readonly sender: Sender | null,
    readonly person: PersonFacts,
    readonly place: Place,
    readonly book: CountryBook,
    readonly rulebook: Rulebook,
    readonly now: number,
  ) {
    const own = ownWords(message.text, rulebook.reactions, message.answered ?? []);
    this.tokens = drawnIn(own.tokens);
    this.quoted = own.quoted;
    // "STOP CLUB" leaves what CLUB brought.
    const tails = [...this.#names, ...rulebook.flowWords];
    this.keyword = book.keywords.match(this.tokens, { optedOut: this.opted_out, tails });
  }

  /** What a person may name beside a keyword. */
  get #names(): string[] {
    const { sender } = this;
    return sender === null ? [] : [sender.address, sender.brand, ...(sender.stop_number ? [sender.stop_number] : [])];
  }
  get opted_out(): boolean {
    return this.person.suppressions.some((one) =>
      one.scope === "commercial" || one.sender === null || one.sender === this.sender?.address
    );
  }
  get flowMatch(): FlowMatch | null {
    if (this.#flow === undefined) {
      this.#flow = matchFlow(this.rulebook.flows, this.tokens, this.sender?.address ?? null, this.#names, this.now);
    }
    return this.#flow;
  }
  get flow(): string {
    return this.flowMatch?.id ?? "none";
  }
  get flows_closed(): string[] {
    return closedFlows(this.rulebook.flows, this.sender?.address ?? null, this.now);
  }
  get flows_answered(): string[] {
    return answeredFlows(this.rulebook.flows, this.person.replies, this.now);
  }
  get asked(): boolean {
    // What another's account brings is no answer to this sender.
    return this.sender !== null && this.person.question !== null;
  }
  get says_yes(): boolean {
    return this.#yes ??= this.rulebook.yes.match(this.tokens, { optedOut: true, tails: this.#names }) !== null;
  }
  get may_return(): boolean {
    return this.opted_out && this.person.suppressions.every((one) => one.source !== "operator");
  }
  get keyword_conditional(): boolean {
    return this.keyword?.conditional ?? false;
  }
  /** An ordinary message, to which an answer is conversation; one that holds an opt-out word is not, whatever it meant by it. */
  get conversational(): boolean {
    return this.intent === "none" && this.text_kind === "words" && this.signs.length === 0 && !this.reported &&
      (this.guard || !this.book.keywords.mentions(this.tokens, "opt_out"));
  }
  get keyword_intent(): string {
    return this.keyword?.intent ?? "none";
  }
  get keyword_tier(): string {
    return this.keyword?.tier ?? "none";
  }
  get guard(): boolean {
    return this.#meaning.guard !== null;
  }
  get reported(): boolean {
    return this.#meaning.reported !== null;
  }
  get signs(): string[] {
    return [...this.#meaning.signs.keys()];
  }
  get text_kind(): "words" | "quote" | "numbers" | "automatic" {
    if (this.tokens.length === 0) return this.quoted ? "quote" : "words";
    if (this.#meaning.signs.has("automatic")) return "automatic";
    return this.tokens.every(isFigure) ? "numbers" : "words";
  }
  get offered(): boolean {
    if (this.#offered === undefined) {
      const words = offeredWords(this.message.answered ?? [], this.rulebook.offers);
      this.#offered = words.length > 0 && words.includes(this.book.typing.match(this.#bare, words) ?? "");
    }
    return this.#offered;
  }
  get typing_error(): boolean {
    return this.#mistyped !== null;
  }
  /** Worked out once: every phrase, and those that a guard does not speak against. */
  get #meaning(): Meaning {
    return this.#understood ??= understoodTwice(this);
  }
  get #mistyped(): string | null {
    if (this.#typed === undefined) this.#typed = this.book.typing.match(this.#bare);
    return this.#typed;
  }
  /** The text without politeness and names around it. */
  get #bare(): readonly Token[] {
    return withoutTails(this);
  }
  get carrier_intent(): string {
    return this.message.carrier_intent ?? "none";
  }
  get from_country(): string {
    return this.place.country ?? "unknown";
  }
  get from_kind(): "msisdn" | "machine" {
    return this.message.from.startsWith("+") ? "msisdn" : "machine";
  }
  get country() {
    return this.book.table;
  }
  get stop_reply(): string {
    return this.message.stop_reply;
  }
  get minutes_since_opt_out_confirmation(): number {
    return this.#minutesSinceReply("opt_out_confirmation");
  }
  get minutes_since_opt_in_confirmation(): number {
    return this.#minutesSinceReply("opt_in_confirmation");
  }
  get minutes_since_help(): number {
    return this.#minutesSinceReply("help");
  }
  get automatic_replies_24h(): number {
    return this.person.replies.filter((reply) => reply.at > this.now - 1440 * MINUTE).length;
  }
  get consent_before_opt_out(): boolean {
    return this.person.consent_before_opt_out;
  }
  get resubscription_offered(): boolean {
    const offer = this.person.replies.find((reply) => reply.kind === "opt_out_confirmation");
    if (offer === undefined || this.keyword === null) return false;
    const word = tokenize(this.keyword.words).map((token) => token.text).join(" ");
    return ` ${tokenize(offer.text).map((token) => token.text).join(" ")} `.includes(` ${word} `);
  }
  /** Words for reason templates, as the person wrote them: those of the first of `signs` that is there, else what was found. */
  wordsOf(signs: readonly string[]): string | null {
    const span = this.#spanOf(signs);
    return span === null ? null : this.message.text.slice(span.start, span.end);
  }
  #spanOf(signs: readonly string[]): Span | null {
    const { signs: shown, guard, reported } = this.#meaning;
    for (const sign of signs) {
      const span = shown.get(sign);
      if (span !== undefined) return span;
    }
    if (this.keyword !== null) return spanOf(this.message.text, this.tokens, this.keyword);
    if (this.#isWhole) return spanOf(this.message.text, this.tokens, { from: 0, to: this.tokens.length });
    return reported ?? guard;
  }
  /** The text as a whole is what was understood. */
  get #isWhole(): boolean {
    return this.typing_error || this.offered || this.asked && this.says_yes || this.flowMatch !== null;
  }
  /** Every place in the text that means something, for those who show it: `keyword`, `whole`, `guard`, `reported`, or a sign. */
  marks(): ({ kind: string } & Span)[] {
    const { signs, guard, reported } = this.#meaning;
    const all: [string, Span | null][] = [
      ["keyword", this.keyword === null ? null : spanOf(this.message.text, this.tokens, this.keyword)],
      ...signs,
      ["guard", guard],
      ["reported", reported],
      [
        "whole",
        this.keyword === null && this.#isWhole
          ? spanOf(this.message.text, this.tokens, { from: 0, to: this.tokens.length })
          : null,
      ],
    ];
    return all.flatMap(([kind, span]) => span === null ? [] : [{ kind, ...span }]);
  }

  #minutesSinceReply(kind: string): number {
    return minutesSince(this.person.replies.find((reply) => reply.kind === kind)?.at ?? null, this.now);
  }
}

/** Offsets into the text as the person wrote it. */
interface Span {
  start: number;
  end: number;
}

interface Meaning {
  signs: Map<string, Span>;
  guard: Span | null;
  /** Words of leaving that somebody else said. */
  reported: Span | null;
}

/** What the phrases show; where that is no wish and no guard, what they show with unknown words read otherwise. */
function understoodTwice(frame: InboundFrame): Meaning {
  const { tokens, keyword, rulebook } = frame;
  const meaning = understood(frame, tokens);
  if (
    keyword !== null || meaning.guard !== null || meaning.reported !== null ||
    SETTLED_SIGNS.some((sign) => meaning.signs.has(sign))
  ) {
    return meaning;
  }
  const least = tokens.length === 1 ? 2 : RESPELLED_PHRASE;
  for (const reading of rulebook.respelling.readings(tokens)) {
    const other = understood(frame, reading, least);
    if (other.signs.has("opt_out") && other.guard === null) return other;
  }
  return meaning;
}
/** Words of a phrase that is believed although one of them was read otherwise; in a text of one word it may be shorter. */
const RESPELLED_PHRASE = 3;
/** With one of these a text is understood as it is written. */
const SETTLED_SIGNS: readonly Sign[] = [
  "opt_out",
  "opt_in",
  "help",
  "wrong_number",
  "never_signed_up",
  "automatic",
  "health",
];

/**
 * What the phrases of at least `least` words show, with the words of the longest for each sign; a phrase that a guard overlaps
 * shows nothing.
 */
function understood({ message, rulebook }: InboundFrame, tokens: readonly Token[], least = 1): Meaning {
  const edges = edgesOf(message.text, tokens, rulebook.tails);
  const found = rulebook.phrases.match(tokens, edges);
  // A guard speaks for its own sentence: "absolutely not - stop" is no "not stop", and "Non. Stop." no "non-stop".
  const guards = [
    ...rulebook.guards.match(tokens, edges).map(({ from, to }) => ({ from, to, against: GUARDED })),
    ...found.flatMap(({ value, from, to }) => value.sign === "guard" ? [{ from, to, against: value.against }] : []),
  ].filter(({ from, to }) => !edges.breaks.slice(from + 1, to).includes(true));
  const quotations = found.some(({ value }) => value.sign === "says_again")
    ? []
    : reportedIn(message.text, tokens, rulebook.tails);
  const longest = new Map<Sign, PhraseMatch<PhraseSign>>();
  let reported: PhraseMatch<PhraseSign> | null = null;
  for (const one of found) {
    const { sign } = one.value;
    if (sign === "guard" || one.to - one.from < least) continue;
    if (!SIGNS_OF_ANYBODY.includes(sign) && quotations.some(({ from, to }) => from <= one.from && one.to <= to)) {
      if (sign === "opt_out") reported ??= one;
      continue;
    }
    if (guards.some(({ from, to, against }) => from < one.to && one.from < to && against.includes(sign))) continue;
    if (GUARDED.includes(sign) && isBanter(message.text, tokens, one)) continue;
    const known = longest.get(sign);
    if (known === undefined || one.to - one.from > known.to - known.from) longest.set(sign, one);
  }
  const words = (range: { from: number; to: number }) => spanOf(message.text, tokens, range);
  const guard = guards.find(({ against }) => against.includes("opt_out"));
  return {
    signs: new Map([...longest].map(([sign, one]) => [sign, words(one)])),
    guard: guard === undefined ? null : words(guard),
    reported: reported === null || longest.has("opt_out") ? null : words(reported),
  };
}
/** These call for a person whoever said the words. */
const SIGNS_OF_ANYBODY: readonly Sign[] = ["health", "complaint"];

/** "Hör auf 😂": a cry of a word or two before a laughing face is said in play; who names messages means it. */
function isBanter(raw: string, tokens: readonly Token[], { from, to }: { from: number; to: number }): boolean {
  if (to - from > MOST_OF_A_CRY) return false;
  const end = tokens[to - 1]?.end ?? 0;
  return LAUGHING.test(raw.slice(end, tokens[to]?.start));
}
const MOST_OF_A_CRY = 2;
const LAUGHING = /[😂🤣😹😆]/u;

/** A number, or a code that is no word with a figure in it: `482913` and `A4F82`, but not `QUIT2END` or `ST0P`. */
function isFigure({ shape, text }: Token): boolean {
  return shape === "number" || shape === "code" && text.replace(/\d/g, "").length <= text.length / 2;
}

/** The text without the tail words and names at its two ends. */
function withoutTails({ tokens, rulebook }: InboundFrame): readonly Token[] {
  const tails = rulebook.tails.match(tokens);
  let from = 0;
  for (const one of tails) if (one.from === from) from = one.to;
  let to = tokens.length;
  for (const one of tails.toReversed()) if (one.to === to && one.from >= from) to = one.from;
  return from < to ? tokens.slice(from, to) : tokens;
}

function spanOf(raw: string, tokens: readonly Token[], { from, to }: { from: number; to: number }): Span {
  return { start: tokens[from]?.start ?? 0, end: tokens[to - 1]?.end ?? raw.length };
}
