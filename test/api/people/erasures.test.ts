import { getTableName, is } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import { describe, expect, test } from "vitest";
import { verifyAudit } from "../../../src/audit/verify.ts";
import { SETTLES_MS } from "../../../src/gateway/people/erase.ts";
import { personKeys } from "../../../src/gateway/people/person_keys.ts";
import { sealEntries } from "../../../src/store/oversight/audit_chain.ts";
import { readBooks } from "../../../src/store/oversight/books.ts";
import * as schema from "../../../src/store/schema.ts";
import { DATABASE_KINDS, freshDatabase } from "../../support/database.ts";
import { consent, INFO, PROMO, type TestGateway, testGateway } from "../../support/gateway.ts";
import { SECRET } from "../../support/instance.ts";
import { webhookReceiver } from "../../support/receiver.ts";

const FR = "+33612345678";
const OTHER = "+33612000002";
/** Stands in all that is told of the person, and nowhere else. */
const MARK = "Zanzibar";
const path = (person = FR) => `/v1/people/${encodeURIComponent(person)}`;
const REQUEST = { reason: "Article 17 GDPR, by letter", requested_by: "person" };
const KEY = personKeys([SECRET])!.keyOf(FR);

const erase = (g: TestGateway, more: Record<string, unknown> = {}, person = FR) =>
  g.call("DELETE", path(person), { ...REQUEST, ...more });

/** Until it is done. */
async function erased(g: TestGateway, more: Record<string, unknown> = {}) {
  const { status, body } = await erase(g, more);
  expect(status).toBe(202);
  g.clock.advance(SETTLES_MS);
  await g.dispatcher.tick();
  const { body: done } = await g.call("GET", `/v1/erasures/${body.id}`);
  expect(done).toMatchObject({ state: "done" });
  return done;
}

/** Cells of the whole database that hold one of `words`, as `table.column`. */
async function cellsWith(g: TestGateway, words: readonly string[]): Promise<string[]> {
  const { client } = g.db;
  const tables = await client.execute(
    "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'",
  );
  const found = new Set<string>();
  for (const { name } of tables.rows) {
    for (const row of (await client.execute(`select * from ${name}`)).rows) {
      for (const [column, cell] of Object.entries(row)) {
        // The index of words holds them in lower case, among bytes.
        const text = cell instanceof ArrayBuffer ? new TextDecoder("latin1").decode(cell) : String(cell);
        if (words.some((word) => text.includes(word) || text.includes(word.toLowerCase()))) {
          found.add(`${name}.${column}`);
        }
      }
    }
  }
  return [...found].sort();
}

