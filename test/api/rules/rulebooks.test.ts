import { describe, expect, test } from "vitest";
import { SettingsCache } from "../../../src/gateway/settings.ts";
import { DATABASE_KINDS, openAgain } from "../../support/database.ts";
import { consent, PROMO, type TestGateway, testGateway, walkPages } from "../../support/gateway.ts";
import { FR, frenchSaturday, publishSaturday, secondAdmin, storeDraft } from "../../support/rulebook_life.ts";

const PERSON = "+33612000001";

async function active(gateway: TestGateway): Promise<string> {
  return (await gateway.call("GET", "/v1/rulebooks/active")).body.hash;
}

async function proposed(gateway: TestGateway, hash: string): Promise<string> {
  const { status, body, text } = await gateway.call("POST", `/v1/rulebooks/${hash}/propose`, { note: "why" });
  expect([status, text]).toEqual([201, text]);
  return body.id;
}

describe("a change of the rules, from edit to rollback", () => {
  test("decides messages once another person approved it and it was published, and no more after a rollback", async () => {
    const gateway = await testGateway();
    const other = await secondAdmin(gateway);
    await consent(gateway, PERSON);
    const before = await active(gateway);
    const onSaturday = async () =>
      (await gateway.call("POST", "/v1/messages/preview", {
        to: PERSON,
        from: "36105",
        text: PROMO,
        at: "2026-11-28T18:30:00+01:00",
      })).body;
    expect((await onSaturday()).decision).toMatchObject({ rulebook: before, outcome: "allow" });

    const files = { [FR]: await frenchSaturday("18:00") };
    const valid = await gateway.call("POST", "/v1/rulebooks/validate", { base: "active", files });
    expect(valid.body).toMatchObject({ valid: true, problems: [], countries: 14 });

    const stored = await gateway.call("POST", "/v1/rulebooks", { base: "active", files });
    expect([stored.status, stored.body.state, stored.body.hash]).toEqual([201, "draft", valid.body.hash]);
    const { hash } = stored.body;
    expect((await gateway.call("POST", "/v1/rulebooks", { base: "active", files })).status).toBe(200);

    const proposal = await gateway.call("POST", `/v1/rulebooks/${hash}/propose`, { note: "Saturdays end at 18:00" });
    expect([proposal.status, proposal.body.state, proposal.body.base]).toEqual([201, "proposed", before]);
    const { id } = proposal.body;
    expect((await gateway.call("GET", `/v1/rulebooks/${hash}`)).body.state).toBe("proposed");

    const unapproved = await gateway.call("POST", `/v1/rulebooks/proposals/${id}/publish`);
    expect([unapproved.status, unapproved.body.code]).toEqual([409, "proposal_state"]);
    const own = await gateway.call("POST", `/v1/rulebooks/proposals/${id}/approve`);
    expect([own.status, own.body.code]).toEqual([403, "approval_by_proposer"]);
    expect(own.body.detail).toContain(proposal.body.proposed_by);

    const approved = await other("POST", `/v1/rulebooks/proposals/${id}/approve`, { note: "agreed" });
    expect(approved.body).toMatchObject({ state: "approved", decision_note: "agreed" });
    expect(approved.body.decided_by).not.toBe(proposal.body.proposed_by);
    expect((await onSaturday()).decision.rulebook).toBe(before);

    const published = await gateway.call("POST", `/v1/rulebooks/proposals/${id}/publish`, { note: "for December" });
    expect(published.body).toMatchObject({ active: hash, previous: before, proposal: { state: "published" } });
    expect(await onSaturday()).toMatchObject({
      decision: { rulebook: hash, outcome: "hold" },
      hold_until: "2026-11-30T07:00:00.000Z",
    });
    expect((await gateway.call("GET", `/v1/rulebooks/${before}`)).body.state).toBe("superseded");

    gateway.clock.advance(60_000);
    const back = await gateway.call("POST", "/v1/rulebooks/rollback", { note: "a complaint" });
    expect(back.body).toEqual({ active: before, previous: hash });
    expect((await onSaturday()).decision).toMatchObject({ rulebook: before, outcome: "allow" });
    const shown = (await gateway.call("GET", "/v1/rulebooks/active")).body;
    expect(shown.activations[0]).toMatchObject({ way: "rollback", note: "a complaint", proposal_id: null });
    expect((await gateway.call("GET", `/v1/rulebooks/${hash}`)).body).toMatchObject({
      state: "superseded",
      activations: [{ way: "publish", proposal_id: id, note: "for December" }],
    });
    const { rows } = await gateway.db.client.execute(
      "select actor, action, subject from audit_log where action like 'rulebook.%' order by seq",
    );
    const [me, them] = [proposal.body.proposed_by, approved.body.decided_by];
    expect(rows.map((row) => [row["actor"], row["action"], row["subject"]])).toEqual([
      [me, "rulebook.proposed", id],
      [them, "rulebook.approved", id],
      [me, "rulebook.activated", hash],
      [me, "rulebook.activated", before],
    ]);
  });

  test("files that do not check are told and never stored", async () => {
    const gateway = await testGateway();
    const broken = (await frenchSaturday("18:00")).replace("profile: fr-common", "profile: fr-none");
    const body = { base: "active", files: { [FR]: broken } };
    const told = await gateway.call("POST", "/v1/rulebooks/validate", body);
    expect(told.body).toMatchObject({ valid: false, problems: [{ file: FR, line: expect.any(Number) }] });
    const refused = await gateway.call("POST", "/v1/rulebooks", body);
    expect([refused.status, refused.body.code]).toEqual([422, "rulebook_invalid"]);
    expect(refused.body.errors[0]).toMatchObject({
      field: `files.${FR}`,
      detail: expect.stringMatching(/^line \d+: /),
    });
    expect((await walkPages(gateway, "/v1/rulebooks", 1)).length).toBe(1);
    expect((await gateway.call("POST", `/v1/rulebooks/${told.body.hash}/propose`, { note: "x" })).status).toBe(404);
  });

  test("an example that fails keeps a version out", async () => {
    const gateway = await testGateway();
    const wrong = { [FR]: (await frenchSaturday("18:00")).replace('mon-fri: "08:00-20:00"', 'mon-fri: "09:00-20:00"') };
    const refused = await gateway.call("POST", "/v1/rulebooks", { base: "active", files: wrong });
    expect([refused.status, refused.body.code]).toEqual([422, "rulebook_invalid"]);
    expect(refused.text).toContain("example");
  });

  test.each([
    ["../../etc/passwd.yaml", "path"],
    ["/x.yaml", "path"],
    [".hidden.yaml", "path"],
    ["schema/country.schema.json", "path"],
    ["countries/fr.txt", "path"],
    ["a/../b.yaml", "path"],
  ])("the path %s is no rule file", async (path) => {
    const gateway = await testGateway();
    const reply = await gateway.call("POST", "/v1/rulebooks/validate", { files: { [path]: "kind: deployment" } });
    expect([reply.status, reply.body.errors[0].field]).toEqual([422, "files"]);
  });

  test("null deletes a file of the base, and all files together need no base", async () => {
    const gateway = await testGateway();
    const { body: { files } } = await gateway.call("GET", "/v1/rulebooks/active");
    const { "countries/be.yaml": gone, ...rest } = files;
    expect(gone).toContain("Belgium");
    const deleted = await gateway.call("POST", "/v1/rulebooks/validate", {
      base: "active",
      files: { "countries/be.yaml": null },
    });
    const whole = await gateway.call("POST", "/v1/rulebooks/validate", { files: rest });
    expect(deleted.body.hash).toBe(whole.body.hash);
  });
});

