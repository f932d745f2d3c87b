import { describe, expect, test } from "vitest";
import { type TestGateway, testGateway } from "../../support/gateway.ts";
import { storeDraft } from "../../support/rulebook_life.ts";
import { member } from "../../support/staff.ts";

/** Two people decide: by whoever is behind a key or an account, as far as that is known. */

type Caller = (
  method: string,
  path: string,
  body?: unknown,
) => Promise<{ status: number; body: { code?: string; id?: string } }>;

async function keyOf(gateway: TestGateway, maker: Caller): Promise<{ call: Caller; made: Record<string, unknown> }> {
  const { status, body } = await maker("POST", "/v1/keys", { name: "own", role: "admin" });
  expect(status).toBe(201);
  const made = body as Record<string, unknown>;
  const headers = { authorization: `Bearer ${made["key"]}` };
  return { made, call: (method, path, sent) => gateway.call(method, path, sent, headers) };
}

/** Everybody who might decide on what Ana asks for, and whether they may. */
async function people(gateway: TestGateway) {
  const [ana, bea] = [await member(gateway, "admin", "Ana"), await member(gateway, "compliance", "Bea")];
  const { call: anasKey, made } = await keyOf(gateway, ana.call);
  expect(made["user_id"]).toBe(ana.id);
  const { call: keyOfKey, made: second } = await keyOf(gateway, anasKey);
  expect(second["user_id"]).toBe(ana.id);
  const { made: nobodys } = await keyOf(gateway, gateway.call);
  expect(nobodys["user_id"]).toBeNull();
  return { ana: ana.call, anasKey, keyOfKey, bea: bea.call, program: gateway.call };
}

describe("an override", () => {
  test("is not decided by whoever asked, under no key of theirs; another person does", async () => {
    const gateway = await testGateway();
    const { ana, anasKey, keyOfKey, bea } = await people(gateway);
    await gateway.mo("+33612000001", "36105", "STOP");
    const [stop] = (await gateway.call("GET", "/v1/suppressions")).body.data;
    const asked = await anasKey("POST", `/v1/suppressions/${stop.id}/overrides`, { reason: "x", evidence: "x" });
    const path = `/v1/overrides/${asked.body.id}`;
    for (const caller of [ana, anasKey, keyOfKey]) {
      for (const decision of ["approve", "reject"]) {
        const { status, body } = await caller("POST", `${path}/${decision}`, {});
        expect([status, body.code]).toEqual([403, "second_person_needed"]);
      }
    }
    expect((await bea("POST", `${path}/approve`, {})).status).toBe(200);
  });
});

describe("a proposal", () => {
  test("is not decided by whoever made it, under no key of theirs, and only they withdraw it", async () => {
    const gateway = await testGateway();
    const { ana, anasKey, keyOfKey, bea, program } = await people(gateway);
    const hash = await storeDraft(gateway);
    const proposed = await ana("POST", `/v1/rulebooks/${hash}/propose`, { note: "x", last: 1 });
    expect(proposed.status).toBe(201);
    const path = `/v1/rulebooks/proposals/${proposed.body.id}`;
    for (const caller of [ana, anasKey, keyOfKey]) {
      for (const decision of ["approve", "reject"]) {
        expect((await caller("POST", `${path}/${decision}`, {})).body.code).toBe("approval_by_proposer");
      }
    }
    expect((await bea("POST", `${path}/withdraw`, {})).body.code).toBe("only_the_proposer");
    expect((await program("POST", `${path}/approve`, {})).status).toBe(200);
    expect((await keyOfKey("POST", `${path}/withdraw`, {})).status).toBe(200);
  });
});
