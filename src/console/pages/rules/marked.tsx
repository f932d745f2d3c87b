/** @jsxImportSource hono/jsx */
import type { TrialRead } from "../../../api/rules/rulebook_trials.ts";

type Mark = TrialRead["marks"][number];

/** A piece of a text and the mark that it carries: of several the one that weighs most. */
export interface Piece {
  text: string;
  mark: Mark | null;
}

/** Cuts a text where marks begin and end; the pieces together are the text. */
export function piecesOf(text: string, marks: readonly Mark[]): Piece[] {
  const inside = marks.filter(({ start, end }) => start < end && end <= text.length);
  const cuts = [...new Set([0, text.length, ...inside.flatMap(({ start, end }) => [start, end])])].sort((a, b) =>
    a - b
  );
  const pieces: Piece[] = [];
  for (let at = 0; at + 1 < cuts.length; at++) {
    const [from, to] = [cuts[at]!, cuts[at + 1]!];
    const over = inside.filter(({ start, end }) => start <= from && to <= end);
    const mark = over.sort((a, b) => Math.abs(b.weight ?? 0) - Math.abs(a.weight ?? 0))[0] ?? null;
    const last = pieces.at(-1);
    if (last !== undefined && last.mark === mark) last.text += text.slice(from, to);
    else pieces.push({ text: text.slice(from, to), mark });
  }
  return pieces;
}

/** The text with the words that counted, each with what it counted as. */
export function Marked(
  { text, marks, names }: { text: string; marks: readonly Mark[]; names: Record<string, string> },
) {
  return (
    <p class="said marked">
      {piecesOf(text, marks).map(({ text, mark }) =>
        mark === null ? <span>{text}</span> : (
          <mark class={`m-${mark.kind}`}>
            {text}
            <span class="unseen">({names[mark.kind] ?? mark.kind}{weightOf(mark)})</span>
          </mark>
        )
      )}
    </p>
  );
}

/** What the colours of the marks mean, each told once. */
export function Legend(
  { text, marks, names }: { text: string; marks: readonly Mark[]; names: Record<string, string> },
) {
  const kinds = new Set(piecesOf(text, marks).flatMap(({ mark }) => mark === null ? [] : [mark.kind]));
  return (
    <ul class="legend">
      {[...kinds].map((kind) => (
        <li>
          <mark class={`m-${kind}`}>{names[kind] ?? kind}</mark>
        </li>
      ))}
    </ul>
  );
}

export function weightOf({ weight }: Mark): string {
  return weight === null ? "" : ` ${weight > 0 ? "+" : ""}${weight}`;
}
