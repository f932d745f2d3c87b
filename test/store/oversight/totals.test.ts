import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { SendResult } from "../../../src/carriers/carrier.ts";
import { sandbox } from "../../../src/carriers/sandbox.ts";
import { REPORTED } from "../../../src/core/ladder.ts";
import type { DbClient } from "../../../src/store/libsql/client.ts";
import { auditRow } from "../../../src/store/oversight/audit.ts";
import { countPiece } from "../../../src/store/oversight/totals.ts";
import { letGo, lookAt } from "../../../src/store/people/retention.ts";
import {
  DATABASE_KINDS,
  type DatabaseKind,
  freshDatabase,
  openAgain,
  type TestDatabase,
} from "../../support/database.ts";
import { type Instance, instance, prepare, TUESDAY } from "../../support/instance.ts";

const PEOPLE = ["+33612000001", "+14155550101", "+447700900123"];
const SENDERS = ["36105", "+15005550006", "+447700900000"];
const INFO = "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.";
const PROMO = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";
const HOUR = 3_600_000;

const countryOf = (person: string) =>
  person.startsWith("+33") ? "FR" : person.startsWith("+1") ? "US" : person.startsWith("+44") ? "GB" : null;
const countAll = async (client: DbClient) => {
  while (await countPiece(client, countryOf));
};

type Counts = Map<string, number>;
const add = (counts: Counts, key: string, n = 1) => counts.set(key, (counts.get(key) ?? 0) + n);
const sorted = (counts: Counts) => [...counts].filter(([, n]) => n !== 0).sort(([a], [b]) => a < b ? -1 : 1);

async function kept({ client }: Pick<TestDatabase, "client">): Promise<Counts> {
  const { rows } = await client.execute("select * from hourly_totals");
  return new Map(rows.map((row) => [
    [row["hour"], row["direction"], row["carrier_id"], row["country"], row["status"], row["reason"]].join(" "),
    row["n"] as number,
  ]));
}

/** Every message with the key that it belongs under, worked out anew. */
async function stored({ client }: Pick<TestDatabase, "client">): Promise<Map<string, string>> {
  const { rows } = await client.execute("select * from messages");
  return new Map(rows.map((row) => {
    const status = row["status"] === "sending" ? "queued" : row["status"] as string;
    const inbound = row["direction"] === "inbound";
    const asked = inbound && row["repeats"] === null ? JSON.parse(row["decision"] as string).intent : "none";
    const code = ["undelivered", "failed", "expired", "canceled", "refused", "unknown"].includes(status)
      ? row["error_code"] ?? ""
      : "";
    const key = [
      Math.floor(row["created_at"] as number / HOUR) * HOUR,
      row["direction"],
      row["carrier_id"] ?? "",
      countryOf(row["person"] as string) ?? "",
      status,
      inbound ? (asked === "none" ? "" : asked) : code,
    ];
    return [row["id"] as string, key.join(" ")];
  }));
}

interface World {
  g: Instance;
  db: TestDatabase;
  /** Another instance's connection to the same database. */
  other: DbClient;
  clock: { at: number };
  /** What the carrier says next. */
  answer: { result: SendResult };
  ids: string[];
  /** Counts of messages that retention let go. */
  gone: Counts;
}

async function world(kind: DatabaseKind): Promise<World> {
  const db = await freshDatabase(kind);
  const again = await openAgain(db);
  onTestFinished(() => again.close());
  await prepare(db, TUESDAY);
  const clock = { at: TUESDAY };
  const answer = { result: { ok: true, carrierMessageId: null, status: "sent" } as SendResult };
  const g = instance(db, {
    now: () => clock.at,
    carriers: [{ ...sandbox, idempotent: false, send: () => Promise.resolve(answer.result) }],
  });
  return { g, db, other: again.client, clock, answer, ids: [], gone: new Map() };
}

const failed = (kind: "final" | "retryable" | "ambiguous"): SendResult => ({
  ok: false,
  kind,
  code: kind,
  detail: "so",
});
const ANSWERS: readonly SendResult[] = [
  { ok: true, carrierMessageId: null, status: "sent" },
  { ok: true, carrierMessageId: null, status: "delivered" },
  failed("final"),
  failed("retryable"),
  failed("ambiguous"),
];

