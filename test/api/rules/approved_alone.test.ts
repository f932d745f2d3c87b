import { describe, expect, onTestFinished, test } from "vitest";
import { publishFolder } from "../../../src/rules/follow.ts";
import { hashKey } from "../../../src/store/access/api_keys.ts";
import { useLink } from "../../../src/store/access/user_links.ts";
import { auditRow } from "../../../src/store/oversight/audit.ts";
import { type TestGateway, testGateway } from "../../support/gateway.ts";
import { KANNEL } from "../../support/kannel_settings.ts";
import { shippedRules } from "../../support/rulebook.ts";
import { FR, secondAdmin, storeDraft } from "../../support/rulebook_life.ts";
import { type Member, member } from "../../support/staff.ts";

/** Whoever is alone in the sandbox approves their own change of the rules; it never decides for real people. */

const connect = (gateway: TestGateway, id = "real") =>
  gateway.call("PUT", `/v1/carriers/${id}`, { kind: "kannel", config: KANNEL });
const refusal = ({ status, body }: { status: number; body: { code?: string } }) => [status, body.code];

/** Proposes a French Saturday that ends at `end`; resolves with the proposal's id and version. */
async function propose(gateway: TestGateway, by: Member, end = "18:00"): Promise<{ id: string; rulebook: string }> {
  const hash = await storeDraft(gateway, end);
  const { status, body, text } = await by.call("POST", `/v1/rulebooks/${hash}/propose`, {
    note: `until ${end}`,
    last: 1,
  });
  if (status !== 201) throw new Error(text);
  return body;
}

const step = (by: Pick<Member, "call">, id: string, what: string) =>
  by.call("POST", `/v1/rulebooks/proposals/${id}/${what}`, {});

async function publishAlone(gateway: TestGateway, by: Member, end?: string): Promise<{ id: string; rulebook: string }> {
  const proposal = await propose(gateway, by, end);
  for (const what of ["approve", "publish"]) {
    expect([what, (await step(by, proposal.id, what)).status]).toEqual([what, 200]);
  }
  return proposal;
}

interface Entry {
  actor: string;
  action: string;
  details: Record<string, unknown>;
}

async function entries(gateway: TestGateway, subject: string) {
  const { body } = await gateway.call("GET", `/v1/audit?subject=${subject}&limit=50`);
  return body.data.map(({ actor, action, details: { salt: _, ...details } }: Entry) => ({ actor, action, details }));
}

const activeIn = async (gateway: TestGateway) =>
  (await gateway.call("GET", "/v1/rulebooks/active/countries")).body.rulebook;

