import { describe, expect, test } from "vitest";
import { verifyAudit } from "../../../src/audit/verify.ts";
import { RETAINED } from "../../../src/core/rulebook/rulebook_schema.ts";
import { cutoff } from "../../../src/gateway/people/retain.ts";
import { sealEntries } from "../../../src/store/oversight/audit_chain.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { consent, INFO, type TestGateway, testGateway } from "../../support/gateway.ts";
import { instance } from "../../support/instance.ts";
import { webhookReceiver } from "../../support/receiver.ts";

const FR = "+33612000001";
const OTHER = "+33612000002";
const DAY = 86_400_000;

async function count(g: TestGateway, from: string): Promise<number> {
  const { rows } = await g.db.client.execute(`select count(*) as n from ${from}`);
  return Number(rows[0]!["n"]);
}

/** Something of every kind of data. */
async function story(g: TestGateway) {
  const app = webhookReceiver();
  await g.call("POST", "/v1/webhooks", { url: app.url, events: ["*"] });
  const csv = `number,name\n${OTHER},Alix\nno number,Nobody\n`;
  await g.call("POST", "/v1/contacts/imports", csv, { "content-type": "text/csv" });
  await consent(g, FR);
  const order = { to: FR, from: "36105", text: INFO, metadata: { order: "4711" } };
  const { body } = await g.call("POST", "/v1/messages", order, { "idempotency-key": "one" });
  await g.mo(FR, "36105", "Il faut stopper le bazar");
  const [review] = (await g.call("GET", "/v1/reviews")).body.data;
  await g.call("POST", `/v1/reviews/${review.id}/settle`, { settlement: "not_opt_out", note: "a question" });
  await g.mo(FR, "36105", "STOP");
  await g.call("POST", "/v1/suppressions", { recipient: OTHER });
  const [thread] = (await g.call("GET", "/v1/conversations")).body.data;
  await g.call("POST", `/v1/conversations/${thread.id}/notes`, { text: "Rang to say so" });
  await g.call("PATCH", `/v1/conversations/${thread.id}`, { read: true });
  await g.dispatcher.tick();
  await g.webhooks.tick();
  g.clock.advance(60_000);
  await g.mo(FR, "36105", "START");
  await g.mo(FR, "36105", "STOP");
  await g.dispatcher.tick();
  await g.webhooks.tick();
  return body.id as string;
}

const later = async (g: TestGateway, days: number) => {
  g.clock.advance(days * DAY);
  // A slow machine does not come to the end in one.
  for (let tick = 0; tick < 6; tick++) {
    g.clock.advance(10_000);
    await g.dispatcher.tick();
  }
};

