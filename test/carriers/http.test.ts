import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { http, httpPrivate } from "../../src/carriers/http.ts";
import type { HttpConfig } from "../../src/carriers/http_config.ts";
import { keepsTheSendingContract, understandsRefusal, wantsTheKey } from "./contract.ts";
import { NOW, outgoing, testIo, webhook, type WebhookParts, withServer } from "./support.ts";

const KEY = "test-webhook-key-0123456789";
const io = testIo();
const address = (name: string, key: string) => `https://sms.example.com/carriers/acc_1/${name}?key=${key}`;
const STATUS = `${address("status", KEY)}&message=msg_01`;

const SETTINGS = {
  credentials: { username: "api-user", password: "test-password", token: "test-token" },
  webhook_secret: KEY,
  verify: { scheme: "url_key" },
  send: {
    url: "https://api.example.com/v1/messages?account={credentials.username}",
    headers: { Authorization: "Bearer {credentials.token}" },
    body: {
      type: "json",
      value: {
        to: ["{to_digits}"],
        from: "{from}",
        text: "{text}",
        note: "{{{id}}}",
        parts: "{segments}",
        unicode: "{unicode}",
        ttl: "{valid_seconds}",
        urls: { status: "{status_url}", inbound: "{inbound_url}" },
        flash: false,
        nothing: null,
      },
    },
  },
  answer: {
    message_id: "data.0.id",
    error_code: "error.code",
    errors: [
      { codes: ["BLOCKED"], kind: "opted_out" },
      { statuses: [503], kind: "retryable" },
      { codes: ["BUSY"], kind: "throttled", retry_after_seconds: 30 },
    ],
  },
  inbound: {
    items: "events",
    only: { path: "type", equals: ["mo"] },
    id: "id",
    from: "from.number",
    to: "to.0",
    text: "text",
    media: "media.*.url",
    opt_out: { path: "keyword", equals: ["STOP"] },
  },
  status: {
    items: "events",
    only: { path: "type", equals: ["dlr"] },
    message_id: "ref",
    carrier_message_id: "id",
    status: "status",
    statuses: {
      QUEUED: "queued",
      SENT: "sent",
      DELIVERED: "delivered",
      UNDELIVERED: "undelivered",
      FAILED: "failed",
      EXPIRED: "expired",
      BILLED: "ignore",
    },
    error_code: "error",
    opted_out_codes: ["40300"],
    expired_codes: ["27"],
  },
};
const SECRETS = [KEY, "test-password", "test-token"];
const config = http.config.parse(SETTINGS);
type Settings = typeof SETTINGS;

function settings(change: (copy: Settings & Record<string, unknown>) => void): unknown {
  const copy = structuredClone(SETTINGS) as Settings & Record<string, unknown>;
  change(copy);
  return copy;
}

/** The configuration with its request sent to a server of the test. */
function at(url: string, given: HttpConfig = config): HttpConfig {
  return { ...given, send: { ...given.send, url: `${url}/v1/messages?account={credentials.username}` } };
}

