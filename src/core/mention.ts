import type { Sender } from "./message.ts";
import type { Country } from "./rulebook/rulebook_schema.ts";
import type { PhraseMatcher } from "./text/phrases.ts";
import { measure } from "./text/segment.ts";
import type { Token } from "./text/text.ts";

/** How a person who gets a message can say STOP: to a number in the text, by answering, on a page, or not at all. */
export type MentionWay = "number" | "reply" | "link" | "none";

export type MentionState = "absent" | "present" | "wrong_number" | "impossible";

/**
 * A wording found in a text. `number`, `reply` and `link` are ways out; `negation` takes back the mention right after it ("pas
 * de STOP", "don't text STOP"); `closing` may stand between a mention and the end ("HELP for help").
 */
export type MentionPattern = { way: "number" | "reply" | "link" | "negation" | "closing" };

/**
 * A name cannot be answered, hence a STOP number or, outside France, a link (smsmode "STOP SMS"; compliance.md R10). A STOP
 * number helps only in the sender's own country: a French short code cannot be reached from abroad.
 */
export function mentionWay(sender: Sender, country: Country): MentionWay {
  if (sender.kind === "short_code") return country.mention.short_code;
  if (sender.kind !== "alphanumeric") return "reply";
  if (sender.stop_number !== null && (sender.country === null || sender.country === country.code)) return "number";
  return country.mention.link_allowed ? "link" : "none";
}

/** The number that the mention must name: the sender's own, or the one that stands in for a name. */
export function stopNumber(sender: Sender): string {
  return sender.stop_number ?? sender.address;
}

/** A shorter number after STOP is a house number or a quantity; E.164 has no longer one than 15 digits. */
const NUMBER_LENGTH = { min: 4, max: 15 };

/**
 * Looks for a mention that the caller already wrote. It counts only at the end of the text (where it has to stand: smsmode
 * "STOP SMS"; compliance.md R10) and only when it is a way out that works for this sender: a person cannot answer a name, and
 * cannot reach a short code of another country. One that stands elsewhere is no mention, so ours is added at the end. A STOP
 * that names a foreign number is wrong wherever it stands.
 */
export function mentionState(
  raw: string,
  tokens: readonly Token[],
  sender: Sender,
  country: Country,
  patterns: PhraseMatcher<MentionPattern>,
): MentionState {
  const way = mentionWay(sender, country);
  if (way === "none") return "impossible";
  const words = numbersJoined(raw, tokens);
  const found = patterns.match(words);
  const negated = new Set(found.filter((one) => one.value.way === "negation").map((one) => one.to));
  const closed = closedFrom(words.length, found.filter((one) => one.value.way === "closing"));

  let present = false;
  for (const { value, from, to } of found) {
    if (value.way === "negation" || value.way === "closing" || negated.has(from)) continue;
    const atEnd = closed.has(to);
    if (value.way !== "number") {
      present ||= atEnd && value.way === way;
      continue;
    }
    const number = words.slice(from, to).findLast((word) => word.shape === "number")?.text.replace(/\D/g, "") ?? "";
    if (isSameNumber(number, stopNumber(sender))) present ||= atEnd && reachable(sender, way);
    // "STOP 2026" in the middle of a sentence is no instruction; "STOP au 36111" always is.
    else if (isPlausible(number) && (atEnd || to - from > 2)) return "wrong_number";
  }
  return present ? "present" : "absent";
}

/** A number in the text is the required way out, or the very address that an answer goes to. */
function reachable(sender: Sender, way: MentionWay): boolean {
  return way === "number" || (way === "reply" && sender.stop_number === null);
}

function isPlausible(number: string): boolean {
  return number.length >= NUMBER_LENGTH.min && number.length <= NUMBER_LENGTH.max;
}

/** Equal digits, or the national form with its trunk 0: `06 12 34 56 78` for `+33612345678`. */
function isSameNumber(written: string, number: string): boolean {
  const digits = number.replace(/\D/g, "");
  const national = written.replace(/^0/, "");
  return written === digits || (national.length >= 8 && digits.endsWith(national));
}

/** Positions from which nothing but closing words follows, up to the end. */
function closedFrom(end: number, closings: readonly { from: number; to: number }[]): Set<number> {
  const closed = new Set([end]);
  for (const { from, to } of [...closings].sort((a, b) => b.from - a.from)) if (closed.has(to)) closed.add(from);
  return closed;
}

const GLUED = /^(stopp?)?(sms)?(au|to|an|al|naar|para)?(\d{3,15})$/;
const BETWEEN_GROUPS = /^[\s().\-/\u00a0]{0,3}$/;

/** `STOPau36105` as three words, `36 105` and `06.12.34` as one number each: as people write a mention. */
function numbersJoined(raw: string, tokens: readonly Token[]): Token[] {
  const joined: Token[] = [];
  for (const token of tokens) {
    const last = joined.at(-1);
    if (
      isDigits(token) && last !== undefined && isDigits(last) && BETWEEN_GROUPS.test(raw.slice(last.end, token.start))
    ) {
      joined[joined.length - 1] = { ...last, text: last.text + token.text, end: token.end };
      continue;
    }
    const glued = token.shape === "number" ? null : GLUED.exec(token.text);
    if (glued === null) joined.push(token);
    else {
      for (const word of glued.slice(1, 4)) if (word !== undefined) joined.push({ ...token, text: word, shape: null });
      joined.push({ ...token, text: glued[4]!, shape: "number" });
    }
  }
  return joined;
}

function isDigits(token: Token): boolean {
  return token.shape === "number" && /^\d+$/.test(token.text);
}

export interface Composed {
  text: string;
  encoding: "GSM-7" | "UCS-2";
  segments: number;
}

/**
 * Appends the mention: the preferred wording, or a shorter approved one where that saves a segment. Nothing is ever cut; when
 * no wording fits `maxSegments` the shortest result is returned and the budget rule refuses it (compliance.md 10).
 */
export function appendMention(
  text: string,
  sender: Sender,
  country: Country,
  link: string,
): Composed {
  const way = mentionWay(sender, country);
  if (way === "none") throw new Error("a sender that cannot be answered has no mention; a rule must refuse it before");
  const body = text.trimEnd();
  let best: Composed | null = null;
  for (const form of country.mention[way]) {
    const full = `${body} ${form.replace("{number}", stopNumber(sender)).replace("{link}", link)}`;
    const measured = measure(full);
    if (best === null || measured.segments < best.segments) {
      best = { text: full, encoding: measured.encoding, segments: measured.segments };
    }
  }
  return best!;
}
