import { shippedRules } from "./rulebook.ts";
import type { TestGateway } from "./gateway.ts";

export const FR = "countries/fr.yaml";

/** The shipped French file with the hours in force until `end` on Saturdays. */
export async function frenchSaturday(end: string): Promise<string> {
  const text = (await shippedRules()).sources[FR]!;
  const changed = text.replace(
    'open: { mon-sat: "08:00-20:00", sun: closed }',
    `open: { mon-fri: "08:00-20:00", sat: "08:00-${end}", sun: closed }`,
  );
  if (changed === text) throw new Error("the French file does not hold the hours that this test changes");
  return changed;
}

/** Calls with the key of a second administrator. */
export async function secondAdmin(gateway: TestGateway): Promise<TestGateway["call"]> {
  const { body } = await gateway.call("POST", "/v1/keys", { name: "second", role: "admin" });
  return (method, path, sent, headers) =>
    gateway.call(method, path, sent, { authorization: `Bearer ${body.key}`, ...headers });
}

/** Stores the change of the French Saturday and resolves with its hash. */
export async function storeDraft(gateway: TestGateway, end = "18:00"): Promise<string> {
  const { status, body, text } = await gateway.call("POST", "/v1/rulebooks", {
    base: "active",
    files: { [FR]: await frenchSaturday(end) },
  });
  if (status !== 201) throw new Error(text);
  return body.hash;
}

/** Stores, proposes, approves and publishes it; resolves with its hash. */
export async function publishSaturday(gateway: TestGateway, end = "18:00"): Promise<string> {
  const hash = await storeDraft(gateway, end);
  const other = await secondAdmin(gateway);
  const { body: { id } } = await gateway.call("POST", `/v1/rulebooks/${hash}/propose`, { note: `until ${end}` });
  await other("POST", `/v1/rulebooks/proposals/${id}/approve`, {});
  const { status, text } = await other("POST", `/v1/rulebooks/proposals/${id}/publish`, {});
  if (status !== 200) throw new Error(text);
  return hash;
}