describe("configuration", () => {
  test("two kinds differ in the networks they may call", () => {
    expect([http.kind, http.privateNetwork]).toEqual(["http", false]);
    expect([httpPrivate.kind, httpPrivate.privateNetwork]).toEqual(["http_private", true]);
  });

  test.each<[string, (copy: Settings & Record<string, unknown>) => void]>([
    ["send.url", (copy) => copy.send.url = "https://{to}.example.com/"],
    ["send.url", (copy) => copy.send.url = "https://api.example.com"],
    ["send.url", (copy) => copy.send.url = "ftp://api.example.com/"],
    ["send.url", (copy) => copy.send.url = "https://user:password@api.example.com/"],
    ["send.url", (copy) => copy.send.url = "https://api.example.com/{nonsense}"],
    ["send.headers.Authorization", (copy) => copy.send.headers.Authorization = "Bearer {credentials.other}"],
    // Texts of people cannot travel in headers.
    ["send.headers.Authorization", (copy) => copy.send.headers.Authorization = "{text}"],
    ["send.headers.Authorization", (copy) => copy.send.headers.Authorization = "a\r\nb"],
    ["send.body", (copy) => copy.send.body.value.text = "{text"],
    ["send.body", (copy) => copy.send.body.value.text = "{constructor}"],
    ["send.body", (copy) => copy.send = { ...copy.send, method: "GET" } as Settings["send"]],
    ["credentials.token", (copy) => copy.credentials.token = "with space"],
    ["webhook_secret", (copy) => copy.webhook_secret = "short"],
    ["webhook_secret", (copy) => copy.webhook_secret = "0123456789-&key=%"],
    ["verify.scheme", (copy) => copy.verify.scheme = "none"],
    ["answer.message_id", (copy) => copy.answer.message_id = ""],
    ["inbound.from", (copy) => copy.inbound.from = "a..b"],
    ["status.statuses.SENT", (copy) => copy.status.statuses.SENT = "gone"],
  ])("a wrong %s is named", (field, change) => {
    expect(http.config.safeParse(settings(change)).error?.issues.map((issue) => issue.path.join("."))).toEqual([field]);
  });

  test.each([
    ["verify.signed", { signed: "{body}{nonsense}" }],
    ["verify.signed", { signed: "{url}" }],
    ["verify.timestamp_header", { signed: "{timestamp}.{body}" }],
    ["verify.timestamp_header", { signed: "{body}", timestamp_header: "X-Time" }],
    ["verify.tolerance_seconds", { tolerance_seconds: 100_000 }],
    ["verify.algorithm", { algorithm: "md5" }],
  ])("a wrong %s is named: %j", (field, verify) => {
    const given = { ...SETTINGS, verify: { scheme: "hmac", header: "X-Signature", ...verify } };
    expect(http.config.safeParse(given).error?.issues.map((issue) => issue.path.join("."))).toEqual([field]);
  });

  test("what stands in a query must be signed", () => {
    const given = {
      ...SETTINGS,
      verify: { scheme: "hmac", header: "X-Signature" },
      inbound: { ...SETTINGS.inbound, format: "query" },
    };
    expect(http.config.safeParse(given).error?.issues.map((issue) => issue.path.join("."))).toEqual(["inbound.format"]);
    const signed = { ...given, verify: { ...given.verify, signed: "{url}{body}" } };
    expect(http.config.safeParse(signed).success).toBe(true);
  });
});

