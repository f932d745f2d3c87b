import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { Carrier } from "../../../src/carriers/carrier.ts";
import { sandbox } from "../../../src/carriers/sandbox.ts";
import { openRemote } from "../../../src/store/libsql/client.ts";
import { type Break, brokenServer } from "../../support/broken_server.ts";
import { migratedDatabase, type TestDatabase } from "../../support/database.ts";
import { consentOf, instance, prepare, TUESDAY } from "../../support/instance.ts";

const INFO = "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.";
const PEOPLE = Array.from({ length: 10 }, (_, n) => `+3361200000${n}`);

/**
 * A transaction that was committed and whose answer is lost: nobody may do it again who does not know that. The whole group fails
 * (503), and whoever asked asks again under a key of their own.
 */
describe.each<Break>(["closed", "cut", "replaced"])("an answer of the database that is %s after the commit", (how) => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await migratedDatabase("remote");
    await prepare(db, TUESDAY);
    await db.client.batch([
      "insert into carriers (id, kind, config, created_at, updated_at) values ('counted', 'counted', '{}', 0, 0)",
      "update senders set carrier_id = 'counted', rate_per_second = 1000 where address = 'PARLEY'",
    ]);
  });
  afterAll(() => db?.close());
  beforeEach(() => db.client.batch(["delete from messages", "delete from conversations"]));

  function rig() {
    const handed: string[] = [];
    const counted: Carrier = {
      ...sandbox,
      kind: "counted",
      config: z.strictObject({}),
      idempotent: false,
      send({ to }) {
        handed.push(to);
        return Promise.resolve({ ok: true, carrierMessageId: null, status: "sent" });
      },
    };
    const clock = { at: TUESDAY };
    const server = brokenServer(db.url, how);
    const through = openRemote({ url: server.url });
    onTestFinished(() => through.close());
    return { ...instance(through, { now: () => clock.at, carriers: [counted] }), server, handed, clock };
  }
  /** Whom the table has, each as often as it does. */
  const peopleIn = async (table: string, column = "person") =>
    (await db.client.execute(`select ${column} from ${table} order by ${column}`)).rows.map((row) => row[0]);

  test("accepting: every message is stored once, and nobody is told that it is not", async () => {
    const { call, server } = rig();
    const doubted = PEOPLE.map((to) => to.replace("+33612", "+33613"));
    for (const person of doubted) await call("POST", "/v1/consents", consentOf(person));
    server.breakNext("into messages");
    const [batch, ...answers] = await Promise.all([
      // Advertising called information opens a review, whose id no other row may have.
      call("POST", "/v1/messages/batch", {
        messages: doubted.map((to) => ({
          to,
          from: "36105",
          text: "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !",
          category: "informative",
        })),
      }),
      ...PEOPLE.map((to) => call("POST", "/v1/messages", { to, from: "36105", text: INFO })),
    ]);
    const told = [
      ...answers.map(({ status }) => status),
      ...batch.body.data?.map((one: { code?: string }) => one.code) ?? [],
    ];
    expect(told.filter((one) => one === 503 || one === "database_unavailable").length).toBeGreaterThan(0);
    const stored = await peopleIn("messages");
    expect(stored).toEqual([...new Set(stored)]);
    answers.forEach(({ status }, index) => {
      expect([202, 503]).toContain(status);
      if (status === 202) expect(stored).toContain(PEOPLE[index]);
    });
  });

  test("a STOP beside other messages from people: each is stored once", async () => {
    const { mo, server } = rig();
    await mo("+33612000097", "36105", "Bonjour");
    server.breakNext("into messages");
    const answers = await Promise.all([
      mo("+33612000111", "36105", "STOP"),
      ...PEOPLE.map((from) => mo(from, "36105", "Bonjour à tous")),
    ]);
    for (const { status } of answers) expect([200, 503]).toContain(status);
    const heard = await peopleIn("messages where direction = 'inbound'");
    expect(heard).toEqual([...new Set(heard)]);
    const stopped = await peopleIn("suppressions", "recipient");
    expect(stopped).toEqual(heard.includes("+33612000111") ? ["+33612000111"] : []);
  });

  test("a consent: it is there once, and the answer does not say that it broke a rule", async () => {
    const { call, server } = rig();
    await call("POST", "/v1/consents", consentOf("+33612000098"));
    server.breakNext("into consents");
    const answer = await call("POST", "/v1/consents", consentOf("+33612000001"));
    expect([answer.status, answer.body.code]).toEqual([503, "database_unavailable"]);
    expect((await peopleIn("consents", "recipient")).filter((one) => one === "+33612000001")).toHaveLength(1);
    expect(server.seen).toBe(1);
  });

  test("a read is asked once more, and answered", async () => {
    const { call, server } = rig();
    await call("POST", "/v1/consents", consentOf("+33612000077"));
    server.breakNext('from \\"consents\\"');
    const { status, body } = await call("GET", "/v1/consents?recipient=%2B33612000077");
    // Something in front of the server that answers in its place may be there for long.
    expect([status, body.data?.length, server.seen]).toEqual(how === "replaced" ? [503, undefined, 1] : [200, 1, 2]);
  });

  test("claiming: what was claimed and not handed over leaves later, once", async () => {
    const { call, dispatcher, server, handed, clock } = rig();
    await Promise.all(PEOPLE.map((to) => call("POST", "/v1/messages", { to, from: "PARLEY", text: INFO })));
    server.breakNext("set status = 'sending'");
    await dispatcher.tick().catch(() => {});
    for (let ticks = 0; ticks < 3; ticks++) {
      clock.at += 30_000;
      await dispatcher.tick();
    }
    expect(handed.toSorted()).toEqual(PEOPLE);
  });
});
