import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { InboundSms } from "../../src/carriers/carrier.ts";
import { kannel } from "../../src/carriers/kannel.ts";
import { namesTheWrongOne } from "./contract.ts";
import { NOW, outgoing, testIo, webhook, type WebhookParts, withServer } from "./support.ts";
import { survivesAnything } from "./wild.ts";

const SECRET = "test-webhook-secret_1";
const SETTINGS = {
  url: "http://127.0.0.1:13013/cgi-bin/sendsms",
  username: "parley",
  password: "sendsms-secret",
  webhook_secret: SECRET,
};
const config = kannel.config.parse(SETTINGS);
const INBOUND = "http://gateway.example/carriers/acc_1/inbound";
const STATUS = "http://gateway.example/carriers/acc_1/status";
const io = testIo();

function sms(overrides: Partial<InboundSms> = {}): InboundSms {
  return {
    carrierMessageId: "b6a680d4-949b-40fc-a99b-7fe07987a3b4",
    from: "+33612345678",
    to: "36105",
    text: "STOP",
    carrierIntent: null,
    alreadyAnswered: false,
    mediaUrls: [],
    ...overrides,
  };
}

const ID = sms().carrierMessageId;

function get(query: string): WebhookParts {
  return { method: "GET", url: `${INBOUND}?key=${SECRET}&id=${ID}&from=%2B33612345678&to=36105&${query}` };
}

describe("configuration", () => {
  test("defaults: every report that changes a status", () =>
    expect(config).toEqual({ ...SETTINGS, dlr_mask: 31, reports_each_part: false }));

  test.each([
    ["url", { ...SETTINGS, url: "127.0.0.1:13013" }],
    ["username", { ...SETTINGS, username: "two\nlines" }],
    ["password", { ...SETTINGS, password: "" }],
    ["webhook_secret", { ...SETTINGS, webhook_secret: "short" }],
    ["webhook_secret", { ...SETTINGS, webhook_secret: "with%escapes-and-more" }],
    ["dlr_mask", { ...SETTINGS, dlr_mask: 64 }],
  ])("a wrong %s is named", namesTheWrongOne(kannel));
});

