/** @jsxImportSource hono/jsx */
import type { Reader } from "../../console.ts";
import { Badge, type Tone } from "../../parts.tsx";
import type { ThreadMessage } from "../inbox/data.ts";
import { decisionWords } from "./decision_words.ts";
import { messageWords } from "./words.ts";

/** How far a message is: a mark for eyes, a word for everybody. */

const MARKS: Partial<Record<ThreadMessage["status"], string>> = {
  queued: "○",
  sending: "○",
  held: "◷",
  sent: "✓",
  delivered: "✓✓",
};
const TONES: Partial<Record<ThreadMessage["status"], Tone>> = {
  held: "warn",
  undelivered: "bad",
  failed: "bad",
  expired: "bad",
  refused: "bad",
  unknown: "warn",
};

export function Status({ status, reader }: { status: ThreadMessage["status"]; reader: Reader }) {
  const word = messageWords(reader.language).statuses[status];
  const mark = MARKS[status];
  const tone = TONES[status];
  if (mark === undefined || tone !== undefined) return <Badge tone={tone ?? "neutral"}>{word}</Badge>;
  return (
    <span class="tick">
      <span aria-hidden="true" title={word}>{mark}</span>
      <span class="unseen">{word}</span>
    </span>
  );
}

/** An instant as words in the reader's language and zone, for sentences. */
export function dateWords(at: string, { language, zone }: Reader): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short", timeZone: zone })
    .format(new Date(at));
}

/** Why a message waits, and until when; null when it does not. */
export function holdWords(
  { status, hold_until, hold_reason }: Pick<ThreadMessage, "status" | "hold_until" | "hold_reason">,
  reader: Reader,
): string | null {
  if (status !== "held") return null;
  const words = decisionWords(reader.language);
  const until = hold_until === null ? words.held : words.held_until(dateWords(hold_until, reader));
  return hold_reason === null ? until : `${until}: ${words.holds[hold_reason]}`;
}
