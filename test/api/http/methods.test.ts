import { expect, test } from "vitest";
import { APP_KEY, testGateway } from "../../support/gateway.ts";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const REFUSED = { status: 405, code: "method_not_allowed", title: "Method not allowed" };

test("a method that an address does not know is told by 405, with those that it does", async () => {
  const gateway = await testGateway();
  const { body } = await gateway.call("GET", "/openapi.json");
  const templates = Object.entries(body.paths as Record<string, object>).map(([path, item]) => ({
    path: path.replaceAll(/\{\w+\}/g, "x1"),
    fits: new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
    methods: Object.keys(item).map((method) => method.toUpperCase()),
  }));
  let refused = 0;
  for (const { path } of templates) {
    // `/v1/contacts/export` may be the id of a contact as well.
    const known = new Set(templates.filter(({ fits }) => fits.test(path)).flatMap(({ methods }) => methods));
    const allow = METHODS.filter((method) => known.has(method))
      .flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]).join(", ");
    for (const method of METHODS.filter((method) => !known.has(method))) {
      for (const authorization of [{}, { authorization: `Bearer ${APP_KEY}` }]) {
        const { status, headers, body } = await gateway.call(method, path, undefined, authorization);
        expect([method, path, status, headers.get("allow")]).toEqual([method, path, 405, allow]);
        expect(headers.get("content-type")).toBe("application/problem+json");
        expect(body).toMatchObject({ ...REFUSED, detail: `This address answers to ${allow}.` });
        refused++;
      }
    }
  }
  expect(refused).toBeGreaterThan(300);
});

test.each([
  ["HEAD", "/v1/consents/withdraw/x1", 404, null],
  ["HEAD", "/v1/messages/x1/settle", 405, "POST"],
  ["PURGE", "/v1/messages", 405, "GET, HEAD, POST"],
  ["POST", "/healthz", 405, "GET, HEAD"],
  ["PUT", "/u/token", 405, "GET, HEAD, POST"],
  ["PUT", "/carriers/sandbox/inbound", 405, "GET, HEAD, POST"],
  ["GET", "/v1/nothing", 404, null],
  ["POST", "/v1/messages/", 404, null],
  ["POST", "/nothing", 404, null],
])("%s %s: %i, allowed %s", async (method, path, expected, allow) => {
  const gateway = await testGateway();
  const { status, headers } = await gateway.call(method, path);
  expect([status, headers.get("allow")]).toEqual([expected, allow]);
});

test.each([
  ["GET", "/v1/messages"],
  ["PUT", "/v1/messages"],
  ["GET", "/v1/nothing"],
  ["GET", "/metrics"],
  ["POST", "/carriers/sandbox/inbound"],
])("%s %s without a key: 401 says how to come back", async (method, path) => {
  const gateway = await testGateway();
  const body = method === "POST" ? { from: "+33612345678", to: "36105", text: "STOP" } : undefined;
  const { status, headers } = await gateway.call(method, path, body, { authorization: "" });
  expect([status, headers.get("www-authenticate"), headers.get("allow")]).toEqual([401, "Bearer", null]);
});

test("a HEAD of the stream of news leaves nobody listening", async () => {
  const gateway = await testGateway();
  let listening = 0;
  const { listen } = gateway.api.live;
  gateway.api.live.listen = (since) => {
    listening++;
    return listen(since);
  };
  const { status, headers } = await gateway.call("HEAD", "/v1/live");
  expect([status, headers.get("content-type"), listening]).toEqual([200, "text/event-stream; charset=utf-8", 0]);
});
