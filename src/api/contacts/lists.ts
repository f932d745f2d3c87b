import { createRoute, z } from "@hono/zod-openapi";
import { parseMsisdn } from "../../core/msisdn.ts";
import { instant } from "../../gateway/message_view.ts";
import { listContacts } from "../../store/contacts/contacts.ts";
import {
  addMembers,
  changeList,
  contactsOf,
  countMembers,
  createList,
  deleteList,
  findList,
  listLists,
  type ListRow,
  removeMembers,
} from "../../store/contacts/lists.ts";
import { type Api, router } from "../http/context.ts";
import { Id, line, lines } from "../http/fields.ts";
import { invalidField, problem } from "../http/problem.ts";
import { json, notFound, orNull, pageOf, pageOfIds, problems } from "../http/schemas.ts";
import { auditEntries } from "../oversight/audit_entries.ts";
import { Contact, contactView } from "./contacts.ts";
import { ContactFilter } from "./filter.ts";
import { requireMembers } from "./filter_lists.ts";

/** Members counted for each list of a page; one list alone is counted to its end. */
const COUNTED = 10_000;
const MOST_NAMED = 10_000;

const NewList = z.strictObject({
  name: line(100).openapi({ example: "Newsletter" }),
  description: lines(1_000).nullable().optional(),
  filter: ContactFilter.optional().openapi({
    description: "Makes it a saved filter: its contacts are those whom the filter means at the moment of use",
  }),
}).openapi("NewList");
const ListPatch = NewList.partial().openapi("ListPatch");

export const List = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  filter: orNull(ContactFilter).openapi({ description: "Null: a list with members" }),
  members: z.number().int().nullable().openapi({
    description: `In a page counted up to ${COUNTED}; null for a saved filter`,
  }),
  created_at: z.string(),
  updated_at: z.string(),
}).openapi("List");

const Members = z.strictObject({
  contacts: z.array(z.string().max(100)).max(MOST_NAMED).default([]).openapi({ description: "Ids" }),
  numbers: z.array(z.string().max(40)).max(MOST_NAMED).default([]).openapi({ example: ["+33612345678"] }),
}).openapi("ListMembers");
const Added = z.object({
  added: z.number().int(),
  already: z.number().int(),
  suppressed: z.number().int().openapi({
    description: "Kept out: a suppression stands, or they left this list on the unsubscribe page",
  }),
  unknown: z.number().int().openapi({ description: "No such contact" }),
}).openapi("MembersAdded");
const Removed = z.object({ removed: z.number().int() }).openapi("MembersRemoved");
const Member = z.object({ id: z.string().max(100), contact_id: z.string().max(100) });

const noSuchList = () => problem(404, "not_found", "No such list");
const conflict = { 409: { description: "`name_taken`, or `not_a_list_with_members`" } } as const;

