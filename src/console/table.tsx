/** @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import { withQuery } from "./api_client.ts";
import type { ConsoleContext } from "./console.ts";
import { More } from "./parts.tsx";
import { inLanguages } from "./words.ts";

export interface Column<T> {
  head: string;
  cell: (row: T) => Child;
  number?: boolean;
}

interface TableProps<T> {
  /** What the table holds: its name for those who cannot see it. */
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
}

/** A table that scrolls inside its own box, with the keyboard too. */
export function Table<T>({ label, rows, columns }: TableProps<T>) {
  return (
    <div class="scroll" role="region" aria-label={label} tabindex={0}>
      <table>
        <thead>
          <tr>
            {columns.map(({ head, number }) => <th scope="col" class={number === true ? "number" : ""}>{head}</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>{columns.map(({ cell, number }) => <td class={number === true ? "number" : ""}>{cell(row)}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const words = inLanguages(
  { more: "More", first: "Back to the newest" },
  { more: "Suite", first: "Retour aux plus récents" },
);

/** Links to the page after this one, and back to the first, with the same filter. */
export function Pager({ c, next }: { c: ConsoleContext; next: string | null }) {
  const { more, first } = words(c.get("reader").language);
  const { cursor, told: _told, ...query } = c.req.query();
  return (
    <nav class="row" aria-label={more}>
      {cursor === undefined ? null : <a class="button quiet" href={withQuery(c.req.path, query)}>{first}</a>}
      <More href={next === null ? null : withQuery(c.req.path, { ...query, cursor: next })} label={more} />
    </nav>
  );
}
