import { type CountryBook, GUARDED, type PhraseSign, type Place, type Rulebook } from "./rulebook.ts";
import { DOUBLE_OPT_IN, type FrequencyCap, type Sign } from "./rulebook_schema.ts";
import { answeredFlows, closedFlows, type FlowMatch, matchFlow } from "./flows.ts";
import { hasLapsed, type PurposeKind, purposeKind } from "./consent.ts";
import type {
  Category,
  ConsentStatus,
  InboundMessage,
  Intent,
  OutboundMessage,
  PersonFacts,
  Sender,
} from "./message.ts";
import { type Composed, type MentionState, mentionState, mentionWay } from "./mention.ts";
import { measure } from "./segment.ts";
import { compileWeek, quiet } from "./quiet_hours.ts";
import { drawnIn, type Token, tokenize } from "./text.ts";
import { edgesOf } from "./edges.ts";
import type { KeywordMatch } from "./keywords.ts";
import { type Content, weighContent } from "./content.ts";
import { offeredWords } from "./offers.ts";
import { ownWords } from "./own_words.ts";
import type { PhraseMatch } from "./phrases.ts";
import { reportedIn } from "./reported.ts";

/**
 * The facts that rules may ask about, each computed at most once and only when a rule asks. Names and meanings are listed in
 * `OUTBOUND_FACTS` and `INBOUND_FACTS`; `rules/README.md` is tested to tell all of them.
 */

/** Stands for "never" in facts that count minutes, so that rules can compare without a special case. */
export const NEVER_MINUTES = 1e9;
/** The same for facts that count days. */
export const NEVER_DAYS = 1e6;

/** Delay after which a message that waits for missing facts is decided again. */
const RETRY_MS = 15 * 60_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** As many words as a reason tells: those that weigh most explain the score, and every decision is stored. */
const TOLD_WORDS = 8;

export const OUTBOUND_FACTS = {
  classify: {
    to_country: "ISO 3166 code of the recipient's country, or `unknown`",
    to_region: "State or province of the recipient's area code (`FL`), or `unknown`",
    declared_category: "`commercial`, `informative`, or `none` when the caller declared nothing",
    reply_kind:
      "`none`, or which of the gateway's own answers this is: `opt_out_confirmation`, `opt_in_confirmation`, `opt_in_request`, `help`, or `flow`",
    copies: "How many messages of the batch it came in have this very text; 1 for a message sent by itself",
    content_category: "What the words say: `commercial`, `informative` or `unclear`",
    content_score: "Points of the signals and learned words found; positive is advertising",
    conversation_minutes:
      "Minutes since the person last wrote an ordinary message to this sender; a huge number when never, or when they asked for something since",
    settled_category:
      "What a person on the staff settled about this very message (`commercial`, `informative`), or `none`",
    suppression: "`none`, `commercial` (no advertising) or `all` (nothing from this sender)",
    sender: "The sender: `$.address`, `$.kind`, `$.country`, `$.countries`, `$.stop_number`, `$.brand`",
    sender_kind: "`short_code`, `long_code`, `toll_free` or `alphanumeric`",
    sender_serves_country: "True when the sender may be used for the recipient's country",
    country: "The recipient's country file, for example `$.consent.commercial`",
  },
  permit: {
    category: "`commercial` or `informative`, as the classify stage settled it",
    purpose: "What the person must have agreed to: `commercial`, `partner:NAME` or `informative:TYPE`",
    purpose_kind: "`own`, `partner` or `informative`: which kind of purpose that is",
    consent:
      "`granted`, `withdrawn`, `expired`, `disputed` or `none`, for the purpose of the message; `expired` also where the country's file says so",
    consent_soft:
      "True when the consent is the soft opt-in of an own customer (`customer_relationship`), who never said yes",
    minutes_since_opt_in_request:
      "Minutes since this sender last asked the person to confirm a consent; a huge number when never",
    opt_in_request_pause: "Minutes for which it asks no second time (`double_opt_in` of the deployment)",
    open_review:
      "True while a review about the person is open: a reply that may be an opt-out, a complaint, a wrong number",
    advertising_count:
      "Advertisements, from all senders together, sent or planned within one period of the cap that leaves least room",
    advertising_limit: "The cap itself",
    commercial_last_24_hours:
      "Advertisements from all senders that left, or are to leave, in the 24 hours before this message would",
    commercial_last_7_days: "The same in 7 days",
    commercial_last_30_days: "The same in 30 days",
    days_since_last_commercial:
      "Days since the last advertisement before this message would leave; a huge number when there was none in 45 days",
    days_since_last_inbound: "Days since the person last wrote anything, to any sender; a huge number when never",
    mention: "`absent`, `present`, `wrong_number`, or `impossible` when the sender leaves no way to say STOP",
    facts_available: "False when what is known about the person could not be read",
    zones_known: "False when nobody can say in which time zone the recipient may be",
  },
  compose: {},
  release: {
    segments: "Segments of the finished text",
    over_budget: "True when the finished text needs more segments than the caller allows",
    scheduled: "True when the caller asked for a later instant",
    scheduled_at: "That instant",
    quiet:
      "True when advertising is not allowed at the moment the message would leave, in any zone the person may be in",
    quiet_until: "First instant at which it is allowed everywhere",
    outside_window:
      "True when its campaign has sending hours and it would leave outside of them, in any zone the person may be in",
    window_until: "First instant at which it is within them",
    retry_at: "A quarter of an hour from now",
  },
} as const;

