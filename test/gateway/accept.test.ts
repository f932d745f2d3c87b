import { describe, expect, test } from "vitest";
import { DATABASE_KINDS } from "../support/database.ts";
import { sharedGateway } from "../support/shared_gateway.ts";

const PROMO = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";
const INFO = "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.";
const FR = "+33612000001";

describe.each(DATABASE_KINDS)("messages of apps, %s database", (kind) => {
  const g = sharedGateway(kind);
  const count = async (table: string, where = "true") =>
    (await g.sql(`select count(*) as n from ${table} where ${where}`))[0]!["n"];
  const send = (body: Record<string, unknown>, key?: string, authorization?: string) =>
    g.call("POST", "/v1/messages", { to: FR, from: "36105", text: INFO, ...body }, {
      ...(key === undefined ? {} : { "idempotency-key": key }),
      ...(authorization === undefined ? {} : { authorization }),
    });

  test("one Idempotency-Key, twenty times at once on two instances: one message, the same answer", async () => {
    const other = await g.another();
    const body = { to: FR, from: "36105", text: INFO };
    const answers = await Promise.all(
      Array.from(
        { length: 20 },
        (_, i) => (i % 2 ? g : other).call("POST", "/v1/messages", body, { "idempotency-key": "k" }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(202));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    expect(await count("messages")).toBe(1);
  });

  test("the same key with another body is 422 and stores nothing", async () => {
    const first = await send({}, "k");
    const other = await send({ text: "Autre chose." }, "k");
    expect([other.status, other.body.code]).toEqual([422, "idempotency_key_reused"]);
    expect((await send({}, "k")).body).toEqual(first.body);
    expect(await count("messages")).toBe(1);
  });

  test("different bodies under one key at once: one wins, the others are told", async () => {
    const other = await g.another();
    const answers = await Promise.all(
      Array.from(
        { length: 10 },
        (_, i) =>
          (i % 2 ? g : other).call("POST", "/v1/messages", { to: `+3361200010${i}`, from: "36105", text: INFO }, {
            "idempotency-key": "k",
          }),
      ),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === "idempotency_key_reused")).toHaveLength(9);
    expect(await count("messages")).toBe(1);
  });

  test("a refusal is remembered under its key as well: consent given later needs a new key", async () => {
    const refused = await send({ text: PROMO }, "k");
    expect(refused.body.code).toBe("consent_missing");
    await g.consent(FR);
    const again = await send({ text: PROMO }, "k");
    expect([again.status, again.body]).toEqual([422, refused.body]);
    expect((await send({ text: PROMO }, "k2")).status).toBe(202);
  });

  test("keys of two apps are independent", async () => {
    const made = await g.call("POST", "/v1/keys", { name: "second app", role: "app" });
    const one = await send({}, "k");
    const two = await send({ text: `${INFO} Merci.` }, "k", `Bearer ${made.body.key}`);
    expect([one.status, two.status, one.body.id === two.body.id]).toEqual([202, 202, false]);
  });

  test("advertising beyond the cap is refused, also when all of it comes at once", async () => {
    await g.consent(FR);
    const answers = await Promise.all(Array.from({ length: 25 }, (_, i) => send({ text: `${PROMO} n° ${i}` })));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(10);
    expect(answers.filter(({ body }) => body.code === "frequency_exceeded")).toHaveLength(15);
    expect((await send({})).status).toBe(202);
    g.clock.at += 24 * 3_600_000 + 1;
    expect((await send({ text: PROMO })).status).toBe(202);
  });

  test("refused messages are recorded with the decision, and never become due", async () => {
    const refused = await send({ text: PROMO });
    const { body } = await g.call("GET", `/v1/messages/${refused.body.message_id}`);
    expect(body).toMatchObject({
      status: "refused",
      error: { code: "consent_missing" },
      decision: refused.body.decision,
    });
    expect(await g.textsTo(FR)).toEqual([]);
  });

  test("what the mention makes too long for the caller's budget is refused, never cut", async () => {
    await g.consent(FR);
    const text = `${PROMO} ${"Venez nombreux en magasin. ".repeat(3)}Merci d'avance !`;
    expect(text.length).toBeLessThan(160);
    const refused = await send({ text, max_segments: 1 });
    expect(refused.body.code).toBe("segment_budget_exceeded");
    const sent = await send({ text, max_segments: 2 });
    expect([sent.status, sent.body.segments]).toEqual([202, 2]);
    expect(sent.body.text).toMatch(/ STOP au 36105$/);
  });

  test("in a batch, one person's messages count one after the other and a bad one stops none", async () => {
    await g.consent(FR);
    const messages = [
      { to: "12", from: "36105", text: INFO },
      ...Array.from({ length: 12 }, (_, i) => ({ to: FR, from: "36105", text: `${PROMO} n° ${i}` })),
      { to: FR, from: "36105", text: INFO },
    ];
    const { status, body } = await g.call("POST", "/v1/messages/batch", { messages });
    const codes = body.data.map((one: { code?: string; status: unknown }) => one.code ?? one.status);
    expect(status).toBe(200);
    expect(codes.slice(1)).toEqual([...Array(10).fill("queued"), "frequency_exceeded", "frequency_exceeded", "queued"]);
    expect(body.data[0].errors?.[0]?.field ?? body.data[0].detail).toMatch(/to/);
  });

  test("half a surrogate pair is refused in a text, and does no harm elsewhere", async () => {
    const refused = await send({ text: "Votre code \ud800" });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([422, expect.stringContaining('"text"')]);
    const stored = await send({ metadata: { order: "4711 \udfff \\ud800" } });
    expect(stored.status).toBe(202);
    const consent = { recipient: FR, purpose: "commercial", source: "form", granted_at: "2026-01-10T09:00:00Z" };
    expect((await g.call("POST", "/v1/consents", { ...consent, wording: "J'accepte \ud83d" })).status).toBeLessThan(
      500,
    );
    expect((await g.call("GET", "/v1/consents")).status).toBe(200);
    expect((await g.call("GET", `/v1/messages/${stored.body.id}`)).status).toBe(200);
  });

  test("1,000 messages from 1,000 callers at once are all stored before they are answered", async () => {
    const answers = await Promise.all(Array.from({ length: 1_000 }, (_, i) => send({ to: `+3361202${1_000 + i}` })));
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    expect(await count("messages", "status = 'queued'")).toBe(1_000);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1_000);
  });
});
