import { expect, test } from "vitest";
import { testGateway } from "../../support/gateway.ts";

/** In the first two people name the rows, and any word is a place among them; the third is there for an endpoint only (webhooks.test.ts). */
const OTHERS = ["/v1/carriers", "/v1/senders", "/v1/webhooks/{id}/deliveries"];
/** A list tells what is wrong with a cursor before it looks for that of which it is a list. */
const PARAMETERS: Record<string, string> = { msisdn: "%2B33612345678" };

interface Described {
  get?: { parameters?: { name: string; in: string }[] };
}

test("a cursor that a list did not give is refused by name, and never begins the list anew", async () => {
  const gateway = await testGateway();
  const { body } = await gateway.call("GET", "/openapi.json");
  const lists = Object.entries(body.paths as Record<string, Described>)
    .filter(([path, { get }]) => get?.parameters?.some(({ name }) => name === "cursor") && !OTHERS.includes(path))
    .map(([path]) => path.replaceAll(/\{(\w+)\}/g, (_, name: string) => PARAMETERS[name] ?? "x1"));
  expect(lists.length).toBeGreaterThan(20);
  for (const path of lists) {
    for (const cursor of ["", "2", "nonsense", "xyz_01kb3", "open.x", "1-x", "%00"]) {
      if (cursor === "2" && path.endsWith("/problems")) continue;
      const reply = await gateway.call("GET", `${path}?cursor=${cursor}`);
      expect([path, cursor, reply.status, reply.body.errors?.[0]?.field]).toEqual([path, cursor, 422, "cursor"]);
    }
  }
});

test.each(OTHERS.slice(0, 2))(
  "an empty cursor is none that %s gave either, where names are the places",
  async (path) => {
    const gateway = await testGateway();
    const { status, body } = await gateway.call("GET", `${path}?cursor=`);
    expect([status, body.errors?.[0]?.field]).toEqual([422, "cursor"]);
  },
);

test.each(["1e2", "0x10", "%205", "5%20", "+5", "5.0", "-1", "", "0", "201", "Infinity", "9".repeat(20)])(
  "limit=%s is no number of things: 422, in every list",
  async (limit) => {
    const gateway = await testGateway();
    for (const path of ["/v1/messages", "/v1/senders", "/v1/conversations", "/v1/rulebooks/active/search?q=stop&"]) {
      const { status, body } = await gateway.call("GET", `${path}${path.includes("?") ? "" : "?"}limit=${limit}`);
      expect([path, status, body.errors?.[0]?.field]).toEqual([path, 422, "limit"]);
    }
  },
);

test.each([["/v1/overview?days=", "days"], ["/v1/retention?try=", "try"], [
  "/v1/audit/verification?entries=",
  "entries",
]])(
  "%s takes digits only, as lists do",
  async (path, field) => {
    const gateway = await testGateway();
    for (const wrong of ["1e1", "0x10", "%207"]) {
      const { status, body } = await gateway.call("GET", path + wrong);
      expect([wrong, status, body.errors?.[0]?.field]).toEqual([wrong, 422, field]);
    }
    expect((await gateway.call("GET", `${path}7`)).status).toBe(200);
  },
);

test("the document calls a limit what it is", async () => {
  const gateway = await testGateway();
  const { body } = await gateway.call("GET", "/openapi.json");
  const { parameters } = body.paths["/v1/messages"].get;
  const { required, schema } = parameters.find(({ name }: { name: string }) => name === "limit");
  expect([required ?? false, schema]).toEqual([false, { type: "integer", minimum: 1, maximum: 200, default: 50 }]);
});
