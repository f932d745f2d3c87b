/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { may } from "../../../api/access/roles.ts";
import type { ApiProblem } from "../../api_client.ts";
import type { Contact, ContactList, Page } from "../../api_types.ts";
import { Confirm } from "../../confirm.tsx";
import { type Console, type ConsoleContext, type ConsoleEnv, viewerOf } from "../../console.ts";
import { attempt, done, type Form, formOf, wrongWith } from "../../form.ts";
import { Badge, described, Empty, Field } from "../../parts.tsx";
import { Pager, Table } from "../../table.tsx";
import { Refused, Told } from "../../told.tsx";
import { numberMeant } from "../registers/frame.tsx";
import { filterText } from "./filter_words.ts";
import { contactPage, ContactTable, offeredLists } from "./frame.tsx";
import { contactWords } from "./words.ts";

const PATH = "/console/contacts/lists";
/** Numbers that one form puts on a list; longer ones are imported. */
const MOST_TYPED = 200;

/** Lists with members, and saved filters. */
export function contactListPages(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  const apiPath = (c: ConsoleContext) => `/v1/lists/${encodeURIComponent(c.req.param("id")!)}`;
  const back = (c: ConsoleContext) => `${PATH}/${encodeURIComponent(c.req.param("id")!)}`;

  routes.get("/contacts/lists", async (c) => await allPage(console, c));

  routes.post("/contacts/lists", async (c) => {
    const form = await formOf(c);
    const made = await attempt(
      console.api(c).post<ContactList>("/v1/lists", {
        name: form.text("name") ?? "",
        description: form.text("description"),
      }),
    );
    return made.ok ? done(c, `${PATH}/${made.value.id}`, "list_saved") : await allPage(console, c, form, made.problem);
  });

  routes.get("/contacts/lists/:id", async (c) => await onePage(console, c));

  routes.post("/contacts/lists/:id", async (c) => {
    const form = await formOf(c);
    const changed = await attempt(
      console.api(c).patch(apiPath(c), {
        name: form.text("name") ?? "",
        description: form.text("description") ?? null,
      }),
    );
    return changed.ok ? done(c, back(c), "list_saved") : await onePage(console, c, changed.problem);
  });

  routes.post("/contacts/lists/:id/delete", async (c) => {
    const deleted = await attempt(console.api(c).delete(apiPath(c)));
    return deleted.ok ? done(c, PATH, "list_deleted") : await onePage(console, c, deleted.problem);
  });

  routes.post("/contacts/lists/:id/members", async (c) => {
    const form = await formOf(c);
    const api = console.api(c);
    const typed = (form.text("numbers") ?? "").split(/[\n,;]/).map((one) => one.trim()).filter((one) => one !== "");
    const numbers = await Promise.all(typed.slice(0, MOST_TYPED).map((one) => numberMeant(api, one)));
    const off = form.has("off");
    const taken = await attempt(api.post(`${apiPath(c)}/members${off ? "/remove" : ""}`, { numbers }));
    return taken.ok
      ? done(c, back(c), off ? "members_removed" : "members_added")
      : await onePage(console, c, taken.problem);
  });

  return routes;
}

async function allPage(console: Console, c: ConsoleContext, form?: Form, problem?: ApiProblem): Promise<Response> {
  const words = contactWords(c.get("reader").language);
  const { data, next_cursor } = await console.api(c).get<Page<ContactList>>("/v1/lists", {
    cursor: c.req.query("cursor"),
  });
  const wrong = (name: string) => wrongWith(problem, name);
  return await contactPage(
    console,
    c,
    { tab: "lists", status: problem === undefined ? 200 : 422 },
    <>
      <Told c={c} told={words.told} />
      <Refused c={c} problem={problem} />
      {data.length === 0
        ? (
          <Empty title={words.lists_empty}>
            <p>{words.lists_empty_text}</p>
          </Empty>
        )
        : (
          <Table
            label={words.tabs.lists}
            rows={data}
            columns={[
              { head: words.name, cell: ({ id, name }) => <a class="said" href={`${PATH}/${id}`}>{name}</a> },
              {
                head: words.kind,
                cell: ({ filter }) => <Badge>{filter === null ? words.kinds.members : words.kinds.filter}</Badge>,
              },
              { head: words.members, cell: ({ members }) => members ?? "–", number: true },
              { head: words.description, cell: ({ description }) => <span class="said">{description ?? "–"}</span> },
            ]}
          />
        )}
      <Pager c={c} next={next_cursor} />
      {!may(viewerOf(c).role, "POST /v1/lists") ? null : (
        <form method="post" action={PATH} class="card">
          <h2>{words.new_list}</h2>
          <NameFields c={c} name={form?.text("name")} description={form?.text("description")} wrong={wrong} />
          <button type="submit">{words.create}</button>
        </form>
      )}
    </>,
  );
}

