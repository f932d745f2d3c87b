import { expect, test } from "vitest";
import { INFO, testGateway } from "../support/gateway.ts";

const MESSAGE = { to: "+33612345678", from: "36105", text: INFO };

test.each([
  ["application/json", {}, MESSAGE, 202, undefined],
  ["Application/JSON; charset=utf-8", {}, MESSAGE, 202, undefined],
  ["application/vnd.acme+json", {}, MESSAGE, 202, undefined],
  ["text/plain", {}, MESSAGE, 415, "http_error"],
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