describe("who may do what, and when", () => {
  test("the proposer withdraws, others reject; neither may do the other's part, nor twice", async () => {
    const gateway = await testGateway();
    const other = await secondAdmin(gateway);
    const hash = await storeDraft(gateway);
    const first = await proposed(gateway, hash);
    const path = (id: string, what: string) => `/v1/rulebooks/proposals/${id}/${what}`;
    expect((await other("POST", path(first, "withdraw"))).body.code).toBe("only_the_proposer");
    expect((await gateway.call("POST", path(first, "reject"))).body.code).toBe("approval_by_proposer");
    expect((await gateway.call("POST", path(first, "withdraw"))).body.state).toBe("withdrawn");
    expect((await other("POST", path(first, "approve"))).body.code).toBe("proposal_state");
    expect((await gateway.call("GET", `/v1/rulebooks/${hash}`)).body.state).toBe("draft");

    gateway.clock.advance(1);
    const second = await proposed(gateway, hash);
    expect((await other("POST", path(second, "approve"))).body.state).toBe("approved");
    expect((await other("POST", path(second, "reject"), { note: "on second thought" })).body.state).toBe("rejected");
    expect((await other("POST", path(second, "publish"))).body.code).toBe("proposal_state");
    expect((await gateway.call("GET", `/v1/rulebooks/${hash}`)).body.state).toBe("rejected");
    const listed = await walkPages(gateway, "/v1/rulebooks/proposals", 1);
    expect(listed.map((one) => [one.id, one.state])).toEqual([[second, "rejected"], [first, "withdrawn"]]);
    const open = await gateway.call("GET", "/v1/rulebooks/proposals?state=proposed");
    expect(open.body.data).toEqual([]);
  });

  test("what is active or proposed already is not proposed again", async () => {
    const gateway = await testGateway();
    const again = await gateway.call("POST", "/v1/rulebooks/active/propose", { note: "x" });
    expect([again.status, again.body.code]).toEqual([409, "already_active"]);
    const hash = await storeDraft(gateway);
    const id = await proposed(gateway, hash);
    const twice = await gateway.call("POST", `/v1/rulebooks/${hash}/propose`, { note: "x" });
    expect([twice.status, twice.body.code, twice.body.detail.includes(id)]).toEqual([409, "already_proposed", true]);
  });

  test("an approval is for one change: when another version became active, publishing names both", async () => {
    const gateway = await testGateway();
    const other = await secondAdmin(gateway);
    const before = await active(gateway);
    const slow = await proposed(gateway, await storeDraft(gateway, "17:00"));
    await other("POST", `/v1/rulebooks/proposals/${slow}/approve`);
    const moved = await publishSaturday(gateway, "18:00");
    const late = await gateway.call("POST", `/v1/rulebooks/proposals/${slow}/publish`);
    expect([late.status, late.body.code]).toEqual([409, "base_moved"]);
    expect(late.body.detail).toContain(before);
    expect(late.body.detail).toContain(moved);
    expect(await active(gateway)).toBe(moved);
  });

  test("a rollback goes back step by step, only to what was active, and only from what is believed active", async () => {
    const gateway = await testGateway();
    const first = await active(gateway);
    const nothing = await gateway.call("POST", "/v1/rulebooks/rollback", { note: "x" });
    expect([nothing.status, nothing.body.code]).toEqual([409, "nothing_to_roll_back"]);
    const second = await publishSaturday(gateway, "18:00");
    const files = { [FR]: await frenchSaturday("17:00") };
    const { body: { hash: fourth } } = await gateway.call("POST", "/v1/rulebooks", { base: "active", files });
    const other = await secondAdmin(gateway);
    const id = await proposed(gateway, fourth);
    const never = await gateway.call("POST", "/v1/rulebooks/rollback", { to: fourth, note: "x" });
    expect([never.status, never.body.code]).toEqual([409, "never_active"]);
    await other("POST", `/v1/rulebooks/proposals/${id}/approve`);
    await other("POST", `/v1/rulebooks/proposals/${id}/publish`);

    const stale = await gateway.call("POST", "/v1/rulebooks/rollback", { from: second, note: "x" });
    expect([stale.status, stale.body.code]).toEqual([409, "base_moved"]);
    expect((await gateway.call("POST", "/v1/rulebooks/rollback", { from: fourth, note: "x" })).body.active).toBe(
      second,
    );
    expect((await gateway.call("POST", "/v1/rulebooks/rollback", { note: "x" })).body.active).toBe(first);
    expect((await gateway.call("POST", "/v1/rulebooks/rollback", { note: "x" })).body.code).toBe(
      "nothing_to_roll_back",
    );
    expect((await gateway.call("POST", "/v1/rulebooks/rollback", { to: fourth, note: "x" })).body.active).toBe(fourth);
  });

  test("of two approvals at once one counts, and of a publication and a rollback at once one", async () => {
    const gateway = await testGateway();
    const [second, third] = [await secondAdmin(gateway), await secondAdmin(gateway)];
    const first = await active(gateway);
    const published = await publishSaturday(gateway, "18:00");
    const files = { [FR]: await frenchSaturday("17:00") };
    const { body: { hash } } = await gateway.call("POST", "/v1/rulebooks", { base: "active", files });
    const id = await proposed(gateway, hash);
    const approvals = await Promise.all(
      [second, third].map((call) => call("POST", `/v1/rulebooks/proposals/${id}/approve`)),
    );
    expect(approvals.map(({ status }) => status).sort()).toEqual([200, 409]);

    const [publication, rollback] = await Promise.all([
      gateway.call("POST", `/v1/rulebooks/proposals/${id}/publish`),
      second("POST", "/v1/rulebooks/rollback", { from: published, note: "at once" }),
    ]);
    expect([publication.status, rollback.status].sort()).toEqual([200, 409]);
    expect(await active(gateway)).toBe(publication.status === 200 ? hash : first);
    const { rows } = await gateway.db.client.execute("select rulebook from activations order by id desc limit 1");
    expect(rows[0]!["rulebook"]).toBe(await active(gateway));
  });

  test.each(DATABASE_KINDS)("%s: the same publication sent eight times at once makes one activation", async (kind) => {
    const gateway = await testGateway({ kind });
    const other = await secondAdmin(gateway);
    const hash = await storeDraft(gateway);
    const id = await proposed(gateway, hash);
    await other("POST", `/v1/rulebooks/proposals/${id}/approve`);
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => other("POST", `/v1/rulebooks/proposals/${id}/publish`)),
    );
    expect(replies.filter(({ status }) => status === 200).length).toBe(1);
    expect((await gateway.call("GET", `/v1/rulebooks/${hash}`)).body.activations.length).toBe(1);
    const instance = await openAgain(gateway.db);
    expect((await new SettingsCache(instance.client).current()).rulebook.hash).toBe(hash);
    await instance.close();
  });

  test.each([
    ["POST", "/v1/rulebooks", { files: {} }],
    ["POST", "/v1/rulebooks/validate", { files: {} }],
    ["POST", "/v1/rulebooks/rollback", { note: "x" }],
    ["POST", "/v1/rulebooks/active/propose", { note: "x" }],
    ["POST", "/v1/rulebooks/proposals/prp_x/approve", {}],
    ["POST", "/v1/rulebooks/proposals/prp_x/reject", {}],
    ["POST", "/v1/rulebooks/proposals/prp_x/withdraw", {}],
    ["POST", "/v1/rulebooks/proposals/prp_x/publish", {}],
  ])("the key of an app cannot %s %s", async (method, path, body) => {
    const gateway = await testGateway();
    expect((await gateway.appCall(method, path, body)).body.code).toBe("forbidden");
    if (path.includes("prp_x")) expect((await gateway.call(method, path, body)).body.code).toBe("no_such_proposal");
  });
});

