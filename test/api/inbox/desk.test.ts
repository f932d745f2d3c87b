import { describe, expect, test } from "vitest";
import { DATABASE_KINDS } from "../../support/database.ts";
import { INFO, type TestGateway, testGateway, walkPages } from "../../support/gateway.ts";

const FR = "+33612000001";
const OTHER = "+33612000002";
const US = "+14155550101";

async function threadOf(g: TestGateway, person = FR) {
  return (await g.call("GET", `/v1/conversations?msisdn=${encodeURIComponent(person)}`)).body.data[0];
}
async function colleague(g: TestGateway, name: string, role = "agent"): Promise<string> {
  return (await g.call("POST", "/v1/users", { name, email: `${name}@example.com`, role })).body.user.id;
}
const change = (g: TestGateway, id: string, body: unknown) => g.call("PATCH", `/v1/conversations/${id}`, body);
const people = async (g: TestGateway, query: string) =>
  (await walkPages(g, `/v1/conversations?${query}`, 2)).map(({ person }) => person).sort();

describe.each(DATABASE_KINDS)("the desk (%s)", (kind) => {
  test("what came is unread until somebody reads it, and again when more comes", async () => {
    const g = await testGateway({ kind });
    await g.mo(FR, "36105", "Bonjour");
    await g.call("POST", "/v1/messages", { to: OTHER, from: "36105", text: INFO });
    expect(await people(g, "unread=true")).toEqual([FR]);
    expect(await people(g, "unread=false")).toEqual([OTHER]);
    const { id } = await threadOf(g);
    expect((await change(g, id, { read: true })).body).toMatchObject({ id, unread: false, assigned_to: null });
    expect(await people(g, "unread=true")).toEqual([]);
    // The clock of a sandbox may go back.
    g.clock.advance(-60_000);
    await g.mo(FR, "36105", "Encore moi");
    expect(await people(g, "unread=true")).toEqual([FR]);
    await change(g, id, { read: true });
    expect((await change(g, id, { read: false })).body.unread).toBe(true);
  });

  test("a thread is assigned, changes hands and is nobody's again; the audit log knows who did it, once each", async () => {
    const g = await testGateway({ kind });
    for (const person of [FR, OTHER, US]) await g.mo(person, "36105", "Bonjour");
    const { id } = await threadOf(g);
    const [ana, bo] = [await colleague(g, "ana"), await colleague(g, "bo")];
    for (const to of [ana, ana, bo]) {
      expect((await change(g, id, { assigned_to: to })).body.assigned_to).toBe(to);
    }
    await change(g, (await threadOf(g, US)).id, { assigned_to: bo, read: true });
    expect(await people(g, `assigned_to=${bo}`)).toEqual([US, FR]);
    expect(await people(g, `assigned_to=${bo}&unread=true`)).toEqual([FR]);
    expect(await people(g, `assigned_to=${ana}`)).toEqual([]);
    expect(await people(g, "assigned_to=none")).toEqual([OTHER]);
    await change(g, id, { assigned_to: null });
    expect(await people(g, "assigned_to=none")).toEqual([FR, OTHER]);
    const { data } = (await g.call("GET", `/v1/audit?subject=${id}`)).body;
    expect(data.map(({ details }: { details: { assigned_to: string } }) => details.assigned_to))
      .toEqual([null, bo, ana]);
    expect(data[0]).toMatchObject({
      action: "conversation.assigned",
      person: FR,
      actor: expect.stringMatching(/^key_/),
    });
  });

  test("notes are added and kept in order, with who and when; the audit log has no text of them", async () => {
    const g = await testGateway({ kind });
    await g.mo(FR, "36105", "Bonjour");
    const { id } = await threadOf(g);
    for (const text of ["Wants a call", "Called\nat ten", "<b>done</b>"]) {
      expect((await g.call("POST", `/v1/conversations/${id}/notes`, { text })).status).toBe(201);
      g.clock.advance(1_000);
    }
    const notes = await walkPages(g, `/v1/conversations/${id}/notes`, 2);
    expect(notes.map(({ text }) => text)).toEqual(["<b>done</b>", "Called\nat ten", "Wants a call"]);
    expect(notes[2]).toMatchObject({
      conversation_id: id,
      author_name: "admin",
      created_at: "2026-11-24T09:00:00.000Z",
    });
    const log = await g.call("GET", "/v1/audit?action=note.added");
    expect(log.body.data).toHaveLength(3);
    expect(log.text).not.toContain("call");
    // Noting is not reading.
    expect((await threadOf(g)).unread).toBe(true);
  });

  test("one box finds numbers, names and words, together with the other filters", async () => {
    const g = await testGateway({ kind });
    await g.call("POST", "/v1/contacts", { msisdn: FR, name: "Camille 100%" });
    await g.mo(FR, "36105", "Où est ma commande n° 4711 ?");
    await g.mo(OTHER, "36105", "Élève cherche commandes");
    await g.mo(US, "+15005550006", "Hello");
    await g.dispatcher.tick();
    const found = (q: string, more = "") => people(g, `q=${encodeURIComponent(q)}${more}`);
    expect(await found("+3361")).toEqual([FR, OTHER]);
    expect(await found("+33 6 12 00 00 01")).toEqual([FR]);
    expect(await found("4711")).toEqual([FR]);
    expect(await found("mill")).toEqual([FR]);
    expect(await found("0%")).toEqual([FR]);
    expect(await found("eleve commandes")).toEqual([OTHER]);
    expect(await found("comman")).toEqual([FR, OTHER]);
    expect(await found("comman", "&sender=PARLEY")).toEqual([]);
    expect(await found("nothing")).toEqual([]);
    expect((await threadOf(g)).name).toBe("Camille 100%");
    await change(g, (await threadOf(g)).id, { read: true });
    expect(await found("comman", "&unread=true")).toEqual([OTHER]);
  });
});

