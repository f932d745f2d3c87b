import { expect, test } from "vitest";
import { forgetDeparture, hasLeft, leaveList } from "../../src/store/list_departures.ts";
import { auditRow } from "../../src/store/audit.ts";
import { DATABASE_KINDS } from "../support/database.ts";
import { testGateway } from "../support/gateway.ts";

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