/** A client whose write is lost, or whose answer is: the process ended before or after the commit. */
const dying = (client: DbClient, after: boolean): DbClient => ({
  ...client,
  async batch(statements, mode) {
    if (mode === "read") return await client.batch(statements, mode);
    if (after) await client.batch(statements, mode);
    throw new Error("the process ended");
  },
});

type Step = readonly [name: keyof typeof STEPS, a: number, b: number];
const STEPS = {
  async accept({ g, ids, clock }: World, a: number, b: number) {
    const what = [
      { text: INFO },
      { text: INFO, scheduled_at: new Date(clock.at + HOUR).toISOString() },
      { text: PROMO },
      { text: INFO, valid_until: new Date(clock.at + 60_000).toISOString() },
    ][b % 4];
    const { body } = await g.call("POST", "/v1/messages", { to: PEOPLE[a % 3], from: SENDERS[a % 3], ...what });
    ids.push(body.id ?? body.message_id);
  },
  async receive({ g }: World, a: number, b: number) {
    await g.mo(PEOPLE[a % 3]!, SENDERS[a % 3]!, ["Bonjour", "STOP", "START", "bonjour"][b % 4]!);
  },
  async dispatch({ g, answer }: World, a: number) {
    answer.result = ANSWERS[a % ANSWERS.length]!;
    await g.dispatcher.tick();
  },
  /** The hours of what waits end before it leaves. */
  async close({ db, clock }: World) {
    await db.client.execute({ sql: "update messages set allowed_until = ? where status = 'queued'", args: [clock.at] });
  },
  async report({ g, ids }: World, a: number, b: number) {
    const status = REPORTED[b % REPORTED.length]!;
    const bad = !["queued", "sent", "delivered"].includes(status);
    const error = bad ? { code: `e${b % 3}`, detail: "told so", optedOut: false } : null;
    await g.api.reporter.submit({
      carrier_id: "sandbox",
      report: { messageId: ids[a % (ids.length + 1)] ?? "msg_none", carrierMessageId: null, status, error },
    });
  },
  async cancel({ g, ids }: World, a: number) {
    await g.call("DELETE", `/v1/messages/${ids[a % (ids.length + 1)] ?? "msg_none"}`);
  },
  async settle({ g, ids }: World, a: number, b: number) {
    const outcome = ["sent", "delivered", "failed", "resend"][b % 4];
    await g.call("POST", `/v1/messages/${ids[a % (ids.length + 1)] ?? "msg_none"}/settle`, { outcome, note: "seen" });
  },
  async count({ db, other }: World, a: number) {
    await countPiece(a % 2 === 0 ? db.client : other, countryOf, 1 + a % 4);
  },
  async countTwice({ db, other }: World, a: number, b: number) {
    await Promise.all([countPiece(db.client, countryOf, 1 + a % 4), countPiece(other, countryOf, 1 + b % 4)]);
  },
  async die({ db }: World, a: number) {
    await countPiece(dying(db.client, a % 2 === 0), countryOf, 1 + a % 4).catch(() => {});
  },
  async retain(w: World) {
    const before = w.clock.at + HOUR;
    const was = await stored(w.db);
    const { due } = await lookAt(w.db.client, "messages", { after: "", before });
    const row = (action: "retention.applied" | "details.erased") => () =>
      auditRow({ at: w.clock.at, actor: "system", action, subject: "messages", details: {} }, w.g.api.deps.newId);
    await letGo(w.db.client, "messages", due, {
      before,
      entryOf: row("retention.applied"),
      erasedOf: row("details.erased"),
    });
    const left = await stored(w.db);
    for (const [id, key] of was) if (!left.has(id)) add(w.gone, key);
  },
  // deno-lint-ignore require-await -- one signature for all
  async wait({ clock }: World, a: number) {
    clock.at += [100, 61_000, 20 * 60_000, HOUR][a % 4]!;
  },
} satisfies Record<string, (world: World, a: number, b: number) => Promise<void>>;

