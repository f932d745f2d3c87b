import { describe, expect, test } from "vitest";
import { clearDeletedLists } from "../../../src/store/contacts/lists.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { type TestGateway, testGateway, walkPages } from "../../support/gateway.ts";

const number = (index: number) => `+336120000${String(index).padStart(2, "0")}`;
const q = encodeURIComponent;

async function contact(gateway: TestGateway, index: number, more: Record<string, unknown> = {}): Promise<string> {
  return (await gateway.call("POST", "/v1/contacts", { msisdn: number(index), ...more })).body.id;
}

async function list(gateway: TestGateway, body: Record<string, unknown>): Promise<string> {
  const reply = await gateway.call("POST", "/v1/lists", body);
  expect([reply.status, reply.text]).toEqual([201, expect.any(String)]);
  return reply.body.id;
}

const numbersOf = async (gateway: TestGateway, path: string) =>
  (await walkPages(gateway, path, 2)).map(({ msisdn }) => msisdn);

describe.each(DATABASE_KINDS)("lists with members (%s)", (kind) => {
  test("a contact is on many lists; a STOP takes it off all of them and out of the address book", async () => {
    const gateway = await testGateway({ kind });
    const [one, two] = [await contact(gateway, 1, { tags: ["vip"] }), await contact(gateway, 2)];
    const [a, b] = [await list(gateway, { name: "A" }), await list(gateway, { name: "B", description: "Second" })];
    for (const id of [a, b]) {
      const { body } = await gateway.call("POST", `/v1/lists/${id}/members`, {
        contacts: [one, two, one, "con_none"],
        numbers: [number(2), number(9)],
      });
      expect(body).toEqual({ added: 2, already: 0, suppressed: 0, unknown: 2 });
    }
    expect((await gateway.call("GET", `/v1/contacts/${one}`)).body).toMatchObject({ tags: ["vip"], lists: [a, b] });
    expect((await gateway.call("GET", `/v1/lists/${a}`)).body.members).toBe(2);

    await gateway.mo(number(1), "36105", "STOP");
    expect((await gateway.call("GET", `/v1/contacts/${one}`)).status).toBe(404);
    expect(await numbersOf(gateway, `/v1/lists/${a}/contacts`)).toEqual([number(2)]);
    expect((await gateway.call("GET", "/v1/lists")).body.data.map((row: { members: number }) => row.members))
      .toEqual([1, 1]);
    const { rows } = await gateway.db.client.execute("select * from contact_tags");
    expect(rows).toEqual([]);
  });

  test("whoever is suppressed is kept off lists, one by one and in bulk", async () => {
    const gateway = await testGateway({ kind });
    await gateway.mo(number(1), "36105", "STOP");
    const [stopped, fine] = [await contact(gateway, 1), await contact(gateway, 2)];
    const id = await list(gateway, { name: "A" });
    const { body } = await gateway.call("POST", `/v1/lists/${id}/members`, { contacts: [stopped, fine] });
    expect(body).toEqual({ added: 1, already: 0, suppressed: 1, unknown: 0 });
    const put = await gateway.call("PUT", `/v1/lists/${id}/members/${stopped}`);
    expect([put.status, put.body.code]).toEqual([409, "recipient_opted_out"]);
    expect(await numbersOf(gateway, `/v1/lists/${id}/contacts`)).toEqual([number(2)]);
  });

  test("deleting a list deletes no contact, at once for everybody, and its members are cleared away later", async () => {
    const gateway = await testGateway({ kind });
    const one = await contact(gateway, 1);
    const id = await list(gateway, { name: "A" });
    expect((await gateway.call("PUT", `/v1/lists/${id}/members/${one}`)).status).toBe(204);
    const filter = await list(gateway, { name: "Of A", filter: { lists: [id] } });
    expect(await numbersOf(gateway, `/v1/lists/${filter}/contacts`)).toEqual([number(1)]);

    expect((await gateway.call("DELETE", `/v1/lists/${id}`)).status).toBe(204);
    expect((await gateway.call("GET", `/v1/lists/${id}`)).status).toBe(404);
    expect((await gateway.call("GET", `/v1/contacts/${one}`)).body.lists).toEqual([]);
    expect(await numbersOf(gateway, `/v1/lists/${filter}/contacts`)).toEqual([]);
    expect(await numbersOf(gateway, `/v1/contacts?list=${id}`)).toEqual([]);
    await list(gateway, { name: "A" });

    await clearDeletedLists(gateway.db);
    const { rows } = await gateway.db.client.execute("select name from contact_lists where deleted_at is not null");
    const members = await gateway.db.client.execute("select * from list_members");
    expect([rows, members.rows]).toEqual([[], []]);
  });

  test("members are taken off alone and in bulk; a second time says so", async () => {
    const gateway = await testGateway({ kind });
    const ids = [await contact(gateway, 1), await contact(gateway, 2), await contact(gateway, 3)];
    const id = await list(gateway, { name: "A" });
    await gateway.call("POST", `/v1/lists/${id}/members`, { contacts: ids });
    expect((await gateway.call("DELETE", `/v1/lists/${id}/members/${ids[0]}`)).status).toBe(204);
    expect((await gateway.call("DELETE", `/v1/lists/${id}/members/${ids[0]}`)).status).toBe(404);
    const { body } = await gateway.call("POST", `/v1/lists/${id}/members/remove`, {
      contacts: ids,
      numbers: [number(3)],
    });
    expect(body).toEqual({ removed: 2 });
    expect((await gateway.call("GET", "/v1/contacts")).body.data.length).toBe(3);
  });
});

