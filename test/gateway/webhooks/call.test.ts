import { describe, expect, test } from "vitest";
import { retryAfter } from "../../../src/gateway/webhooks/call.ts";
import { deliveryId, deliveryNumber, eventId, eventSeq } from "../../../src/gateway/webhooks/events.ts";
import { newWebhookSecret, signatureHeaders } from "../../../src/gateway/webhooks/signature.ts";

const NOW = Date.parse("2026-11-24T09:00:00Z");

describe("retryAfter()", () => {
  test.each([
    [null, null],
    ["", null],
    ["soon", null],
    ["-5", null],
    ["0", 0],
    ["120", 120_000],
    [" 7 ", 7_000],
    ["99999999999999999999", 36_000_000],
    ["Tue, 24 Nov 2026 09:05:00 GMT", 300_000],
    ["Tue, 24 Nov 2026 08:00:00 GMT", 0],
    ["Wed, 24 Nov 2027 09:00:00 GMT", 36_000_000],
  ])("%j: %s ms", (header, ms) => {
    expect(retryAfter(header, NOW)).toBe(ms);
  });
});

describe("ids", () => {
  test("sort as their numbers do and are read back", () => {
    const numbers = [0, 1, 35, 36, 1_295, 1_296, 10 ** 9, Number.MAX_SAFE_INTEGER];
    const ids = numbers.map(deliveryId);
    expect(ids.toSorted()).toEqual(ids);
    expect(ids.map(deliveryNumber)).toEqual(numbers);
    const events = numbers.map((seq) => eventId({ seq, nonce: "0123456789abcdef" }));
    expect(events.toSorted()).toEqual(events);
    expect(events.map(eventSeq)).toEqual(numbers);
  });

  test.each(["", "whd_", "whd_1", "evt_00000000001", "whd_0000000000-", "whd_zzzzzzzzzzz", "whd_0000000000A"])(
    "%j is no delivery",
    (id) => {
      expect(deliveryNumber(id)).toBe(null);
    },
  );
});

describe("signatureHeaders()", () => {
  // The example of the specification's own reference implementations.
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const signed = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: 1_614_265_330_000, body: `{"test": 2432232314}` };

  test("gives the signature of the reference implementations", () => {
    expect(signatureHeaders(signed, [secret])).toEqual({
      "webhook-id": signed.id,
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  test("has one signature for each secret, in their order", () => {
    const other = newWebhookSecret();
    const alone = [secret, other].map((one) => signatureHeaders(signed, [one])["webhook-signature"]);
    expect(signatureHeaders(signed, [secret, other])["webhook-signature"]).toBe(alone.join(" "));
  });

  test("new secrets have 256 bits and are never the same", () => {
    const [one, two] = [newWebhookSecret(), newWebhookSecret()];
    expect(one).not.toBe(two);
    expect(Uint8Array.fromBase64(one.replace(/^whsec_/, ""))).toHaveLength(32);
  });
});