describe("a proposal of one's own", () => {
  test("is approved by a user only, alone on the staff, and with nothing but the sandbox", async () => {
    const gateway = await testGateway();
    const { client } = gateway.db;
    const desk = await member(gateway, "admin", "Front desk");
    const { id } = await propose(gateway, desk);
    const made = await desk.call("POST", "/v1/keys", { name: "own", role: "admin" });
    const ownKey = (method: string, path: string, body?: unknown) =>
      gateway.call(method, path, body, { authorization: `Bearer ${made.body.key}` });
    const standing = async ({ call }: Pick<Member, "call">) => {
      const { yours, you_may_approve, others_may_approve } = (await call("GET", `/v1/rulebooks/proposals/${id}`)).body;
      return { yours, you_may_approve, others_may_approve };
    };
    const refuses = async (why: string, others: boolean) => {
      expect([why, ...refusal(await step(desk, id, "approve"))]).toEqual([why, 403, "approval_by_proposer"]);
      expect([why, await standing(desk)]).toEqual(
        [why, { yours: true, you_may_approve: false, others_may_approve: others }],
      );
    };

    expect(refusal(await step({ call: ownKey }, id, "approve"))).toEqual([403, "approval_by_proposer"]);
    expect(await standing({ call: ownKey })).toEqual({
      yours: true,
      you_may_approve: false,
      others_may_approve: false,
    });

    expect((await connect(gateway)).status).toBe(201);
    await refuses("a real carrier", false);
    expect((await gateway.call("DELETE", "/v1/carriers/real")).status).toBe(204);

    for (const role of ["admin", "compliance"] as const) {
      const other = await member(gateway, role, `Second ${role}`);
      await refuses(`another ${role}`, true);
      expect(await standing(other)).toEqual({ yours: false, you_may_approve: true, others_may_approve: true });
      expect((await gateway.call("PATCH", `/v1/users/${other.id}`, { disabled: true })).status).toBe(200);
    }
    await client.execute({ sql: "update users set role = 'viewer' where id = ?", args: [desk.id] });
    await refuses("a role that was taken away", false);
    await client.execute({ sql: "update users set role = 'admin' where id = ?", args: [desk.id] });

    // None of these could approve: whoever was invited and has not come, is disabled, answers threads, or looks.
    expect(
      (await gateway.call("POST", "/v1/users", { name: "Compliance", email: "c@example.com", role: "compliance" }))
        .status,
    )
      .toBe(201);
    await member(gateway, "agent", "Inbox");
    expect(await standing(await member(gateway, "viewer", "Visitor"))).toEqual(
      { yours: false, you_may_approve: false, others_may_approve: false },
    );
    expect(await standing(desk)).toEqual({ yours: true, you_may_approve: true, others_may_approve: false });
    // Rejecting needs somebody else all the same: one withdraws what is one's own.
    expect(refusal(await step(desk, id, "reject"))).toEqual([403, "approval_by_proposer"]);
    const { status, body } = await step(desk, id, "approve");
    expect([status, body.state, body.decided_by, body.approved_alone]).toEqual([200, "approved", desk.id, true]);
    expect(await entries(gateway, id)).toContainEqual({
      actor: desk.id,
      action: "rulebook.approved",
      details: { rulebook: body.rulebook, note: null, alone_in_sandbox: true },
    });
    expect(refusal(await step(desk, id, "approve"))).toEqual([409, "proposal_state"]);
  });

  test("that one's own key proposed is one's own; what nobody's key proposed is not", async () => {
    const gateway = await testGateway();
    const desk = await member(gateway, "admin", "Front desk");
    const made = await desk.call("POST", "/v1/keys", { name: "own", role: "admin" });
    const byKey = { authorization: `Bearer ${made.body.key}` };
    const [mine, program] = [await storeDraft(gateway, "18:00"), await storeDraft(gateway, "17:00")];
    const proposed = await gateway.call("POST", `/v1/rulebooks/${mine}/propose`, { note: "x", last: 1 }, byKey);
    expect((await step(desk, proposed.body.id, "approve")).body.approved_alone).toBe(true);
    const other = await gateway.call("POST", `/v1/rulebooks/${program}/propose`, { note: "x", last: 1 });
    expect((await step(desk, other.body.id, "approve")).body).toMatchObject({
      state: "approved",
      approved_alone: false,
    });
  });

  test("is not approved by somebody who is not alone any more at the very moment", async () => {
    const gateway = await testGateway();
    const { deps, passwords, realClock } = gateway.api;
    const desk = await member(gateway, "admin", "Front desk");
    const { id } = await propose(gateway, desk);
    const invited = await gateway.call("POST", "/v1/users", {
      name: "Compliance",
      email: "c@example.com",
      role: "compliance",
    });
    const token = invited.body.link.url.split("/").at(-1);
    const password_hash = await passwords.hash("correct horse battery");
    const joins = () =>
      useLink(
        deps.db,
        { hash: hashKey(token), at: realClock() },
        { id: invited.body.user.id, name: null, language: null, password_hash },
        auditRow(
          { at: deps.now(), actor: invited.body.user.id, action: "user.joined", subject: invited.body.user.id },
          deps.newId,
        ),
      );
    // Between the question whether one is alone and the approval.
    const { batch } = gateway.db.client;
    let joined = false;
    gateway.db.client.batch = async (...args: Parameters<typeof batch>) => {
      if (!joined && JSON.stringify(args[0]).includes("update proposals")) {
        joined = true;
        expect(await joins()).not.toBeNull();
      }
      return await batch.apply(gateway.db.client, args);
    };
    expect(refusal(await step(desk, id, "approve"))).toEqual([403, "approval_by_proposer"]);
    expect(joined).toBe(true);
  });
});

/** The gateway's rules folder, with one file changed in it. */
async function folderWith(file: string, text: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "parley-rules-" });
  onTestFinished(() => Deno.remove(folder, { recursive: true }));
  for (const [path, content] of Object.entries({ ...(await shippedRules()).sources, [file]: text })) {
    await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, content);
  }
  return folder;
}

