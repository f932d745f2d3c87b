import { expect, test } from "vitest";
import {
  decisionId,
  RecentDecisions,
  saveDecisions,
  withDecisions,
} from "../../../src/store/messages/shared_decisions.ts";
import { DATABASE_KINDS, freshDatabase } from "../../support/database.ts";

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

test("a decision is shared from the second person who gets it, and never for one person alone", () => {
  const decisions = new RecentDecisions();
  const share = (...rows: [person: string, decision: string][]) => {
    const { rows: stored, ids } = decisions.share(rows.map(([person, decision]) => ({ person, decision })));
    return { stored: stored.map(({ decision }) => decision), saved: [...ids.keys()] };
  };
  const [one, other] = ["+33612000001", "+33612000002"] as const;
  expect(share([one, FIRST], [one, FIRST], [one, SECOND])).toEqual({ stored: [FIRST, FIRST, SECOND], saved: [] });
  expect(share([one, FIRST])).toEqual({ stored: [FIRST], saved: [] });
  expect(share([other, FIRST], [one, FIRST], [other, OWN]))
    .toEqual({ stored: [decisionId(FIRST), decisionId(FIRST), OWN], saved: [FIRST] });
  // Stored again with each group: what another instance, or a restored copy of the database, has is not known here.
  expect(share([one, FIRST])).toEqual({ stored: [decisionId(FIRST)], saved: [FIRST] });
});

test("of many decisions those of late are remembered", () => {
  const decisions = new RecentDecisions();
  const many = Array.from({ length: 5_000 }, (_, n) => ({ person: "+33612000001", decision: `{"n":${n}}` }));
  decisions.share(many);
  const again = (n: number) =>
    decisions.share([{ person: "+33612000002", decision: many[n]!.decision }]).rows[0]!.decision.slice(0, 4);
  expect(again(4_999)).toBe("dec_");
  expect(again(4_500)).toBe("dec_");
  expect(again(3_999)).toBe('{"n"');
});
