import fc from "fast-check";
import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { constantTimeEqual, hmacSha1Base64, sha256Hex } from "../../src/carriers/signature.ts";

describe("constantTimeEqual()", () => {
  test("agrees with ===", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 3 });
    fc.assert(fc.property(text, text, (a, b) => {
      expect(constantTimeEqual(a, b)).toBe(a === b);
      expect(constantTimeEqual(a, a)).toBe(true);
    }));
  });
});

test("hmacSha1Base64() agrees with node:crypto", () => {
  const text = fc.string({ unit: "grapheme" });
  fc.assert(fc.property(text, text, (key, message) => {
    expect(hmacSha1Base64(key, message)).toBe(createHmac("sha1", key).update(message).digest("base64"));
  }));
});

test("sha256Hex() agrees with node:crypto", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    expect(sha256Hex(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
  }));
});
