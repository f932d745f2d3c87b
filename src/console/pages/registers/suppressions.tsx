/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { ApiProblem } from "../../api_client.ts";
import type { Page, Suppression } from "../../api_types.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { attempt, done, type Form, formOf, passOn, wrongWith } from "../../form.ts";
import { Badge, described, Empty, Field, FilterChoice, When } from "../../parts.tsx";
import { wrongNumber } from "../../problem_words.ts";
import { Pager, Table } from "../../table.tsx";
import { Refused } from "../../told.tsx";
import { numberMeant, PersonLink, RegisterHead, registerPage } from "./frame.tsx";
import { listImportRoutes } from "./list_import.tsx";
import { suppressionWords } from "./suppressions_words.ts";
import { registerWords } from "./words.ts";

const PATH = "/console/registers/suppressions";
const EXAMPLE = "recipient,note\n+33612345678,";

/** Who must not be written to: the register, adding by hand, import and export. One with its evidence: `suppression.tsx`. */
export function suppressionsRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/registers/suppressions", async (c) => {
    const { recipient, source, include_lifted, cursor } = c.req.query();
    const api = console.api(c);
    const number = await numberMeant(api, recipient || undefined);
    const page = await attempt(
      api.get<Page<Suppression>>("/v1/suppressions", { recipient: number, source, include_lifted, cursor }),
    );
    const problem = page.ok ? undefined : page.problem;
    return await registerPage(
      console,
      c,
      { register: "suppressions", status: problem === undefined ? 200 : 422 },
      <List c={c} page={page.ok ? page.value : { data: [], next_cursor: null }} problem={problem} />,
    );
  });

  routes.get(
    "/registers/suppressions/export",
    async (c) => passOn(await console.api(c).raw("/v1/suppressions/export?include_lifted=true")),
  );

  routes.get("/registers/suppressions/new", async (c) => await newPage(console, c));

  routes.post("/registers/suppressions", async (c) => {
    const form = await formOf(c);
    const api = console.api(c);
    const added = await attempt(
      api.post<Suppression>("/v1/suppressions", {
        recipient: await numberMeant(api, form.text("recipient")) ?? "",
        scope: form.text("scope"),
        sender: form.text("sender"),
        note: form.text("note"),
      }),
    );
    if (!added.ok) return await newPage(console, c, form, added.problem);
    return done(c, `${PATH}/${added.value.id}`, "added");
  });

  routes.route(
    "/",
    listImportRoutes(console, { register: "suppressions", wordsOf: suppressionWords, example: EXAMPLE }),
  );

  return routes;
}

interface ListProps {
  c: ConsoleContext;
  page: Page<Suppression>;
  problem: ApiProblem | undefined;
}

function List({ c, page, problem }: ListProps) {
  const reader = c.get("reader");
  const words = suppressionWords(reader.language);
  const common = registerWords(reader.language);
  return (
    <>
      <RegisterHead c={c} register="suppressions" intro={words.intro} add={words.add} importing={words.import} />
      <Filter c={c} problem={problem} />
      {page.data.length === 0 && problem === undefined
        ? (
          <Empty title={words.empty}>
            <p>{words.empty_text}</p>
          </Empty>
        )
        : null}
      {page.data.length === 0 ? null : (
        <Table
          label={common.tabs.suppressions!}
          rows={page.data}
          columns={[
            { head: common.person, cell: ({ recipient }) => <PersonLink number={recipient} /> },
            { head: words.scope, cell: (row) => scopeText(row, words) },
            { head: words.source, cell: ({ source }) => words.sources[source] },
            {
              head: words.words_of,
              cell: ({ text, note }) => text === null ? note ?? common.none : <q class="said">{text}</q>,
            },
            { head: common.since, cell: ({ created_at }) => <When at={created_at} reader={reader} /> },
            { head: common.state, cell: ({ lifted_at }) => <Standing lifted={lifted_at !== null} c={c} /> },
            {
              head: words.evidence,
              cell: ({ id, recipient }) => (
                <a href={`${PATH}/${id}`}>
                  {words.open}
                  <span class="unseen">{recipient}</span>
                </a>
              ),
            },
          ]}
        />
      )}
      <Pager c={c} next={page.next_cursor} />
    </>
  );
}

function Filter({ c, problem }: { c: ConsoleContext; problem: ApiProblem | undefined }) {
  const words = suppressionWords(c.get("reader").language);
  const common = registerWords(c.get("reader").language);
  const { recipient, source, include_lifted } = c.req.query();
  const wrong = wrongNumber(problem, "recipient", c.get("reader").language);
  return (
    <form method="get" class="filters">
      <Field label={common.number} name="recipient" error={wrong}>
        <input
          type="search"
          {...described("recipient", { error: wrong })}
          value={recipient}
        />
      </Field>
      <FilterChoice label={words.source} name="source" all={common.all} options={words.sources} chosen={source} />
      <label class="inline">
        <input type="checkbox" name="include_lifted" value="true" checked={include_lifted === "true"} />
        {words.include_lifted}
      </label>
      <button type="submit" class="quiet">{common.filter}</button>
    </form>
  );
}

export function Standing({ lifted, c }: { lifted: boolean; c: ConsoleContext }) {
  const words = suppressionWords(c.get("reader").language);
  return lifted ? <Badge>{words.lifted}</Badge> : <Badge tone="bad">{words.stands}</Badge>;
}

export function scopeText(
  { scope, sender }: Pick<Suppression, "scope" | "sender">,
  words: ReturnType<typeof suppressionWords>,
): string {
  return scope === "all" && sender !== null ? words.scope_all_of(sender) : words.scopes[scope];
}

async function newPage(console: Console, c: ConsoleContext, form?: Form, problem?: ApiProblem): Promise<Response> {
  const words = suppressionWords(c.get("reader").language);
  const wrong = (name: string) => wrongWith(problem, name);
  const number = wrongNumber(problem, "recipient", c.get("reader").language);
  return await registerPage(
    console,
    c,
    { register: "suppressions", title: words.add_title, status: problem === undefined ? 200 : 422 },
    <form method="post" action={PATH} class="card">
      <Refused c={c} problem={problem} />
      <p>{words.add_text}</p>
      <Field label={words.recipient} name="recipient" error={number}>
        <input
          {...described("recipient", { error: number })}
          value={form?.text("recipient") ?? c.req.query("recipient") ?? ""}
          required
          maxlength={60}
          autocomplete="off"
          inputmode="tel"
        />
      </Field>
      <Field label={words.scope} name="scope">
        <select {...described("scope")}>
          {(["commercial", "all"] as const).map((one) => (
            <option value={one} selected={form?.text("scope") === one}>{words.scopes[one]}</option>
          ))}
        </select>
      </Field>
      <Field label={words.only_sender} name="sender" error={wrong("sender")}>
        <input {...described("sender", { error: wrong("sender") })} value={form?.text("sender") ?? ""} maxlength={20} />
      </Field>
      <Field label={words.note} name="note" error={wrong("note")}>
        <textarea {...described("note", { error: wrong("note") })} maxlength={1000}>
          {form?.text("note") ?? ""}
        </textarea>
      </Field>
      <button type="submit">{words.save}</button>
    </form>,
  );
}
