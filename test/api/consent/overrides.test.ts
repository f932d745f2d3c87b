import { describe, expect, test } from "vitest";
import { verifyAudit } from "../../../src/audit/verify.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { consent, PROMO, type TestGateway, testGateway, type TestGatewayOptions } from "../../support/gateway.ts";
import { stopAgain } from "../../support/unsubscribe.ts";

const FR = "+33612000001";
const WHY = { reason: "She asks to be put back; ticket 812", evidence: "Signed form, archive/812.pdf" };
const q = encodeURIComponent;

/** A gateway whose person said STOP, and a second administrator. */
async function stopped(options: TestGatewayOptions = {}) {
  const gateway = await testGateway(options);
  await consent(gateway, FR);
  await gateway.mo(FR, "36105", "STOP");
  const { key } = (await gateway.call("POST", "/v1/keys", { name: "second", role: "admin" })).body;
  const id = (await suppressions(gateway))[0]!.id;
  return { gateway, id, second: { authorization: `Bearer ${key}` } };
}

async function suppressions(gateway: TestGateway): Promise<{ id: string; source: string; lifted_by: string | null }[]> {
  return (await gateway.call("GET", `/v1/suppressions?recipient=${q(FR)}`)).body.data;
}

async function requested(gateway: TestGateway, id: string): Promise<string> {
  const { status, body } = await gateway.call("POST", `/v1/suppressions/${id}/overrides`, WHY);
  expect(status).toBe(201);
  return body.id;
}

async function actions(gateway: TestGateway): Promise<string[]> {
  const { data } = (await gateway.call("GET", "/v1/audit?limit=200")).body;
  return data.map(({ action }: { action: string }) => action).toReversed();
}

const send = (gateway: TestGateway) =>
  gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO, category: "commercial" });

