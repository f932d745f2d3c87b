import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Refused } from "../../../src/api/http/schemas.ts";
import { migratedDatabase, type TestDatabase } from "../../support/database.ts";
import { type Described, described } from "../../support/described.ts";
import { ADMIN_KEY, consent, INFO, PROMO, type TestGateway, testGateway } from "../../support/gateway.ts";

const FR = "+33612345678";
const OTHER = "+33612345679";
const of = (number: string) => encodeURIComponent(number);
const CONSENT = {
  recipient: FR,
  purpose: "commercial",
  source: "web_form",
  wording: "I agree to receive offers by SMS",
  granted_at: "2026-01-10T09:00:00Z",
};
const FILES = { "deployment.yaml": "kind: deployment\nbrand: ACME\ncontact: help@acme.example\n" };

const MESSAGE = { to: FR, from: "36105", text: INFO };

describe("a body", () => {
  let db: TestDatabase;
  let gateway: TestGateway;
  let document: Described;
  beforeAll(async () => {
    db = await migratedDatabase();
    gateway = await testGateway({ db });
    document = await described(gateway);
  });
  afterAll(() => db.close());

  test.each<[string, unknown, boolean]>([
    ["POST /v1/messages", MESSAGE, true],
    ["POST /v1/messages", { ...MESSAGE, at: "2026-11-25T10:00:00Z" }, false],
    ["POST /v1/messages", { ...MESSAGE, metadata: { order: "1" } }, true],
    ["POST /v1/messages", { ...MESSAGE, text: " " }, false],
    [
      "POST /v1/messages",
      { ...MESSAGE, metadata: Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`k${i}`, ""])) },
      false,
    ],
    ["POST /v1/messages/preview", MESSAGE, true],
    ["POST /v1/messages/preview", { ...MESSAGE, at: "2026-11-25T10:00:00Z" }, true],
    ["POST /v1/messages/preview", { ...MESSAGE, when: "2026-11-25T10:00:00Z" }, false],
    ["POST /v1/messages/preview", { to: FR, from: "36105" }, false],
    ["POST /v1/rulebooks/validate", { files: FILES }, true],
    ["POST /v1/rulebooks/validate", { files: FILES, base: "active", examples: false, lint: true }, true],
    ["POST /v1/rulebooks/validate", { files: FILES, linted: true }, false],
    ["POST /v1/rulebooks/validate", { lint: true }, false],
    ["POST /v1/rulebooks/diff", { files: FILES }, true],
    ["POST /v1/rulebooks/diff", { files: { "deployment.yaml": null }, base: "active", from: "active" }, true],
    ["POST /v1/rulebooks/diff", { files: FILES, to: "active" }, false],
    ["POST /v1/rulebooks", { files: FILES }, true],
    ["POST /v1/rulebooks", { files: FILES, lint: true }, false],
    ["POST /v1/lists", { name: "VIP", filter: { tags: ["vip"] } }, true],
    ["POST /v1/lists", { name: "VIP", filter: null }, false],
  ])("%s: document and gateway agree about %j", async (operation, body, fits) => {
    const [method, path] = operation.split(" ") as [string, string];
    const { status, body: answer } = await gateway.call(method, path, body);
    expect([document.takes(operation, body), status === 422 && answer.code === "invalid_request"]).toEqual([
      fits,
      !fits,
    ]);
  });
});

test("no schema joins two that each refuse what the other asks for, nor calls null an object", async () => {
  const gateway = await testGateway();
  const { body } = await gateway.call("GET", "/openapi.json");
  const schemas = body.components.schemas as Record<string, { type?: unknown }>;
  // What one refers to is no null: who may give null instead says so beside the reference.
  expect(Object.entries(schemas).filter(([, { type }]) => Array.isArray(type)).map(([name]) => name)).toEqual([]);
  const wrong: unknown[] = [];
  JSON.stringify(body, (_, value) => {
    for (const part of value?.allOf ?? []) {
      const meant = part.$ref === undefined ? part : schemas[part.$ref.split("/").at(-1)];
      if (meant.additionalProperties === false || Array.isArray(meant.type)) wrong.push(value);
    }
    return value;
  });
  // A description beside a reference narrows nothing.
  expect(wrong.filter((one) => !onlyDescribes(one))).toEqual([]);
});

function onlyDescribes(value: unknown): boolean {
  const { allOf } = value as { allOf: Record<string, unknown>[] };
  return allOf.filter((part) => part["$ref"] === undefined).every((part) =>
    Object.keys(part).every((key) => key === "description")
  );
}

