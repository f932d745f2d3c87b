import type { Sender } from "./message.ts";
import { measure } from "./segment.ts";
import type { Country } from "./rulebook_schema.ts";
import type { PhraseMatcher } from "./phrases.ts";
import type { Token } from "./text.ts";

/** How a person who gets a message can say STOP: to a number in the text, by answering, on a page, or not at all. */
export type MentionWay = "number" | "reply" | "link" | "none";

export type MentionState = "absent" | "present" | "wrong_number" | "impossible";

/** A mention found in a text; `way` is what its pattern was written for. */
export type MentionPattern = { way: "number" | "reply" | "link" };

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

/** How far from the end a mention may begin and still be one (compliance.md 3.3 looks at the last 40 characters). */
const MENTION_WINDOW = 60;

/** Looks for a mention that the caller already wrote at the end of the text. */
export function mentionState(
  raw: string,
  tokens: readonly Token[],
  sender: Sender,
  country: Country,
  patterns: PhraseMatcher<MentionPattern>,
): MentionState {
  const way = mentionWay(sender, country);
  if (way === "none") return "impossible";
  for (const found of patterns.match(tokens as Token[])) {
    const first = tokens[found.from];
    if (first === undefined || first.start < raw.length - MENTION_WINDOW) continue;
    if (found.value.way === "number") {
      const named = tokens.slice(found.from, found.to).some((token) => sameNumber(token.text, stopNumber(sender)));
      return named ? "present" : "wrong_number";
    }
    if (found.value.way === way || (found.value.way === "reply" && sender.kind === "short_code")) return "present";
  }
  return "absent";
}

function sameNumber(token: string, number: string): boolean {
  return token.replace(/\D/g, "") === number.replace(/\D/g, "");
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
