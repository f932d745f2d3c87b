import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Carrier, SendResult } from "../../src/carriers/carrier.ts";
import { outgoing, testIo, webhook, type WebhookParts, withServer } from "./support.ts";

/** What every adapter that sends over HTTP owes, whatever its API looks like. `at`: the configuration for a server at `url`. */
export function keepsTheSendingContract<Config>(
  carrier: Carrier<Config>,
  { at, secrets, from = "36105", accepts = 200 }: {
    at: (url: string) => Config;
    secrets: readonly string[];
    from?: string;
    /** Status with which the API takes a message. */
    accepts?: number;
  },
): void {
  const io = testIo();
  const message = outgoing({ from });
  const send = (url: string) => carrier.send(message, at(url), io);

  describe("send(), whatever the other side does", () => {
    test.each<[string, () => Response, Partial<Extract<SendResult, { ok: false }>>]>([
      ["a page instead of an answer", () => new Response("<html>", { status: accepts }), {
        kind: "ambiguous",
        code: "answer_malformed",
      }],
      ["an empty object", () => Response.json({}, { status: accepts }), { kind: "ambiguous" }],
      ["null", () => Response.json(null, { status: accepts }), { kind: "ambiguous" }],
      ["a list", () => Response.json([1], { status: accepts }), { kind: "ambiguous" }],
      ["a page that refuses", () => new Response("<html>", { status: 403 }), { kind: "final", code: "http_403" }],
      ["too many requests", () => new Response("", { status: 429, headers: { "Retry-After": "7" } }), {
        kind: "throttled",
        retryAfterSeconds: 7,
      }],
      ["too slow for it", () => new Response("", { status: 408 }), { kind: "retryable" }],
      ["a proxy that lost it", () => new Response("<html>", { status: 502 }), { kind: "ambiguous" }],
      ["a server error", () => new Response("", { status: 500 }), { kind: "ambiguous" }],
      ["a redirect", () => new Response(null, { status: 302, headers: { Location: "/" } }), {
        kind: "final",
        code: "call_redirected",
      }],
      ["an answer without end", () => new Response("x".repeat(100_000)), { kind: "ambiguous", code: "call_too_large" }],
      ["words about the person", () => Response.json({ message: "+33612345678 Bonjour" }, { status: 400 }), {
        kind: "final",
      }],
    ])("%s", (_label, answer, expected) =>
      withServer(() => answer(), async (url) => {
        const result = await send(url);
        expect(result).toMatchObject({ ok: false, ...expected });
        const told = JSON.stringify(result);
        for (const word of ["33612345678", "Bonjour", ...secrets]) expect(told).not.toContain(word);
      }));

    test("nobody listening: it was not taken", async () => {
      const url = await withServer(() => new Response(), (url) => Promise.resolve(url));
      expect(await send(url)).toMatchObject({ ok: false, kind: "retryable", code: "call_refused" });
    });

    test("nonsense of any kind never throws and never counts as sent", () => {
      const answer = fc.record({ status: fc.constantFrom(200, 201, 202, 400, 409, 503), body: fc.jsonValue() });
      return fc.assert(
        fc.asyncProperty(answer, async ({ status, body }) => {
          const fetch = () => Promise.resolve(Response.json(body, { status }));
          const result = await carrier.send(message, at("https://api.example.com"), { ...io, fetch });
          expect(result.ok).toBe(false);
        }),
      );
    });
  });
}

/** Webhooks that only a secret in the address tells from those of a stranger. `good`: one that is understood, by its `key`. */
export function wantsTheKey<Config>(
  carrier: Carrier<Config>,
  config: Config,
  good: { key: string; inbound: (key: string) => WebhookParts; status: (key: string) => WebhookParts },
): void {
  const io = testIo();
  const call = (which: "inbound" | "status", query: string) =>
    carrier[which](webhook({ ...good[which]("KEY"), url: good[which](query).url ?? "" }), config, io);
  const { key } = good;

  describe.each(["inbound", "status"] as const)("%s() without the right key", (which) => {
    test("the right one is let in", async () => expect((await call(which, key)).ok).toBe(true));

    test.each<[string, string, number]>([
      ["none", "", 401],
      ["another", "another-secret-0123456789", 403],
      ["one cut short", key.slice(0, -1), 403],
      ["one too long", `${key}x`, 403],
      ["in capitals", key.toUpperCase(), 403],
    ])("%s", async (_label, given, status) => {
      const refusal = await call(which, given);
      expect(refusal).toMatchObject({ ok: false, status });
      expect(JSON.stringify(refusal)).not.toContain(key);
    });
  });
}

/** Bodies of any kind behind good credentials: understood or refused with 400, never an exception. */
export function survivesWildBodies<Config>(
  carrier: Carrier<Config>,
  config: Config,
  credentials: (which: "inbound" | "status", body: string | Uint8Array) => WebhookParts,
): void {
  const io = testIo();
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json(),
    fc.constantFrom("", "null", "[]", "[null]", "{}", '{"results":[null]}', '{"__proto__":1}', '[{"message":null}]'),
  );
  test.each(["inbound", "status"] as const)("%s() survives any body", (which) =>
    fc.assert(
      fc.asyncProperty(body, async (body) => {
        const result = await carrier[which](webhook({ ...credentials(which, body), body }), config, io);
        if (result.ok) expect(result.value).toEqual([]);
        else expect(result.status).toBe(400);
      }),
    ));
}