test("canned replies are written, filled for a person, changed and deleted", async () => {
  const g = await testGateway();
  const write = (body: unknown) => g.call("POST", "/v1/canned_replies", body);
  const hours = { title: "Hours", language: "en", text: "Hello {name}, we open at nine." };
  const { status, body } = await write(hours);
  expect([status, body]).toMatchObject([201, { ...hours, filled: null }]);
  expect((await write(hours)).body.code).toBe("title_taken");
  expect((await write({ ...hours, language: "fr", text: "Bonjour {name|cher client}" })).status).toBe(201);
  await g.mo(FR, "36105", "Bonjour");
  const { id } = await threadOf(g);
  const filled = async () =>
    (await walkPages(g, `/v1/canned_replies?conversation_id=${id}`, 1)).map((one) => one.filled);
  expect(await filled()).toEqual(["Bonjour cher client", "Hello, we open at nine."]);
  await g.call("POST", "/v1/contacts", { msisdn: FR, name: "Ana {name}" });
  expect(await filled()).toEqual(["Bonjour Ana {name}", "Hello Ana {name}, we open at nine."]);
  const one = `/v1/canned_replies/${body.id}`;
  expect((await g.call("PATCH", one, { text: "Closed" })).body).toMatchObject({ title: "Hours", text: "Closed" });
  expect((await g.call("PATCH", one, { language: "fr" })).body.code).toBe("title_taken");
  expect((await g.call("PATCH", one, { title: "Zeit", language: "fr" })).status).toBe(200);
  expect((await g.call("GET", "/v1/canned_replies?language=en")).body.data).toEqual([]);
  expect((await g.call("DELETE", one)).status).toBe(204);
  expect((await g.call("GET", one)).status).toBe(404);
  const actions = (await g.call("GET", `/v1/audit?subject=${body.id}`)).body.data;
  expect(actions.map(({ action }: { action: string }) => action)).toEqual([
    "canned_reply.deleted",
    ...Array(3).fill("canned_reply.saved"),
  ]);
});

test("bad input names its field, and what is not there is 404", async () => {
  const g = await testGateway();
  await g.mo(FR, "36105", "Bonjour");
  const { id } = await threadOf(g);
  const thread = `/v1/conversations/${id}`;
  const reader = await colleague(g, "reader", "viewer");
  const cases: [string, string, unknown, number, string][] = [
    ["PATCH", thread, { assigned_to: "Bob" }, 422, "assigned_to"],
    ["PATCH", thread, { assigned_to: "usr_nobody" }, 422, "assigned_to"],
    ["PATCH", thread, { assigned_to: reader }, 422, "assigned_to"],
    ["PATCH", thread, { read: "yes" }, 422, "read"],
    ["PATCH", thread, { owner: "usr_1" }, 422, "owner"],
    ["PATCH", "/v1/conversations/cnv_none", { read: true }, 404, "not_found"],
    ["POST", `${thread}/notes`, { text: " " }, 422, "text"],
    ["POST", `${thread}/notes`, { text: "a\0b" }, 422, "text"],
    ["POST", "/v1/conversations/cnv_none/notes", { text: "a" }, 404, "not_found"],
    ["GET", "/v1/conversations/cnv_none/notes", undefined, 404, "not_found"],
    ["GET", "/v1/conversations?unread=yes", undefined, 422, "unread"],
    ["GET", "/v1/conversations?assigned_to=me", undefined, 422, "assigned_to"],
    ["GET", "/v1/conversations?q=%20", undefined, 422, "q"],
    ["GET", "/v1/canned_replies?conversation_id=cnv_none", undefined, 404, "not_found"],
    ["POST", "/v1/canned_replies", { title: "a", language: "en", text: "{field.city}" }, 422, "text"],
    ["POST", "/v1/canned_replies", { title: "a", language: "en", text: "{" }, 422, "text"],
    ["POST", "/v1/canned_replies", { title: "a", language: "english", text: "a" }, 422, "language"],
    ["PATCH", "/v1/canned_replies/can_none", { title: "a" }, 404, "not_found"],
    ["DELETE", "/v1/canned_replies/can_none", undefined, 404, "not_found"],
  ];
  for (const [method, path, body, status, word] of cases) {
    const answer = await g.call(method, path, body);
    expect([method, path, body, answer.status], answer.text).toEqual([method, path, body, status]);
    expect(answer.text).toContain(word);
  }
});
