import { expect, test } from "vitest";
import { testGateway } from "../support/gateway.ts";

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
    for (const cursor of ["2", "nonsense", "xyz_01kb3", "open.x", "1-x", "%00"]) {
      if (cursor === "2" && path.endsWith("/problems")) continue;
      const reply = await gateway.call("GET", `${path}?cursor=${cursor}`);
      expect([path, cursor, reply.status, reply.body.errors?.[0]?.field]).toEqual([path, cursor, 422, "cursor"]);
    }
  }
});