describe("send()", () => {
  const yes = () => Response.json({ data: [{ id: 17 }] });

  test("fills the template: values keep their type, what a message lacks is left out", () =>
    withServer(async (request) => {
      expect([request.method, new URL(request.url).search]).toEqual(["POST", "?account=api-user"]);
      expect(request.headers.get("Authorization")).toBe("Bearer test-token");
      expect(request.headers.get("Content-Type")).toBe("application/json");
      expect(await request.json()).toEqual({
        to: ["33612345678"],
        from: "PARLEY",
        text: 'Où {to}? 😀 "\\',
        note: "{msg_01}",
        parts: 2,
        unicode: true,
        urls: { status: STATUS, inbound: address("inbound", KEY) },
        flash: false,
        nothing: null,
      });
      return yes();
    }, async (url) => {
      const message = outgoing({ from: "PARLEY", text: 'Où {to}? 😀 "\\', encoding: "UCS-2", segments: 2 });
      expect(await http.send(message, at(url), io)).toEqual({ ok: true, carrierMessageId: "17", status: "sent" });
    }));

  test("a long text goes in one call, with the seconds that are left", () =>
    withServer(async (request) => {
      const body = await request.json();
      expect([body.text.length, body.ttl]).toEqual([700, 90]);
      return yes();
    }, async (url) => {
      expect((await http.send(outgoing({ text: "a".repeat(700), validUntil: NOW + 90_900 }), at(url), io)).ok).toBe(
        true,
      );
    }));

  test("a form, with Basic credentials", () =>
    withServer(async (request) => {
      expect(request.headers.get("Authorization")).toBe(`Basic ${btoa("api-user:test-password")}`);
      expect(Object.fromEntries(new URLSearchParams(await request.text())))
        .toEqual({ To: "+33612345678", Text: "A & B=C+%", Until: "2026-11-22T10:01:30.000Z" });
      return yes();
    }, async (url) => {
      const form = http.config.parse(settings((copy) => {
        copy.send.headers.Authorization = "Basic {basic}";
        const fields = { To: "{to}", Text: "{text}", Until: "{valid_until}" };
        copy.send = { ...copy.send, body: { type: "form", fields } } as unknown as Settings["send"];
      }));
      const message = outgoing({ text: "A & B=C+%", validUntil: NOW + 90_000 });
      expect((await http.send(message, at(url, form), io)).ok).toBe(true);
    }));

  test("a GET, whose values cannot leave their place in the address", () =>
    withServer((request) => {
      const { pathname, searchParams } = new URL(request.url);
      expect([pathname, ...searchParams]).toEqual(["/send/%2B33612345678", ["text", "a&b=c#d/é?"], ["end", "1"]]);
      return yes();
    }, async (url) => {
      const send = { method: "GET" as const, url: `${url}/send/{to}?text={text}&end=1`, headers: {} };
      expect((await http.send(outgoing({ text: "a&b=c#d/é?" }), { ...config, send }, io)).ok).toBe(true);
    }));

  test("a text body", () =>
    withServer(async (request) => {
      expect([request.headers.get("Content-Type"), await request.text()])
        .toEqual(["text/plain; charset=UTF-8", "+33612345678: Bonjour"]);
      return yes();
    }, async (url) => {
      const given = http.config.parse(settings((copy) => {
        copy.send = { ...copy.send, body: { type: "text", value: "{to}: {text}" } } as unknown as Settings["send"];
      }));
      expect((await http.send(outgoing(), at(url, given), io)).ok).toBe(true);
    }));

  const no = (code: unknown, status: number, headers: Record<string, string> = {}) =>
    Response.json({ error: { code, message: "to +33612345678" } }, { status, headers });
  test.each([
    ["a code of a rule", no("BLOCKED", 400), { kind: "opted_out", code: "BLOCKED" }],
    ["a code of a rule, with HTTP 200", no("BUSY", 200), { kind: "ambiguous", code: "answer_malformed" }],
    ["a code that waits", no("BUSY", 429), { kind: "throttled", code: "BUSY", retryAfterSeconds: 30 }],
    ["Retry-After above the rule", no("BUSY", 429, { "Retry-After": "7" }), {
      kind: "throttled",
      retryAfterSeconds: 7,
    }],
    ["a status of a rule", new Response("", { status: 503 }), { kind: "retryable", code: "http_503", of: "account" }],
    ["wrong credentials, by a code without a rule", no("X", 401), { kind: "retryable", code: "X", of: "account" }],
    ["a code without a rule", no("NO_ROUTE", 400), { kind: "final", code: "NO_ROUTE" }],
    ["a code that is none", no("to +33612345678", 400), { kind: "final", code: "http_400" }],
    ["a server error with a code", no("X", 500), { kind: "ambiguous", code: "X" }],
    ["a yes of another kind", new Response("{}", { status: 206 }), { kind: "ambiguous" }],
  ])("%s", understandsRefusal((url) => http.send(outgoing(), at(url), io), SECRETS));

  describe("an API that says no with HTTP 200", () => {
    const polite = http.config.parse(settings((copy) => {
      copy.answer = {
        ...copy.answer,
        accepted: { path: "status", equals: ["0", "ok"] },
        message_id: "id",
        error_code: "status",
        errors: [{ codes: ["1"], kind: "throttled" }, { codes: ["9"], kind: "opted_out" }],
      } as unknown as Settings["answer"];
    }));
    test.each([
      [{ status: 0, id: "17" }, { ok: true, carrierMessageId: "17" }],
      [{ status: "ok", id: "17" }, { ok: true, carrierMessageId: "17" }],
      [{ status: 0 }, { ok: false, kind: "ambiguous", code: "answer_malformed" }],
      [{ status: 1 }, { ok: false, kind: "throttled", code: "1" }],
      [{ status: "9" }, { ok: false, kind: "opted_out", code: "9" }],
      [{ status: 4 }, { ok: false, kind: "final", code: "4" }],
      [{}, { ok: false, kind: "ambiguous", code: "answer_malformed" }],
    ])("%j", (body, expected) =>
      withServer(() => Response.json(body), async (url) => {
        expect(await http.send(outgoing(), at(url, polite), io)).toMatchObject(expected);
      }));
  });

  test("an API that gives no id", () =>
    withServer(() => new Response("OK"), async (url) => {
      const { message_id: _, ...answer } = config.answer;
      expect(await http.send(outgoing(), { ...at(url), answer }, io))
        .toEqual({ ok: true, carrierMessageId: null, status: "sent" });
    }));
});