describe("send()", () => {
  test("posts what smsbox reads, and nothing personal in the address", () =>
    withServer(async (request) => {
      expect(`${request.method} ${new URL(request.url).pathname}${new URL(request.url).search}`).toBe("POST /sendsms");
      expect(await request.text()).toBe("Où êtes-vous ?");
      expect(Object.fromEntries([...request.headers].filter(([name]) => /^x-kannel|content-type/.test(name)))).toEqual({
        "content-type": "text/plain; charset=UTF-8",
        "x-kannel-username": "parley",
        "x-kannel-password": "sendsms-secret",
        "x-kannel-from": "36105",
        "x-kannel-to": "+33612345678",
        "x-kannel-coding": "2",
        "x-kannel-smsc": "orange",
        "x-kannel-validity": "2",
        "x-kannel-dlr-mask": "31",
        "x-kannel-dlr-url":
          `https://sms.example.com/a%%20b/carriers/acc_1/status?key=${SECRET}&id=msg_01&d=%d&fid=%F&r=%A`,
      });
      return new Response("0: Accepted for delivery", { status: 202 });
    }, async (url) => {
      const message = outgoing({ text: "Où êtes-vous ?", encoding: "UCS-2", validUntil: NOW + 179_000 });
      const settings = { ...config, url: `${url}/sendsms`, smsc: "orange" };
      expect(await kannel.send(message, settings, testIo({ publicUrl: "https://sms.example.com/a%20b" })))
        .toEqual({ ok: true, carrierMessageId: null, status: "sent" });
    }));

  test.each([
    ["none when it never ends", null, null],
    ["at least a minute", NOW - 5, "1"],
  ])("asks for a validity of %s", (_label, validUntil, minutes) =>
    withServer((request) => {
      expect(request.headers.get("X-Kannel-Validity")).toBe(minutes);
      expect(request.headers.get("X-Kannel-Coding")).toBe("0");
      return new Response("", { status: 202 });
    }, async (url) => {
      expect((await kannel.send(outgoing({ validUntil }), { ...config, url }, io)).ok).toBe(true);
    }));

  test.each([
    [202, "3: Queued for later delivery", { ok: true, carrierMessageId: null, status: "sent" }],
    [202, "Sent.", { ok: true, carrierMessageId: null, status: "sent" }],
    [400, "Sender missing and no global set, rejected", { kind: "final", code: "sender_missing" }],
    [400, "Missing receiver number, rejected", { kind: "final", code: "http_400" }],
    [400, "something about +33612345678", { kind: "final", code: "http_400" }],
    [400, "constructor", { kind: "final", code: "http_400" }],
    [403, "Authorization failed for sendsms", { kind: "retryable", code: "unauthorized", of: "account" }],
    [403, "Not routable. Do not try again.\n", { kind: "final", code: "not_routable" }],
    [404, "Unknown request.", { kind: "final", code: "http_404" }],
    [503, "Temporal failure, try again later.", { kind: "retryable", code: "http_503", of: "account" }],
    [500, "Sending failed.", { kind: "ambiguous", code: "http_500" }],
    [502, "<html>", { kind: "ambiguous", code: "http_502" }],
    // Kannel never says 200 here: something stands between, and who knows what it did with the message.
    [200, "OK", { kind: "ambiguous", code: "http_200" }],
    [302, "", { kind: "retryable", code: "call_redirected", of: "account" }],
  ])("HTTP %s %o", (status, body, expected) =>
    withServer(() => new Response(body, { status }), async (url) => {
      const result = await kannel.send(outgoing(), { ...config, url }, io);
      expect(result).toMatchObject(expected);
      expect(JSON.stringify(result)).not.toMatch(/33612345678|sendsms-secret|Bonjour/);
    }));

  test("nobody listening: it was not taken", async () => {
    const url = await withServer(() => new Response(), (url) => Promise.resolve(url));
    expect(await kannel.send(outgoing(), { ...config, url }, io)).toMatchObject({
      kind: "retryable",
      code: "call_refused",
    });
  });
});