export const INBOUND_FACTS = {
  understand: {
    keyword_intent: "Intent of the keyword found (`opt_out`, `opt_in`, `help`), or `none`",
    keyword_tier: "`T1` the whole text is the keyword, `T2` keyword and a short tail, or `none`",
    guard: "True when a guard pattern shows that the word does not mean what it says",
    offered:
      "True when the text is, perhaps mistyped, the word that one of our last messages in the thread offered to leave with",
    typing_error: "True when the text is an opt-out word with a typing error, and no word that exists",
    reported:
      "True when words that ask to leave stand in a quotation beside other words: somebody else's, so that they are no sign",
    signs:
      "What the phrases in it show, as a list: `opt_out`, `opt_in`, `help`, `wrong_number`, `never_signed_up`, `complaint`, `insult`, `health`, `voice_opt_out`, `prefers_texts`, `says_again`, `doubt`, `automatic`",
    text_kind:
      "`words`; `quote` (a phone's reaction or our own words, nothing else), `numbers` (figures or a code) or `automatic` (an auto-reply)",
    carrier_intent: "What the carrier recognised by itself, or `none`",
    keyword_conditional: "True for a keyword that is an ordinary answer otherwise (YES, JA, OUI)",
    opted_out: "True while a suppression stands for this person and sender",
    flow: "Id of the flow whose word the text is, for the sender it was written to, or `none`",
    flows_closed: "Ids of the flows for this sender outside whose hours it is now, as a list",
    flows_answered: "Ids of the flows that have answered this person within their `every_hours`, as a list",
    asked:
      "True while a question of ours (double opt-in) waits for the person's answer, and is the last thing that this sender said but for automatic answers",
    says_yes: "True when the text is a yes in whatever language (YES, OUI, JA, SI), perhaps with politeness",
    may_return: "True while only suppressions stand that a word of the person may lift, not those that staff entered",
    resubscription_offered:
      "True when our last confirmation of an opt-out offered the very word that the person now wrote",
    from_country: "ISO 3166 code of the writer's country, or `unknown`",
    from_kind: "`msisdn`, or `machine` for short codes and names",
    country: "The writer's country file",
  },
  respond: {
    intent: "The intent, as the understand stage settled it",
    stop_reply: "Who answers keywords here: `gateway` or `provider`",
    minutes_since_opt_out_confirmation: "Minutes since our last confirmation of an opt-out; a huge number when never",
    minutes_since_opt_in_confirmation: "The same for confirmations of a return",
    minutes_since_help: "The same for help answers",
    automatic_replies_24h: "Our automatic answers in this thread in the last 24 hours",
    consent_before_opt_out: "True when advertising was consented to before the latest opt-out withdrew it",
  },
} as const;

export class OutboundFrame {
  readonly [fact: string]: unknown;
  category: Category = "commercial";
  composed: Composed | null = null;
  #tokens: Token[] | undefined;
  #content: Content | undefined;
  #quiet: ReturnType<typeof quiet> | undefined;
  #mention: MentionState | undefined;
  #cap: (FrequencyCap & { count: number }) | undefined;
  #sending: ReturnType<typeof quiet> | undefined;

