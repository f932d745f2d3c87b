import { expect, test } from "vitest";
import { INFO, testGateway } from "../../support/gateway.ts";

const MESSAGE = { to: "+33612345678", from: "36105", text: INFO };

test.each([
  ["application/json", {}, MESSAGE, 202, undefined],
  ["Application/JSON; charset=utf-8", {}, MESSAGE, 202, undefined],
  ["application/vnd.acme+json", {}, MESSAGE, 202, undefined],
  ["text/plain", {}, MESSAGE, 415, "unsupported_media_type"],
  ["application/json", {}, "{not json", 400, "invalid_json"],
  ["application/json", {}, [MESSAGE], 422, "invalid_request"],
  ["application/json", { "idempotency-key": "k".repeat(201) }, MESSAGE, 422, "invalid_request"],
])("POST /v1/messages as %s with %j", async (type, headers, body, status, code) => {
  const gateway = await testGateway();
  const answer = await gateway.call("POST", "/v1/messages", body, { "content-type": type, ...headers });
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

test("POST /v1/messages without a body names the fields that are missing", async () => {
  const gateway = await testGateway();
  const { status, body } = await gateway.call("POST", "/v1/messages");
  expect(status).toBe(422);
  expect(body.errors.map(({ field }: { field: string }) => field)).toEqual(["to", "from", "text"]);
});

test.each([
  ["POST", "/v1/messages", "application/json."],
  ["POST", "/v1/messages/batch", "application/json."],
  ["POST", "/v1/consents", "application/json."],
  ["POST", "/v1/contacts", "application/json."],
  ["POST", "/v1/consents/import", "text/csv, application/x-ndjson or application/json."],
  ["POST", "/v1/suppressions/import", "text/csv or application/json."],
  ["POST", "/v1/contacts/imports", "text/csv."],
])("%s %s with the header that curl sends by itself: Send Content-Type: %s", async (method, path, types) => {
  const gateway = await testGateway();
  const curl = { "content-type": "application/x-www-form-urlencoded" };
  const { body } = await gateway.call(method, path, MESSAGE, curl);
  expect(body).toMatchObject({
    status: 415,
    code: "unsupported_media_type",
    detail: `Send Content-Type: ${types}`,
  });
});

test("each unknown field of a body is named, wherever it stands", async () => {
  const gateway = await testGateway();
  const { status, body } = await gateway.call("POST", "/v1/messages", { ...MESSAGE, txt: "x", "a.b": 1 });
  const detail = "is not known here";
  expect([status, body.code, body.detail]).toEqual([422, "invalid_request", `txt: ${detail}; a.b: ${detail}`]);
  expect(body.errors).toEqual([{ field: "txt", detail }, { field: "a.b", detail }]);

  const batch = await gateway.call("POST", "/v1/messages/batch", { messages: [{ ...MESSAGE, txt: "x" }] });
  expect(batch.body.data[0].errors).toEqual([{ field: "txt", detail }]);
});

test("of very many faults a hundred are told, and how many more there are", async () => {
  const gateway = await testGateway();
  const unknown = Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`x${n}`, 1]));
  const { status, body } = await gateway.call("POST", "/v1/messages", { ...MESSAGE, ...unknown });
  expect([status, body.errors.length]).toEqual([422, 100]);
  expect(body.detail).toMatch(/^x0: .*x99: is not known here; and 50 more$/);
});

test("a name that is empty is named, and told what is wrong with it as any other", async () => {
  const gateway = await testGateway();
  const long = "x".repeat(41);
  for (const [name, field] of [["", 'fields.""'], [" ", 'fields." "'], [long, `fields.${long}`]] as const) {
    const { status, body } = await gateway.call("POST", "/v1/contacts", {
      msisdn: MESSAGE.to,
      fields: { [name]: "x" },
    });
    expect([status, body.errors]).toEqual([422, [{
      field,
      detail: expect.stringMatching(/^as a name: Too (small|big)/),
    }]]);
  }
  const { body } = await gateway.call("POST", "/v1/messages", { ...MESSAGE, "": 1 });
  expect(body.errors).toEqual([{ field: '""', detail: "is not known here" }]);
});
