/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { may } from "../../../api/access/roles.ts";
import type { ApiProblem } from "../../api_client.ts";
import type { Contact, ContactList } from "../../api_types.ts";
import { Confirm } from "../../confirm.tsx";
import { type Console, type ConsoleContext, type ConsoleEnv, viewerOf } from "../../console.ts";
import { attempt, done, type Form, formOf, wrongWith } from "../../form.ts";
import { Badge, described, Field } from "../../parts.tsx";
import { Refused, Told } from "../../told.tsx";
import { numberMeant, personPath } from "../registers/frame.tsx";
import { contactPage, offeredLists } from "./frame.tsx";
import { contactWords } from "./words.ts";

const PATH = "/console/contacts";
/** Rows for new fields. */
const SPARE = 2;

/** One contact: added, changed, put on lists, deleted. */
export function contactRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  const idOf = (c: ConsoleContext) => encodeURIComponent(c.req.param("id")!);

  routes.get("/contacts/new", async (c) => await newPage(console, c));

  routes.post("/contacts", async (c) => {
    const form = await formOf(c);
    const api = console.api(c);
    const added = await attempt(
      api.post<Contact>("/v1/contacts", {
        msisdn: await numberMeant(api, form.text("msisdn")) ?? "",
        ...changeOf(form),
      }),
    );
    return added.ok ? done(c, `${PATH}/${added.value.id}`, "added") : await newPage(console, c, form, added.problem);
  });

  routes.get("/contacts/:id", async (c) => await editPage(console, c));

  routes.post("/contacts/:id", async (c) => {
    const form = await formOf(c);
    const changed = await attempt(console.api(c).patch(`/v1/contacts/${idOf(c)}`, changeOf(form)));
    return changed.ok ? done(c, `${PATH}/${idOf(c)}`, "changed") : await editPage(console, c, form, changed.problem);
  });

  routes.post("/contacts/:id/delete", async (c) => {
    await console.api(c).delete(`/v1/contacts/${idOf(c)}`);
    return done(c, PATH, "deleted");
  });

  routes.post("/contacts/:id/lists", async (c) => {
    const form = await formOf(c);
    const api = console.api(c);
    const [on, off] = [form.text("on"), form.text("off")];
    const member = `members/${idOf(c)}`;
    const taken = await attempt(
      off === undefined
        ? api.put(`/v1/lists/${encodeURIComponent(on ?? "")}/${member}`, undefined)
        : api.delete(`/v1/lists/${encodeURIComponent(off)}/${member}`),
    );
    return taken.ok
      ? done(c, `${PATH}/${idOf(c)}`, off === undefined ? "listed" : "unlisted")
      : await editPage(console, c, undefined, taken.problem);
  });

  return routes;
}

/** What the form says, as the API takes it; what was emptied is cleared. */
function changeOf(form: Form) {
  const names = form.typed.getAll("field_name");
  const values = form.typed.getAll("field_value");
  const fields = names.map((name, index) => [name.trim(), (values[index] ?? "").trim().replaceAll("\r\n", "\n")]);
  return {
    name: form.text("name") ?? null,
    language: form.text("language")?.toLowerCase() ?? null,
    time_zone: form.text("time_zone") ?? null,
    tags: (form.text("tags") ?? "").split(",").map((tag) => tag.trim()).filter((tag) => tag !== ""),
    fields: Object.fromEntries(fields.filter(([name, value]) => name !== "" && value !== "")),
  };
}

async function newPage(console: Console, c: ConsoleContext, form?: Form, problem?: ApiProblem): Promise<Response> {
  const words = contactWords(c.get("reader").language);
  const wrong = wrongWith(problem, "msisdn");
  return await contactPage(
    console,
    c,
    { tab: "contacts", title: words.add, status: problem === undefined ? 200 : 422 },
    <form method="post" action={PATH} class="card">
      <Refused c={c} problem={problem} />
      <Field label={words.number} name="msisdn" error={wrong}>
        <input
          {...described("msisdn", { error: wrong })}
          value={form?.text("msisdn") ?? ""}
          required
          maxlength={40}
          inputmode="tel"
          autocomplete="off"
        />
      </Field>
      <Fields c={c} form={form} problem={problem} />
      <button type="submit">{words.save}</button>
    </form>,
  );
}

