import { expect, test } from "vitest";
import { testGateway } from "../../support/gateway.ts";

const NOBODY = { authorization: "" };

test("the document describes every route that the app has, and no other", async () => {
  const gateway = await testGateway();
  const { body } = await gateway.call("GET", "/openapi.json", undefined, NOBODY);
  const described = Object.entries(body.paths as Record<string, object>).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`)
  );
  const routed = gateway.app.routes.filter(({ method, path }) => method !== "ALL" && path.startsWith("/v1/"))
    .map(({ method, path }) => `${method} ${path}`);
  expect(described.filter((one) => one.includes(" /v1/")).sort()).toEqual([...new Set(routed)].sort());
  expect(described).toContain("POST /carriers/:carrier_id/inbound");
  expect(described).toContain("GET /carriers/:carrier_id/status");
});

test("it is OpenAPI 3.1 with one security scheme, own operation ids and no dangling reference", async () => {
  const gateway = await testGateway();
  const { body, text } = await gateway.call("GET", "/openapi.json", undefined, NOBODY);
  expect(body.openapi).toBe("3.1.0");
  expect(body.components.securitySchemes).toEqual({ key: { type: "http", scheme: "bearer" } });
  const ids = Object.values(body.paths as Record<string, Record<string, { operationId: string }>>)
    .flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    expect(Object.keys(body.components.schemas)).toContain(name);
  }
});

test("its patterns are bare expressions that others can compile", async () => {
  const gateway = await testGateway();
  const { text } = await gateway.call("GET", "/openapi.json", undefined, NOBODY);
  const patterns = [...text.matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(([, json]) => JSON.parse(json!) as string);
  expect(patterns).toContain("^[A-Z]{2}$");
  for (const pattern of patterns) {
    expect(pattern).not.toMatch(/\/[a-z]+$/);
    expect(() => new RegExp(pattern, "u")).not.toThrow();
  }
});

test("the page needs no key, no script and nothing from elsewhere, and shows every operation", async () => {
  const gateway = await testGateway();
  const root = await gateway.call("GET", "/", undefined, NOBODY);
  expect([root.status, root.headers.get("location")]).toEqual([302, "/docs"]);
  const { status, text } = await gateway.call("GET", "/docs", undefined, NOBODY);
  expect(status).toBe(200);
  expect(text).not.toMatch(/<script|style="|src=|href="(?!#|\/docs\/style\.css"|\/openapi\.json")|\[object|undefined/);
  const { body } = await gateway.call("GET", "/openapi.json");
  for (const path of Object.keys(body.paths)) expect(text).toContain(path);
  const ids = new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  for (const [, target] of text.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  const style = await gateway.call("GET", "/docs/style.css", undefined, NOBODY);
  expect(style.headers.get("content-type")).toContain("text/css");
});
