import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import type { Carrier } from "../../../src/carriers/carrier.ts";
import { sandbox } from "../../../src/carriers/sandbox.ts";
import { SETTLES_MS } from "../../../src/gateway/people/erase.ts";
import type { DbClient } from "../../../src/store/libsql/client.ts";
import { openAgain } from "../../support/database.ts";
import { instance } from "../../support/instance.ts";
import { sharedGateway } from "../../support/shared_gateway.ts";

const CHANGED = "+33612000001";
const WAITING = "+33612000002";
const GONE = "+33612000003";
const PROMO = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";

/** Invariant 2 counts from the commit of the STOP, and a claim may have to wait for the database before it is handed over. */
describe.each(["embedded", "remote"] as const)("a STOP between the claim and the hand-over, %s", (kind) => {
  const g = sharedGateway(kind);

  /** A dispatcher before whose statement with `words` the person answers STOP, to an instance of its own; and who gets advertising of it. */
  async function rig(words: string) {
    const handed: string[] = [];
    const carrier: Carrier = {
      ...sandbox,
      kind: "counted",
      config: z.strictObject({}),
      send({ to, text }) {
        if (text.startsWith(PROMO)) handed.push(to);
        return Promise.resolve({ ok: true, carrierMessageId: null, status: "sent" });
      },
    };
    await g.db.client.batch([
      "insert into carriers (id, kind, config, created_at, updated_at) values ('counted', 'counted', '{}', 0, 0)",
      "update senders set carrier_id = 'counted', rate_per_second = 1000",
    ]);
    const again = await openAgain(g.db);
    onTestFinished(() => again.close());
    const other = instance(again, { now: () => g.clock.at, carriers: [carrier] });
    const intents: string[] = [];
    const stopped = async (statements: unknown) => {
      if (intents.length > 0 || !JSON.stringify(statements).includes(words)) return;
      intents.push("");
      const sms = { carrierMessageId: "s1", from: WAITING, to: "36105", text: "STOP", carrierIntent: null };
      const received = { carrier_id: "counted", sms: { ...sms, alreadyAnswered: false, mediaUrls: [] } };
      intents[0] = (await other.api.receiver.submit(received)).intent;
    };
    const client: DbClient = {
      ...g.db.client,
      async execute(statement) {
        await stopped(statement);
        return await g.db.client.execute(statement);
      },
      async batch(statements, mode) {
        await stopped(statements);
        return await g.db.client.batch(statements, mode);
      },
    };
    const { dispatcher } = instance({ ...g.db, client }, { now: () => g.clock.at, carriers: [carrier] });
    return { handed, intents, dispatcher, other };
  }

  const outcomes = () =>
    g.sql(
      "select person, status, error_code from messages where direction = 'outbound' and reply_kind is null order by person",
    );

  test("while another decision of the same claim is written", async () => {
    const { handed, intents, dispatcher, other } = await rig("lease = case when u.status");
    for (const to of [CHANGED, WAITING]) {
      await g.consent(to);
      const { body } = await other.call("POST", "/v1/messages", { to, from: "36105", text: PROMO });
      expect(body.status).toBe("queued");
    }
    await g.sql("update messages set text = 'as it was decided by other rules' where person = ?", CHANGED);
    await dispatcher.tick();
    expect(intents).toEqual(["opt_out"]);
    expect(handed).toEqual([CHANGED]);
    expect(await outcomes()).toEqual([
      expect.objectContaining({ person: CHANGED, status: "sent" }),
      { person: WAITING, status: "canceled", error_code: "recipient_opted_out" },
    ]);
  });

  test("while it is looked up who was erased", async () => {
    await g.mo(GONE, "36105", "STOP");
    const erasure = { reason: "asked to be forgotten", requested_by: "person" };
    expect((await g.call("DELETE", `/v1/people/${GONE}`, erasure)).status).toBe(202);
    g.clock.at += SETTLES_MS;
    await g.dispatcher.tick();
    const { handed, intents, dispatcher, other } = await rig("nullif(sender, '') as sender, source from suppressions");
    await g.consent(WAITING);
    await other.call("POST", "/v1/messages", { to: WAITING, from: "36105", text: PROMO });
    await dispatcher.tick();
    expect(intents).toEqual(["opt_out"]);
    expect(handed).toEqual([]);
    expect(await outcomes()).toContainEqual({
      person: WAITING,
      status: "canceled",
      error_code: "recipient_opted_out",
    });
  });
});
