import { expect, test } from "vitest";
import { speakAs } from "../../../src/api/access/auth.ts";
import { may, ROLES_OF, rolesOf } from "../../../src/api/access/roles.ts";
import { type Role, ROLES, USER_ROLES } from "../../../src/core/roles.ts";
import { type TestGateway, testGateway } from "../../support/gateway.ts";

interface Operation {
  /** As in the table: `GET /v1/messages/{id}`. */
  name: string;
  method: string;
  path: string;
  body: boolean;
  roles: readonly string[];
}

/** What the OpenAPI document says is behind the key check. */
async function guarded(gateway: TestGateway): Promise<Operation[]> {
  const { body } = await gateway.call("GET", "/openapi.json");
  return Object.entries(
    body.paths as Record<string, Record<string, { security?: []; requestBody?: object; "x-roles"?: string[] }>>,
  ).flatMap(([path, item]) =>
    Object.entries(item).filter(([, { security }]) => security === undefined).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, "x1"),
      body: operation.requestBody !== undefined,
      roles: operation["x-roles"] ?? [],
    }))
  );
}

/** The same request as the console makes it for a user of that role. */
async function callAs(gateway: TestGateway, role: Role, method: string, path: string, body: boolean) {
  const request = new Request(`http://inside${path}`, {
    method,
    ...(body ? { headers: { "content-type": "application/json" }, body: "{}" } : {}),
  });
  const response = await gateway.app.request(speakAs(request, { actor: "usr_x", name: "Test", role }));
  const text = await response.text();
  return { status: response.status, code: response.ok || text === "" ? "" : JSON.parse(text).code as string };
}

test("the table names the operations of the document, each once, and no others", async () => {
  const operations = await guarded(await testGateway());
  expect(operations.map(({ name }) => name).sort()).toEqual(Object.keys(ROLES_OF).sort());
  for (const { name, roles } of operations) expect([name, roles]).toEqual([name, rolesOf(name)]);
});

test("an administrator may do everything; each role all that the one behind it may", () => {
  for (const [name, roles] of Object.entries(ROLES_OF)) {
    const staff = roles.filter((role) => role !== "app");
    expect([name, staff]).toEqual([name, USER_ROLES.slice(0, staff.length)]);
    expect([name, staff.length]).not.toEqual([name, 0]);
  }
});

test("a viewer changes nothing but their own account and gets no register as a whole", () => {
  const open = Object.keys(ROLES_OF).filter((name) => may("viewer", name) && !name.includes(" /v1/users/me"));
  expect(open.filter((name) => !name.startsWith("GET "))).toEqual([
    "POST /v1/messages/preview",
    "POST /v1/rulebooks/{hash}/try",
  ]);
  expect(open.filter((name) => name.endsWith("/export"))).toEqual([]);
});

test("an operation without a decision is closed to all but administrators", () => {
  expect(rolesOf("POST /v1/something/new")).toEqual(["admin"]);
  expect(may("viewer", "GET /v1/something/new")).toBe(false);
});

test("each role gets 403 from the operations that are not theirs, and from no other", async () => {
  const gateway = await testGateway();
  // A stream would not end by itself.
  gateway.api.live.stop();
  const operations = await guarded(gateway);
  for (const role of ROLES) {
    const answers: string[] = [];
    for (const { name, method, path, body } of operations) {
      const { code } = await callAs(gateway, role, method, path, body);
      answers.push(`${role}: ${name} ${code === "forbidden" ? "no" : "yes"}`);
    }
    expect(answers).toEqual(operations.map(({ name }) => `${role}: ${name} ${may(role, name) ? "yes" : "no"}`));
  }
});

test("no spelling of an address leads past the table", async () => {
  const gateway = await testGateway();
  const spellings = [
    "/v1/keys",
    "/v1//keys",
    "/v1/keys/",
    "/v1/%6beys",
    "/v1/./keys",
    "/v1/messages/../keys",
    "/V1/keys",
  ];
  for (const path of [...spellings, "/v1/keys%00", "/v1/keys%2f", "/v1/nothing"]) {
    for (const method of ["GET", "HEAD", "POST", "PURGE"]) {
      const { status } = await callAs(gateway, "viewer", method, path, method === "POST");
      expect([403, 404, 405], `${method} ${path}: ${status}`).toContain(status);
    }
  }
});

test("a request from outside speaks for nobody but its key, whatever its headers say", async () => {
  const gateway = await testGateway();
  const reply = await gateway.call("GET", "/v1/keys", undefined, {
    authorization: "",
    "x-actor": "usr_x",
    "x-role": "admin",
  });
  expect(reply.status).toBe(401);
});