/** Lists with members, and saved filters. Deleting either deletes no contact. */
export function contactListRoutes({ deps }: Api) {
  const routes = router();
  const { db } = deps;

  const entryOf = auditEntries(deps);

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/lists",
      summary: "Make a list, or save a filter",
      tags: ["Lists"],
      request: { body: { required: true, content: { "application/json": { schema: NewList } } } },
      responses: { 201: json(List, "Made"), ...conflict, ...problems },
    }),
    async (c) => {
      const { name, description = null, filter } = c.req.valid("json");
      await requireMembers(db, "filter.lists", filter?.lists);
      const row = {
        id: deps.newId("lst"),
        name,
        description,
        filter: filter === undefined ? null : JSON.stringify(filter),
        created_at: deps.now(),
      };
      const entry = entryOf(c.get("principal").actor, "list.saved", row.id, { name, filter: filter ?? null });
      if (!await createList(db, row, entry)) throw nameTaken(name);
      return c.json(listView({ ...row, updated_at: row.created_at }, 0), 201);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/lists",
      summary: "Lists and saved filters, newest first",
      tags: ["Lists"],
      request: { query: z.object(pageOfIds("lst")) },
      responses: { 200: json(pageOf(List), "A page"), ...problems },
    }),
    async (c) => {
      const { rows, next } = await listLists(db, c.req.valid("query"));
      const members = await countMembers(db.client, rows.map(({ id }) => id), COUNTED);
      return c.json({ data: rows.map((row) => listView(row, members.get(row.id) ?? 0)), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/lists/{id}",
      summary: "One list, with the exact number of its members",
      tags: ["Lists"],
      request: { params: Id },
      responses: { 200: json(List, "The list"), ...problems, ...notFound },
    }),
    async (c) => {
      const row = await findList(db, c.req.valid("param").id);
      if (row === null) throw noSuchList();
      return c.json(await counted(row), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "patch",
      path: "/v1/lists/{id}",
      summary: "Change a list",
      description:
        "What is not given stays as it is. A list with members does not become a saved filter, nor the other way.",
      tags: ["Lists"],
      request: { params: Id, body: { required: true, content: { "application/json": { schema: ListPatch } } } },
      responses: { 200: json(List, "Changed"), ...conflict, ...problems, ...notFound },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const { name, description, filter } = c.req.valid("json");
      const before = await findList(db, id);
      if (before === null) throw noSuchList();
      if (filter !== undefined && before.filter === null) {
        throw invalidField("filter", "a list with members has none; save the filter under a name of its own");
      }
      await requireMembers(db, "filter.lists", filter?.lists);
      const change = { name, description, filter: filter === undefined ? undefined : JSON.stringify(filter) };
      const entry = entryOf(c.get("principal").actor, "list.saved", id, { name, filter: filter ?? null });
      const row = await changeList(db, id, change, deps.now(), entry);
      if (row === null) throw noSuchList();
      if (row === "name_taken") throw nameTaken(name ?? "");
      return c.json(await counted(row), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "delete",
      path: "/v1/lists/{id}",
      summary: "Delete a list",
      description: "Its contacts stay in the address book.",
      tags: ["Lists"],
      request: { params: Id },
      responses: {
        204: { description: "Deleted" },
        409: { description: "`list_in_use`: a campaign that has started still needs it" },
        ...problems,
        ...notFound,
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const entry = entryOf(c.get("principal").actor, "list.deleted", id, {});
      if (!await deleteList(db, id, deps.now(), entry)) {
        if (await findList(db, id) === null) throw noSuchList();
        throw problem(
          409,
          "list_in_use",
          "List in use",
          "A campaign is still asking who is on it: whom the list leaves out would get it. Let it make its messages, or cancel it.",
        );
      }
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/lists/{id}/contacts",
      summary: "Contacts of a list or a saved filter, newest first",
      description: "A page of a saved filter may be short, even empty, with more to come.",
      tags: ["Lists"],
      request: { params: Id, query: z.object(pageOfIds("con")) },
      responses: { 200: json(pageOf(Contact), "A page"), ...problems, ...notFound },
    }),
    async (c) => {
      const row = await findList(db, c.req.valid("param").id);
      if (row === null) throw noSuchList();
      const { rows, next } = await listContacts(db, { ...contactsOf(row), ...c.req.valid("query") });
      return c.json({ data: rows.map(contactView), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/lists/{id}/members",
      summary: "Put contacts on a list",
      description:
        `Up to ${MOST_NAMED} ids and as many numbers of the address book; whoever is suppressed, or left the list, is kept out.`,
      tags: ["Lists"],
      request: { params: Id, body: { required: true, content: { "application/json": { schema: Members } } } },
      responses: { 200: json(Added, "What became of them"), ...conflict, ...problems, ...notFound },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const named = namedIn(c.req.valid("json"));
      const added = await addMembers(db, id, named, deps.now(), membersEntry(c.get("principal").actor, id, named));
      if (added === null) throw await notWithMembers(id);
      return c.json(added, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/lists/{id}/members/remove",
      summary: "Take contacts off a list",
      tags: ["Lists"],
      request: { params: Id, body: { required: true, content: { "application/json": { schema: Members } } } },
      responses: { 200: json(Removed, "How many were on it"), ...conflict, ...problems, ...notFound },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const named = namedIn(c.req.valid("json"));
      const removed = await removeMembers(db, id, named, membersEntry(c.get("principal").actor, id, named, true));
      if (removed === null) throw await notWithMembers(id);
      return c.json({ removed }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "put",
      path: "/v1/lists/{id}/members/{contact_id}",
      summary: "Put one contact on a list",
      tags: ["Lists"],
      request: { params: Member },
      responses: { 204: { description: "On the list" }, ...conflict, ...problems, ...notFound },
    }),
    async (c) => {
      const { id, contact_id } = c.req.valid("param");
      const entry = membersEntry(c.get("principal").actor, id, [contact_id]);
      const added = await addMembers(db, id, [contact_id], deps.now(), entry);
      if (added === null) throw await notWithMembers(id);
      if (added.unknown > 0) throw problem(404, "not_found", "No such contact");
      if (added.suppressed > 0) {
        throw problem(
          409,
          "recipient_opted_out",
          "Kept out",
          "A suppression of this number stands, or the person left this list.",
        );
      }
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: "delete",
      path: "/v1/lists/{id}/members/{contact_id}",
      summary: "Take one contact off a list",
      tags: ["Lists"],
      request: { params: Member },
      responses: { 204: { description: "Not on the list any more" }, ...conflict, ...problems, ...notFound },
    }),
    async (c) => {
      const { id, contact_id } = c.req.valid("param");
      const entry = membersEntry(c.get("principal").actor, id, [contact_id], true);
      const removed = await removeMembers(db, id, [contact_id], entry);
      if (removed === null) throw await notWithMembers(id);
      if (removed === 0) throw problem(404, "not_found", "Not on this list");
      return c.body(null, 204);
    },
  );

  async function counted(row: ListRow): Promise<z.infer<typeof List>> {
    if (row.filter !== null) return listView(row, 0);
    const members = await countMembers(db.client, [row.id], Number.MAX_SAFE_INTEGER);
    return listView(row, members.get(row.id) ?? 0);
  }

  /** One entry for a call, without numbers: the membership itself tells who. */
  function membersEntry(actor: string, list: string, named: readonly string[], removal = false) {
    return entryOf(actor, removal ? "list.members_removed" : "list.members_added", list, { given: named.length });
  }

  async function notWithMembers(id: string) {
    if (await findList(db, id) === null) return noSuchList();
    return problem(409, "not_a_list_with_members", "A saved filter", "Whom it means follows from its filter alone.");
  }

  return routes;
}

function namedIn({ contacts, numbers }: z.infer<typeof Members>): string[] {
  const read = numbers.map((number, index) => {
    const parsed = parseMsisdn(number);
    if (!parsed.ok) throw invalidField(`numbers.${index}`, parsed.detail, "recipient_invalid");
    return parsed.e164;
  });
  return [...new Set([...contacts, ...read])];
}

function nameTaken(name: string) {
  return problem(409, "name_taken", "This name is taken", `A list is called "${name}" already.`);
}

function listView(row: Omit<ListRow, "deleted_at">, members: number): z.infer<typeof List> {
  const { id, name, description } = row;
  return {
    id,
    name,
    description,
    filter: row.filter === null ? null : ContactFilter.parse(JSON.parse(row.filter)),
    members: row.filter === null ? members : null,
    created_at: instant(row.created_at),
    updated_at: instant(row.updated_at),
  };
}
