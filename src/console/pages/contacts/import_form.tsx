/** @jsxImportSource hono/jsx */
import type { ContactList, FileColumns } from "../../api_types.ts";
import type { ConsoleContext } from "../../console.ts";
import { described, Field } from "../../parts.tsx";
import { Table } from "../../table.tsx";
import { importWords } from "./imports_words.ts";

const PATH = "/console/contacts/imports";
const MEANINGS = ["ignore", "number", "name", "language", "time_zone", "tags", "field"] as const;

interface Props {
  c: ConsoleContext;
  lists: readonly ContactList[];
}

/** The three steps. `import.js` reads the columns of the chosen file into the second, and streams the file in the third. */
export function ImportForm({ c, lists }: Props) {
  const words = importWords(c.get("reader").language);
  return (
    <>
      <noscript>
        <PlainForm c={c} lists={lists} />
      </noscript>
      <form
        id="import"
        data-columns={`${PATH}/columns`}
        data-file={`${PATH}/file`}
        data-running={`${PATH}/running`}
        data-broke={words.broke}
        hidden
      >
        <section class="card">
          <h2>{words.choose}</h2>
          <Field label={words.file} name="file" hint={words.file_hint}>
            <input type="file" {...described("file", { hint: true })} accept=".csv,.txt,.tsv,text/csv,text/plain" />
          </Field>
        </section>
        <section class="card" id="second" hidden>
          <h2>{words.map}</h2>
          <div id="mapping" aria-live="polite"></div>
          <h3>{words.options}</h3>
          <Options c={c} lists={lists} />
        </section>
        <section class="card" id="third" hidden>
          <h2>{words.run}</h2>
          <div class="row">
            <button type="submit" name="dry_run" value="true">{words.dry_run}</button>
            <button type="submit" name="dry_run" value="false" class="quiet" disabled>{words.real_run}</button>
          </div>
          <p class="hint">{words.again}</p>
          <div id="progress" role="status"></div>
          <div id="result" aria-live="polite"></div>
        </section>
      </form>
    </>
  );
}

function Options({ c, lists }: Props) {
  const words = importWords(c.get("reader").language);
  return (
    <div class="columns">
      <Field label={words.country} name="country" hint={words.country_hint}>
        <input {...described("country", { hint: true })} maxlength={2} autocomplete="off" />
      </Field>
      <Field label={words.tag} name="tag">
        <input {...described("tag")} autocomplete="off" />
      </Field>
      <Field label={words.list} name="list">
        <select {...described("list")}>
          <option value="">{words.no_list}</option>
          {lists.filter(({ filter }) => filter === null).map(({ id, name }) => <option value={id}>{name}</option>)}
        </select>
      </Field>
    </div>
  );
}

function PlainForm({ c, lists }: Props) {
  const words = importWords(c.get("reader").language);
  return (
    <form method="post" action={`${PATH}/form`} enctype="multipart/form-data" class="card">
      <p>{words.no_script}</p>
      <Field label={words.file} name="file">
        <input type="file" {...described("file")} required />
      </Field>
      <Field label={words.number_column} name="number">
        <input {...described("number")} maxlength={200} required />
      </Field>
      <Field label={words.name_column} name="name">
        <input {...described("name")} maxlength={200} />
      </Field>
      <Options c={c} lists={lists} />
      <p>
        <label class="inline">
          <input type="checkbox" name="dry_run" value="true" checked />
          {words.try_only}
        </label>
      </p>
      <button type="submit">{words.send}</button>
    </form>
  );
}

/** Each column of the file with its first lines, and what it is. */
export function Mapping({ c, columns: { columns, lines, suggested } }: { c: ConsoleContext; columns: FileColumns }) {
  const words = importWords(c.get("reader").language);
  const meant = new Map(Object.entries(suggested).map(([meaning, column]) => [column, meaning]));
  return (
    <Table
      label={words.map}
      rows={columns.map((name, at) => ({ name, at }))}
      columns={[
        {
          head: words.column,
          cell: ({ name }) => (
            <>
              <span class="said">{name}</span>
              <input type="hidden" name="column" value={name} />
            </>
          ),
        },
        {
          head: words.is,
          cell: ({ name }) => (
            <select name="is" aria-label={`${words.is}: ${name}`}>
              {MEANINGS.map((one) => (
                <option value={one} selected={one === (meant.get(name) ?? "ignore")}>{words.meanings[one]}</option>
              ))}
            </select>
          ),
        },
        {
          head: words.field_name,
          cell: ({ name }) => (
            <input name="as" value={name.slice(0, 40)} maxlength={40} aria-label={`${words.field_name}: ${name}`} />
          ),
        },
        {
          head: words.examples,
          cell: ({ at }) => (
            <ul class="plain">
              {lines.slice(0, 3).map((line) => <li class="said">{line[at] ?? ""}</li>)}
            </ul>
          ),
        },
      ]}
    />
  );
}
