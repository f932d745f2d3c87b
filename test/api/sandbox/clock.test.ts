import { expect, test } from "vitest";
import { auditRow } from "../../../src/store/oversight/audit.ts";
import { setTestClock } from "../../../src/store/sandbox/test_clock.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { ADMIN_KEY, consent, INFO, PROMO, type TestGateway, testGateway } from "../../support/gateway.ts";
import { type Instance, instance } from "../../support/instance.ts";
import { KANNEL } from "../../support/kannel_settings.ts";

const FR = "+33639980100";
const SUNDAY = "2026-11-29T22:00:00+01:00";
const MONDAY = "2026-11-30T10:05:00+01:00";

type Callable = Pick<TestGateway, "call"> | Pick<Instance, "call">;

/** Another process on the same database. */
function beside(g: TestGateway): Pick<Instance, "call" | "dispatcher"> {
  const other = instance(g.db, { now: g.clock.now });
  const authorization = `Bearer ${ADMIN_KEY}`;
  return { ...other, call: (method, path, body) => other.call(method, path, body, { authorization }) };
}

const set = (g: Callable, at: string) => g.call("PUT", "/v1/sandbox/clock", { at });
const own = (g: Callable) => g.call("DELETE", "/v1/sandbox/clock");
const send = async (g: Callable, text: string) =>
  (await g.call("POST", "/v1/messages", { to: FR, from: "36105", text })).body;

test.each(DATABASE_KINDS)(
  "what a Sunday night holds leaves on Monday morning, on every instance (%s)",
  async (kind) => {
    const g = await testGateway({ kind });
    await consent(g, FR);
    const other = beside(g);
    expect((await g.call("GET", "/v1/sandbox/clock")).body).toEqual({
      at: "2026-11-24T09:00:00.000Z",
      set: false,
      own: "2026-11-24T09:00:00.000Z",
      settable: true,
      told: null,
    });
    expect((await set(g, SUNDAY)).body).toMatchObject({ at: "2026-11-29T21:00:00.000Z", set: true, told: null });
    expect((await other.call("GET", "/v1/sandbox/clock")).body).toMatchObject({ at: "2026-11-29T21:00:00.000Z" });
    const held = await send(other, PROMO);
    expect(held).toMatchObject({ status: "held", hold_reason: "quiet_hours", created_at: "2026-11-29T21:00:00.000Z" });
    await other.dispatcher.tick();
    expect(await g.handset(FR)).toEqual([]);
    // It runs on.
    g.clock.advance(60_000);
    expect((await set(g, MONDAY)).body).toMatchObject({ at: "2026-11-30T09:05:00.000Z", told: null });
    await g.dispatcher.tick();
    expect(await g.handset(FR)).toMatchObject([{
      text: expect.stringContaining("Soldes"),
      at: "2026-11-30T09:05:00.000Z",
    }]);
    const entries = (await g.call("GET", "/v1/audit?action=clock.set")).body.data;
    expect(entries).toHaveLength(2);
    expect(entries[0].details).toMatchObject({ from: "2026-11-29T21:01:00.000Z", to: "2026-11-30T09:05:00.000Z" });
  },
);

test.each(DATABASE_KINDS)(
  "a step back says what it means; messages go on leaving, threads keep their order (%s)",
  async (kind) => {
    const g = await testGateway({ kind });
    await set(g, MONDAY);
    await send(g, INFO);
    await g.dispatcher.tick();
    await g.mo(FR, "36105", "STOP");
    // Not handed over before the clock goes back.
    await g.db.client.execute("update senders set next_at = 9e15");
    g.clock.advance(60_000);
    const back = await own(g);
    expect(back.body).toMatchObject({
      set: false,
      at: "2026-11-24T09:01:00.000Z",
      told: expect.stringContaining("went back"),
    });
    expect((await own(g)).body.told).toBe(null);
    await g.dispatcher.tick();
    expect((await g.handset(FR)).map(({ direction }) => direction).sort()).toEqual(["inbound", "outbound", "outbound"]);
    expect((await send(g, PROMO)).code).toBe("recipient_opted_out");
    // Another instance has made no ids at those times.
    g.clock.advance(1_000);
    const other = beside(g);
    await other.call("GET", "/v1/sandbox/clock");
    const typed = `/v1/sandbox/handsets/${encodeURIComponent(FR)}/messages`;
    const { message_id } = (await other.call("POST", typed, { to: "36105", text: "Bonjour" })).body;
    const [newest] = (await g.call("GET", `/v1/messages?msisdn=${encodeURIComponent(FR)}`)).body.data;
    expect(newest).toMatchObject({ id: message_id, created_at: "2026-11-24T09:01:01.000Z" });
    expect((await g.call("GET", "/v1/audit?action=clock.cleared")).body.data).toHaveLength(1);
  },
);

test("beside a real carrier no clock is set, and beside a set clock no real carrier", async () => {
  const g = await testGateway();
  await set(g, MONDAY);
  const carrier = await g.call("PUT", "/v1/carriers/local", { kind: "kannel", config: KANNEL });
  expect([carrier.status, carrier.body.code]).toEqual([409, "test_clock"]);
  expect((await g.call("PUT", "/v1/carriers/more", { kind: "sandbox" })).status).toBe(201);
  expect((await g.call("GET", "/v1/audit?subject=local")).body.data).toEqual([]);
  await own(g);
  expect((await g.call("PUT", "/v1/carriers/local", { kind: "kannel", config: KANNEL })).status).toBe(201);
  const refused = await set(g, MONDAY);
  expect([refused.status, refused.body.code]).toEqual([409, "real_carrier"]);
  expect((await g.call("GET", "/v1/sandbox/clock")).body).toMatchObject({ set: false, settable: false });
});

test("leases that end at a later time end soon after the clock went back", async () => {
  const g = await testGateway();
  const { id } = await send(g, INFO);
  await g.db.client.execute("update messages set status = 'sending', lease = 'lea_1', lease_until = 9e15");
  const now = g.clock.now();
  const entry = auditRow({ at: now, actor: "system", action: "clock.set", subject: "clock" }, g.api.deps.newId);
  const setting = { at: now, set_at: now };
  expect(await setTestClock(g.db.client, { setting, now, before: now + 1 }, entry)).toBe(true);
  const { rows } = await g.db.client.execute({
    sql: "select lease_until as until from messages where id = ?",
    args: [id],
  });
  expect(rows[0]!["until"]).toBe(now + 60_000);
});

test.each([
  [{ at: "2027-01-24T09:00:00Z" }, "31 days"],
  [{ at: "2026-10-01T09:00:00Z" }, "31 days"],
  [{ at: "Sunday" }, "at"],
  [{}, "at"],
])("%j is refused by its field", async (body, word) => {
  const g = await testGateway();
  const refused = await g.call("PUT", "/v1/sandbox/clock", body);
  expect([refused.status, refused.text]).toEqual([422, expect.stringContaining(word)]);
});
