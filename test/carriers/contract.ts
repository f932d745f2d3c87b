import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Carrier, SendResult } from "../../src/carriers/carrier.ts";
import { survivesAnything } from "./wild.ts";
import { NOW, outgoing, testIo, webhook, type WebhookParts, withServer } from "./support.ts";

/** What every adapter that sends over HTTP owes, whatever its API looks like. `at`: the configuration for a server at `url`. */
export function keepsTheSendingContract<Config>(
  carrier: Carrier<Config>,
  { at, secrets, from = "36105", accepts = 200, duplicates }: {
    at: (url: string) => Config;
    secrets: readonly string[];
    from?: string;
    /** Status with which the API takes a message. */
    accepts?: number;
    /** Status with which it says that it has the message already. */
    duplicates?: number;
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
        kind: "retryable",
        code: "call_redirected",
        of: "account",
      }],
      ["the credentials are wrong", () => new Response("", { status: 401 }), { kind: "retryable", of: "account" }],
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
      const answer = fc.record({
        status: fc.constantFrom(200, 201, 202, 400, 409, 503).filter((status) => status !== duplicates),
        body: fc.jsonValue(),
      });
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

/** For a table of settings with one wrong field each. */
export function namesTheWrongOne(
  { config }: Pick<Carrier<unknown>, "config">,
): (field: string, settings: unknown) => void {
  return (field, settings) => {
    expect(config.safeParse(settings).error?.issues.map((issue) => issue.path.join("."))).toEqual([field]);
  };
}

/** For a table of refusals of an API: what becomes of each, without a word about the person or a secret. */
export function understandsRefusal(
  send: (url: string) => Promise<SendResult>,
  secrets: readonly string[],
): (label: string, answer: Response, expected: object) => Promise<void> {
  return (_label, answer, expected) =>
    withServer(() => answer, async (url) => {
      const result = await send(url);
      expect(result).toMatchObject({ ok: false, ...expected });
      const told = JSON.stringify(result);
      for (const word of ["33612345678", "Bonjour", ...secrets]) expect(told).not.toContain(word);
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

  survivesAnything({ carrier, config, good: { inbound: good.inbound(key), status: good.status(key) } });
}

interface SignedWebhooks<Config> {
  carrier: Carrier<Config>;
  config: Config;
  /** A webhook that verifies, about an inbound message or a delivery report. */
  good: { inbound: WebhookParts; status: WebhookParts };
  /** The same with everything that proves the sender taken away. */
  unproven: (parts: WebhookParts) => WebhookParts;
  /** The same, altered after it was signed; left out where nothing is signed. */
  altered?: (parts: WebhookParts) => WebhookParts;
  /** Where the signature holds a time: for how many seconds after it a webhook may come, give or take a few minutes. */
  timed: number | null;
  /** The configuration of somebody else. */
  other: Config;
  /** Signs any body as `good` is signed. */
  signed: (body: string, kind: "inbound" | "status") => WebhookParts;
  /** What `signed` is given for `good`, where that is not its body. */
  content?: { inbound: string; status: string };
  secrets: string[];
}

/** Webhooks that are signed: forged, altered, late and wild ones. */
export function refusesForgedWebhooks<Config>(given: SignedWebhooks<Config>): void {
  const { carrier, config, good, unproven, altered, timed, other, signed, content, secrets } = given;
  const kinds = ["inbound", "status"] as const;

  describe.each(kinds)("an unverified webhook changes nothing: %s", (kind) => {
    const receive = (parts: WebhookParts, settings = config, now = NOW) =>
      carrier[kind](webhook(parts), settings, testIo({ now: () => now }));

    test("what is verified counts", async () => expect(await receive(good[kind])).toMatchObject({ ok: true }));

    test("without credentials: 401", async () => {
      expect(await receive(unproven(good[kind]))).toMatchObject({
        ok: false,
        status: 401,
        code: "credentials_missing",
      });
    });

    test("with those of somebody else: 403", async () => {
      const refusal = await receive(good[kind], other);
      expect(refusal).toMatchObject({ ok: false, status: 403, code: "credentials_wrong" });
      for (const secret of secrets) expect(JSON.stringify(refusal)).not.toContain(secret);
    });

    if (altered) {
      test("altered on the way: 403", async () => {
        expect(await receive(altered(good[kind]))).toMatchObject({ ok: false, status: 403, code: "credentials_wrong" });
      });
    }

    if (timed !== null) {
      test(`repeated ${timed} seconds after its time it counts`, async () => {
        expect(await receive(good[kind], config, NOW + timed * 1000)).toMatchObject({ ok: true });
      });

      test.each([timed + 360, -360])("%d seconds after its time: 403", async (away) => {
        const refusal = await receive(good[kind], config, NOW + away * 1000);
        expect(refusal).toMatchObject({ ok: false, status: 403, code: "credentials_stale" });
      });
    }

    test("wild bytes without a proof are refused", () =>
      fc.assert(
        fc.asyncProperty(
          fc.constantFrom("GET", "POST"),
          fc.oneof(fc.constant(good[kind].url ?? ""), fc.string({ unit: "grapheme" })),
          fc.dictionary(fc.constantFrom(...Object.keys(good[kind].headers ?? {}), "x-other"), fc.base64String()),
          fc.uint8Array({ maxLength: 200 }),
          async (method, url, headers, body) => {
            const result = await receive({ ...unproven({ method, url, headers }), method, body });
            expect(!result.ok && [401, 403].includes(result.status)).toBe(true);
          },
        ),
        { numRuns: 50 },
      ));
  });

  survivesAnything({ carrier, config, good, proven: signed, ...(content ? { content } : {}) });
}
