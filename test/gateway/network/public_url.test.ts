import { describe, expect, test } from "vitest";
import { reachableFromPhones } from "../../../src/gateway/network/public_url.ts";
import { freshDatabase } from "../../support/database.ts";
import { consentOf, instance, prepare, TUESDAY } from "../../support/instance.ts";
import { KANNEL } from "../../support/kannel_settings.ts";

test.each([
  ["https://sms.example.com", true],
  ["http://sms.example.com:8080/parley", true],
  ["https://8.8.8.8", true],
  ["https://[2a00:1450:4007::1]:8443", true],
  ["http://127.0.0.1:8787", false],
  ["http://127.1:8787", false],
  ["http://[::1]:8787", false],
  ["http://[::ffff:10.0.0.1]", false],
  ["http://0.0.0.0:8787", false],
  ["http://192.168.1.10", false],
  ["http://localhost:8787", false],
  ["http://parley.localhost", false],
  ["http://localhost.:8787", false],
  ["http://gateway", false],
  ["http://gateway.internal", false],
])("phones can open %s: %s", (url, expected) => {
  expect(reachableFromPhones(url)).toBe(expected);
});

describe("advertising whose only way out is a link", () => {
  const PERSON = "+447700900123";

  test.each([
    ["https://sms.example.com", "ACME", 202, []],
    ["http://127.0.0.1:8787", "ACME", 422, [expect.stringContaining("PARLEY_PUBLIC_URL")]],
    ["http://127.0.0.1:8787", "PARLEY", 202, [expect.stringContaining("PARLEY_PUBLIC_URL")]],
  ])("with the public address %s from %s: %i", async (publicUrl, from, status, warnings) => {
    const db = await freshDatabase();
    await prepare(db, TUESDAY);
    const gateway = instance(db, { now: () => TUESDAY, publicUrl });
    const carrier = await gateway.call("PUT", "/v1/carriers/local", { kind: "kannel", config: KANNEL });
    expect([carrier.status, carrier.body.warnings]).toEqual([201, warnings]);
    expect((await gateway.call("PUT", "/v1/senders/ACME", { carrier_id: "local" })).status).toBe(201);
    await gateway.call("POST", "/v1/consents", consentOf(PERSON));
    const body = { to: PERSON, from, text: "Sale: 20% off all boots until Sunday." };
    const sent = await gateway.call("POST", "/v1/messages", body);
    expect([sent.status, sent.body.code]).toEqual([status, status === 422 ? "sender_not_allowed" : undefined]);
    if (status === 202) expect(sent.body.text).toContain(`${publicUrl}/u/`);
    const notice = { to: PERSON, from, text: "Your order has shipped." };
    expect((await gateway.call("POST", "/v1/messages", notice)).status).toBe(202);
  });
});
