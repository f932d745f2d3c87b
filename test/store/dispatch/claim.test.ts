import type { InStatement } from "@libsql/client/web";
import { expect, test } from "vitest";
import { allLanes, claimDue, nextDue } from "../../../src/store/dispatch/claim.ts";
import { inLane } from "../../../src/store/dispatch/divert.ts";
import { expireInvalid, expireUndecided } from "../../../src/store/dispatch/expiry.ts";
import type { DbClient } from "../../../src/store/libsql/client.ts";
import { freshDatabase } from "../../support/database.ts";

const NOW = Date.parse("2026-11-24T10:00:00+01:00");

/** Everything that the dispatcher asks again and again, however much waits. */
const ASKED: Record<string, (client: DbClient) => Promise<unknown>> = {
  claimDue: (client) =>
    claimDue(client, { lease: "lea_1", now: NOW, leaseUntil: NOW + 60_000, slots: 64, underWay: new Map() }),
  nextDue: (client) => nextDue(client, NOW),
  allLanes: (client) => allLanes(client, NOW),
  expireInvalid: (client) => expireInvalid(client, NOW),
  expireUndecided: (client) => expireUndecided(client, NOW),
  inLane: (client) => inLane(client, { sender: "36105", carrier_id: "one", after: [1, NOW, 1], limit: 500 }),
};

test.each(Object.keys(ASKED))("%s reaches messages through an index and walks none of them", async (name) => {
  const { client } = await freshDatabase();
  await client.batch([
    "insert into carriers (id, kind, config, rate_per_second, created_at, updated_at) values ('one', 'sandbox', '{}', 5, 0, 0)",
    `insert into senders (address, kind, countries, carrier_id, rate_per_second, created_at)
      values ('36105', 'short_code', '[]', 'one', 5, 0)`,
    `insert into messages (id, direction, status, person, sender, text, category, encoding, segments, priority, due_at,
        attempts, carrier_id, conversation_id, created_at, decision)
      values ('msg_1', 'outbound', 'queued', '+33612000001', '36105', 'Bonjour', 'informative', 'GSM-7', 1, 1, 0, 0, 'one',
        'cnv_1', 0, '{}')`,
  ]);
  const asked: InStatement[] = [];
  const watching: DbClient = {
    ...client,
    execute: (statement) => (asked.push(statement), client.execute(statement)),
    batch: (statements, mode) => (asked.push(...statements), client.batch(statements, mode)),
  };
  await ASKED[name]!(watching);
  expect(asked.length).toBeGreaterThan(0);
  const plans = await Promise.all(asked.map(async (statement) => {
    const { sql, args = [] } = typeof statement === "string" ? { sql: statement } : statement;
    return (await client.execute({ sql: `explain query plan ${sql}`, args })).rows.map((row) => String(row["detail"]));
  }));
  expect(plans.flat().filter((step) => /^SCAN (m|messages)\b/.test(step))).toEqual([]);
  expect(plans.flat().filter((step) => /^SEARCH (m|messages)\b/.test(step))).not.toEqual([]);
});