describe.each(DATABASE_KINDS)("overrides (%s)", (kind) => {
  test("what a person said is lifted with a reason, evidence and a second key, and brings no consent back", async () => {
    const { gateway, id, second } = await stopped({ kind });
    const alone = await gateway.call("POST", `/v1/suppressions/${id}/lift`, { reason: "she called" });
    expect([alone.status, alone.body.code]).toEqual([409, "override_needed"]);

    const override = await gateway.call("POST", `/v1/suppressions/${id}/overrides`, WHY);
    expect(override.body).toMatchObject({ ...WHY, suppression_id: id, state: "requested", decided_by: null });
    const path = `/v1/overrides/${override.body.id}`;
    const own = await gateway.call("POST", `${path}/approve`, {});
    expect([own.status, own.body.code]).toEqual([403, "second_person_needed"]);
    expect((await suppressions(gateway)).length).toBe(1);

    const approved = await gateway.call("POST", `${path}/approve`, { note: "form seen" }, second);
    expect(approved.status).toBe(200);
    expect(approved.body).toMatchObject({ state: "approved", decision_note: "form seen" });
    expect(approved.body.decided_by).not.toBe(approved.body.requested_by);
    expect((await gateway.call("GET", path)).body).toEqual(approved.body);
    expect((await gateway.call("GET", `/v1/suppressions/${id}`)).body).toMatchObject({
      lifted_by: override.body.id,
      lift_reason: WHY.reason,
    });
    expect((await send(gateway)).body.code).toBe("consent_missing");
    await consent(gateway, FR, "2026-11-24T08:59:00Z");
    expect((await send(gateway)).body.code).toBe("consent_missing");
    gateway.clock.advance(60_000);
    await consent(gateway, FR, "2026-11-24T09:00:30Z");
    expect((await send(gateway)).status).toBe(202);
    expect(await actions(gateway)).toEqual(
      expect.arrayContaining(["override.requested", "override.approved", "suppression.lifted"]),
    );
    expect((await verifyAudit(gateway.db)).findings).toEqual([]);
  });

  test("two approvals at once lift once", async () => {
    const { gateway, id, second } = await stopped({ kind });
    const { key } = (await gateway.call("POST", "/v1/keys", { name: "third", role: "admin" })).body;
    const override = await requested(gateway, id);
    const answers = await Promise.all(
      [second, { authorization: `Bearer ${key}` }, second].map((by) =>
        gateway.call("POST", `/v1/overrides/${override}/approve`, {}, by)
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    const told = await actions(gateway);
    expect(told.filter((action) => action === "override.approved").length).toBe(1);
    expect(told.filter((action) => action === "suppression.lifted").length).toBe(1);
  });

  test("a STOP after the request holds, whatever is approved", async () => {
    const { gateway, id, second } = await stopped({ kind });
    const override = await requested(gateway, id);
    await gateway.mo(FR, "36105", "STOP");
    const approved = await gateway.call("POST", `/v1/overrides/${override}/approve`, {}, second);
    expect([approved.status, approved.body.code]).toEqual([409, "refused_again"]);
    expect((await suppressions(gateway)).length).toBe(1);
    expect((await gateway.call("POST", `/v1/overrides/${override}/reject`, {}, second)).body.state).toBe("rejected");
    const anew = await requested(gateway, id);
    expect((await gateway.call("POST", `/v1/overrides/${anew}/approve`, {}, second)).status).toBe(200);
  });

  test("a list that names the person again after the request is a refusal as well", async () => {
    const { gateway, id, second } = await stopped({ kind });
    const override = await requested(gateway, id);
    const others = ["+33612000002", "+33612000003"].map((recipient) => ({ recipient }));
    await gateway.call("POST", "/v1/suppressions/import", { data: others });
    await gateway.call("POST", "/v1/suppressions/import", { data: [...others, { recipient: FR }, { recipient: FR }] });
    const approved = await gateway.call("POST", `/v1/overrides/${override}/approve`, {}, second);
    expect([approved.status, approved.body.code]).toEqual([409, "refused_again"]);
    const repeated = (await gateway.call("GET", "/v1/audit?action=suppression.repeated")).body.data;
    expect(repeated.map(({ subject, person }: { subject: string; person: null }) => [subject, person])).toEqual(
      [[id, null]],
    );
    const dossier = (await gateway.call("GET", `/v1/people/${q(FR)}`)).body;
    expect(dossier.suppressions[0].repeated).toEqual([
      expect.objectContaining({ actor: expect.stringMatching(/^key_/) }),
    ]);
    expect((await verifyAudit(gateway.db)).findings).toEqual([]);
    // With nothing asked for, the entry of the list is enough.
    await gateway.call("POST", `/v1/overrides/${override}/reject`, {}, second);
    await gateway.call("POST", "/v1/suppressions/import", { data: [{ recipient: FR }] });
    expect((await gateway.call("GET", "/v1/audit?action=suppression.repeated")).body.data.length).toBe(1);
  });

  test("an approval and a STOP at the same time leave the person suppressed", async () => {
    for (let round = 0; round < 5; round++) {
      const { gateway, id, second } = await stopped({ kind });
      const override = await requested(gateway, id);
      await Promise.all([
        gateway.mo(FR, "36105", "STOP"),
        gateway.call("POST", `/v1/overrides/${override}/approve`, {}, second),
        gateway.mo(FR, "36105", "stop svp"),
      ]);
      expect((await suppressions(gateway)).length).toBe(1);
    }
  }, 60_000);
});

test("a rejected override lifts nothing and can be asked for again", async () => {
  const { gateway, id, second } = await stopped();
  const override = await requested(gateway, id);
  const twice = await gateway.call("POST", `/v1/suppressions/${id}/overrides`, WHY);
  expect([twice.status, twice.body.code]).toEqual([409, "override_pending"]);
  expect((await gateway.call("POST", `/v1/overrides/${override}/reject`, {})).body.code).toBe("second_person_needed");
  const rejected = await gateway.call(
    "POST",
    `/v1/overrides/${override}/reject`,
    { note: "not her signature" },
    second,
  );
  expect(rejected.body).toMatchObject({ state: "rejected", decision_note: "not her signature" });
  expect((await gateway.call("POST", `/v1/overrides/${override}/approve`, {}, second)).body.code).toBe(
    "already_decided",
  );
  expect((await suppressions(gateway)).length).toBe(1);
  const anew = await requested(gateway, id);
  const open = (await gateway.call("GET", "/v1/overrides?state=requested")).body.data;
  expect(open.map((one: { id: string }) => one.id)).toEqual([anew]);
  const all = (await gateway.call("GET", `/v1/overrides?suppression_id=${id}&limit=1`)).body;
  expect([all.data[0].id, all.next_cursor]).toEqual([anew, anew]);
  expect((await actions(gateway)).filter((action) => action.startsWith("override."))).toEqual(
    ["override.requested", "override.rejected", "override.requested"],
  );
});

test("what the person lifted themselves needs no approval any more", async () => {
  const { gateway, id, second } = await stopped();
  const override = await requested(gateway, id);
  await gateway.mo(FR, "36105", "START");
  const late = await gateway.call("POST", `/v1/overrides/${override}/approve`, {}, second);
  expect([late.status, late.body.code]).toEqual([409, "already_lifted"]);
  expect((await gateway.call("POST", `/v1/suppressions/${id}/overrides`, WHY)).body.code).toBe("already_lifted");
});

test("a click on the unsubscribe page needs an override as well", async () => {
  const gateway = await testGateway();
  const GB = "+447400123456";
  await consent(gateway, GB);
  const { body } = await gateway.call("POST", "/v1/messages", { to: GB, from: "PARLEY", text: PROMO });
  await stopAgain(gateway, /\/u\/\S+/.exec(body.text)![0]);
  const [standing] = (await gateway.call("GET", `/v1/suppressions?recipient=${q(GB)}`)).body.data;
  const { status, body: refused } = await gateway.call("POST", `/v1/suppressions/${standing.id}/lift`, { reason: "x" });
  expect([standing.source, status, refused.code]).toEqual(["link", 409, "override_needed"]);
});

test("what staff entered one administrator lifts, unless the person has said STOP as well since", async () => {
  const gateway = await testGateway();
  const { body: mistake } = await gateway.call("POST", "/v1/suppressions", { recipient: FR });
  await gateway.mo(FR, "36105", "STOP");
  const { status, body } = await gateway.call("POST", `/v1/suppressions/${mistake.id}/lift`, { reason: "a slip" });
  expect([status, body.code]).toEqual([409, "override_needed"]);
  expect((await suppressions(gateway)).length).toBe(1);
});

test.each([
  ["carrier", "update suppressions set source = 'carrier'"],
  ["toll-free network", "update senders set kind = 'toll_free' where address = '36105'"],
])("a block of the %s can only be lifted by the person", async (_name, sql) => {
  const { gateway, id } = await stopped();
  await gateway.db.client.execute(sql);
  for (
    const answer of [
      await gateway.call("POST", `/v1/suppressions/${id}/overrides`, WHY),
      await gateway.call("POST", `/v1/suppressions/${id}/lift`, { reason: "x" }),
    ]
  ) expect([answer.status, answer.body.code]).toEqual([409, "only_the_person"]);
  await gateway.mo(FR, "36105", "START");
  expect(await suppressions(gateway)).toEqual([]);
});

test.each([
  [{}, /reason/],
  [{ reason: "she called" }, /evidence/],
  [{ reason: "she called", evidence: "  " }, /evidence/],
  [{ ...WHY, approved: true }, /approved/],
])("a request with %j is refused, naming the field", async (body, field) => {
  const { gateway, id } = await stopped();
  const { status, text } = await gateway.call("POST", `/v1/suppressions/${id}/overrides`, body);
  expect([status, text]).toEqual([422, expect.stringMatching(field)]);
});

test("what does not exist is neither asked for nor decided", async () => {
  const gateway = await testGateway();
  expect((await gateway.call("POST", "/v1/overrides/ovr_x/approve", {})).status).toBe(404);
  expect((await gateway.call("GET", "/v1/overrides/ovr_x")).status).toBe(404);
  expect((await gateway.call("POST", "/v1/suppressions/sup_x/overrides", WHY)).status).toBe(404);
});