test("messages: accepted, refused by the rules, previewed, listed, explained, canceled", async () => {
  const gateway = await testGateway();
  const { call } = await described(gateway);
  await consent(gateway, FR);
  const sent = await call("POST /v1/messages", "/v1/messages", { ...MESSAGE, text: PROMO, metadata: { order: "1" } });
  expect(sent.status).toBe(202);
  const refused = await call("POST /v1/messages", "/v1/messages", { ...MESSAGE, to: OTHER, text: PROMO });
  expect(refused.body).toMatchObject({ status: 422, code: "consent_missing", decision: { outcome: "refuse" } });
  for (const to of [FR, OTHER]) {
    const body = { ...MESSAGE, to, text: PROMO, at: "2026-11-29T23:00:00+01:00" };
    expect((await call("POST /v1/messages/preview", "/v1/messages/preview", body)).status).toBe(200);
  }
  const { id } = sent.body;
  await call("GET /v1/messages", "/v1/messages?limit=1");
  await call("GET /v1/messages/{id}", `/v1/messages/${id}`);
  await call("GET /v1/messages/{id}/explain", `/v1/messages/${id}/explain`);
  await call("DELETE /v1/messages/{id}", `/v1/messages/${id}`);
});

test("a conversation without and with a last message, a person without and with a contact", async () => {
  const gateway = await testGateway();
  const { call } = await described(gateway);
  await gateway.mo(FR, "36105", "Bonjour");
  const [{ id }] = (await call("GET /v1/conversations", "/v1/conversations")).body.data;
  const one = () => call("GET /v1/conversations/{id}", `/v1/conversations/${id}`);
  expect((await one()).body.last_message.text).toBe("Bonjour");
  await gateway.db.client.execute("DELETE FROM messages");
  expect((await one()).body.last_message).toBeNull();

  const dossier = () => call("GET /v1/people/{msisdn}", `/v1/people/${of(FR)}`);
  expect((await dossier()).body.contact).toBeNull();
  await call("POST /v1/contacts", "/v1/contacts", { msisdn: FR, name: "Camille", tags: ["vip"] });
  expect((await dossier()).body.contact.name).toBe("Camille");
  await gateway.mo(FR, "36105", "STOP");
  const { contact, suppressions } = (await dossier()).body;
  expect([contact, suppressions.length]).toEqual([null, 1]);
});

test("consents, suppressions, senders, carriers, lists and what there is of the rules", async () => {
  const gateway = await testGateway();
  const { call } = await described(gateway);
  const { id } = (await call("POST /v1/consents", "/v1/consents", CONSENT)).body;
  await call("GET /v1/consents/{id}", `/v1/consents/${id}`);
  await call("GET /v1/consents", "/v1/consents");
  await call("POST /v1/consents", "/v1/consents", { ...CONSENT, recipient: OTHER, double_opt_in: true, from: "36105" });
  await call("POST /v1/suppressions", "/v1/suppressions", { recipient: FR });
  await call("GET /v1/suppressions", "/v1/suppressions");
  await call("GET /v1/senders", "/v1/senders?limit=2");
  await call("GET /v1/senders/{address}", "/v1/senders/36105");
  await call("PUT /v1/senders/{address}", "/v1/senders/36105", {
    country: "FR",
    routes: ["sandbox"],
  });
  await call("GET /v1/carriers", "/v1/carriers");
  await call("GET /v1/carriers/{id}", "/v1/carriers/sandbox");
  await call("POST /v1/lists", "/v1/lists", { name: "Newsletter" });
  await call("POST /v1/lists", "/v1/lists", { name: "Lyon", filter: { fields: { city: "Lyon" } } });
  expect((await call("GET /v1/lists", "/v1/lists")).body.data.length).toBe(2);
  await call("GET /v1/contacts", "/v1/contacts");
  await call("GET /v1/audit", "/v1/audit");
  await call("GET /v1/rulebooks", "/v1/rulebooks");
  await call("POST /v1/rulebooks/validate", "/v1/rulebooks/validate", { base: "active", files: FILES });
  await call("POST /v1/rulebooks/diff", "/v1/rulebooks/diff", { base: "active", files: FILES });
  await call("GET /v1/overview", "/v1/overview");
  await call("GET /v1/reviews", "/v1/reviews");
});