describe("inbound() by get-url", () => {
  test.each([
    ["plain words", "text=STOP&charset=UTF-8&coding=0", "STOP"],
    ["escapes and plus signs", "text=a%26b+100%25+%2B&charset=UTF-8&coding=0", "a&b 100% +"],
    ["accents in UTF-8", "text=arr%C3%AAt%C3%A9%E2%82%AC&charset=UTF-8&coding=0", "arrêté€"],
    ["UCS-2", "text=%00O%00%F9%00+%D8%3D%DE%00&charset=UTF-16BE&coding=2", "Où 😀"],
    ["UCS-2 under its other names", "text=%00%E9&charset=ISO-10646-UCS-2&coding=2", "é"],
    ["UCS-2 with a byte order mark", "text=%FE%FF%00%E9&charset=UTF-16BE&coding=2", "é"],
    ["UCS-2 without a charset", "text=%00%E9&charset=&coding=2", "é"],
    ["UCS-2 that Kannel has recoded to UTF-8", "text=%C3%A9&charset=UTF-8&coding=2", "é"],
    ["Windows-1252 after recoding", "text=%E9%80&charset=WINDOWS-1252&coding=0", "é€"],
    ["Latin-1", "text=%E9&charset=ISO-8859-1&coding=0", "é"],
    ["8-bit bytes that are western", "text=%E9+x&charset=8-BIT&coding=1", "é x"],
    ["8-bit bytes that are UTF-8", "text=%C3%A9&charset=8-BIT&coding=1", "é"],
    ["a charset that nobody knows", "text=STOP&charset=GSM&coding=0", "STOP"],
    ["UTF-8 that is none", "text=%E9t%E9&charset=UTF-8&coding=0", "été"],
    ["no charset at all", "text=STOP", "STOP"],
    ["nothing", "text=&charset=UTF-8&coding=0", ""],
    ["a percent sign that escapes nothing", "text=100%+%zz+%e&charset=UTF-8&coding=0", "100% %zz %e"],
    ["an odd number of UTF-16 bytes", "text=%00S%00&charset=UTF-16BE&coding=2", "S\ufffd"],
    ["a repeated text: the first", "text=STOP&text=GO&charset=UTF-8&coding=0", "STOP"],
  ])("understands %s", async (_label, query, text) => {
    expect(await kannel.inbound(webhook(get(query)), config, io)).toEqual({ ok: true, value: [sms({ text })] });
  });

  test("without an id, none is made up", async () => {
    const request = webhook({ method: "GET", url: `${INBOUND}?key=${SECRET}&id=&from=1&to=2&text=x` });
    expect(await kannel.inbound(request, config, io)).toMatchObject({ ok: true, value: [{ carrierMessageId: null }] });
  });

  test("a character cut at the end of a part comes whole when the parts are joined", async () => {
    const bytes = (text: string) =>
      text.split("").map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0").replace(/../g, "%$&")).join("");
    const read = async (text: string, udh: string) => {
      const request = webhook(get(`coding=2&charset=UTF-16BE&text=${bytes(text)}&udh=${udh}`));
      const result = await kannel.inbound(request, config, io);
      return result.ok ? result.value[0]?.text : result;
    };
    const [half, rest] = ["Merci \ud83d", "\ude00 !"];
    expect(await read(half, "%05%00%03%07%02%01")).toBe(half);
    expect(await read(rest, "%05%00%03%07%02%02")).toBe(rest);
    expect(await read(half, "")).toBe("Merci \ufffd");
  });

  const inPart = async (udh: string) => {
    const url = `${INBOUND}?key=${SECRET}&id=1&from=1&to=2&text=x&udh=${udh}`;
    const result = await kannel.inbound(webhook({ method: "GET", url }), config, io);
    return result.ok ? result.value[0]?.part : result;
  };

  test.each([
    ["an 8-bit reference", "%05%00%03%07%03%02", { reference: "07", number: 2, total: 3 }],
    ["a 16-bit reference", "%06%08%04%12%34%02%01", { reference: "1234", number: 1, total: 2 }],
    ["after another element", "%0A%24%03%01%02%03%00%03%FF%02%02", { reference: "ff", number: 2, total: 2 }],
    ["after an element without data", "%07%70%00%00%03+%02%01", { reference: "20", number: 1, total: 2 }],
  ])("knows the place of a part: %s", async (_label, udh, part) => {
    expect(await inPart(udh)).toEqual(part);
  });

  test.each([
    ["no header", ""],
    ["ports only", "%06%05%04%15%8A%00%00"],
    ["cut short", "%05%00%03%07%03"],
    ["a length past the end", "%05%00%FF%07%03%02"],
    ["a wrong length", "%04%00%02%03%02"],
    ["its own length alone", "%05"],
  ])("takes a text by itself for whole: %s", async (_label, udh) => {
    expect(await inPart(udh)).toBeUndefined();
  });

  test.each([
    ["from", "to=36105&text=x"],
    ["from", "from=&to=36105&text=x"],
    ["to", "from=1&text=x"],
    ["text", "from=1&to=36105"],
  ])("names what is missing: %s", async (field, query) => {
    expect(await kannel.inbound(webhook({ method: "GET", url: `${INBOUND}?key=${SECRET}&${query}` }), config, io))
      .toMatchObject({ ok: false, status: 400, detail: expect.stringMatching(`^${field}: `) });
  });
});

