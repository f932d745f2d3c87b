/** @jsxImportSource hono/jsx */
import type { ApiClient } from "../api_client.ts";
import type { ImportReport } from "../api_types.ts";
import type { ConsoleContext } from "../console.ts";
import type { Attempt, Form } from "../form.ts";
import { described, Field, Notice } from "../parts.tsx";
import { Table } from "../table.tsx";
import { Refused } from "./register_frame.tsx";
import { suppressionWords } from "./suppressions_words.ts";

/** Lists of suppressions and consents: a file or pasted lines, and what became of each. */

/** Sends the file, or what was pasted, to the API's import. @throws ApiProblem. */
export async function importText(api: ApiClient, path: string, form: Form): Promise<ImportReport> {
  const body = form.file("file") ?? form.text("lines") ?? "";
  const answer = await api.raw(path, { method: "POST", body, headers: { "content-type": "text/csv" } });
  return await answer.json();
}

interface Props {
  c: ConsoleContext;
  action: string;
  text: string;
  /** Lines that show the form of the file. */
  example: string;
  report: Attempt<ImportReport> | undefined;
}

export function ImportPage({ c, action, text, example, report }: Props) {
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
          <textarea {...described("lines")} rows={6} class="mono" placeholder={example}></textarea>
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