test("a batch: each item is a message, a refusal or a problem, and nothing else fits", async () => {
  const gateway = await testGateway();
  const { call, paths } = await described(gateway);
  const messages = [MESSAGE, { ...MESSAGE, to: OTHER, text: PROMO }, { ...MESSAGE, from: "99999" }, 7, null];
  const { body } = await call("POST /v1/messages/batch", "/v1/messages/batch", { messages });
  expect(body.data.map(({ status, code }: { status: unknown; code?: string }) => [status, code])).toEqual([
    ["queued", undefined],
    [422, "consent_missing"],
    [422, "sender_not_allowed"],
    [422, "invalid_request"],
    [422, "invalid_request"],
  ]);
  const { schema } = paths["/v1/messages/batch"]!["post"]!.responses["200"]!.content!["application/json"]!;
  expect(schema.properties.data.items.anyOf.map(({ $ref }: { $ref: string }) => $ref.split("/").at(-1))).toEqual(
    ["Message", "Refused", "Problem"],
  );
});

test("a refusal by the rules has the fields that the document gives to it, and no other", async () => {
  const gateway = await testGateway();
  const { call } = await described(gateway);
  const { body } = await call("POST /v1/messages", "/v1/messages", { ...MESSAGE, text: PROMO });
  expect(Object.keys(Refused.parse(body)).sort()).toEqual(Object.keys(body).sort());
  await gateway.mo(FR, "36105", "STOP");
  const asked = await call("POST /v1/consents", "/v1/consents", { ...CONSENT, double_opt_in: true, from: "36105" });
  expect(asked.body).toMatchObject({ code: "recipient_opted_out", message_id: expect.any(String) });
});

test.each<[number, string, string, Record<string, string>]>([
  [400, "invalid_json", "{", {}],
  [400, "invalid_encoding", "é", {}],
  [413, "body_too_large", `"${"x".repeat(9_000_000)}"`, {}],
  [415, "unsupported_media_type", "x=1", { "content-type": "application/x-www-form-urlencoded" }],
])(
  "%i %s stands in the document wherever a JSON body is read, and looks as it says",
  async (status, code, body, sent) => {
    const gateway = await testGateway();
    const { answers, paths } = await described(gateway);
    const operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).filter(([, { requestBody }]) => requestBody?.content["application/json"] !== undefined)
        .map(([method]) => `${method.toUpperCase()} ${path}`)
    );
    expect(operations.length).toBeGreaterThan(40);
    for (const operation of operations) {
      const [method, path] = operation.split(" ") as [string, string];
      const reply = await gateway.app.request(path.replace("{hash}", "active").replaceAll(/[{}]/g, ""), {
        method,
        headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json", ...sent },
        body: code === "invalid_encoding" ? new Uint8Array([0x22, 0xe9, 0x22]) : body,
      });
      const told = await reply.json();
      expect([operation, reply.status, told.code]).toEqual([operation, status, code]);
      expect([operation, answers(operation, status, told)]).toEqual([operation, []]);
    }
  },
);

test("every failure that the document names has the schema of its body", async () => {
  const gateway = await testGateway();
  const { paths } = await described(gateway);
  const bare = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { responses }]) =>
      Object.entries(responses).filter(([status, { content }]) => Number(status) >= 400 && content === undefined)
        .map(([status]) => `${method} ${path} ${status}`)
    )
  );
  expect(bare).toEqual([]);
});

test("what is not for every role says so", async () => {
  const gateway = await testGateway();
  const { answers } = await described(gateway);
  const { status, body } = await gateway.appCall("GET", "/v1/audit");
  expect([status, answers("GET /v1/audit", status, body)]).toEqual([403, []]);
});

test("a body that may be left out is not called required, and the other way round", async () => {
  const gateway = await testGateway();
  const { call, paths } = await described(gateway);
  const { body: { id } } = await call("POST /v1/consents", "/v1/consents", CONSENT);
  expect((await call("POST /v1/consents/{id}/withdraw", `/v1/consents/${id}/withdraw`)).body.status).toBe("withdrawn");
  const required = (path: string) => paths[path]!["post"]!.requestBody!.required === true;
  expect(["/v1/consents/{id}/withdraw", "/v1/overrides/{id}/approve", "/v1/lists/{id}/members"].map(required))
    .toEqual([false, false, false]);
  expect(["/v1/consents", "/v1/messages", "/v1/consents/withdraw"].map(required)).toEqual([true, true, true]);
  for (const one of ["/v1/consents/import", "/v1/suppressions/import"]) {
    expect(JSON.stringify(paths[one])).toContain("at most 100,000 items");
  }
});