describe("inbound() by post-url", () => {
  const headers = { "X-Kannel-From": "+33612345678", "X-Kannel-To": "36105", "X-Kannel-Coding": "0" };
  const url = `${INBOUND}?key=${SECRET}&id=${ID}`;
  test.each<[string, WebhookParts, string]>([
    ["UTF-8", {
      url,
      headers: { ...headers, "Content-Type": 'text/plain; charset="UTF-8"' },
      body: "arrêté & 100%",
    }, "arrêté & 100%"],
    ["UCS-2", {
      url,
      headers: { ...headers, "X-Kannel-Coding": "2", "Content-Type": 'text/plain; charset="UTF-16BE"' },
      body: new Uint8Array([0, 0x4f, 0, 0xf9]),
    }, "Où"],
    ["8 bits", {
      url,
      headers: { ...headers, "X-Kannel-Coding": "1", "Content-Type": "application/octet-stream" },
      body: new Uint8Array([0xe9]),
    }, "é"],
    ["an address that gives the numbers", {
      url: `${url}&from=%2B33612345678&to=36105`,
      headers: { "Content-Type": "text/plain" },
      body: "STOP",
    }, "STOP"],
  ])("understands %s", async (_label, parts, text) => {
    expect(await kannel.inbound(webhook(parts), config, io)).toEqual({ ok: true, value: [sms({ text })] });
  });

  test("without `send-sender = true` the sender is missing, and is named", async () => {
    const request = webhook({ url, headers: { "X-Kannel-To": "36105" }, body: "x" });
    expect(await kannel.inbound(request, config, io))
      .toMatchObject({ ok: false, status: 400, detail: expect.stringMatching(/^from: /) });
  });
});

describe("an unverified webhook is refused", () => {
  test.each([
    ["no key", "", 401],
    ["an empty key", "key=&", 401],
    ["another key", "key=wrong&", 403],
    ["a key cut short", `key=${SECRET.slice(0, -1)}&`, 403],
    ["a key in other case", `key=${SECRET.toUpperCase()}&`, 403],
    ["the right key after a wrong one", `key=wrong&key=${SECRET}&`, 403],
  ])("%s", async (_label, key, status) => {
    for (const method of ["GET", "POST"]) {
      const inbound = webhook({ method, url: `${INBOUND}?${key}id=1&from=1&to=2&text=x` });
      const report = webhook({ method, url: `${STATUS}?${key}id=msg_01&d=1` });
      expect(await kannel.inbound(inbound, config, io)).toMatchObject({ ok: false, status });
      const refusal = await kannel.status(report, config, io);
      expect(refusal).toMatchObject({ ok: false, status });
      expect(JSON.stringify(refusal)).not.toContain(SECRET);
    }
  });
});

