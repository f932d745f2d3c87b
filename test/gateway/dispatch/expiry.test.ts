import { describe, expect, test } from "vitest";
import { DATABASE_KINDS } from "../../support/database.ts";
import { TUESDAY } from "../../support/instance.ts";
import { sharedGateway } from "../../support/shared_gateway.ts";

const INFO = "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.";
const PROMO = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";
const FR = "+33612000001";
const HOUR = 3_600_000;
const instant = (ms: number) => new Date(ms).toISOString();

describe.each(DATABASE_KINDS)("messages that can no longer leave, %s database", (kind) => {
  const gateway = sharedGateway(kind);
  const send = async (text: string, more: Record<string, unknown> = {}) => {
    const { status, body } = await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text, ...more });
    expect(status, JSON.stringify(body)).toBe(202);
    return body.id as string;
  };
  const message = async (id: string) => (await gateway.call("GET", `/v1/messages/${id}`)).body;
  const ends = async (id: string) => (await message(id)).timeline.map(({ status }: { status: string }) => status);
  /** A tick of an instance that has not looked yet: one looks at what waits once a second. */
  const look = async () => await (await gateway.another()).dispatcher.tick();

  test("queued behind an account out of service: expired when its time is over, not when the account is back", async () => {
    await gateway.sql("update carriers set opened_at = ?, probe_at = ?", TUESDAY, TUESDAY + HOUR);
    const id = await send(INFO, { valid_until: instant(TUESDAY + 60_000) });
    gateway.clock.at += 59_999;
    await look();
    expect((await message(id)).status).toBe("queued");
    gateway.clock.at += 1;
    await look();
    expect(await message(id)).toMatchObject({
      status: "expired",
      error: { code: "expired", detail: "It could not leave while it was valid." },
    });
  });

  test("held for the morning, and valid until midnight: expired at midnight", async () => {
    await gateway.consent(FR);
    gateway.clock.at = Date.parse("2026-11-24T21:00:00+01:00");
    const midnight = Date.parse("2026-11-25T00:00:00+01:00");
    const id = await send(PROMO, { valid_until: instant(midnight) });
    expect((await message(id)).status).toBe("held");
    gateway.clock.at = midnight;
    await look();
    expect(await message(id)).toMatchObject({ status: "expired", hold_until: null, hold_reason: null });
    gateway.clock.at = Date.parse("2026-11-25T10:00:00+01:00");
    expect(await gateway.textsTo(FR)).toEqual([]);
  });

  /** Advertising to somebody about whom a doubt is open. */
  const doubted = async () => {
    await gateway.consent(FR);
    await gateway.sql(
      `insert into reviews (id, kind, person, sender, message_id, created_at)
        values ('rev_1', 'doubtful_reply', ?, '36105', 'msg_1', 0) on conflict do nothing`,
      FR,
    );
    const id = await send(PROMO);
    expect(await message(id)).toMatchObject({ status: "held", hold_reason: "needs_review" });
    return id;
  };

  test("held until somebody looks at it, and nobody does for 72 hours", async () => {
    const id = await doubted();
    gateway.clock.at += 72 * HOUR - 1;
    await look();
    expect((await message(id)).status).toBe("held");
    gateway.clock.at += 1;
    const [one, two] = [await gateway.another(), await gateway.another()];
    await Promise.all([one.dispatcher.tick(), two.dispatcher.tick()]);
    expect(await message(id)).toMatchObject({
      status: "expired",
      error: { detail: "Nobody decided within 72 hours whether it may leave." },
    });
    expect(await ends(id)).toEqual(["accepted", "expired"]);
    await gateway.sql("delete from reviews");
  });

  test("held again for another doubt: the time begins anew", async () => {
    const id = await doubted();
    gateway.clock.at += 71 * HOUR;
    await gateway.sql(
      "insert into message_events (message_id, at, status) values (?, ?, 'held')",
      id,
      gateway.clock.at,
    );
    gateway.clock.at += 72 * HOUR - 1;
    await look();
    expect((await message(id)).status).toBe("held");
    gateway.clock.at += 1;
    await look();
    expect((await message(id)).status).toBe("expired");
    await gateway.sql("delete from reviews");
  });

  test("more than one group at once", async () => {
    const messages = Array.from({ length: 1_200 }, (_, n) => ({
      to: `+3361200${1_000 + n}`,
      from: "36105",
      text: INFO,
      valid_until: instant(TUESDAY + 60_000),
    }));
    await gateway.call("POST", "/v1/messages/batch", { messages });
    await gateway.sql("update senders set rate_per_second = 0.01");
    gateway.clock.at += 60_000;
    await look();
    expect(await gateway.sql("select status, count(*) as n from messages group by 1")).toEqual([
      { status: "expired", n: 1_200 },
    ]);
  });
});