keepsTheSendingContract(http, { at, secrets: SECRETS });

const MO = {
  type: "mo",
  id: 9007,
  from: { number: "+33612345678" },
  to: ["36105"],
  text: "Bonjour",
  media: [{ url: "https://media/0" }, { url: "javascript:alert(1)" }, { url: "https://media/1" }],
};
const DLR = { type: "dlr", id: "c-1", ref: "msg_01", status: "DELIVERED" };

function inbound(events: unknown[], given: Partial<HttpConfig> = {}) {
  const request = webhook({ url: address("inbound", KEY), body: JSON.stringify({ events }) });
  return http.inbound(request, { ...config, ...given }, io);
}

function status(events: unknown[], url = STATUS) {
  return http.status(webhook({ url, body: JSON.stringify({ events }) }), config, io);
}

describe("inbound()", () => {
  test.each<[string, unknown, unknown]>([
    ["a part of a long one", { ref: "ab", no: "2", of: 3 }, { reference: "ab", number: 2, total: 3 }],
    ["a part that cannot be", { ref: "ab", no: 4, of: 3 }, undefined],
    ["too many parts", { ref: "ab", no: 1, of: 10_000 }, undefined],
    ["a whole one", { ref: "ab", no: "", of: null }, undefined],
  ])("understands %s", async (_label, concat, part) => {
    const mapping = { ...config.inbound!, part: { reference: "concat.ref", number: "concat.no", total: "concat.of" } };
    const parsed = await inbound([{ ...MO, concat }], { inbound: mapping });
    expect(parsed).toEqual({ ok: true, value: [{ ...base, ...(part === undefined ? {} : { part }) }] });
  });

  const base = {
    carrierMessageId: "9007",
    from: "+33612345678",
    to: "36105",
    text: "Bonjour",
    carrierIntent: null,
    alreadyAnswered: false,
    mediaUrls: ["https://media/0", "https://media/1"],
  };

  test.each([
    ["a message", [MO], [base]],
    ["several, reports left out", [MO, DLR, { ...MO, id: "2", media: null }], [base, {
      ...base,
      carrierMessageId: "2",
      mediaUrls: [],
    }]],
    ["no text and no id", [{ ...MO, text: undefined, id: null }], [{ ...base, text: "", carrierMessageId: null }]],
    ["one beside another that is not understood", [{ ...MO, from: {} }, MO], [base]],
  ])("understands %s", async (_label, events, expected) => {
    expect({ ...await inbound(events), lost: undefined }).toEqual({ ok: true, value: expected });
  });

  const words = { provider_stop_words: ["STOP", "ARRET"], provider_other_words: ["AIDE"] };
  test.each<[string, string, Partial<HttpConfig>, string | null, boolean]>([
    ["Bonjour", "STOP", {}, "opt_out", false],
    ["Bonjour", "STOP", { stop_reply: "provider" }, "opt_out", true],
    ["arret", "", { ...words, stop_reply: "provider" }, "opt_out", true],
    ["aide", "", { ...words, stop_reply: "provider" }, null, true],
    ["arret", "", words, null, false],
    ["please stop", "", { ...words, stop_reply: "provider" }, null, false],
  ])("%o with keyword %o under %j: intent %s, answered %s", async (text, keyword, given, intent, answered) => {
    expect(await inbound([{ ...MO, text, keyword }], given)).toEqual({
      ok: true,
      value: [{ ...base, text, carrierIntent: intent, alreadyAnswered: answered }],
    });
  });

  const flat = { id: "msg.id", from: "From", to: "To", text: "Text" };
  test.each<[string, Partial<WebhookParts>, "form" | "query"]>([
    ["a form", { body: "msg.id=1&From=33612345678&To=36105&Text=O%C3%B9+%3F&Text=STOP" }, "form"],
    ["a query", {
      method: "GET",
      url: `${address("inbound", KEY)}&msg.id=1&From=33612345678&To=36105&Text=O%C3%B9+%3F&Text=STOP`,
    }, "query"],
  ])("understands %s; of a repeated field the first counts", async (_label, parts, format) => {
    const request = webhook({ url: address("inbound", KEY), ...parts });
    expect(await http.inbound(request, { ...config, inbound: { format, ...flat } }, io)).toEqual({
      ok: true,
      value: [{ ...base, carrierMessageId: "1", from: "33612345678", text: "Où ?", mediaUrls: [] }],
    });
  });

  test.each([
    ["from.number", { ...MO, from: { number: "" } }],
    ["to.0", { ...MO, to: [] }],
  ])("without %s is not understood", async (field, event) => {
    expect(await inbound([event])).toMatchObject({ ok: false, status: 400, detail: expect.stringContaining(field) });
  });

  test("is refused when it is not configured", async () => {
    const { inbound: _, status: __, ...rest } = config;
    const request = webhook({ url: address("inbound", KEY), body: "{}" });
    for (const receive of [http.inbound, http.status]) {
      expect(await receive(request, rest, io)).toMatchObject({ ok: false, status: 400 });
    }
  });
});

