import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { twilioSigned } from "../../src/carriers/twilio_signature.ts";
import { webhook } from "./support.ts";

interface Case {
  name: string;
  method: string;
  url: string;
  token: string;
  content_type?: string;
  params?: [string, string][];
  body?: string;
  signature: string;
  valid: boolean;
}

const cases: Case[] = JSON.parse(readFileSync(new URL("./twilio/signatures.json", import.meta.url), "utf8"));

describe("twilioSigned()", () => {
  test.each(cases)("$name: $valid", ({ method, url, token, content_type, params, body, signature, valid }) => {
    const request = webhook({
      method,
      url,
      headers: content_type ? { "Content-Type": content_type } : {},
      body: body ?? new URLSearchParams(params ?? []).toString(),
    });
    expect(twilioSigned(request, signature, token)).toBe(valid);
  });

  test("a charset beside the content type changes nothing", () => {
    const [sample] = cases;
    if (!sample) throw new Error("fixtures are empty");
    const request = webhook({
      url: sample.url,
      headers: { "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8" },
      body: new URLSearchParams(sample.params).toString(),
    });
    expect(twilioSigned(request, sample.signature, sample.token)).toBe(true);
  });
});

/** Signatures collected from the providers' own libraries, kept beside the checkout and not in it. */
const reference = new URL("../../../shared/reference/webhook-signature-vectors.json", import.meta.url);

interface Vector {
  provider: string;
  name: string;
  url: string;
  method: string;
  headers: Record<string, string>;
  params?: Record<string, string | string[]>;
  body?: string;
  secret: string;
  expected: string;
  valid: boolean;
}

if (existsSync(reference)) {
  const all: Vector[] = JSON.parse(readFileSync(reference, "utf8"));
  const vectors = all.filter((vector) => vector.provider === "twilio");

  describe("twilioSigned() on the reference vectors", () => {
    test("there are 21", () => expect(vectors).toHaveLength(21));

    test.each(vectors)("$name: $valid", ({ url, method, headers, params, body, secret, expected, valid }) => {
      const form = Object.entries(params ?? {}).flatMap(([name, value]) => [value].flat().map((v) => [name, v]));
      const request = webhook({ method, url, headers, body: body ?? new URLSearchParams(form).toString() });
      expect(twilioSigned(request, expected, secret)).toBe(valid);
    });
  });
}
