import { describe, expect, test } from "vitest";
import { ADMIN_KEY, PROMO, type TestGateway, testGateway } from "../../support/gateway.ts";

interface Described {
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { content?: Record<string, unknown> }>;
}

/** Every operation of the OpenAPI document, with something in the place of its parameters. `endless`: a stream. */
async function operations(gateway: TestGateway) {
  const { body } = await gateway.call("GET", "/openapi.json");
  return Object.entries(body.paths as Record<string, Record<string, Described>>)
    .flatMap(([path, item]) =>
      Object.entries(item).map(([method, { requestBody, responses }]) => ({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/g, "x1"),
        body: requestBody !== undefined,
        // Whatever is text is a table with columns.
        table: requestBody !== undefined && Object.keys(requestBody.content).join() === "text/csv",
        endless: responses["200"]?.content?.["text/event-stream"] !== undefined,
      }))
    );
}

test("every route under /v1 and the metrics want a valid key, whatever the body", async () => {
  const gateway = await testGateway();
  const guarded = (await operations(gateway)).filter(({ path }) => path.startsWith("/v1/") || path === "/metrics");
  expect(guarded.length).toBeGreaterThan(30);
  for (const { method, path, body } of guarded) {
    for (const authorization of ["", "Bearer nope-nope-nope", ADMIN_KEY, `Basic ${btoa(`x:${ADMIN_KEY}`)}`]) {
      const reply = await gateway.call(method, path, body ? {} : undefined, { authorization });
      expect([method, path, authorization, reply.status]).toEqual([method, path, authorization, 401]);
      expect(reply.body.code).toBe("unauthorized");
    }
  }
});

test.each([
  ["PUT", "/v1/senders/36105", { carrier_id: "sandbox", country: "FR" }],
  ["DELETE", "/v1/senders/36105", undefined],
  ["PUT", "/v1/carriers/spare", { kind: "sandbox" }],
  ["DELETE", "/v1/carriers/sandbox", undefined],
  ["POST", "/v1/keys", { name: "x", role: "admin" }],
  ["GET", "/v1/keys", undefined],
  ["DELETE", "/v1/keys/key_x", undefined],
  ["POST", "/v1/suppressions/sup_x/lift", { reason: "x" }],
  ["POST", "/v1/suppressions/sup_x/overrides", { reason: "x", evidence: "x" }],
  ["POST", "/v1/overrides/ovr_x/approve", {}],
  ["POST", "/v1/overrides/ovr_x/reject", {}],
  ["GET", "/v1/overrides", undefined],
  ["GET", "/v1/audit", undefined],
])("the key of an app cannot %s %s", async (method, path, body) => {
  const gateway = await testGateway();
  const reply = await gateway.appCall(method, path, body);
  expect([reply.status, reply.body.code]).toEqual([403, "forbidden"]);
});

