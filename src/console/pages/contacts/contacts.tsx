/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { may } from "../../../api/access/roles.ts";
import { type ApiProblem, withQuery } from "../../api_client.ts";
import type { Contact, ContactList, Page } from "../../api_types.ts";
import { type Console, type ConsoleContext, type ConsoleEnv, viewerOf } from "../../console.ts";
import { attempt, done, fieldsOf, type Form, formOf, passOn, wrongWith } from "../../form.ts";
import { described, Empty, Field } from "../../parts.tsx";
import { Pager } from "../../table.tsx";
import { Refused, Told } from "../../told.tsx";
import { registerWords } from "../registers/words.ts";
import { filterOf } from "./filter_form.ts";
import { contactPage, ContactTable, offeredLists } from "./frame.tsx";
import { contactWords } from "./words.ts";

const PATH = "/console/contacts";

/** The address book: searched, filtered, exported; a filter is kept under a name. One contact: `contact.tsx`. */
export function contactsRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/contacts", async (c) => await listPage(console, c));

  routes.get(
    "/contacts/export",
    async (c) =>
      passOn(await console.api(c).raw(`/v1/contacts/export${filterQuery(new URL(c.req.url).searchParams, "?")}`)),
  );

  routes.post("/contacts/filters", async (c) => {
    const form = await formOf(c);
    const saved = await attempt(
      console.api(c).post<ContactList>("/v1/lists", { name: form.text("name") ?? "", filter: filterOf(form) }),
    );
    return saved.ok
      ? done(c, `${PATH}/lists/${saved.value.id}`, "list_saved")
      : await listPage(console, c, { form, problem: saved.problem });
  });

  return routes;
}

/** The filter that was typed, as parameters of a list or an export. */
function filterQuery(typed: URLSearchParams, lead: "?" | "&"): string {
  const { tags = [], lists = [], fields = {}, language, q } = filterOf(fieldsOf(typed));
  const query = new URLSearchParams([
    ...tags.map((tag) => ["tag", tag]),
    ...lists.map((list) => ["list", list]),
    ...Object.entries(fields).map(([name, value]) => [`field.${name}`, value]),
    ...(language === undefined ? [] : [["language", language]]),
    ...(q === undefined ? [] : [["q", q]]),
  ] as string[][]);
  return query.size === 0 ? "" : `${lead}${query}`;
}

async function listPage(
  console: Console,
  c: ConsoleContext,
  failed?: { form: Form; problem: ApiProblem },
): Promise<Response> {
  const words = contactWords(c.get("reader").language);
  const api = console.api(c);
  const { role } = viewerOf(c);
  const cursor = c.req.query("cursor");
  const typed = failed?.form.typed ?? new URL(c.req.url).searchParams;
  const [page, lists] = await Promise.all([
    attempt(api.get<Page<Contact>>(withQuery("/v1/contacts", { limit: 50, cursor }) + filterQuery(typed, "&"))),
    offeredLists(api),
  ]);
  const problem = failed?.problem ?? (page.ok ? undefined : page.problem);
  const filtered = filterQuery(typed, "?") !== "";
  return await contactPage(
    console,
    c,
    { tab: "contacts", status: problem === undefined ? 200 : 422 },
    <>
      <Told c={c} told={words.told} />
      <Refused c={c} problem={problem} />
      <div class="row between">
        <p class="soft">{words.intro}</p>
        <p class="row">
          {may(role, "POST /v1/contacts") ? <a class="button" href={`${PATH}/new`}>{words.add}</a> : null}
          {may(role, "POST /v1/contacts/imports")
            ? <a class="button quiet" href={`${PATH}/imports/new`}>{words.import}</a>
            : null}
          {may(role, "GET /v1/contacts/export")
            ? <a class="button quiet" href={`${PATH}/export${filterQuery(typed, "?")}`} download>{words.export}</a>
            : null}
        </p>
      </div>
      <FilterForm c={c} lists={lists} typed={typed} />
      {!filtered || !may(role, "POST /v1/lists") ? null : <SaveFilter c={c} typed={typed} problem={failed?.problem} />}
      {!page.ok || page.value.data.length > 0 ? null : (
        <Empty title={filtered ? words.empty_filtered : words.empty}>
          <p>{filtered ? words.empty_filtered_text : words.empty_text}</p>
        </Empty>
      )}
      {page.ok && page.value.data.length > 0 ? <ContactTable c={c} contacts={page.value.data} lists={lists} /> : null}
      <Pager c={c} next={page.ok ? page.value.next_cursor : null} />
    </>,
  );
}

interface FilterProps {
  c: ConsoleContext;
  lists: readonly ContactList[];
  typed: URLSearchParams;
}

function FilterForm({ c, lists, typed }: FilterProps) {
  const words = contactWords(c.get("reader").language);
  const common = registerWords(c.get("reader").language);
  const text = (name: string, label: string, maxlength: number) => (
    <Field label={label} name={name}>
      <input type="search" {...described(name)} value={typed.get(name) ?? ""} maxlength={maxlength} />
    </Field>
  );
  return (
    <form method="get" action={PATH} class="filters" role="search" aria-label={words.tabs.contacts}>
      {text("q", words.q, 100)}
      {text("tag", words.tag, 200)}
      <Field label={words.list} name="list">
        <select {...described("list")}>
          <option value="">{common.all}</option>
          {lists.filter(({ filter }) => filter === null).map(({ id, name }) => (
            <option value={id} selected={typed.get("list") === id}>{name}</option>
          ))}
        </select>
      </Field>
      {text("language", words.language, 2)}
      {text("field_name", words.field_name, 40)}
      {text("field_value", words.field_value, 500)}
      <button type="submit" class="quiet">{common.filter}</button>
    </form>
  );
}

interface SaveProps {
  c: ConsoleContext;
  typed: URLSearchParams;
  problem: ApiProblem | undefined;
}

function SaveFilter({ c, typed, problem }: SaveProps) {
  const words = contactWords(c.get("reader").language);
  return (
    <form method="post" action={`${PATH}/filters`} class="filters">
      {["q", "tag", "list", "language", "field_name", "field_value"].map((name) => (
        <input type="hidden" name={name} value={typed.get(name) ?? ""} />
      ))}
      <Field label={words.save_filter} name="name" error={wrongWith(problem, "name")}>
        <input {...described("name", { error: wrongWith(problem, "name") })} required maxlength={100} />
      </Field>
      <button type="submit" class="quiet">{words.save_filter_run}</button>
    </form>
  );
}