test("versions are listed newest first, page by page, with their states", async () => {
  const gateway = await testGateway();
  const first = await active(gateway);
  gateway.clock.advance(1_000);
  const second = await publishSaturday(gateway, "18:00");
  const { body: { files } } = await gateway.call("GET", "/v1/rulebooks/active");
  for (const [index, name] of ["one", "two", "three"].entries()) {
    if (index === 1) gateway.clock.advance(1_000);
    await gateway.call("POST", "/v1/rulebooks", { base: "active", files: { [FR]: `${files[FR]}\n# ${name}\n` } });
  }
  const listed = await walkPages(gateway, "/v1/rulebooks", 2);
  expect(listed.map((one) => one.state)).toEqual([
    "draft",
    "draft",
    expect.any(String),
    expect.any(String),
    "superseded",
  ]);
  expect(new Set(listed.map((one) => one.hash)).size).toBe(5);
  expect(listed.find((one) => one.hash === second)).toMatchObject({ state: "active", proposal_id: expect.any(String) });
  expect(listed.at(-1).hash).toBe(first);
});

describe("before a change is decided on", () => {
  test("a diff says in plain language what changes", async () => {
    const gateway = await testGateway();
    const hash = await storeDraft(gateway);
    const { status, body } = await gateway.call("GET", `/v1/rulebooks/diff?to=${hash}`);
    expect([status, body.from, body.to]).toEqual([200, await active(gateway), hash]);
    expect(body.changes.map((one: { words: string }) => one.words)).toEqual([
      "France: quiet hours on Saturday now start at 18:00 (20:00 before)",
    ]);
    expect((await gateway.call("GET", "/v1/rulebooks/diff")).body.errors[0].field).toBe("to");
    const unknown = await gateway.call("GET", "/v1/rulebooks/diff?to=rb_00000000000000000000");
    expect([unknown.status, unknown.body.code]).toEqual([404, "no_such_rulebook"]);
  });

  test("a simulation shows what would have become of past messages, and a proposal keeps its counts", async () => {
    const gateway = await testGateway({ clock: "2026-11-28T18:30:00+01:00" });
    await consent(gateway, PERSON);
    const sent = await gateway.call("POST", "/v1/messages", { to: PERSON, from: "36105", text: PROMO });
    await gateway.mo(PERSON, "36105", "Merci");
    const hash = await storeDraft(gateway);
    const { status, body } = await gateway.call("POST", `/v1/rulebooks/${hash}/simulate`, { last: 100 });
    expect([status, body.messages, body.changed]).toEqual([200, 2, 1]);
    expect(body.groups).toMatchObject([{
      change: "allow -> hold quiet_hours",
      rules: [{ id: "hours.quiet", now: "matches" }],
      messages: [{
        id: sent.body.id,
        to: PERSON,
        before: { outcome: "allow" },
        after: { outcome: "hold quiet_hours" },
      }],
    }]);
    const written = await gateway.call("POST", `/v1/rulebooks/${hash}/simulate`, {
      messages: [{ text: PROMO, consent: "granted", at: "2026-11-28T19:00:00+01:00" }, { text: PROMO }],
    });
    expect([written.body.messages, written.body.changed]).toEqual([2, 1]);
    expect((await gateway.appCall("POST", `/v1/rulebooks/${hash}/simulate`, {})).body.code).toBe("forbidden");

    const proposal = await gateway.call("POST", `/v1/rulebooks/${hash}/propose`, { note: "x" });
    expect(proposal.body.simulation).toMatchObject({ messages: 2, changed: 1, groups: [{ count: 1 }] });
    expect(JSON.stringify(proposal.body)).not.toContain(PERSON);
  });
});