describe("a real carrier", () => {
  test("is refused while rules are in force that one person alone approved, until another person approves them", async () => {
    const gateway = await testGateway();
    const desk = await member(gateway, "admin", "Front desk");
    const { id, rulebook } = await publishAlone(gateway, desk);
    expect(await activeIn(gateway)).toBe(rulebook);

    const refused = await connect(gateway);
    expect(refusal(refused)).toEqual([409, "approved_alone"]);
    expect(refused.body.detail).toContain(id);
    expect((await gateway.call("GET", "/v1/carriers")).body.data).toHaveLength(1);
    expect(refusal(await connect(gateway, "sandbox"))).toEqual([409, "approved_alone"]);
    expect((await gateway.call("PUT", "/v1/carriers/another", { kind: "sandbox" })).status).toBe(201);
    expect(await entries(gateway, "real")).toEqual([]);

    const attention = async () =>
      (await gateway.call("GET", "/v1/overview")).body.attention.filter((one: { kind: string }) =>
        one.kind === "rules_approved_alone"
      );
    expect(await attention()).toEqual([]);
    const compliance = await member(gateway, "compliance", "Compliance");
    expect(await attention()).toMatchObject([{ subject: id, count: 1 }]);
    // That somebody could is not that they did; and whoever did it alone does not do it again.
    expect(refusal(await connect(gateway))).toEqual([409, "approved_alone"]);
    expect(refusal(await step(desk, id, "approve"))).toEqual([403, "approval_by_proposer"]);

    const both = await Promise.all([step(compliance, id, "approve"), step({ call: gateway.call }, id, "approve")]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const { decided_by } = (await gateway.call("GET", `/v1/rulebooks/proposals/${id}`)).body;
    expect((await gateway.call("GET", `/v1/rulebooks/proposals/${id}`)).body).toMatchObject({
      state: "published",
      approved_alone: false,
      you_may_approve: false,
    });
    expect((await entries(gateway, id)).filter(({ action }: Entry) => action === "rulebook.approved"))
      .toEqual([
        { actor: decided_by, action: "rulebook.approved", details: { rulebook, note: null, instead_of: desk.id } },
        { actor: desk.id, action: "rulebook.approved", details: { rulebook, note: null, alone_in_sandbox: true } },
      ]);
    expect(await attention()).toEqual([]);
    expect((await connect(gateway)).status).toBe(201);
  });

  test.each(["embedded", "remote"] as const)(
    "is refused also after a rollback to such rules; other rules in force let it in, and then these do not come back (%s)",
    async (kind) => {
      const gateway = await testGateway({ kind });
      const shipped = await activeIn(gateway);
      const desk = await member(gateway, "admin", "Front desk");
      const rollback = (to: string) => gateway.call("POST", "/v1/rulebooks/rollback", { to, note: "x" });
      const first = await publishAlone(gateway, desk, "18:00");
      expect((await rollback(shipped)).status).toBe(200);
      expect((await rollback(first.rulebook)).status).toBe(200);
      expect(refusal(await connect(gateway))).toEqual([409, "approved_alone"]);
      expect((await rollback(shipped)).status).toBe(200);

      // Approved alone and never published, before there is a carrier.
      const second = await propose(gateway, desk, "17:00");
      expect((await step(desk, second.id, "approve")).status).toBe(200);
      expect((await connect(gateway)).status).toBe(201);

      expect(refusal(await rollback(first.rulebook))).toEqual([409, "approved_alone"]);
      expect(refusal(await step(desk, second.id, "publish"))).toEqual([409, "approved_alone"]);
      expect(await activeIn(gateway)).toBe(shipped);
      // Somebody else agrees to both: nothing bars them.
      const other = { call: await secondAdmin(gateway) };
      for (const { id } of [first, second]) expect((await step(other, id, "approve")).status).toBe(200);
      expect((await step(desk, second.id, "publish")).status).toBe(200);
      expect((await rollback(first.rulebook)).status).toBe(200);
    },
  );

  test("is let in when the same version came from the rules folder, or another one was published since", async () => {
    const gateway = await testGateway();
    const shipped = await activeIn(gateway);
    const desk = await member(gateway, "admin", "Front desk");
    const first = await publishAlone(gateway, desk, "18:00");
    // Back to the shipped version by a proposal of one person alone: it needed no approval in the first place.
    const back = await desk.call("POST", `/v1/rulebooks/${shipped}/propose`, { note: "as it was", last: 1 });
    for (const what of ["approve", "publish"]) await step(desk, back.body.id, what);
    expect(await activeIn(gateway)).toBe(shipped);
    expect((await connect(gateway)).status).toBe(201);
    expect((await gateway.call("DELETE", "/v1/carriers/real")).status).toBe(204);

    await gateway.call("POST", "/v1/rulebooks/rollback", { to: first.rulebook, note: "x" });
    expect(refusal(await connect(gateway))).toEqual([409, "approved_alone"]);
    const compliance = await member(gateway, "compliance", "Compliance");
    const second = await propose(gateway, compliance, "17:00");
    for (const what of ["approve", "publish"]) expect((await step(desk, second.id, what)).status).toBe(200);
    expect((await connect(gateway)).status).toBe(201);
  });

  test("is refused while such rules are in force together with a change of the rules folder", async () => {
    const gateway = await testGateway();
    const { db, newId } = gateway.api.deps;
    const desk = await member(gateway, "admin", "Front desk");
    const { id, rulebook } = await publishAlone(gateway, desk);
    const folder = await folderWith("deployment.yaml", "kind: deployment\nbrand: ACME\ncontact: help@acme.example\n");
    const followed = await publishFolder(db.client, folder, gateway.clock.now(), newId);
    expect(followed).toMatchObject({ applied: true, kept: [FR] });
    await gateway.api.deps.settings.refresh();
    expect(await activeIn(gateway)).not.toBe(rulebook);
    const refused = await connect(gateway);
    expect(refusal(refused)).toEqual([409, "approved_alone"]);
    expect(refused.body.detail).toContain(id);
    expect((await step({ call: gateway.call }, id, "approve")).status).toBe(200);
    expect((await connect(gateway)).status).toBe(201);
  });
});