/** A person of whom every table knows something. */
async function known(g: TestGateway, person = FR) {
  const { call, clock } = g;
  const list = (await call("POST", "/v1/lists", { name: "Clients" })).body;
  await call("POST", "/v1/contacts", {
    msisdn: person,
    name: `Camille ${MARK}`,
    tags: [MARK],
    fields: { city: MARK },
    language: "fr",
  });
  await call("POST", `/v1/lists/${list.id}/members`, { contacts: [person] });
  const given = await call("POST", "/v1/consents", {
    recipient: person,
    purpose: "commercial",
    source: "web_form",
    wording: "I agree to receive offers by SMS",
    granted_at: "2026-01-10T09:00:00Z",
    ip: "192.0.2.77",
    form_id: MARK,
    evidence_ref: `${MARK}.pdf`,
  });
  expect(given.status).toBe(201);
  const send = (text: string, more: Record<string, unknown> = {}, headers = {}) =>
    call("POST", "/v1/messages", { to: person, from: "36105", text, metadata: { of: MARK }, ...more }, headers);
  await send(`${MARK} : soldes, -50% sur tout le magasin !`);
  await send(`Rendez-vous à ${MARK} mardi à 15h00.`, {}, {
    "idempotency-key": `of ${person} ${MARK}`.replace(MARK, "x"),
  });
  await send(`Rendez-vous à ${MARK} mardi à 16h00.`, {}, { "idempotency-key": "appointment" });
  await send(`Rendez-vous à ${MARK} mercredi.`, { from: "PARLEY" });
  await g.dispatcher.tick();
  await g.webhooks.tick();
  const call_ = async (text: string) => void await g.mo(person, "36105", text);
  await call_(`Bonjour, ${MARK} ?`);
  await call_(`Pourquoi tous ces SMS de ${MARK}, ça suffit peut-être`);
  clock.advance(60_000);
  const stop = (await g.mo(person, "36105", "STOP", "stop-1")).body.message_id;
  await g.dispatcher.tick();
  const [suppression] = (await call("GET", `/v1/suppressions?recipient=${encodeURIComponent(person)}`)).body.data;
  await call("POST", `/v1/suppressions/${suppression.id}/overrides`, { reason: `${MARK} asks`, evidence: MARK });
  await send(`${MARK} : vente privée, -20% !`);
  await send(`Facture de ${MARK} au 24 novembre.`, { scheduled_at: new Date(clock.now() + 7_200_000).toISOString() });
  for (const thread of (await call("GET", "/v1/conversations")).body.data) {
    await call("POST", `/v1/conversations/${thread.id}/notes`, { text: `${MARK} rang` });
    await call("PATCH", `/v1/conversations/${thread.id}`, { read: true });
  }
  await g.dispatcher.tick();
  await g.webhooks.tick();
  await call("POST", "/v1/lists", { name: "Une personne", filter: { q: person } });
  // Kept out, a line that is no number, and one with more digits than any number has.
  const csv = `number,name\n${person},${MARK}\n${person}x,${MARK}\n${person}000000,${MARK}\n`;
  await call("POST", "/v1/contacts/imports", csv, { "content-type": "text/csv" });
  await g.api.reporter.submit({
    carrier_id: "sandbox",
    report: {
      messageId: null,
      carrierMessageId: "of another system",
      status: "failed",
      error: { code: "x", detail: `${person} at ${MARK} is unreachable`, optedOut: false },
    },
  });
  for (const [id, expanded_at] of [["cmp_paused", null], ["cmp_expanded", 1]] as const) {
    await g.db.client.execute({
      sql: `insert into campaigns (id, name, state, sender, template, audience, fuse, cursor, expanded_at, created_by,
          created_at, updated_at)
        values (?, 'Soldes', 'paused', '36105', 'Soldes', ?, '{}', ?, ?, 'admin', 1, 1)`,
      args: [id, JSON.stringify({ filter: { q: person } }), person, expanded_at],
    });
  }
  return { list, stop, suppression };
}

