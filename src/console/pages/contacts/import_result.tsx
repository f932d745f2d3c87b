/** @jsxImportSource hono/jsx */
import type { ContactImport, ImportProblem } from "../../api_types.ts";
import type { ConsoleContext } from "../../console.ts";
import { Badge, Notice, When } from "../../parts.tsx";
import { Table } from "../../table.tsx";
import { importWords } from "./imports_words.ts";

const PATH = "/console/contacts/imports";
const TONES = { invalid: "bad", suppressed: "warn", duplicate: "neutral" } as const;

interface Props {
  c: ConsoleContext;
  done: ContactImport;
  problems: readonly ImportProblem[];
  /** On the page of its own. */
  whole?: boolean;
}

/** What became of a file: the counts, and each line that is no contact. */
export function ImportResult({ c, done, problems, whole = false }: Props) {
  const reader = c.get("reader");
  const words = importWords(reader.language);
  const { state, dry_run, error } = done;
  return (
    <div data-state={state} data-dry={String(dry_run)}>
      {error === null ? null : <Notice tone="bad">{error}</Notice>}
      {state === "done" ? <Notice tone="good">{dry_run ? words.was_dry : words.was_real}</Notice> : null}
      {!whole ? null : (
        <p>
          {words.when}: <When at={done.created_at} reader={reader} /> · {words.states[state]}
        </p>
      )}
      <ul class="tiles">
        {(["lines", "created", "updated", "duplicates", "suppressed", "invalid"] as const).map((name) => (
          <li class="tile">
            <span class="figure">{done[name]}</span>
            <span class="label">{words.counts[name]}</span>
          </li>
        ))}
      </ul>
      {problems.length === 0
        ? state === "done" && done.invalid + done.duplicates + done.suppressed === 0 ? <p>{words.all_lines}</p> : null
        : (
          <Table
            label={words.problems}
            rows={problems}
            columns={[
              { head: words.line, cell: ({ line }) => line, number: true },
              { head: words.kind, cell: ({ kind }) => <Badge tone={TONES[kind]}>{words.kinds[kind]}</Badge> },
              { head: words.detail, cell: ({ detail }) => <span class="said">{detail}</span> },
            ]}
          />
        )}
      {whole ? null : (
        <p>
          <a href={`${PATH}/${done.id}`}>{words.report}</a>
        </p>
      )}
    </div>
  );
}

/** While a file is read: how far it is. */
export function Progress({ c, running }: { c: ConsoleContext; running: ContactImport | undefined }) {
  const words = importWords(c.get("reader").language);
  return (
    <>
      <label for="reading">{running === undefined ? words.reading : words.lines(String(running.lines))}</label>
      <progress id="reading"></progress>
    </>
  );
}