describe("status()", () => {
  const status = (query: string) =>
    kannel.status(webhook({ method: "GET", url: `${STATUS}?key=${SECRET}&${query}` }), config, io);
  const smpp = (stat: string) =>
    encodeURIComponent(`id:7 sub:001 dlvrd:000 stat:${stat} err:027 text:Secret words stat`);

  test.each([
    ["d=1&fid=f1&r=", "delivered", null],
    ["d=4&fid=f1&r=ACK%2F", "queued", null],
    ["d=8&fid=f1&r=ACK%2F", "sent", null],
    ["d=2&fid=f1&r=", "undelivered", "undelivered"],
    ["d=2&fid=f1", "undelivered", "undelivered"],
    ["d=16&fid=f1&r=NACK%2F0x0000000b", "failed", "refused"],
    [`d=1&fid=f1&r=${smpp("DELIVRD")}`, "delivered", null],
    [`d=2&fid=f1&r=${smpp("UNDELIV")}`, "undelivered", "027"],
    [`d=2&fid=f1&r=${smpp("DELETED")}`, "undelivered", "027"],
    [`d=2&fid=f1&r=${smpp("EXPIRED")}`, "expired", "027"],
    [`d=2&fid=f1&r=${smpp("REJECTD")}`, "failed", "027"],
    ["d=2&fid=f1&r=stat%3AEXPIRED", "expired", "EXPIRED"],
  ])("%s is %s", async (query, expected, code) => {
    const result = await status(`id=msg_01&${query}`);
    expect(result).toEqual({
      ok: true,
      value: [{
        messageId: "msg_01",
        carrierMessageId: "f1",
        status: expected,
        error: code === null ? null : { code, detail: expect.any(String), optedOut: false },
      }],
    });
    expect(JSON.stringify(result)).not.toContain("Secret words");
  });

  test.each([
    { reports_each_part: true, query: "id=msg_01&d=1&fid=A7", part: "A7" },
    { reports_each_part: true, query: "id=msg_01&d=1&fid=", part: undefined },
    { reports_each_part: false, query: "id=msg_01&d=1&fid=A7", part: undefined },
  ])("$query tells of part $part when it reports each part: $reports_each_part", async (given) => {
    const request = webhook({ method: "GET", url: `${STATUS}?key=${SECRET}&${given.query}` });
    const parsed = await kannel.status(request, { ...config, reports_each_part: given.reports_each_part }, io);
    expect(parsed.ok && parsed.value[0]?.part).toBe(given.part);
  });

  test("an empty network id is none", async () => {
    expect(await status("id=msg_01&d=8&fid=&r=ACK%2F")).toMatchObject({ value: [{ carrierMessageId: null }] });
  });

  test("an intermediate report changes nothing", async () => {
    expect(await status("id=msg_01&d=32")).toEqual({ ok: true, value: [] });
  });

  test.each([
    ["id", "d=1"],
    ["id", "id=&d=1"],
    ["d", "id=msg_01"],
    ["d", "id=msg_01&d=3"],
    ["d", "id=msg_01&d=%25d"],
    ["d", "id=msg_01&d=3&d=1"],
  ])("names what is wrong: %s in %s", async (field, query) => {
    expect(await status(query)).toMatchObject({
      ok: false,
      status: 400,
      detail: expect.stringMatching(`^${field}: `),
    });
  });
});

test("the answer is empty, so that Kannel sends nothing", () => {
  expect(kannel.answer([{ messageId: "msg_1", intent: "none" }], config))
    .toEqual({ status: 200, contentType: "text/plain", body: "" });
});

survivesAnything({
  carrier: kannel,
  config,
  good: {
    inbound: {
      method: "GET",
      url: `${INBOUND}?key=${SECRET}&id=1&from=1&to=2&text=x&charset=UTF-8&coding=0&udh=%05%00%03%07%03%02`,
    },
    status: { method: "GET", url: `${STATUS}?key=${SECRET}&id=msg_01&d=2&fid=f1&r=stat:EXPIRED` },
  },
});

describe("wild requests never throw", () => {
  const wild = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.uint8Array().map(escapedBytes));

  test("with the key", () =>
    fc.assert(
      fc.asyncProperty(wild, wild, wild, fc.uint8Array(), async (text, charset, rest, body) => {
        const query = `text=${text}&charset=${charset}&coding=${rest}&d=${rest}&r=${text}`;
        for (const method of ["GET", "POST"]) {
          const url = `${INBOUND}?key=${SECRET}&id=1&from=1&to=2&${query}`;
          const headers = { "Content-Type": `text/plain; charset=${encodeURIComponent(charset)}` };
          const request = webhook({ method, url, headers, body });
          const inbound = await kannel.inbound(request, config, io);
          if (inbound.ok) expect(inbound.value[0]?.text.isWellFormed()).toBe(true);
          else expect(inbound.status).toBe(400);
          const report = await kannel.status(request, config, io);
          expect(report.ok || report.status === 400).toBe(true);
        }
      }),
    ));

  test("without it", () =>
    fc.assert(
      fc.asyncProperty(wild, fc.uint8Array(), async (query, body) => {
        for (const receive of [kannel.inbound, kannel.status]) {
          const result = await receive(webhook({ url: `${INBOUND}?${query}`, body }), config, io);
          expect(!result.ok && [401, 403].includes(result.status)).toBe(true);
        }
      }),
    ));
});

function escapedBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}