describe("status()", () => {
  test.each([["QUEUED", "queued"], ["SENT", "sent"], ["DELIVERED", "delivered"]])(
    "%s is %s",
    async (given, expected) => {
      expect(await status([{ ...DLR, status: given }])).toEqual({
        ok: true,
        value: [{ messageId: "msg_01", carrierMessageId: "c-1", status: expected, error: null }],
      });
    },
  );

  test.each([
    ["UNDELIVERED", undefined, "undelivered", "UNDELIVERED", false],
    ["FAILED", 40300, "failed", "40300", true],
    ["FAILED", "27", "expired", "27", false],
    ["FAILED", "to +33612345678", "failed", "FAILED", false],
    ["EXPIRED", "1", "expired", "1", false],
  ])("%s with error %o is %s", async (given, error, expected, code, optedOut) => {
    expect(await status([{ ...DLR, status: given, error }])).toEqual({
      ok: true,
      value: [{
        messageId: "msg_01",
        carrierMessageId: "c-1",
        status: expected,
        error: { code, detail: expect.not.stringContaining("336"), optedOut },
      }],
    });
  });

  test.each([
    ["of a part", { part: "p2" }, "p2"],
    ["of the whole", { part: "" }, undefined],
    ["of a part whose name is too long", { part: "x".repeat(300) }, undefined],
  ])("a report %s", async (_label, more, part) => {
    const mapping = { ...config.status!, part: "part" };
    const request = webhook({ url: STATUS, body: JSON.stringify({ events: [{ ...DLR, ...more }] }) });
    const parsed = await http.status(request, { ...config, status: mapping }, io);
    expect(parsed.ok && parsed.value[0]?.part).toBe(part);
  });

  test.each(
    [
      [undefined, "00AB", "00AB", "00AB"],
      [{ answer: "hexadecimal", report: "decimal" }, "00AB", "171", "171"],
      [{ answer: "loose", report: "loose" }, "00AB", "ab", "ab"],
    ] as const,
  )("ids as %j", (ids, answer, report, key) => {
    const given = { ...config, status: { ...config.status!, ...(ids === undefined ? {} : { ids }) } };
    expect(http.messageKey!(answer, "answer", given)).toBe(key);
    expect(http.messageKey!(report, "report", given)).toBe(key);
  });

  test("several at once each speak for their own message, whatever the address says", async () => {
    expect(await status([DLR, MO, { ...DLR, ref: "msg_02" }, { ...DLR, status: "BILLED" }])).toMatchObject({
      ok: true,
      value: [{ messageId: "msg_01" }, { messageId: "msg_02" }],
    });
  });

  test("the address tells our id, else the document, else the carrier's must do", async () => {
    const bare = address("status", KEY);
    expect(await status([{ ...DLR, ref: "x" }])).toMatchObject({ value: [{ messageId: "msg_01" }] });
    expect(await status([DLR], bare)).toMatchObject({ value: [{ messageId: "msg_01" }] });
    expect(await status([{ ...DLR, ref: undefined }], bare)).toMatchObject({ value: [{ messageId: null }] });
    expect(await status([{ ...DLR, ref: undefined, id: "" }], bare)).toMatchObject({ ok: false, status: 400 });
  });

  test.each(["LOST", "", "constructor", "__proto__", null])("%o is not understood", async (given) => {
    expect(await status([{ ...DLR, status: given }])).toMatchObject({ ok: false, status: 400 });
  });
});

