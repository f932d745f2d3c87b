import { expect, test } from "vitest";
import { decisionId, saveDecisions, withDecisions } from "../../src/store/shared_decisions.ts";
import { DATABASE_KINDS, freshDatabase } from "../support/database.ts";

const [FIRST, SECOND, OWN] = ['{"outcome":"allow"}', '{"outcome":"hold"}', '{"outcome":"refuse"}'];

test.each(DATABASE_KINDS)("messages that share a decision are read with it (%s)", async (kind) => {
  const { client } = await freshDatabase(kind);
  const shared = new Map([FIRST, SECOND].map((one) => [one, decisionId(one)]));
  // Twice, as two instances may.
  for (let time = 0; time < 2; time++) await client.batch(saveDecisions(shared));
  const { rows } = await client.execute("select count(*) as n from shared_decisions");
  expect(rows[0]!["n"]).toBe(2);

  const read = await withDecisions(client, [
    { id: 1, decision: decisionId(FIRST) },
    { id: 2, decision: OWN },
    { id: 3, decision: decisionId(SECOND) },
    { id: 4, decision: decisionId(FIRST) },
  ]);
  expect(read).toEqual([
    { id: 1, decision: FIRST },
    { id: 2, decision: OWN },
    { id: 3, decision: SECOND },
    { id: 4, decision: FIRST },
  ]);
});

test("nothing is read or written where nothing is shared", async () => {
  const client = { execute: () => Promise.reject(new Error("asked")) };
  expect(await withDecisions(client, [{ decision: OWN }])).toEqual([{ decision: OWN }]);
  expect(saveDecisions(new Map())).toEqual([]);
});
