import { describe, expect, test } from "vitest";
import { REPEAT_WINDOW_MS } from "../../../src/store/messages/repeats.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { sharedGateway } from "../../support/shared_gateway.ts";

const FR = "+33612000001";
const US = "+14155550101";
const US_SENDER = "+15005550006";
const CHAT = "Bonjour, à quelle heure ouvrez-vous ?";

describe.each(DATABASE_KINDS)("the same words under a new carrier id, %s database", (kind) => {
  const g = sharedGateway(kind);
  const mo = async (text: string, id?: string, from = FR, to = "36105") =>
    (await g.mo(from, to, text, id)).body.message_id;
  const repeats = async (id: string) => (await g.call("GET", `/v1/messages/${id}`)).body.repeats;
  const standing = async () => (await g.sql("select count(*) as n from suppressions where lifted_at is null"))[0]!["n"];
  const openChat = async () => (await g.sql("select last_chat_at is not null as chat from conversations"))[0]!["chat"];

  test.each([
    { label: "another id", ids: ["a", "b"] },
    { label: "no id at all", ids: [undefined, undefined] },
    { label: "an id, then none", ids: ["a", undefined] },
  ])("under $label: kept, shown as a repetition, and HELP answered once", async ({ ids }) => {
    const first = await mo("HELP", ids[0]);
    g.clock.at += 3_000;
    const second = await mo("HELP", ids[1]);
    expect(first).not.toBe(second);
    expect([await repeats(first), await repeats(second)]).toEqual([null, first]);
    expect(await g.textsTo(FR)).toHaveLength(1);
  });

  test("the third names the first, and the window counts from it", async () => {
    const first = await mo("ok");
    g.clock.at += REPEAT_WINDOW_MS - 1_000;
    expect(await repeats(await mo("ok"))).toBe(first);
    g.clock.at += 1_000;
    const later = await mo("ok");
    expect(await repeats(later)).toBeNull();
    expect(await repeats(await mo("ok"))).toBe(later);
  });

  test.each([
    { label: "other words", text: "oui", from: FR, to: "36105" },
    { label: "another person", text: "ok", from: "+33612000002", to: "36105" },
    { label: "another sender of ours", text: "ok", from: FR, to: "+447700900000" },
  ])("$label: no repetition", async ({ text, from, to }) => {
    await mo("ok");
    expect(await repeats(await mo(text, undefined, from, to))).toBeNull();
  });

  test("other pictures: no repetition; the API shows the links", async () => {
    const sms = { from: FR, to: "36105", text: "", carrierIntent: null, alreadyAnswered: false };
    const picture = async (carrierMessageId: string, url: string) =>
      (await g.api.receiver.submit({ carrier_id: "sandbox", sms: { ...sms, carrierMessageId, mediaUrls: [url] } }))
        .messageId;
    const first = await picture("m1", "https://media.example/1");
    const second = await picture("m2", "https://media.example/2");
    const again = await picture("m3", "https://media.example/2");
    expect([await repeats(second!), await repeats(again!)]).toEqual([null, second]);
    expect((await g.call("GET", `/v1/messages/${first}`)).body.metadata).toEqual({ media: "https://media.example/1" });
  });

  test("between the two we wrote to the person: the second is an answer of its own", async () => {
    await mo("ok");
    await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: "Votre rendez-vous est confirmé à 15h00." });
    await g.dispatcher.tick();
    expect(await repeats(await mo("ok"))).toBeNull();
  });

  test("a STOP counts both times and is confirmed once", async () => {
    await mo("STOP", "a");
    const second = await mo("STOP", "b");
    expect((await g.call("GET", `/v1/messages/${second}`)).body).toMatchObject({ intent: "opt_out" });
    expect(await standing()).toBe(1);
    expect(await g.textsTo(FR)).toHaveLength(1);
  });

  test("STOP, START, and STOP brought again: it stops, whatever it repeats", async () => {
    await mo("STOP", "a", US, US_SENDER);
    await mo("START", "b", US, US_SENDER);
    expect(await standing()).toBe(0);
    await mo("STOP", "c", US, US_SENDER);
    expect(await standing()).toBe(1);
  });

  test("START, STOP, and START brought again: what was said last stands", async () => {
    g.clock.at = Date.parse("2026-11-24T19:00:00+01:00");
    await g.consent(US);
    await mo("STOP", "0", US, US_SENDER);
    g.clock.at += 60_000;
    await mo("START", "a", US, US_SENDER);
    expect(await standing()).toBe(0);
    await mo("STOP", "b", US, US_SENDER);
    g.clock.at += 2_000;
    const again = await mo("START", "c", US, US_SENDER);
    expect(await repeats(again)).toMatch(/^msg_/);
    expect(await standing()).toBe(1);
    expect(await g.sql("select status from consents where recipient = ? order by granted_at desc, id desc limit 1", US))
      .toEqual([{ status: "withdrawn" }]);
    // A moment later it is an act again.
    g.clock.at += REPEAT_WINDOW_MS;
    await mo("START", "d", US, US_SENDER);
    expect(await standing()).toBe(0);
  });

  test("an ordinary message brought again behind a STOP opens no conversation", async () => {
    await mo(CHAT, "a");
    await mo("STOP", "b");
    await mo(CHAT, "c");
    expect(await openChat()).toBe(0);
    g.clock.at += REPEAT_WINDOW_MS;
    await mo(CHAT, "d");
    expect(await openChat()).toBe(1);
  });

  test("brought to two instances at once: one original, and one answer", async () => {
    const other = await g.another();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 ? g : other).mo(FR, "36105", "HELP", `id-${i}`)),
    );
    const marks = await Promise.all(answers.map(({ body }) => repeats(body.message_id)));
    expect(marks.filter((mark) => mark === null)).toHaveLength(1);
    expect(new Set(marks.filter((mark) => mark !== null)).size).toBe(1);
    expect(await g.textsTo(FR)).toHaveLength(1);
  });
});