wantsTheKey(http, config, {
  key: KEY,
  inbound: (key) => ({ url: address("inbound", key), body: JSON.stringify({ events: [MO] }) }),
  status: (key) => ({ url: address("status", key), body: JSON.stringify({ events: [DLR] }) }),
});

describe("other proofs than a key in the address", () => {
  const body = JSON.stringify({ events: [MO, DLR] });
  const url = "https://sms.example.com/carriers/acc_1/inbound?a=%20b";
  const call = (verify: unknown, headers: Record<string, string>, parts: Partial<WebhookParts> = {}) => {
    const given = http.config.parse({ ...SETTINGS, verify });
    const request = webhook({ url, headers, body, ...parts });
    return Promise.all([http.inbound(request, given, io), http.status(request, given, io)]);
  };
  const letsIn = async (results: ReturnType<typeof call>) =>
    expect((await results).map(({ ok }) => ok)).toEqual([true, true]);
  const refuses = async (results: ReturnType<typeof call>, status: number, code: string) => {
    for (const result of await results) expect(result).toMatchObject({ ok: false, status, code });
    expect(JSON.stringify(await results)).not.toContain(KEY);
  };

  test("their addresses hold no key", () =>
    withServer(async (request) => {
      expect((await request.json()).urls).toEqual({
        status: "https://sms.example.com/carriers/acc_1/status?message=msg_01",
        inbound: "https://sms.example.com/carriers/acc_1/inbound",
      });
      return Response.json({ data: [{ id: 1 }] });
    }, async (url) => {
      const given = http.config.parse({ ...SETTINGS, verify: { scheme: "header", header: "X-Token" } });
      expect((await http.send(outgoing(), at(url, given), io)).ok).toBe(true);
    }));

  test("a secret in a header", async () => {
    const verify = { scheme: "header", header: "Authorization", prefix: "Bearer " };
    await letsIn(call(verify, { Authorization: `Bearer ${KEY}` }));
    await refuses(call(verify, {}), 401, "credentials_missing");
    await refuses(call(verify, { Authorization: KEY }), 403, "credentials_wrong");
    await refuses(call(verify, { Authorization: `Bearer ${KEY}x` }), 403, "credentials_wrong");
    // A key in the address proves nothing here.
    await refuses(call(verify, {}, { url: address("inbound", KEY) }), 401, "credentials_missing");
  });

  test("Basic credentials", async () => {
    const verify = { scheme: "basic", username: "hook" };
    await letsIn(call(verify, { Authorization: `Basic ${btoa(`hook:${KEY}`)}` }));
    await refuses(call(verify, { Authorization: `Basic ${btoa("hook:other")}` }), 403, "credentials_wrong");
    await refuses(call(verify, {}), 401, "credentials_missing");
  });

  const hmac = (text: string, algorithm = "sha256", key = KEY) => createHmac(algorithm, key).update(text);
  test.each([
    ["hex of SHA-256 over the body", {}, hmac(body).digest("hex")],
    ["in capitals, with a prefix", { prefix: "sha256=" }, `SHA256=${hmac(body).digest("hex").toUpperCase()}`],
    ["base64 of SHA-1", { algorithm: "sha1", encoding: "base64" }, hmac(body, "sha1").digest("base64")],
    ["base64url of SHA-512", { algorithm: "sha512", encoding: "base64url" }, hmac(body, "sha512").digest("base64url")],
    [
      "base64url with its padding",
      { encoding: "base64url" },
      hmac(body).digest("base64").replaceAll("+", "-").replaceAll("/", "_"),
    ],
    [
      "address, method and words of its own",
      { signed: "v1:{method}|{url}|{body}" },
      hmac(`v1:POST|${url}|${body}`).digest("hex"),
    ],
  ])("a signature: %s", async (_label, how, signature) => {
    const verify = { scheme: "hmac", header: "X-Signature", ...how };
    await letsIn(call(verify, { "X-Signature": signature }));
    await refuses(call(verify, {}), 401, "credentials_missing");
    await refuses(call(verify, { "X-Signature": `${signature}0` }), 403, "credentials_wrong");
    await refuses(call(verify, { "X-Signature": signature }, { body: `${body} ` }), 403, "credentials_wrong");
    await refuses(
      call(verify, { "X-Signature": hmac(body, "sha256", "other").digest("hex") }),
      403,
      "credentials_wrong",
    );
  });

  test.each(["seconds", "milliseconds"] as const)("a signature with a time in %s", async (timestamp_unit) => {
    const verify = {
      scheme: "hmac",
      header: "X-S",
      signed: "{timestamp}.{body}",
      timestamp_header: "X-T",
      timestamp_unit,
    };
    const signed = (ms: number | string) => {
      const time = typeof ms === "string" ? ms : String(timestamp_unit === "seconds" ? Math.floor(ms / 1000) : ms);
      return { "X-T": time, "X-S": hmac(`${time}.${body}`).digest("hex") };
    };
    await letsIn(call(verify, signed(NOW - 300_000)));
    await letsIn(call(verify, signed(NOW + 299_000)));
    await refuses(call(verify, signed(NOW - 302_000)), 403, "credentials_stale");
    await refuses(call(verify, signed(NOW + 302_000)), 403, "credentials_stale");
    await refuses(call(verify, signed("now")), 403, "credentials_stale");
    await refuses(call(verify, { ...signed(NOW), "X-T": "1" }), 403, "credentials_wrong");
    await refuses(call(verify, { "X-S": signed(NOW)["X-S"] }), 401, "credentials_missing");
  });

  test("without an id of the carrier's, a copy of what was signed with its time is known again", async () => {
    const { id: _, ...nameless } = MO;
    const body = JSON.stringify({ events: [nameless, nameless] });
    const ids = async (how: Record<string, string>, ms: number, write = (hex: string) => hex) => {
      const time = String(Math.floor(ms / 1000));
      const text = "timestamp_header" in how ? `${time}.${body}` : body;
      const given = http.config.parse({ ...SETTINGS, verify: { scheme: "hmac", header: "X-S", ...how } });
      const headers = { "X-T": time, "X-S": write(hmac(text).digest("hex")) };
      const result = await http.inbound(webhook({ url, headers, body }), given, io);
      return result.ok ? result.value.map(({ carrierMessageId }) => carrierMessageId) : [];
    };
    const timed = { signed: "{timestamp}.{body}", timestamp_header: "X-T" };
    const [one, two] = await ids(timed, NOW);
    expect([one, two]).toEqual([expect.stringMatching(/^signed_.*\.0$/), expect.stringMatching(/^signed_.*\.1$/)]);
    expect(await ids(timed, NOW, (hex) => hex.toUpperCase())).toEqual([one, two]);
    expect(await ids(timed, NOW + 1_000)).not.toContain(one);
    // The same words on another day have the same signature where no time is signed: they must not be lost.
    expect(await ids({}, NOW)).toEqual([null, null]);
  });
});