async function editPage(console: Console, c: ConsoleContext, form?: Form, problem?: ApiProblem): Promise<Response> {
  const words = contactWords(c.get("reader").language);
  const api = console.api(c);
  const { role } = viewerOf(c);
  const [contact, lists] = await Promise.all([
    api.get<Contact>(`/v1/contacts/${encodeURIComponent(c.req.param("id")!)}`),
    offeredLists(api),
  ]);
  const mine = may(role, "PATCH /v1/contacts/{id}");
  return await contactPage(
    console,
    c,
    { tab: "contacts", title: contact.msisdn, status: problem === undefined ? 200 : 422 },
    <>
      <Told c={c} told={words.told} />
      <Refused c={c} problem={problem} />
      <p class="row">
        {contact.suppressed ? <Badge tone="bad">{words.suppressed}</Badge> : null}
        {may(role, "GET /v1/people/{msisdn}") ? <a href={personPath(contact.msisdn)}>{words.dossier}</a> : null}
      </p>
      <form method="post" action={`${PATH}/${contact.id}`} class="card">
        <Fields c={c} form={form} problem={problem} contact={contact} />
        {mine ? <button type="submit">{words.save}</button> : null}
      </form>
      <Lists c={c} contact={contact} lists={lists} mine={mine} />
      {mine
        ? (
          <Confirm label={words.delete} action={`${PATH}/${contact.id}/delete`} danger>
            <p>{words.delete_text}</p>
          </Confirm>
        )
        : null}
    </>,
  );
}

interface FieldsProps {
  c: ConsoleContext;
  form: Form | undefined;
  problem: ApiProblem | undefined;
  contact?: Contact;
}

function Fields({ c, form, problem, contact }: FieldsProps) {
  const words = contactWords(c.get("reader").language);
  const wrong = (name: string) => wrongWith(problem, name);
  const shown = (name: "name" | "language" | "time_zone") => form?.text(name) ?? (form ? "" : contact?.[name] ?? "");
  const fields = form === undefined
    ? Object.entries(contact?.fields ?? {})
    : Object.entries(changeOf(form).fields as Record<string, string>);
  const rows = [...fields, ...Array.from({ length: SPARE }, () => ["", ""] as const)];
  return (
    <>
      <Field label={words.name} name="name" error={wrong("name")}>
        <input
          {...described("name", { error: wrong("name") })}
          value={shown("name")}
          maxlength={200}
          autocomplete="off"
        />
      </Field>
      <Field label={words.language} name="language" error={wrong("language")}>
        <input
          {...described("language", { error: wrong("language") })}
          value={shown("language")}
          maxlength={2}
          placeholder="fr"
        />
      </Field>
      <Field label={words.time_zone} name="time_zone" hint={words.time_zone_hint} error={wrong("time_zone")}>
        <input
          {...described("time_zone", { hint: true, error: wrong("time_zone") })}
          value={shown("time_zone")}
          maxlength={60}
        />
      </Field>
      <Field label={words.tags} name="tags" hint={words.tags_hint} error={wrong("tags")}>
        <input
          {...described("tags", { hint: true, error: wrong("tags") })}
          value={form?.text("tags") ?? (form ? "" : contact?.tags.join(", ") ?? "")}
        />
      </Field>
      <fieldset>
        <legend>{words.fields}</legend>
        {wrong("fields") === undefined ? null : <p class="error">{wrong("fields")}</p>}
        {rows.map(([name, value], index) => (
          <div class="row">
            <input
              class="grow"
              name="field_name"
              aria-label={`${words.field_name} ${index + 1}`}
              value={name}
              maxlength={40}
            />
            <textarea
              class="grow short"
              name="field_value"
              rows={1}
              aria-label={`${words.field_value} ${index + 1}`}
              maxlength={500}
            >
              {value}
            </textarea>
          </div>
        ))}
      </fieldset>
    </>
  );
}

interface ListsProps {
  c: ConsoleContext;
  contact: Contact;
  lists: readonly ContactList[];
  mine: boolean;
}

function Lists({ c, contact, lists, mine }: ListsProps) {
  const words = contactWords(c.get("reader").language);
  const names = new Map(lists.map(({ id, name }) => [id, name]));
  const others = lists.filter(({ id, filter }) => filter === null && !contact.lists.includes(id));
  const action = `${PATH}/${contact.id}/lists`;
  return (
    <section class="card">
      <h2>{words.lists}</h2>
      {contact.lists.length === 0 ? <p class="soft">{words.no_lists}</p> : (
        <ul class="plain">
          {contact.lists.map((id) => (
            <li>
              <form method="post" action={action} class="row">
                <a class="said" href={`${PATH}/lists/${id}`}>{names.get(id) ?? id}</a>
                {mine
                  ? (
                    <button type="submit" name="off" value={id} class="quiet small">
                      {words.take_off}
                      <span class="unseen">{names.get(id) ?? id}</span>
                    </button>
                  )
                  : null}
              </form>
            </li>
          ))}
        </ul>
      )}
      {!mine || others.length === 0 ? null : (
        <form method="post" action={action} class="filters">
          <Field label={words.put_on_list} name="on">
            <select {...described("on")}>{others.map(({ id, name }) => <option value={id}>{name}</option>)}</select>
          </Field>
          <button type="submit" class="quiet">{words.put_on_list}</button>
        </form>
      )}
    </section>
  );
}