describe.each(DATABASE_KINDS)("hourly totals (%s)", (kind) => {
  test("what is kept is what the messages say, whatever happens in whatever order", async () => {
    const w = await world(kind);
    const names = Object.keys(STEPS) as Step[0][];
    const step = fc.tuple(fc.constantFrom(...names, "accept", "dispatch", "count"), fc.nat(60), fc.nat(60));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        for (const [name, a, b] of steps) await STEPS[name](w, a, b);
        await countAll(w.db.client);
        const expected: Counts = new Map(w.gone);
        for (const key of (await stored(w.db)).values()) add(expected, key);
        expect(sorted(await kept(w.db))).toEqual(sorted(expected));
      }),
      { numRuns: kind === "embedded" ? 40 : 12, endOnFailure: true },
    );
    expect(w.gone.size).toBeGreaterThan(0);
  });

  test("nothing goes that is not counted, and what is counted outlasts it", async () => {
    const w = await world(kind);
    await STEPS.accept(w, 0, 0);
    await STEPS.dispatch(w, 1);
    await countAll(w.db.client);
    await STEPS.accept(w, 0, 2);
    await STEPS.retain(w);
    expect((await stored(w.db)).size).toBe(1);
    await countAll(w.db.client);
    await STEPS.retain(w);
    expect((await stored(w.db)).size).toBe(0);
    expect([...(await kept(w.db)).values()]).toEqual([1, 1]);
    // The next message gets the rowid of one that went.
    await STEPS.accept(w, 1, 0);
    await countAll(w.db.client);
    expect([...(await kept(w.db)).values()]).toEqual([1, 1, 1]);
    expect((await w.db.client.execute("select count(*) as n from counted_messages")).rows[0]!["n"]).toBe(1);
  });

  test("of a person who was erased, messages stay counted in their country", async () => {
    const w = await world(kind);
    await STEPS.accept(w, 1, 0);
    await STEPS.dispatch(w, 0);
    await countAll(w.db.client);
    await w.db.client.execute("update messages set person = ''");
    await STEPS.report(w, 0, 2);
    await countAll(w.db.client);
    expect([...(await kept(w.db)).keys()]).toEqual([`${TUESDAY} outbound sandbox US delivered `]);
  });

  test("a database that was filled from a copy, with other rowids, is gone over again", async () => {
    const w = await world(kind);
    for (let n = 0; n < 3; n++) await STEPS.accept(w, n, 0);
    await countAll(w.db.client);
    const before = sorted(await kept(w.db));
    await w.db.client.execute("update counting set messages = 2, message_id = 'msg_other'");
    await STEPS.accept(w, 0, 0);
    await countAll(w.db.client);
    expect(sorted(await kept(w.db))).not.toEqual(before);
    expect([...(await kept(w.db)).values()].reduce((sum, n) => sum + n, 0)).toBe(4);
  });

  test("a code that is none, or may be a number of somebody, is counted as other", async () => {
    const w = await world(kind);
    for (const code of ["+33612000001 said: no", "33612000001", "x".repeat(41)]) {
      w.answer.result = { ok: false, kind: "final", code, detail: "so" };
      await STEPS.accept(w, 0, 0);
      await w.g.dispatcher.tick();
    }
    await countAll(w.db.client);
    expect([...await kept(w.db)]).toEqual([[`${TUESDAY} outbound sandbox FR failed other`, 3]]);
  });

  test("how long it took from a STOP to its barrier is counted once for each", async () => {
    const w = await world(kind);
    const events = [["msg_a", "7 ms after it was received"], ["msg_b", "7 ms after"], ["msg_c", "1234 ms after"], [
      "msg_d",
      null,
    ]];
    await w.db.client.execute({
      sql: `insert into message_events (message_id, at, status, detail)
        select value->>0, ${TUESDAY + 90_000}, 'suppressed', value->>1 from json_each(?)`,
      args: [JSON.stringify(events)],
    });
    await countPiece(dying(w.db.client, true), countryOf).catch(() => {});
    await countAll(w.db.client);
    const { rows } = await w.db.client.execute("select hour, ms, n from barrier_totals order by ms");
    expect(rows.map(({ hour, ms, n }) => [hour, ms, n])).toEqual([[TUESDAY, 7, 2], [TUESDAY, 1300, 1]]);
  });
});