describe("filters of the address book", () => {
  async function filled() {
    const gateway = await testGateway();
    await contact(gateway, 1, { name: "Client Un", tags: ["vip", "lyon"], fields: { city: "Lyon" }, language: "fr" });
    gateway.clock.advance(60_000);
    await contact(gateway, 2, { name: "Client Deux", tags: ["vip"], fields: { city: "Paris" }, language: "fr" });
    gateway.clock.advance(60_000);
    await contact(gateway, 3, { name: "100% Customer", language: "en", fields: { 'a "b"': "Lyon" } });
    await gateway.call("POST", "/v1/contacts", { msisdn: "+447700900001", name: "Client Trois", tags: ["lyon"] });
    return gateway;
  }
  const [un, deux, trois, uk] = [number(1), number(2), number(3), "+447700900001"];
  const CASES: [string, Record<string, unknown>, string[]][] = [
    ["tag=vip", { tags: ["vip"] }, [deux, un]],
    ["tag=vip&tag=lyon", { tags: ["vip", "lyon"] }, [un]],
    ["field.city=Lyon", { fields: { city: "Lyon" } }, [un]],
    [`${q('field.a "b"')}=Lyon`, { fields: { 'a "b"': "Lyon" } }, [trois]],
    ["tag=vip&field.city=Paris&language=fr", { tags: ["vip"], fields: { city: "Paris" }, language: "fr" }, [deux]],
    ["language=en", { language: "en" }, [trois]],
    ["q=client", { q: "client" }, [uk, deux, un]],
    [`q=${q("100%")}`, { q: "100%" }, [trois]],
    [`q=${q("%")}`, { q: "%" }, [trois]],
    ["q=0044", { q: "0044" }, [uk]],
    [`q=${q("+33 6 12")}&tag=vip`, { q: "+33 6 12", tags: ["vip"] }, [deux, un]],
    [`q=${q("+336120000")}`, { q: "+336120000" }, [trois, deux, un]],
    [
      "created_from=2026-11-24T09:01:00Z&created_before=2026-11-24T09:02:00Z",
      { created_from: "2026-11-24T09:01:00Z", created_before: "2026-11-24T09:02:00Z" },
      [deux],
    ],
    ["tag=nobody", { tags: ["nobody"] }, []],
  ];
  test("each finds whom it means, in a query and as a saved filter, and all together page by page", async () => {
    const gateway = await filled();
    for (const [index, [query, filter, expected]] of CASES.entries()) {
      expect([query, await numbersOf(gateway, `/v1/contacts?${query}`)]).toEqual([query, expected]);
      const id = await list(gateway, { name: `Filter ${index}`, filter });
      expect([query, await numbersOf(gateway, `/v1/lists/${id}/contacts`)]).toEqual([query, expected]);
      expect((await gateway.call("GET", `/v1/lists/${id}`)).body).toMatchObject({ filter, members: null });
    }
  });

  test.each([
    ["tags=vip", "tags"],
    ["tag=", "tag"],
    ["language=french", "language"],
    ["created_from=today", "created_from"],
    ["list=mine", "list"],
    ["field.=x", "fields"],
  ])("GET /v1/contacts?%s is refused, and %s named", async (query, name) => {
    const reply = await (await testGateway()).call("GET", `/v1/contacts?${query}`);
    expect([reply.status, reply.text]).toEqual([422, expect.stringContaining(name)]);
  });

  test("a filter that is kept names lists with members: on a saved filter is nobody, whom it could leave out", async () => {
    const gateway = await filled();
    const vip = await list(gateway, { name: "VIP", filter: { tags: ["vip"] } });
    const members = await list(gateway, { name: "Members" });
    const kept = await list(gateway, { name: "Kept", filter: { lists: [members] } });
    const draft = { name: "Sale", from: "36105", text: "Soldes !", audience: {} };
    for (const wrong of [vip, kept, "lst_none"]) {
      for (
        const [method, path, body, field] of [
          ["POST", "/v1/lists", { name: "Another", filter: { lists: [members, wrong] } }, "filter.lists"],
          ["PATCH", `/v1/lists/${kept}`, { filter: { lists: [wrong] } }, "filter.lists"],
          ["POST", "/v1/campaigns", { ...draft, audience: { filter: { lists: [wrong] } } }, "audience.filter.lists"],
        ] as const
      ) {
        const answer = await gateway.call(method, path, body);
        expect([path, answer.status, answer.body.errors?.[0]?.field]).toEqual([path, 422, field]);
      }
    }
    expect((await gateway.call("GET", `/v1/lists/${kept}`)).body.filter).toEqual({ lists: [members] });
    const audience = { lists: [vip], exclude_lists: [kept] };
    expect((await gateway.call("POST", "/v1/campaigns", { ...draft, audience })).status).toBe(201);
  });

  test("a saved filter changes; it has no members to add, and its name is its own", async () => {
    const gateway = await filled();
    const id = await list(gateway, { name: "French", filter: { language: "fr" } });
    const changed = await gateway.call("PATCH", `/v1/lists/${id}`, { filter: { language: "en" }, description: "x" });
    expect(changed.body).toMatchObject({ name: "French", filter: { language: "en" }, description: "x" });
    expect(await numbersOf(gateway, `/v1/lists/${id}/contacts`)).toEqual([trois]);
    expect((await gateway.call("PATCH", `/v1/lists/${id}`, { description: null })).body.description).toBe(null);
    const added = await gateway.call("POST", `/v1/lists/${id}/members`, { numbers: [un] });
    expect([added.status, added.body.code]).toEqual([409, "not_a_list_with_members"]);

    const taken = await gateway.call("POST", "/v1/lists", { name: "French" });
    expect([taken.status, taken.body.code]).toEqual([409, "name_taken"]);
    const other = await list(gateway, { name: "Others" });
    expect((await gateway.call("PATCH", `/v1/lists/${other}`, { name: "French" })).body.code).toBe("name_taken");
    expect((await gateway.call("PATCH", `/v1/lists/${other}`, { filter: {} })).status).toBe(422);
    expect((await gateway.call("PATCH", "/v1/lists/lst_none", { name: "x" })).status).toBe(404);
  });

  test("tags are replaced as a whole, by POST and PATCH, and what is not given stays", async () => {
    const gateway = await testGateway();
    const id = await contact(gateway, 1, { tags: ["b", "a", "a"] });
    await contact(gateway, 1, { name: "Same" });
    expect((await gateway.call("GET", `/v1/contacts/${id}`)).body.tags).toEqual(["a", "b"]);
    await contact(gateway, 1, { tags: ["b", "c"] });
    expect((await gateway.call("GET", `/v1/contacts/${id}`)).body.tags).toEqual(["b", "c"]);
    expect((await gateway.call("PATCH", `/v1/contacts/${id}`, { tags: [] })).body.tags).toEqual([]);
    expect((await gateway.call("PATCH", `/v1/contacts/${id}`, { tags: ["a,b"] })).text).toContain("tags.0");
  });

  test("what staff do with lists is in the audit log, without numbers", async () => {
    const gateway = await testGateway();
    const one = await contact(gateway, 1);
    const id = await list(gateway, { name: "A" });
    await gateway.call("PUT", `/v1/lists/${id}/members/${one}`);
    await gateway.call("POST", `/v1/lists/${id}/members/remove`, { contacts: [one] });
    await gateway.call("DELETE", `/v1/lists/${id}`);
    const { data } = (await gateway.call("GET", `/v1/audit?subject=${id}`)).body;
    expect(data.map(({ action }: { action: string }) => action).reverse())
      .toEqual(["list.saved", "list.members_added", "list.members_removed", "list.deleted"]);
    expect(JSON.stringify(data)).not.toContain(number(1));
  });
});