describe.each(DATABASE_KINDS)("erasing a person (%s)", (kind) => {
  test("leaves number and words in no table, the suppression under a hash, books and audit log whole", async () => {
    const g = await testGateway({ kind, privateWebhooks: true });
    const app = webhookReceiver(({ body }) => new Response(body.slice(0, 500)));
    await g.call("POST", "/v1/webhooks", { url: app.url, events: ["*"] });
    const { stop } = await known(g);
    await g.call("POST", "/v1/contacts", { msisdn: OTHER, name: "Alix" });
    await consent(g, OTHER);
    await g.call("POST", "/v1/messages", { to: OTHER, from: "36105", text: PROMO });
    const before = await readBooks(g.db.client, { from: 0, to: g.clock.now() + 1, now: g.clock.now() });
    expect(before.unaccounted).toBe(0);
    const told = await cellsWith(g, [FR.slice(1), MARK]);
    expect(told).toEqual(expect.arrayContaining([
      "audit_details.details",
      "campaigns.audience",
      "campaigns.cursor",
      "consents.evidence",
      "contact_lists.filter",
      "conversations.person",
      "idempotency_keys.body",
      "message_words_content.c0",
      "message_words_data.block",
      "messages.metadata",
      "messages.submitted_text",
      "messages.text",
      "notes.text",
      "overrides.evidence",
      "parked_reports.report",
      "reviews.person",
      "webhook_attempts.answer",
    ]));

    const done = await erased(g);
    await g.webhooks.tick();
    expect(await cellsWith(g, [FR.slice(1), MARK, "192.0.2.77"])).toEqual([]);
    // Behind everybody before this person, and before everybody behind.
    const cursors = await g.db.client.execute("select cursor from campaigns order by id desc");
    expect(cursors.rows).toMatchObject([{ cursor: "+33612345677:" }, { cursor: "" }]);
    expect(done.erased.messages).toBeGreaterThan(8);
    expect(done.erased.audit_details).toBeGreaterThan(3);
    expect(done.erased.conversations).toBe(2);
    expect(done.kept.map(({ what }: { what: string }) => what)).toEqual([
      "suppressions",
      "consents",
      "messages",
      "audit_log",
    ]);
    expect(done.kept[0].count).toBe(1);
    expect(done.kept.map(({ days }: { days: number | null }) => days)).toEqual([3_650, 1_825, 1_825, null]);

    const reasons = await g.db.client.execute(`select r.value->>'id' as id, r.value->>'reason' as reason
      from messages, json_each(decision, '$.rules') r where person = ''`);
    expect(reasons.rows.length).toBeGreaterThan(8);
    expect(reasons.rows.every(({ id, reason }) => id !== "" && reason === "")).toBe(true);
    const { rows } = await g.db.client.execute("select * from suppressions");
    expect(rows).toMatchObject([{ recipient: KEY, source: "keyword", message_id: stop, text: null, lifted_at: null }]);
    const after = await readBooks(g.db.client, { from: 0, to: g.clock.now() + 1, now: g.clock.now() });
    expect(after.unaccounted).toBe(0);
    const sum = (books: typeof after) => books.entries.reduce((all, { accepted }) => all + accepted, 0);
    expect(sum(after)).toBe(sum(before));
    await sealEntries(g.db.client);
    const log = await verifyAudit(g.db);
    expect(log.findings).toEqual([]);
    expect(log.erased).toBe(done.erased.audit_details);
    // Nobody else is touched.
    expect((await g.call("GET", path(OTHER))).body).toMatchObject({ contact: { name: "Alix" }, consents: [{}] });
  });

  test("an import, a message and a consent still meet the suppression; a START lifts it, a STOP makes it stand again", async () => {
    const g = await testGateway({ kind });
    await known(g);
    await erased(g);
    const csv = `number,name\n${FR},Camille\n${OTHER},Alix\n`;
    const report = await g.call("POST", "/v1/contacts/imports", csv, { "content-type": "text/csv" });
    expect(report.body).toMatchObject({ lines: 2, created: 1, suppressed: 1 });
    const given = await consent(g, FR);
    expect(given.body).toMatchObject({ effective: false });
    const send = async (text: string) => {
      const { status, body } = await g.call("POST", "/v1/messages", { to: FR, from: "36105", text });
      return status === 202 ? body.status : body.code;
    };
    expect(await send(PROMO)).toBe("recipient_opted_out");
    expect(await send(INFO)).toBe("queued");
    const standing = await g.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(FR)}`);
    expect(standing.body.data).toMatchObject([{ recipient: KEY }]);
    const contact = await g.call("POST", "/v1/contacts", { msisdn: FR });
    expect(contact.body.suppressed).toBe(true);
    expect(await send(PROMO)).toBe("recipient_opted_out");
    await erased(g);

    expect((await g.mo(FR, "36105", "START")).body.intent).toBe("opt_in");
    const { rows } = await g.db.client.execute("select recipient, lifted_at is null as stands from suppressions");
    expect(rows).toMatchObject([{ recipient: KEY, stands: 0 }]);
    await sealEntries(g.db.client);
    expect((await verifyAudit(g.db)).findings).toEqual([]);
    await consent(g, FR, new Date(g.clock.now()).toISOString());
    expect(await send(PROMO)).toBe("queued");
    await g.mo(FR, "36105", "STOP");
    expect(await send(PROMO)).toBe("recipient_opted_out");
    await erased(g);
    expect(await send(PROMO)).toBe("recipient_opted_out");
  });
});

describe("erasing a person", () => {
  test("leaves number and words nowhere in the file either, not even where it holds nothing any more", async () => {
    const db = await freshDatabase();
    const g = await testGateway({ db });
    await known(g);
    const bytes = async () => {
      await db.client.execute("pragma wal_checkpoint(truncate)");
      return new TextDecoder("latin1").decode(await Deno.readFile(db.url.replace("file:", "")));
    };
    expect(await bytes()).toContain(MARK);
    await erased(g);
    const file = await bytes();
    expect([MARK, MARK.toLowerCase(), FR.slice(1)].filter((word) => file.includes(word))).toEqual([]);
  });

  test("who never refused is refused from then on, unless nobody objected", async () => {
    const g = await testGateway();
    await consent(g, FR);
    await erased(g, { suppress: false, requested_by: "operator" });
    const { rows } = await g.db.client.execute("select count(*) as n from suppressions");
    expect(rows).toMatchObject([{ n: 0 }]);
    await consent(g, FR);
    expect((await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO })).status).toBe(202);
    await erased(g);
    await consent(g, FR);
    const { body } = await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO });
    expect(body.code).toBe("recipient_opted_out");
    const [suppression] = (await g.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(FR)}`)).body.data;
    expect(suppression).toMatchObject({ source: "erasure", scope: "commercial" });
    // One person on the staff alone cannot lift it.
    const lift = await g.call("POST", `/v1/suppressions/${suppression.id}/lift`, { reason: "Oops" });
    expect([lift.status, lift.body.code]).toEqual([409, "override_needed"]);
  });

  test("the suppression survives an export and an import into another database under the same secret", async () => {
    const g = await testGateway();
    await erased(g);
    const { text } = await g.call("GET", "/v1/suppressions/export");
    expect(text).toContain(KEY);
    const other = await testGateway();
    await consent(other, FR);
    const send = async () =>
      (await other.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO })).body.code ?? "accepted";
    expect(await send()).toBe("accepted");
    const report = await other.call("POST", "/v1/suppressions/import", text, { "content-type": "text/csv" });
    expect(report.body).toMatchObject({ imported: 1, rejected: 0 });
    expect(await send()).toBe("recipient_opted_out");
    // What was accepted before does not leave either.
    await other.dispatcher.tick();
    expect(await other.handset(FR)).toEqual([]);
    const { body } = await other.call("GET", `/v1/messages?person=${encodeURIComponent(FR)}&status=refused`);
    expect(body.data).toMatchObject([{ error: { code: "recipient_opted_out" } }, {}]);
  });

  test("what waits stays where a key went missing, and a hash under a key that was never there is no line to import", async () => {
    const g = await testGateway();
    await erased(g);
    await consent(g, OTHER);
    await g.call("POST", "/v1/messages", { to: OTHER, from: "36105", text: PROMO });
    g.api.deps.people = personKeys(["another secret of the tests, also outside"]);
    await g.dispatcher.tick();
    expect(await g.handset(OTHER)).toEqual([]);
    g.api.deps.people = personKeys([SECRET]);
    const csv = `recipient,scope\n#00000000:${"A".repeat(43)},commercial\n`;
    const report = await g.call("POST", "/v1/suppressions/import", csv, { "content-type": "text/csv" });
    expect(report.body).toMatchObject({
      imported: 0,
      rejected: 1,
      invalid: [{ detail: expect.stringContaining("PARLEY_SECRET") }],
    });
    expect((await g.call("POST", "/v1/messages", { to: OTHER, from: "36105", text: `${PROMO} !` })).body.hold_reason)
      .toBe(null);
  });

  test("words that the staff wrote since the first erasure go with the second, as do filters that named the person once", async () => {
    const g = await testGateway();
    await g.call("POST", "/v1/contacts", { msisdn: FR, name: MARK });
    const list = await g.call("POST", "/v1/lists", { name: "Une personne", filter: { q: FR } });
    await g.call("PATCH", `/v1/lists/${list.body.id}`, { filter: { tags: ["regular"] } });
    expect((await erased(g)).erased).toMatchObject({ contacts: 1 });
    expect(await cellsWith(g, [FR.slice(1), MARK])).toEqual([]);
    const [standing] = (await g.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(FR)}`)).body.data;
    const asked = { reason: `${MARK} asks to come back`, evidence: MARK };
    expect((await g.call("POST", `/v1/suppressions/${standing.id}/overrides`, asked)).status).toBe(201);
    expect(await cellsWith(g, [MARK])).toEqual(["audit_details.details", "overrides.evidence", "overrides.reason"]);
    expect((await g.call("GET", `${path()}/export`)).body.audit).toContainEqual(
      expect.objectContaining({ action: "override.requested" }),
    );
    expect((await erased(g)).kept[0].count).toBe(1);
    expect(await cellsWith(g, [MARK])).toEqual([]);
    await sealEntries(g.db.client);
    expect((await verifyAudit(g.db)).findings).toEqual([]);
  });

  test("a consent that was withdrawn stays so, whatever is asked", async () => {
    const g = await testGateway();
    const { body } = await consent(g, FR);
    await g.call("POST", `/v1/consents/${body.id}/withdraw`, {});
    await erased(g, { suppress: false });
    expect((await consent(g, FR)).body.effective).toBe(false);
  });

  test("what waits is canceled at once, what is being handed over is erased afterwards", async () => {
    const g = await testGateway();
    for (const text of [INFO, `${INFO} Merci.`]) await g.call("POST", "/v1/messages", { to: FR, from: "36105", text });
    const at = g.clock.now();
    const [first] = (await g.call("GET", "/v1/messages")).body.data;
    await g.db.client.execute({
      sql: "update messages set status = 'sending', lease = 'lea_x', lease_until = ?, attempts = 1 where id = ?",
      args: [at + 600_000, first.id],
    });
    const { body } = await erase(g);
    expect(body).toMatchObject({ state: "running", erased: { messages: 1 } });
    const statuses = async () =>
      (await g.db.client.execute("select status, person, error_code from messages order by id desc")).rows;
    expect(await statuses()).toMatchObject([{ status: "sending", person: FR }, {
      status: "canceled",
      person: "",
      error_code: "person_erased",
    }]);
    g.clock.advance(SETTLES_MS);
    await g.dispatcher.tick();
    expect((await g.call("GET", `/v1/erasures/${body.id}`)).body.state).toBe("running");
    g.clock.advance(700_000);
    await g.dispatcher.tick();
    g.clock.advance(5_000);
    await g.dispatcher.tick();
    expect((await g.call("GET", `/v1/erasures/${body.id}`)).body.state).toBe("done");
    expect(await cellsWith(g, [FR.slice(1)])).toEqual([]);
    // Its report comes later, and says nothing of the person.
    await g.api.reporter.submit({
      carrier_id: "sandbox",
      report: {
        messageId: first.id,
        carrierMessageId: null,
        status: "failed",
        error: { code: "x", detail: `${FR} is unreachable`, optedOut: true },
      },
    });
    expect(await cellsWith(g, [FR.slice(1)])).toEqual([]);
    expect((await g.db.client.execute("select * from suppressions where recipient = ''")).rows).toEqual([]);
  });

  test("a person of many messages goes in pieces, by two instances that ask at once, exactly once", async () => {
    const g = await testGateway();
    await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: INFO });
    await g.dispatcher.tick();
    const columns = (await g.db.client.execute("select name from pragma_table_info('messages') where name != 'id'"))
      .rows.map(({ name }) => name).join(", ");
    await g.db.client.execute(`with recursive n (i) as (select 1 union all select i + 1 from n where i < 2500)
      insert into messages (id, ${columns}) select m.id || n.i, ${columns} from n, (select * from messages limit 1) m`);
    const [one, other] = await Promise.all([erase(g), erase(g)]);
    expect(one.body.id).toBe(other.body.id);
    await g.dispatcher.tick();
    g.clock.advance(SETTLES_MS);
    await g.dispatcher.tick();
    const { body } = await g.call("GET", `/v1/erasures/${one.body.id}`);
    expect(body).toMatchObject({ state: "done", erased: { messages: 2_501, conversations: 1 } });
    expect((await g.call("GET", "/v1/audit?action=person.erasure_requested")).body.data).toHaveLength(1);
    expect((await g.call("GET", "/v1/erasures")).body.data).toMatchObject([{ id: body.id }]);
  });

  test("parts of a long message go as well, and a part that is brought again stores nothing anew", async () => {
    const g = await testGateway();
    const part = (number: number) => ({
      carrier_id: "sandbox",
      sms: {
        carrierMessageId: `part-${number}`,
        from: FR,
        to: "36105",
        text: `${MARK} `,
        carrierIntent: null,
        alreadyAnswered: false,
        mediaUrls: [],
        part: { reference: "7", number, total: 3 },
      },
    });
    await g.api.receiver.submit(part(1));
    await g.api.receiver.submit(part(2));
    await erased(g);
    expect(await cellsWith(g, [FR.slice(1), MARK])).toEqual([]);
    await g.api.receiver.submit(part(1));
    expect(await cellsWith(g, [FR.slice(1), MARK])).toEqual([]);
  });

  test("without a secret it is refused; with another one advertising waits until the old one is given as well", async () => {
    const none = await testGateway({ secrets: [] });
    expect((await erase(none)).body.code).toBe("secret_missing");

    const g = await testGateway();
    await erased(g);
    const other = "another secret of the tests, also outside";
    await consent(g, OTHER);
    const send = async (secrets: string[], to: string, text: string) => {
      g.api.deps.people = personKeys(secrets);
      const { body } = await g.call("POST", "/v1/messages", { to, from: "36105", text });
      return body.code ?? (body.hold_reason ?? body.status);
    };
    expect(await send([other], OTHER, PROMO)).toBe("facts_unavailable");
    expect(await send([], OTHER, INFO)).toBe("queued");
    expect(await send([other, SECRET], OTHER, PROMO)).toBe("queued");
    expect(await send([other, SECRET], FR, PROMO)).toBe("recipient_opted_out");
  });

  test("the reason may tell the day", async () => {
    const g = await testGateway();
    for (const day of ["2026-11-20", "20.11.2026", "20/11/2026"]) {
      expect((await erase(g, { reason: `Letter of ${day}` })).status).toBe(202);
    }
  });

  test.each([
    [{ reason: "" }, "reason"],
    [{ reason: "Letter of +33 6 12 34 56 78" }, "reason"],
    [{ reason: "Letter of 06.12.34.56.78" }, "reason"],
    [{ reason: "Letter of 06/12/2034 56 78" }, "reason"],
    [{ requested_by: "nobody" }, "requested_by"],
    [{ suppress: "no" }, "suppress"],
  ])("%j is refused by its field", async (body, field) => {
    const g = await testGateway();
    const answer = await erase(g, body);
    expect(answer.status).toBe(422);
    expect(JSON.stringify(answer.body.errors)).toContain(field);
    expect((await g.appCall("DELETE", path(), REQUEST)).status).toBe(403);
  });
});

test("every table is known to the erasure: a new one is looked at before it is added here", () => {
  /** What an erasure does to each; `nobody`: it tells nothing of a single person. */
  const TABLES: Record<string, "blanked" | "deleted" | "keyed" | "nobody"> = {
    activations: "nobody",
    api_keys: "nobody",
    audit_details: "deleted",
    audit_log: "nobody",
    barrier_totals: "nobody",
    campaign_counts: "nobody",
    campaigns: "blanked",
    canned_replies: "nobody",
    carriers: "nobody",
    consents: "keyed",
    contact_imports: "nobody",
    contact_lists: "blanked",
    contact_tags: "deleted",
    contacts: "deleted",
    conversations: "deleted",
    counted_messages: "nobody",
    counting: "nobody",
    desk: "deleted",
    erasures: "blanked",
    hourly_totals: "nobody",
    idempotency_keys: "blanked",
    import_problems: "nobody",
    link_clicks: "deleted",
    list_departures: "deleted",
    list_members: "deleted",
    long_messages: "blanked",
    message_events: "blanked",
    message_parts: "blanked",
    messages: "blanked",
    notes: "deleted",
    overrides: "blanked",
    parked_reports: "deleted",
    proposals: "nobody",
    report_parts: "nobody",
    reviews: "blanked",
    rule_drafts: "nobody",
    rulebooks: "nobody",
    searchable: "deleted",
    senders: "nobody",
    // The staff, who are no recipients: who they are stands in what they did for as long as that is kept.
    sessions: "nobody",
    settings: "nobody",
    shared_decisions: "nobody",
    sign_in_failures: "nobody",
    suppressions: "keyed",
    user_links: "nobody",
    users: "nobody",
    webhook_attempts: "blanked",
    webhook_deliveries: "nobody",
    webhook_endpoints: "nobody",
    webhook_events: "nobody",
  };
  const tables = Object.values(schema).filter((one) => is(one, SQLiteTable)).map((table) => getTableName(table));
  expect(tables.sort()).toEqual(Object.keys(TABLES));
});

test("what an app answers while the person is erased keeps nothing of them", async () => {
  const g = await testGateway({ privateWebhooks: true });
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const app = webhookReceiver(async ({ body }) => {
    asked.resolve();
    await answer.promise;
    return new Response(`got ${body}`);
  });
  await g.call("POST", "/v1/webhooks", { url: app.url });
  await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: `Rendez-vous à ${MARK} mardi à 16h00.` });
  await g.dispatcher.tick();
  const calling = g.webhooks.tick();
  await asked.promise;
  const { body } = await erase(g);
  await g.dispatcher.tick();
  answer.resolve();
  await calling;
  g.clock.advance(SETTLES_MS);
  await g.dispatcher.tick();
  expect((await g.call("GET", `/v1/erasures/${body.id}`)).body.state).toBe("done");
  expect(await cellsWith(g, [FR, FR.slice(1), MARK])).toEqual([]);
});

test("a filter that names the person with blanks in the number is erased, in the list and in the log", async () => {
  const g = await testGateway();
  await g.call("POST", "/v1/contacts", { msisdn: FR, name: "A" });
  const { body: list } = await g.call("POST", "/v1/lists", { name: "one", filter: { q: "+33 6 12-34.56 78" } });
  expect((await g.call("GET", `/v1/lists/${list.id}/contacts`)).body.data).toHaveLength(1);
  await erased(g);
  const { rows } = await g.db.client.execute(
    "select filter as kept from contact_lists union all select details from audit_details",
  );
  expect(JSON.stringify(rows.map((row) => row["kept"])).replaceAll(/[ ().-]/g, "")).not.toContain(FR.slice(1));
});