async function onePage(console: Console, c: ConsoleContext, problem?: ApiProblem): Promise<Response> {
  const words = contactWords(c.get("reader").language);
  const api = console.api(c);
  const path = `/v1/lists/${encodeURIComponent(c.req.param("id")!)}`;
  const [list, page, lists] = await Promise.all([
    api.get<ContactList>(path),
    api.get<Page<Contact>>(`${path}/contacts`, { cursor: c.req.query("cursor") }),
    offeredLists(api),
  ]);
  const mine = may(viewerOf(c).role, "PATCH /v1/lists/{id}");
  const action = `${PATH}/${list.id}`;
  const wrong = (name: string) => wrongWith(problem, name);
  return await contactPage(
    console,
    c,
    { tab: "lists", title: list.name, status: problem === undefined ? 200 : 422 },
    <>
      <Told c={c} told={words.told} />
      <Refused c={c} problem={problem} />
      <p class="row">
        <Badge>{list.filter === null ? words.kinds.members : words.kinds.filter}</Badge>
        {list.members === null ? null : <span>{words.members}: {list.members}</span>}
        {list.filter === null
          ? null
          : <span class="said">{filterText(list.filter, c.get("reader").language, lists)}</span>}
        {list.filter !== null || !may(viewerOf(c).role, "GET /v1/contacts/export")
          ? null
          : <a href={`/console/contacts/export?list=${list.id}`} download>{words.export}</a>}
      </p>
      {page.data.length === 0
        ? <Empty title={words.empty} />
        : <ContactTable c={c} contacts={page.data} lists={lists} />}
      <Pager c={c} next={page.next_cursor} />
      {!mine ? null : (
        <div class="columns">
          {list.filter !== null ? null : (
            <form method="post" action={`${action}/members`} class="card">
              <Field label={words.numbers} name="numbers" error={wrong("numbers")}>
                <textarea {...described("numbers", { error: wrong("numbers") })} required></textarea>
              </Field>
              <div class="row">
                <button type="submit">{words.add_members}</button>
                <button type="submit" name="off" value="true" class="quiet">{words.remove_members}</button>
              </div>
            </form>
          )}
          <form method="post" action={action} class="card">
            <NameFields c={c} name={list.name} description={list.description ?? undefined} wrong={wrong} />
            <button type="submit">{words.save}</button>
          </form>
        </div>
      )}
      {!mine ? null : (
        <Confirm label={words.delete_list} action={`${action}/delete`} danger>
          <p>{words.delete_list_text}</p>
        </Confirm>
      )}
    </>,
  );
}

interface NameProps {
  c: ConsoleContext;
  name: string | undefined;
  description: string | undefined;
  wrong: (name: string) => string | undefined;
}

function NameFields({ c, name, description, wrong }: NameProps) {
  const words = contactWords(c.get("reader").language);
  return (
    <>
      <Field label={words.name} name="name" error={wrong("name")}>
        <input {...described("name", { error: wrong("name") })} value={name ?? ""} required maxlength={100} />
      </Field>
      <Field label={words.description} name="description" error={wrong("description")}>
        <textarea {...described("description", { error: wrong("description") })} maxlength={1000}>
          {description ?? ""}
        </textarea>
      </Field>
    </>
  );
}