describe.each(DATABASE_KINDS)("retention (%s)", (kind) => {
  test("each kind of data goes when its time is over, audited; what stands, stays", async () => {
    const g = await testGateway({ kind, privateWebhooks: true });
    const id = await story(g);
    const due = async (query = "") => {
      const { status, body } = await g.call("GET", `/v1/retention${query}`);
      expect(status).toBe(200);
      return Object.fromEntries(body.data.map((one: { data: string; due: number }) => [one.data, one.due]));
    };
    expect(Object.keys(await due())).toEqual(Object.keys(RETAINED));
    expect(Object.values(await due()).every((n) => n === 0)).toBe(true);

    await later(g, 5);
    expect(await count(g, "idempotency_keys")).toBe(1);
    expect((await due("?try=1"))["idempotency_keys"]).toBe(1);
    await later(g, 3);
    expect(await count(g, "idempotency_keys")).toBe(0);
    await later(g, 24);
    expect([await count(g, "webhook_events"), await count(g, "webhook_attempts")]).toEqual([0, 0]);
    expect(await count(g, "import_problems")).toBe(1);
    await later(g, 60);
    expect([await count(g, "contact_imports"), await count(g, "import_problems")]).toEqual([0, 0]);

    const texts = () => count(g, "messages where text != ''");
    const all = await count(g, "messages");
    expect(await texts()).toBe(all);
    const words = () => Promise.all(["searchable", "message_words", "notes"].map((table) => count(g, table)));
    expect(await words()).toEqual([all, all, 1]);
    await later(g, 1_100 - 92);
    expect([await texts(), await count(g, "messages")]).toEqual([0, all]);
    expect(await words()).toEqual([0, 0, 0]);
    expect((await g.call("GET", `/v1/messages/${id}`)).body).toMatchObject({ to: FR, text: "", metadata: {} });
    expect(await count(g, "suppressions where text is not null")).toBeGreaterThan(0);

    await later(g, 730);
    for (const table of ["messages", "message_events", "conversations", "reviews", "desk"]) {
      expect(await count(g, table), table).toBe(0);
    }
    // The last act about this purpose ended it, and all of it is over.
    expect(await count(g, "consents")).toBe(0);
    expect(await count(g, "suppressions")).toBe(3);
    await later(g, 1_830);
    expect(await count(g, "suppressions where lifted_at is null")).toBe(2);
    expect(await count(g, "suppressions where lifted_at is not null")).toBe(0);

    await sealEntries(g.db.client);
    const log = await verifyAudit(g.db);
    expect(log.findings).toEqual([]);
    expect(log.erased).toBeGreaterThan(5);
    const { data } = (await g.call("GET", "/v1/audit?action=retention.applied&limit=200")).body;
    const told = new Map<string, number>();
    for (const { subject, actor, details } of data) {
      expect(actor).toBe("system");
      told.set(subject, (told.get(subject) ?? 0) + details.rows);
    }
    expect(told.get("messages")).toBe(all);
    expect(new Set(told.keys())).toEqual(new Set(Object.keys(RETAINED).filter((one) => one !== "contacts")));
    // There is no end to which it does not come.
    const entries = await count(g, "audit_log");
    await later(g, 4_000);
    await later(g, 4_000);
    expect(await count(g, "audit_log")).toBe(entries);
  });

  test("many rows go in pieces, by two instances at once, and are counted once", async () => {
    const g = await testGateway({ kind });
    await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: INFO });
    await g.dispatcher.tick();
    const columns = (await g.db.client.execute("select name from pragma_table_info('messages') where name != 'id'"))
      .rows.map(({ name }) => name).join(", ");
    await g.db.client.execute(`with recursive n (i) as (select 1 union all select i + 1 from n where i < 1700)
      insert into messages (id, ${columns}) select m.id || n.i, ${columns} from n, (select * from messages limit 1) m`);
    await g.db.client.execute("update messages set status = 'held', due_at = 9e15 where id glob '*1'");
    const waiting = await count(g, "messages where status = 'held'");
    const other = instance(g.db, { now: g.clock.now });
    g.clock.advance(1_100 * DAY);
    for (let tick = 0; tick < 20; tick++) {
      g.clock.advance(6_000);
      await Promise.all([g.dispatcher.tick(), other.dispatcher.tick()]);
    }
    expect(await count(g, "messages where text != ''")).toBe(waiting);
    const { rows } = await g.db.client.execute(`select sum(d.details->>'rows') as n from audit_log l
      join audit_details d on d.id = l.id where l.subject = 'message_texts'`);
    expect(Number(rows[0]!["n"])).toBe(1_701 - waiting);
  });
});

test("what somebody has yet to look at stays, and can be settled; what is let go does not leave again", async () => {
  const g = await testGateway();
  const { body } = await g.call("POST", "/v1/messages", { to: OTHER, from: "36105", text: INFO });
  await g.db.client.execute("update messages set status = 'unknown', due_at = null");
  await g.mo(FR, "36105", "Il faut stopper le bazar");
  const [review] = (await g.call("GET", "/v1/reviews")).body.data;
  await later(g, 1_100);
  const again = await g.call("POST", `/v1/messages/${body.id}/settle`, { outcome: "resend" });
  expect([again.status, again.body.code]).toEqual([409, "text_missing"]);
  await later(g, 800);
  expect((await g.call("GET", "/v1/reviews")).body.data).toMatchObject([{ text: "Il faut stopper le bazar" }]);
  const settled = await g.call("POST", `/v1/reviews/${review.id}/settle`, { settlement: "opt_out" });
  expect(settled.status).toBe(200);
  expect(await count(g, "suppressions where lifted_at is null")).toBe(1);
  await later(g, 1_900);
  expect([await count(g, "messages"), await count(g, "reviews")]).toEqual([0, 0]);
});

test("cutoff() is so many days ago", () => expect(cutoff(10 * DAY, 3)).toBe(7 * DAY));

test("only an administrator asks", async () => {
  const g = await testGateway();
  expect((await g.appCall("GET", "/v1/retention")).status).toBe(403);
  expect((await g.call("GET", "/v1/retention?try=0")).status).toBe(422);
});
