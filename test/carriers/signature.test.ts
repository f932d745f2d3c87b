import fc from "fast-check";
import { createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  constantTimeEqual,
  hmacBytes,
  hmacSha1Base64,
  hmacSha256Base64,
  sha256Hex,
} from "../../src/carriers/signature.ts";

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

test.each(["md5", "sha1", "sha256", "sha384", "sha512"] as const)(
  "hmacBytes() under %s agrees with node:crypto",
  (hash) => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.uint8Array(), (key, message) => {
      expect(hmacBytes(hash, key, message)).toEqual(
        Uint8Array.from(createHmac(hash, key).update(message).digest()),
      );
    }));
  },
);

test("a text is signed as UTF-8", () => {
  const expected = createHmac("sha256", "clé").update("Où ?").digest("base64");
  expect(hmacSha256Base64("clé", "Où ?")).toBe(expected);
});