  constructor(
    readonly message: OutboundMessage,
    readonly sender: Sender,
    readonly person: PersonFacts,
    readonly place: Place,
    readonly book: CountryBook,
    readonly rulebook: Rulebook,
    readonly now: number,
  ) {}

  get tokens(): Token[] {
    return this.#tokens ??= tokenize(this.message.text);
  }
  /** When the message would leave if nothing held it. */
  get leavesAt(): number {
    return Math.max(this.now, this.message.scheduled_at ?? 0);
  }
  get to_country(): string {
    return this.place.country ?? "unknown";
  }
  get to_region(): string {
    return this.place.region ?? "unknown";
  }
  get country() {
    return this.book.table;
  }
  get declared_category(): Category | "none" {
    return this.message.category ?? "none";
  }
  get reply_kind(): string {
    const kind = this.message.reply_kind;
    return kind === null ? "none" : kind.startsWith("flow:") ? "flow" : kind;
  }
  get copies(): number {
    return this.message.copies ?? 1;
  }
  get content(): Content {
    return this.#content ??= weighContent(
      this.message.text,
      this.tokens,
      this.book.signals.match(this.tokens),
      this.rulebook.weights,
      this.rulebook.thresholds,
    );
  }
  get content_score(): number {
    return this.content.score;
  }
  get content_category(): Category | "unclear" {
    return this.content.category;
  }
  get conversation_minutes(): number {
    return minutesSince(this.person.last_chat_at, this.now);
  }
  get sender_kind(): string {
    return this.sender.kind;
  }
  get sender_serves_country(): boolean {
    // A sender for a country serves the territories that follow its file.
    return this.sender.countries.length === 0 ||
      (this.place.country !== null &&
        [this.place.country, this.book.table.code].some((code) => this.sender.countries.includes(code)));
  }
  get purpose(): string {
    return this.message.purpose ?? "commercial";
  }
  get purpose_kind(): PurposeKind {
    return purposeKind(this.purpose);
  }
  get consent(): ConsentStatus {
    const { consent, consent_given, last_inbound_at } = this.person;
    if (consent_given === null) return consent;
    return hasLapsed(consent_given, this.purpose, this.book.table.consent, last_inbound_at, this.now)
      ? "expired"
      : consent;
  }
  get consent_soft(): boolean {
    return this.person.consent_given?.soft ?? false;
  }
  get minutes_since_opt_in_request(): number {
    return minutesSince(this.person.replies.find(({ kind }) => kind === "opt_in_request")?.at ?? null, this.now);
  }
  get opt_in_request_pause(): number {
    return (this.rulebook.deployment.double_opt_in ?? DOUBLE_OPT_IN).again_hours * 60;
  }
  get open_review(): boolean {
    return this.person.open_review;
  }
  get settled_category(): Category | "none" {
    return this.message.settled_category ?? "none";
  }
  get suppression(): "none" | "commercial" | "all" {
    let strongest: "none" | "commercial" = "none";
    for (const one of this.person.suppressions) {
      if (one.scope === "all" && (one.sender === null || one.sender === this.sender.address)) return "all";
      strongest = "commercial";
    }
    return strongest;
  }
  /** Of all caps the one that leaves least room; the first of several. */
  get #tightest(): FrequencyCap & { count: number } {
    if (this.#cap !== undefined) return this.#cap;
    const caps = this.book.caps(this.place.region).map((cap) => ({
      ...cap,
      count: this.#sentWithin(cap.hours * HOUR),
    }));
    return this.#cap = caps.reduce((tightest, one) =>
      one.max - one.count < tightest.max - tightest.count ? one : tightest
    );
  }
  /** Others may be planned for later: the fullest of the periods in which this one would leave is what counts. */
  #sentWithin(period: number): number {
    const others = this.person.advertising_at;
    if (others.length === 0) return 0;
    const leaves = this.window.until ?? this.leavesAt;
    const ends = [leaves, ...others.filter((at) => at > leaves && at < leaves + period)];
    return Math.max(...ends.map((end) => others.filter((at) => at > end - period && at <= end).length));
  }
  get advertising_count(): number {
    return this.#tightest.count;
  }
  get advertising_limit(): number {
    return this.#tightest.max;
  }
  get advertising_hours(): number {
    return this.#tightest.hours;
  }
  #commercialIn(period: number): number {
    const end = this.leavesAt;
    return this.person.advertising_at.filter((at) => at > end - period && at <= end).length;
  }
  get commercial_last_24_hours(): number {
    return this.#commercialIn(DAY);
  }
  get commercial_last_7_days(): number {
    return this.#commercialIn(7 * DAY);
  }
  get commercial_last_30_days(): number {
    return this.#commercialIn(30 * DAY);
  }
  get days_since_last_commercial(): number {
    return daysSince(this.person.advertising_at.find((at) => at <= this.leavesAt) ?? null, this.leavesAt);
  }
  get days_since_last_inbound(): number {
    return daysSince(this.person.last_inbound_at, this.leavesAt);
  }
  get mention(): MentionState {
    return this.#mention ??= this.message.unsubscribe_url === "" && mentionWay(this.sender, this.book.table) === "link"
      ? "impossible"
      : mentionState(this.message.text, this.tokens, this.sender, this.book.table, this.book.mentions);
  }
  get facts_available(): boolean {
    return this.person.available;
  }
  get zones_known(): boolean {
    return this.place.zones.length > 0;
  }
  get measured(): Composed {
    if (this.composed === null) {
      const { encoding, segments } = measure(this.message.text);
      this.composed = { text: this.message.text, encoding, segments };
    }
    return this.composed;
  }
  get segments(): number {
    return this.measured.segments;
  }
  get over_budget(): boolean {
    return this.message.max_segments !== null && this.segments > this.message.max_segments;
  }
  get scheduled(): boolean {
    return this.message.scheduled_at !== null && this.message.scheduled_at > this.now;
  }
  get scheduled_at(): number | null {
    return this.message.scheduled_at;
  }
  get window() {
    return this.#quiet ??= quiet(this.leavesAt, this.place.zones, this.book.hours(this.place.region));
  }
  get quiet(): boolean {
    return this.window.quiet;
  }
  get quiet_until(): number | null {
    return this.window.until;
  }
  /** What the campaign's own hours say; null where it has none. */
  get sending() {
    const { sending_window } = this.message;
    if (!sending_window) return null;
    const hours = { week: compileWeek(sending_window), closedOn: () => false };
    return this.#sending ??= quiet(this.leavesAt, this.place.zones, [hours]);
  }
  get outside_window(): boolean {
    return this.sending?.quiet ?? false;
  }
  get window_until(): number | null {
    return this.sending?.until ?? null;
  }
  get retry_at(): number {
    return this.leavesAt + RETRY_MS;
  }
  /** Words for reason templates. */
  get matched(): string {
    return this.content.words(TOLD_WORDS).join(", ") || "nothing";
  }
}

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
      this.#flow = matchFlow(this.rulebook.flows, this.tokens, this.sender?.address ?? null, this.#names);
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
    const { signs: shown, guard, reported } = this.#meaning;
    for (const sign of signs) {
      const words = shown.get(sign);
      if (words !== undefined) return words;
    }
    if (this.keyword !== null) return written(this.message.text, this.tokens, this.keyword);
    if (this.typing_error || this.offered || this.asked && this.says_yes || this.flowMatch !== null) {
      return written(this.message.text, this.tokens, { from: 0, to: this.tokens.length });
    }
    return reported ?? guard;
  }

  #minutesSinceReply(kind: string): number {
    return minutesSince(this.person.replies.find((reply) => reply.kind === kind)?.at ?? null, this.now);
  }
}

interface Meaning {
  signs: Map<string, string>;
  guard: string | null;
  /** Words of leaving that somebody else said. */
  reported: string | null;
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
  const words = (range: { from: number; to: number }) => written(message.text, tokens, range);
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

function written(raw: string, tokens: readonly Token[], { from, to }: { from: number; to: number }): string {
  return raw.slice(tokens[from]?.start ?? 0, tokens[to - 1]?.end ?? raw.length);
}

function daysSince(at: number | null, now: number): number {
  return at === null ? NEVER_DAYS : Math.max(0, (now - at) / DAY);
}

function minutesSince(at: number | null, now: number): number {
  return at === null ? NEVER_MINUTES : (now - at) / MINUTE;
}
