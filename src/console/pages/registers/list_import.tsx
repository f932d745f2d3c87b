/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { ApiClient } from "../../api_client.ts";
import type { ImportReport } from "../../api_types.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { type Attempt, attempt, type Form, formOf } from "../../form.ts";
import { described, Field, Notice } from "../../parts.tsx";
import { Table } from "../../table.tsx";
import { Refused } from "../../told.tsx";
import type { Language } from "../../words.ts";
import { registerPage } from "./frame.tsx";
import { suppressionWords } from "./suppressions_words.ts";

interface Importing {
  register: "consents" | "suppressions";
  wordsOf: (language: Language) => { import: string; import_text: string };
  /** Lines that show the form of the file. */
  example: string;
}

/** Importing into a register: a file or pasted lines, and what became of each. */
export function listImportRoutes(console: Console, { register, wordsOf, example }: Importing): Hono<ConsoleEnv> {
  const path = `/registers/${register}/import`;

  /** `lines`: what was pasted. */
  const page = async (c: ConsoleContext, report?: Attempt<ImportReport>, lines: string | null = null) => {
    const words = wordsOf(c.get("reader").language);
    return await registerPage(
      console,
      c,
      { register, title: words.import, status: report?.ok === false ? 422 : 200 },
      <Import
        c={c}
        action={`/console${path}`}
        text={words.import_text}
        example={example}
        report={report}
        lines={report?.ok === true && report.value.rejected === 0 ? null : lines}
      />,
    );
  };

  return new Hono<ConsoleEnv>()
    .get(path, async (c) => await page(c))
    .post(path, async (c) => {
      const form = await formOf(c);
      return await page(c, await attempt(sent(console.api(c), register, form)), form.text("lines"));
    });
}

/** Sends the file, or what was pasted, to the API. @throws ApiProblem. */
async function sent(api: ApiClient, register: Importing["register"], form: Form): Promise<ImportReport> {
  const body = form.file("file") ?? form.text("lines") ?? "";
  const answer = await api.raw(`/v1/${register}/import`, {
    method: "POST",
    body,
    headers: { "content-type": "text/csv" },
  });
  return await answer.json();
}

interface Props {
  c: ConsoleContext;
  action: string;
  text: string;
  example: string;
  report: Attempt<ImportReport> | undefined;
  /** What is there to be mended: lines that were pasted, unless all went in. */
  lines: string | null;
}

function Import({ c, action, text, example, report, lines }: Props) {
  const words = suppressionWords(c.get("reader").language);
  return (
    <>
      {report === undefined
        ? null
        : report.ok
        ? <Report c={c} report={report.value} />
        : <Refused c={c} problem={report.problem} />}
      <form method="post" action={action} enctype="multipart/form-data" class="card">
        <p>{text}</p>
        <Field label={words.file} name="file">
          <input type="file" {...described("file")} accept=".csv,text/csv,text/plain" />
        </Field>
        <Field label={words.or_paste} name="lines">
          <textarea {...described("lines")} rows={6} class="mono" placeholder={example}>{lines}</textarea>
        </Field>
        <button type="submit">{words.import_run}</button>
      </form>
    </>
  );
}

function Report({ c, report }: { c: ConsoleContext; report: ImportReport }) {
  const words = suppressionWords(c.get("reader").language);
  return (
    <section aria-label={words.import_done}>
      <Notice tone={report.rejected === 0 ? "good" : "warn"}>
        {words.import_done} – {words.imported}: {report.imported} · {words.already}: {report.already} ·{" "}
        {words.rejected}: {report.rejected}
      </Notice>
      {report.invalid.length === 0 ? null : (
        <Table
          label={words.rejected}
          rows={report.invalid}
          columns={[
            {
              head: words.line,
              cell: ({ line }) => line,
              number: true,
            },
            { head: words.wrong, cell: ({ detail }) => <span class="said">{detail}</span> },
          ]}
        />
      )}
    </section>
  );
}
