import { expect, test } from "vitest";
import { testGateway } from "../../support/gateway.ts";

const FR = "+33612000001";
const NOTHING = ["", " ", "\ufeff\u200b", "\u00ad", "\u2060\n\u200d", "\u3164", "\u2800"];

test.each(NOTHING)("a text of %j shows nothing, and is refused wherever words are asked for", async (text) => {
  const gateway = await testGateway();
  const consent = { recipient: FR, purpose: "commercial", source: "paper", granted_at: "2026-01-10T09:00:00Z" };
  for (
    const [path, field, body] of [
      ["/v1/messages", "text", { to: FR, from: "36105", text }],
      ["/v1/campaigns", "text", { name: "Winter", from: "36105", category: "informative", text, audience: {} }],
      ["/v1/consents", "wording", { ...consent, wording: text }],
      ["/v1/consents", "source", { ...consent, wording: "I agree", source: text }],
      ["/v1/contacts", "name", { msisdn: FR, name: text }],
      ["/v1/contacts", "fields.city", { msisdn: FR, fields: { city: text } }],
      ["/v1/suppressions", "note", { recipient: FR, note: text }],
    ] as const
  ) {
    const reply = await gateway.call("POST", path, body);
    const fields = reply.body.errors?.map((one: { field: string }) => one.field);
    expect([path, reply.status, [...new Set(fields)]]).toEqual([path, 422, [field]]);
  }
});

test.each(["a", "❤\ufe0f", ".", "\u200bé\u200b"])("a text of %j shows something", async (text) => {
  const gateway = await testGateway();
  // Whether it may leave is another question.
  const { body: { code } } = await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text });
  expect(code).not.toBe("invalid_request");
  const { status, body } = await gateway.call("POST", "/v1/suppressions", { recipient: FR, note: text });
  expect([status, body.note]).toEqual([201, text]);
});
