import { afterAll, beforeAll, beforeEach, expect, onTestFinished } from "vitest";
import type { Clock } from "../../src/gateway/clock.ts";
import { SettingsCache } from "../../src/gateway/settings.ts";
import type { Reply } from "./call.ts";
import { type DatabaseKind, migratedDatabase, openAgain, type TestDatabase } from "./database.ts";
import { consentOf, type Instance, instance, type InstanceOptions, prepare, TUESDAY } from "./instance.ts";

const TABLES = [
  ...["list_members", "contact_lists", "campaigns", "campaign_counts", "erasures", "webhook_events"],
  ...["messages", "message_events", "conversations", "contacts", "suppressions", "consents", "senders", "carriers"],
  ...["hourly_totals", "counted_messages", "barrier_totals", "counting"],
  ...["idempotency_keys", "long_messages", "message_parts", "reviews", "report_parts", "parked_reports"],
];

export interface SharedGateway extends Instance {
  db: TestDatabase;
  clock: { at: number };
  consent(person: string): Promise<void>;
  /** What a sandbox handset got, oldest first, after handing over what is due. */
  textsTo(person: string): Promise<string[]>;
  sql(sql: string, ...args: (string | number)[]): Promise<Record<string, unknown>[]>;
  /** Another process on the same database. */
  another(): Promise<Instance>;
}

/**
 * A gateway for the tests of one `describe`: one database and one set of compiled rules (which take longer than most tests),
 * emptied before each test. Call it while collecting; use what it returns inside tests only.
 */
export function sharedGateway(
  kind: DatabaseKind,
  options: Pick<InstanceOptions, "fetch" | "log"> = {},
): SharedGateway {
  const shared = {} as SharedGateway;
  const now: Clock = () => shared.clock.at;
  let settings: SettingsCache;
  beforeAll(async () => {
    shared.db = await migratedDatabase(kind);
    settings = new SettingsCache(shared.db.client);
  });
  afterAll(() => shared.db?.close());

  beforeEach(async () => {
    const { db } = shared;
    await db.client.batch(TABLES.map((table) => `delete from ${table}`));
    await prepare(db, TUESDAY);
    await settings.refresh();
    const gateway = instance(db, { now, settings, ...options });
    Object.assign(
      shared,
      gateway,
      {
        clock: { at: TUESDAY },
        async consent(person) {
          expect((await gateway.call("POST", "/v1/consents", consentOf(person))).status).toBe(201);
        },
        async textsTo(person) {
          await gateway.dispatcher.tick();
          const { body } = await gateway.call("GET", `/v1/sandbox/handsets/${encodeURIComponent(person)}`);
          return body.data.filter(({ to }: Reply["body"]) => to === person).map(({ text }: Reply["body"]) => text);
        },
        sql: async (sql, ...args) =>
          (await db.client.execute({ sql, args })).rows as unknown as Record<string, unknown>[],
        another: async () => {
          const again = await openAgain(db);
          onTestFinished(() => again.close());
          return instance(again, { now, ...options });
        },
      } satisfies Partial<SharedGateway>,
    );
  });
  return shared;
}