describe("bad input is a problem with its field, never a 500", () => {
  const nonsense: [string, string][] = [
    ["not JSON", "{"],
    ["an empty body", ""],
    ["null", "null"],
    ["a number", "42"],
    ["a list", "[]"],
    ["an empty object", "{}"],
    ["deep nesting", "[".repeat(5_000) + "]".repeat(5_000)],
    [
      "wrong types",
      JSON.stringify({ to: [], from: {}, text: 1, recipient: true, msisdn: 7, data: "x", messages: 3, config: 1 }),
    ],
    [
      "odd text",
      JSON.stringify({ to: "\u0000", from: "\ud800", recipient: "\u202e+33", msisdn: "٣٣", name: "\u0000" }),
    ],
    ["own prototype", '{"__proto__": {"role": "admin"}, "constructor": 1}'],
  ];
  test.each(nonsense)("%s", async (_name, body) => {
    const gateway = await testGateway();
    for (const { method, path } of (await operations(gateway)).filter((one) => one.body && !one.table)) {
      const reply = await gateway.call(method, path, body, { "content-type": "application/json" });
      expect([method, path, reply.status, reply.status >= 400 && reply.status < 500]).toEqual([
        method,
        path,
        reply.status,
        true,
      ]);
      expect(reply.headers.get("content-type")).toBe("application/problem+json");
    }
    expect(gateway.logged).toEqual([]);
  });

  test.each([
    [{ to: "12", from: "36105", text: "x" }, "to"],
    [{ to: "+33612", from: "36105", text: "x" }, "to"],
    [{ to: "+999123456789", from: "36105", text: "x" }, "to"],
    [{ to: "+33612000001", from: "99999", text: "x" }, "from"],
    [{ to: "+33612000001", from: "36105", text: "x", colour: "red" }, "colour"],
    [{ to: "+33612000001", from: "36105", text: "x", scheduled_at: "soon" }, "scheduled_at"],
    [{ to: "+33612000001", from: "36105", text: "x", scheduled_at: "2028-01-01T10:00:00Z" }, "scheduled_at"],
    [{ to: "+33612000001", from: "36105", text: "ж".repeat(671) }, "text"],
    [{ to: "+33612000001", from: "36105", text: "€".repeat(766) }, "text"],
    [{ to: "+33612000001", from: "36105", text: "x", metadata: { a: 1 } }, "metadata.a"],
  ])("a message %j names %s", async (body, field) => {
    const gateway = await testGateway();
    const reply = await gateway.call("POST", "/v1/messages", body);
    expect(reply.status).toBe(422);
    expect(reply.text).toContain(field);
  });

  test("10 MB are turned away everywhere, with and without a length", async () => {
    const gateway = await testGateway();
    const huge = "x".repeat(10_000_000);
    for (const path of ["/v1/messages", "/v1/messages/batch", "/v1/suppressions/import", "/v1/contacts", "/u/x"]) {
      const sent = await gateway.call("POST", path, huge, { "content-length": String(huge.length) });
      expect([path, sent.status, sent.body.code]).toEqual([path, 413, "body_too_large"]);
    }
    const chunked = await gateway.app.request("/v1/contacts", {
      method: "POST",
      headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" },
      body: new Blob([huge]).stream(),
    });
    expect(chunked.status).toBe(413);
  });

  test.each(["/v1/messages", "/v1/contacts", "/v1/consents", "/v1/suppressions", "/v1/senders", "/v1/carriers"])(
    "%s refuses limits it does not have and survives any cursor",
    async (path) => {
      const gateway = await testGateway();
      for (const limit of ["0", "201", "x", "-1", "1.5"]) {
        const reply = await gateway.call("GET", `${path}?limit=${limit}`);
        expect([reply.status, reply.body.errors?.[0].field]).toEqual([422, "limit"]);
      }
      for (const cursor of ["%00", "'", "%F0%9F%98%80", "%ff"]) {
        const reply = await gateway.call("GET", `${path}?cursor=${cursor}`);
        // Among names any word is a place; other lists know what they gave.
        const refused = path === "/v1/senders" || path === "/v1/carriers" ? [200, undefined] : [422, "cursor"];
        expect([reply.status, reply.body.errors?.[0].field]).toEqual(refused);
      }
    },
  );
});

test("no list, export or page shows a key or the hash of one", async () => {
  const gateway = await testGateway();
  await gateway.call("POST", "/v1/messages", { to: "+33612000001", from: "36105", text: PROMO });
  const { rows } = await gateway.db.client.execute("select hash from api_keys");
  const gets = (await operations(gateway)).filter(({ method, endless }) => method === "GET" && !endless);
  for (const { path } of gets) {
    const { text } = await gateway.call("GET", path);
    for (const secret of [ADMIN_KEY, ...rows.map((row) => row["hash"] as string)]) {
      expect([path, text.includes(secret)]).toEqual([path, false]);
    }
  }
});

test("an address that is not there, and a method that is not, are problems too", async () => {
  const gateway = await testGateway();
  for (
    const [method, path, ...told] of [
      ["GET", "/v1/nothing", 404, "not_found"],
      ["PUT", "/v1/messages", 405, "method_not_allowed"],
      ["GET", "/nothing", 404, "not_found"],
    ] as const
  ) {
    const reply = await gateway.call(method, path);
    expect([reply.status, reply.body.code]).toEqual(told);
  }
});

test("a stranger's body is not read", async () => {
  const gateway = await testGateway();
  let pulled = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(64 * 1024));
    },
  }, { highWaterMark: 0 });
  const reply = await gateway.app.request("/v1/messages/batch", { method: "POST", body });
  expect([reply.status, pulled]).toEqual([401, 0]);
});
