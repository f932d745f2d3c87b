import type { InStatement } from "@libsql/client/web";
import { expect, test } from "vitest";
import type { DbClient } from "../../../src/store/libsql/client.ts";
import { readOverview } from "../../../src/store/oversight/overview.ts";
import { countPiece } from "../../../src/store/oversight/totals.ts";
import { freshDatabase } from "../../support/database.ts";

const NOW = Date.parse("2026-11-24T10:00:00+01:00");

const ASKED: Record<string, (client: DbClient) => Promise<unknown>> = {
  countPiece: (client) => countPiece(client, () => "FR"),
  readOverview: (client) => readOverview(client, { from: NOW - 86_400_000, to: NOW, now: NOW }),
};

test.each(Object.keys(ASKED))("%s reaches messages through indexes, however many are stored", async (name) => {
  const { client } = await freshDatabase();
  const asked: InStatement[] = [];
  await ASKED[name]!({
    ...client,
    batch: (statements, mode) => (asked.push(...statements), client.batch(statements, mode)),
  });
  const plans = await Promise.all(asked.map(async (statement) => {
    const { sql, args = [] } = typeof statement === "string" ? { sql: statement } : statement;
    return (await client.execute({ sql: `explain query plan ${sql}`, args })).rows.map((row) => String(row["detail"]));
  }));
  const steps = plans.flat();
  // Of the partial indexes only so many entries are counted; what is materialized as `m` has the length of a piece.
  expect(
    steps.filter((step) =>
      /^SCAN (messages|message_events|counted_messages|hourly_totals|suppressions)\b(?!.*INDEX messages_(queued|held|rare))/
        .test(
          step,
        )
    ),
  )
    .toEqual([]);
  expect(steps.filter((step) => /^SEARCH (messages|message_events|hourly_totals)\b/.test(step))).not.toEqual([]);
});
