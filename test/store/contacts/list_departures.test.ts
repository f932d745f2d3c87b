import { expect, test } from "vitest";
import { forgetDeparture, hasLeft, leaveList } from "../../../src/store/contacts/list_departures.ts";
import { auditRow } from "../../../src/store/oversight/audit.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { consent, testGateway } from "../../support/gateway.ts";

const PERSON = "+447400123456";

test.each(DATABASE_KINDS)(
  "who left a list stays off it until they say themselves that they want back (%s)",
  async (kind) => {
    const gateway = await testGateway({ kind });
    const { db, api: { deps } } = gateway;
    const { body: list } = await gateway.call("POST", "/v1/lists", { name: "Friends" });
    const { body: saved } = await gateway.call("POST", "/v1/lists", { name: "Saved", filter: { tags: ["x"] } });
    await gateway.call("POST", "/v1/contacts", { msisdn: PERSON });
    const add = async () =>
      (await gateway.call("POST", `/v1/lists/${list.id}/members`, { numbers: [PERSON] })).body.added;
    const leave = (of: string) => {
      const fact = { at: deps.now(), actor: "person", action: "list.left", subject: of, person: PERSON } as const;
      const departure = { person: PERSON, list: of, message_id: "msg_1", now: deps.now() };
      return leaveList(db, departure, auditRow(fact, deps.newId));
    };
    const left = async () => {
      const { rows } = await db.client.execute({
        sql: `select ${hasLeft("?", "?")} as gone`,
        args: [list.id, PERSON],
      });
      return rows[0]!["gone"] === 1;
    };

    expect([await leave(list.id), await leave(saved.id), await left()]).toEqual([false, false, false]);
    expect(await add()).toBe(1);
    expect([await leave(list.id), await leave(list.id), await left()]).toEqual([true, false, true]);
    expect(await add()).toBe(0);
    await db.client.batch([forgetDeparture(list.id, PERSON)]);
    expect([await add(), await left()]).toEqual([1, false]);
  },
);

test("what waits for somebody because they were on a list ends when they leave it, and nothing else does", async () => {
  const gateway = await testGateway({ clock: "2026-11-24T22:30:00Z" });
  const { db, api: { deps } } = gateway;
  const post = async (path: string, body: unknown) => (await gateway.call("POST", path, body)).body;
  await consent(gateway, PERSON);
  await gateway.call("POST", "/v1/contacts", { msisdn: PERSON });
  const [club, vip, other] = await Promise.all(
    ["Club", "VIP", "Other"].map(async (name) => (await post("/v1/lists", { name })).id as string),
  );
  for (const list of [club, vip]) await post(`/v1/lists/${list}/members`, { numbers: [PERSON] });
  const saved = (await post("/v1/lists", { name: "Saved", filter: { lists: [club] } })).id;
  const audiences: [Record<string, unknown>, string][] = [
    [{ lists: [club] }, "canceled"],
    [{ lists: [club, other] }, "canceled"],
    [{ lists: [saved] }, "canceled"],
    [{ filter: { lists: [club] } }, "canceled"],
    [{ lists: [club, vip] }, "held"],
    [{ lists: [vip], exclude_lists: [other] }, "held"],
    [{}, "held"],
  ];
  const ids: string[] = [];
  for (const [audience] of audiences) {
    const text = "Sale: 50% off everything in store until Sunday!";
    const { id } = await post("/v1/campaigns", { name: "Sale", from: "+447700900000", text, audience });
    await post(`/v1/campaigns/${id}/start`, undefined);
    ids.push(id);
  }
  for (let tick = 0; tick < 2 * ids.length; tick++) await gateway.campaigns.tick();
  const stored = async () => {
    const { rows } = await db.client.execute("select campaign_id, status, error_code from messages order by id");
    return ids.map((id) => rows.find((row) => row["campaign_id"] === id)!["status"]);
  };
  expect(await stored()).toEqual(ids.map(() => "held"));
  const fact = { at: deps.now(), actor: "person", action: "list.left", subject: club!, person: PERSON } as const;
  const departure = { person: PERSON, list: club!, message_id: "msg_1", now: deps.now() };
  await leaveList(db, departure, auditRow(fact, deps.newId));
  expect(await stored()).toEqual(audiences.map(([, status]) => status));
  const { body } = await gateway.call("GET", `/v1/campaigns/${ids[0]}`);
  expect(body).toMatchObject({ messages: 1, done: 1, counts: { canceled: 1 } });
});