describe("GET /v1/messages/{id}/explain", () => {
  test("gives each rule with its text as it stood, even after the rules changed", async () => {
    const gateway = await testGateway();
    const before = await active(gateway);
    const refused = await gateway.call("POST", "/v1/messages", { to: PERSON, from: "36105", text: PROMO });
    await publishSaturday(gateway);
    const { status, body } = await gateway.call("GET", `/v1/messages/${refused.body.message_id}/explain`);
    expect([status, body.decision.rulebook, body.rulebook_stored]).toEqual([200, before, true]);
    const rule = body.rules.find((one: { id: string }) => one.id === "consent.advertising_needs_consent");
    expect(rule).toMatchObject({ effect: "refuse consent_missing", file: "outbound/4_consent.yaml" });
    expect(rule.text).toMatch(/^id: consent\.advertising_needs_consent\n/);
    expect(rule.text).toContain("\nconditions:\n  all:\n");
    const lines = (await gateway.call("GET", `/v1/rulebooks/${before}`)).body.files[rule.file].split("\n");
    expect(lines[rule.line - 1]).toContain(rule.id);
  });

  test("names the words that a rule went by", async () => {
    const gateway = await testGateway();
    const { body: { message_id } } = await gateway.mo(PERSON, "36105", "Stop svp");
    const { body } = await gateway.call("GET", `/v1/messages/${message_id}/explain`);
    expect(body.decision.intent).toBe("opt_out");
    expect(body.rules.map((one: { matched: string | null }) => one.matched)).toContain('"Stop"');
  });

  test("a message that is not there, and a version that is not stored", async () => {
    const gateway = await testGateway();
    expect((await gateway.call("GET", "/v1/messages/msg_none/explain")).status).toBe(404);
    const { body: { message_id } } = await gateway.mo(PERSON, "36105", "STOP");
    await gateway.db.client.execute("delete from rulebooks");
    const { status, body } = await gateway.call("GET", `/v1/messages/${message_id}/explain`);
    expect([status, body.rulebook_stored, body.rules[0].text]).toEqual([200, false, null]);
  });
});