test("the answer is the configured one", () => {
  expect(http.answer([], config)).toEqual({ status: 200, contentType: "text/plain", body: "" });
  const reply = { status: 202, content_type: "application/json", body: '{"ok":true}' };
  expect(http.answer([], http.config.parse({ ...SETTINGS, reply })))
    .toEqual({ status: 202, contentType: "application/json", body: '{"ok":true}' });
});

test("the example of the documentation is a configuration", () => {
  const text = Deno.readTextFileSync("docs/carriers.md");
  const blocks = [...text.matchAll(/```json\n(\{[^`]*"kind": "http"[^`]*)```/g)].map((block) =>
    JSON.parse(block[1] ?? "")
  );
  expect(blocks).toHaveLength(1);
  expect(http.config.safeParse(blocks[0].config).error).toBeUndefined();
});

test.each([
  ["{body}", "msg_signed"],
  ["{{url}}{body}", "msg_signed"],
  ["{url}{body}", "msg_01"],
])("a report signed over %s is of the message %s, with another in its address", async (template, messageId) => {
  const given = http.config.parse({
    ...SETTINGS,
    verify: { scheme: "hmac", header: "X-S", signed: template },
    status: { message_id: "ref", status: "status", statuses: { SENT: "sent" } },
  });
  const body = JSON.stringify({ ref: "msg_signed", status: "SENT" });
  const text = template.replace("{{url}}", "{u}").replace("{url}", STATUS).replace("{u}", "{url}").replace(
    "{body}",
    body,
  );
  const headers = { "X-S": createHmac("sha256", KEY).update(text).digest("hex") };
  expect(await http.status(webhook({ url: STATUS, headers, body }), given, io))
    .toMatchObject({ ok: true, value: [{ messageId }] });
});
