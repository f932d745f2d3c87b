import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Carrier } from "../../src/carriers/carrier.ts";
import { REPORTED } from "../../src/core/ladder.ts";
import { testIo, webhook, type WebhookParts } from "./support.ts";

/** What an adapter may say of a webhook, whatever it was: a refusal, or messages or reports of this shape and no other. */
const Refusal = z.strictObject({
  ok: z.literal(false),
  status: z.literal([400, 401, 403, 503]),
  code: z.string().min(1),
  detail: z.string().min(1),
});
const Inbound = z.strictObject({
  carrierMessageId: z.string().min(1).nullable(),
  from: z.string().min(1),
  to: z.string().min(1),
  text: z.string(),
  carrierIntent: z.string().min(1).nullable(),
  alreadyAnswered: z.boolean(),
  mediaUrls: z.array(z.string()),
  part: z.strictObject({ reference: z.string(), number: z.number(), total: z.number() }).optional(),
});
const Report = z.strictObject({
  messageId: z.string().min(1).nullable(),
  carrierMessageId: z.string().min(1).nullable(),
  status: z.enum(REPORTED),
  part: z.string().min(1).optional(),
  error: z.strictObject({ code: z.string().min(1), detail: z.string(), optedOut: z.boolean() }).nullable(),
});
const answers = {
  inbound: z.union([Refusal, z.strictObject({ ok: z.literal(true), value: z.array(Inbound) })]),
  status: z.union([Refusal, z.strictObject({ ok: z.literal(true), value: z.array(Report) })]),
};

const wildText = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "0", "-1"),
);
const wildValue = fc.oneof(fc.jsonValue(), wildText, fc.constantFrom(null, [], {}, [null], 1e400, { __proto__: null }));
const wildBody = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.json(),
  fc.constantFrom("", "null", "[]", "[null]", "[[]]", '{"data":null}', '{"__proto__":1}', '[{"message":null}]'),
);

interface Given<Config> {
  carrier: Carrier<Config>;
  config: Config;
  /** A webhook that verifies, about an inbound message or a delivery report. */
  good: { inbound: WebhookParts; status?: WebhookParts };
  /** What `proven` is given for the same, where that is not the body of `good`. */
  content?: { inbound: string; status: string };
  /** Proves a body as `good` is proven. Left out where no proof covers the body. */
  proven?: (body: string, kind: "inbound" | "status") => WebhookParts;
  io?: ReturnType<typeof testIo>;
}

/** Any bytes, addresses and headers, and any body behind a good proof, never throw and are answered as promised. */
export function survivesAnything<Config>(
  { carrier, config, good, content, proven, io = testIo() }: Given<Config>,
): void {
  const webhooks = Object.entries(good) as ["inbound" | "status", WebhookParts][];
  describe.each(webhooks)("%s(), whatever comes", (kind, understood) => {
    const answered = async (parts: WebhookParts) => {
      const answer = await carrier[kind](webhook(parts), config, io);
      expect(answers[kind].safeParse(answer).error?.issues ?? []).toEqual([]);
      return answer;
    };

    test("what is good is understood", async () => expect(await answered(understood)).toMatchObject({ ok: true }));

    test("with any part of a good webhook replaced", () => {
      const { headers = {}, url = "" } = understood;
      const header = fc.oneof(
        fc.base64String(),
        fc.stringMatching(/^[ -~]{0,40}$/),
        fc.constantFrom(
          "application/json",
          "application/x-www-form-urlencoded; charset=utf-16",
          "text/plain; charset=",
        ),
      );
      const names = fc.constantFrom(...Object.keys(headers), "Content-Type", "Authorization", "X-Other");
      const replaced = fc.record({
        method: fc.constantFrom("GET", "POST", "PUT"),
        url: fc.oneof(wildText, fc.webUrl({ withQueryParameters: true }), wildQuery(url)),
        headers: fc.dictionary(names, header).map((more) => ({ ...headers, ...more })),
        body: fc.oneof(wildBody, wildText),
      }, { requiredKeys: [] });
      return fc.assert(fc.asyncProperty(replaced, async (parts) => void await answered({ ...understood, ...parts })));
    });

    const body = content?.[kind] ?? understood.body;
    if (content === undefined && typeof body === "string" && /^[{[]/.test(body)) {
      test("a body that is no JSON is called so", async () => {
        const parts = proven?.("<html>", kind) ?? { ...understood, body: "<html>" };
        expect(await answered(parts)).toMatchObject({ status: 400, detail: "body: is not JSON" });
      });
    }

    test("with any content behind a good proof", () => {
      const near = typeof body === "string" && body !== "" ? [almost(body)] : [];
      const any = fc.oneof(fc.json(), fc.string({ unit: "grapheme" }), ...near);
      return fc.assert(fc.asyncProperty(any, async (body) => {
        const parts = proven?.(body, kind) ?? { ...understood, body };
        const answer = await answered(parts);
        // What is proven is understood or not; it is never a forgery.
        if (!answer.ok) expect(answer).toMatchObject({ status: 400, code: "webhook_malformed" });
      }));
    });
  });
}

/** The address with one of its parameters, though not the key, set to anything. */
function wildQuery(url: string): fc.Arbitrary<string> {
  const [path = "", query = ""] = url.split("?");
  const names = [...new URLSearchParams(query).keys()].filter((name) => name !== "key");
  return fc.tuple(fc.constantFrom("x", ...names), wildText).map(([name, value]) => {
    const params = new URLSearchParams(query);
    params.set(name, value);
    return `${path}?${params}`;
  });
}

/** A body of JSON, or else of a form, with one value somewhere in it left out or replaced by anything. */
function almost(body: string): fc.Arbitrary<string> {
  const change = fc.tuple(fc.nat(), fc.option(wildValue, { nil: undefined }));
  try {
    const paths = pathsOf(JSON.parse(body));
    return change.map(([at, value]) =>
      JSON.stringify(replacedAt(JSON.parse(body), paths[at % paths.length]!, value)) ?? ""
    );
  } catch {
    const fields = [...new URLSearchParams(body)];
    return change.map(([at, value]) => {
      const params = new URLSearchParams(body);
      const [name = "x"] = fields[at % fields.length] ?? [];
      if (value === undefined) params.delete(name);
      else params.set(name, typeof value === "string" ? value : JSON.stringify(value));
      return params.toString();
    });
  }
}

type Path = string[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, [...path, name]))];
}

function replacedAt(value: unknown, [name, ...rest]: Path, by: unknown): unknown {
  if (name === undefined) return by;
  const inner = (value as Record<string, unknown>)[name];
  const copy = Array.isArray(value) ? [...value] : { ...value as object };
  return Object.assign(copy, { [name]: replacedAt(inner, rest, by) });
}
