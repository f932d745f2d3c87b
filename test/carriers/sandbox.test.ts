import { describe, expect, test } from "vitest";
import { sandbox } from "../../src/carriers/sandbox.ts";
import { outgoing, testIo, webhook } from "./support.ts";
import { survivesAnything } from "./wild.ts";

const KEY = { Authorization: "Bearer good" };
const io = testIo();

function inbound(body: unknown, headers: Record<string, string> = KEY) {
  return sandbox.inbound(webhook({ headers, body: JSON.stringify(body) }), {}, io);
}

test("every message is delivered at once, under an id that follows from ours", async () => {
  expect(await sandbox.send(outgoing({ id: "msg_7" }), {}, io))
    .toEqual({ ok: true, carrierMessageId: "sandbox_msg_7", status: "delivered" });
});

describe("an inbound message", () => {
  test.each([
    ["with an id", { id: "x1", from: "+33612345678", to: "36105", text: "STOP" }, "x1", "STOP"],
    ["without an id", { from: "+33612345678", to: "36105", text: "Où ? 😀" }, null, "Où ? 😀"],
    ["with fields nobody knows", { from: "+33612345678", to: "36105", text: "", colour: "red" }, null, ""],
    ["with half a surrogate pair", { from: "+33612345678", to: "36105", text: "a\ud83d" }, null, "a\ufffd"],
  ])("%s is understood", async (_label, body, carrierMessageId, text) => {
    expect(await inbound(body)).toEqual({
      ok: true,
      value: [{
        carrierMessageId,
        from: "+33612345678",
        to: "36105",
        text,
        carrierIntent: null,
        alreadyAnswered: false,
        mediaUrls: [],
      }],
    });
  });

  test("of a part, a character cut at its end stays half", async () => {
    const part = { reference: "7", number: 1, total: 2 };
    expect(await inbound({ from: "+33612345678", to: "36105", text: "a\ud83d", part }))
      .toMatchObject({ ok: true, value: [{ text: "a\ud83d", part }] });
  });

  test.each([
    ["no key", {}],
    ["another key", { Authorization: "Bearer bad" }],
  ])("with %s is refused before it is read", async (_label, headers) => {
    expect(await inbound("nonsense", headers)).toMatchObject({ ok: false, status: 401, code: "credentials_missing" });
  });

  test.each([
    ["from", { to: "1", text: "x" }],
    ["from", { from: "", to: "1", text: "x" }],
    ["from", { from: 33612345678, to: "1", text: "x" }],
    ["to", { from: "1", text: "x" }],
    ["text", { from: "1", to: "1" }],
    ["id", { id: "", from: "1", to: "1", text: "x" }],
    ["body", null],
    ["body", []],
  ])("names the field at fault: %s in %o", async (field, body) => {
    expect(await inbound(body)).toMatchObject({ ok: false, status: 400, detail: expect.stringMatching(`^${field}: `) });
  });

  test("does not echo what was sent", async () => {
    const refusal = await inbound({ from: "+33612345678", to: 36105, text: "private" });
    expect(JSON.stringify(refusal)).not.toMatch(/33612345678|36105|private/);
  });
});

survivesAnything({
  carrier: sandbox,
  config: {},
  good: {
    inbound: { headers: KEY, body: JSON.stringify({ id: "1", from: "+33612345678", to: "36105", text: "STOP" }) },
  },
});

test("there are no reports to come", async () => {
  expect(await sandbox.status(webhook({ headers: KEY }), {}, io))
    .toMatchObject({ ok: false, status: 400, detail: "the sandbox reports at once" });
});

test.each([
  ["the message and its intent", [{ messageId: "msg_1", intent: "opt_out" }], {
    message_id: "msg_1",
    intent: "opt_out",
  }],
  ["null when nothing was stored", [], { message_id: null, intent: null }],
])("the answer holds %s", (_label, outcomes, body) => {
  const answer = sandbox.answer(outcomes, {});
  expect(answer).toMatchObject({ status: 200, contentType: "application/json" });
  expect(JSON.parse(answer.body)).toEqual(body);
});
