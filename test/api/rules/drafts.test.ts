import { beforeEach, describe, expect, test } from "vitest";
import { speakAs } from "../../../src/api/access/auth.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { sharedGateway } from "../../support/shared_gateway.ts";

const deployment = (brand: string) => `kind: deployment\nbrand: ${brand}\ncontact: help@parley.example\n`;

describe.each(DATABASE_KINDS)("drafts of changes (%s)", (kind) => {
  const gateway = sharedGateway(kind);
  beforeEach(() => gateway.sql("delete from rule_drafts"));

  const as = (actor: string) => async (method: string, path: string, body?: unknown) => {
    const answer = await gateway.app.fetch(speakAs(
      new Request(`http://inside/v1/rulebooks${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      }),
      { actor, name: actor, role: "compliance" },
    ));
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
  };
  const [anna, bob] = [as("usr_a"), as("usr_b")];

  test("one's own, kept with what they change, until they are deleted", async () => {
    const { status, body: draft } = await anna("POST", "/drafts", { name: "Hours" });
    expect([status, draft]).toEqual([
      201,
      expect.objectContaining({ name: "Hours", revision: 1, base_active: true, files: {} }),
    ]);
    const changed = await anna("PATCH", `/drafts/${draft.id}`, {
      revision: 1,
      files: { "deployment.yaml": deployment("ACME") },
    });
    expect(changed.body).toMatchObject({ revision: 2, changed: ["deployment.yaml"] });
    expect((await anna("GET", `/drafts/${draft.id}`)).body.files).toEqual({ "deployment.yaml": deployment("ACME") });
    for (
      const [method, path, body] of [
        ["GET", `/drafts/${draft.id}`],
        ["PATCH", `/drafts/${draft.id}`, { revision: 2, name: "Mine" }],
        ["DELETE", `/drafts/${draft.id}`],
      ] as const
    ) {
      expect([method, (await bob(method, path, body)).body.code]).toEqual([method, "no_such_draft"]);
    }
    expect((await bob("GET", "/drafts")).body.data).toEqual([]);
    expect((await anna("GET", "/drafts")).body.data.map(({ name }: { name: string }) => name)).toEqual(["Hours"]);
    expect((await anna("DELETE", `/drafts/${draft.id}`)).status).toBe(204);
    expect((await anna("GET", "/drafts")).body.data).toEqual([]);
  });

  test("of two windows the one that knows an older state is told, and writes nothing", async () => {
    const { id } = (await anna("POST", "/drafts", { name: "Two" })).body;
    const files = (brand: string) => ({ revision: 1, files: { "deployment.yaml": deployment(brand) } });
    const both = await Promise.all([
      anna("PATCH", `/drafts/${id}`, files("One")),
      anna("PATCH", `/drafts/${id}`, files("Other")),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    const lost = both.find(({ status }) => status === 409)!;
    expect(lost.body).toMatchObject({ code: "draft_changed", detail: expect.stringContaining("revision 2") });
    const won = both.find(({ status }) => status === 200)!;
    expect((await anna("GET", `/drafts/${id}`)).body.files).toEqual(won.body.files);
  });

  test("a draft is deleted at the revision that is known, if one is given", async () => {
    const { id } = (await anna("POST", "/drafts", { name: "Kept" })).body;
    await anna("PATCH", `/drafts/${id}`, { revision: 1, name: "Kept, changed" });
    const { status, body } = await anna("DELETE", `/drafts/${id}?revision=1`);
    expect([status, body.code]).toEqual([409, "draft_changed"]);
    expect((await anna("GET", `/drafts/${id}`)).body.name).toBe("Kept, changed");
    expect((await anna("DELETE", `/drafts/${id}?revision=2`)).status).toBe(204);
    expect((await anna("DELETE", `/drafts/${id}?revision=2`)).status).toBe(404);
  });

  test("a file as in the base is no change, however it came to be; deleting one is", async () => {
    const { id, base } = (await anna("POST", "/drafts", { name: "Back" })).body;
    const before = (await anna("GET", `/${base}/file?path=deployment.yaml`)).body.text;
    await anna("PATCH", `/drafts/${id}`, {
      revision: 1,
      files: { "deployment.yaml": deployment("X"), "flows.yaml": null },
    });
    const { body } = await anna("PATCH", `/drafts/${id}`, { revision: 2, files: { "deployment.yaml": before } });
    expect(body.files).toEqual({ "flows.yaml": null });
    const { body: reverted } = await anna("PATCH", `/drafts/${id}`, { revision: 3, revert: ["flows.yaml"] });
    expect(reverted.files).toEqual({});
  });

  test("what others publish meanwhile is put into it; what both changed is told", async () => {
    const { id } = (await anna("POST", "/drafts", { name: "Late" })).body;
    await anna("PATCH", `/drafts/${id}`, {
      revision: 1,
      files: { "deployment.yaml": deployment("Anna"), "replies/extra.txt.yaml": "kind: x\n" },
    });
    const { hash } = (await bob("POST", "", { base: "active", files: { "deployment.yaml": deployment("Bob") } })).body;
    const proposal = (await bob("POST", `/${hash}/propose`, { note: "x" })).body;
    expect((await anna("POST", `/proposals/${proposal.id}/approve`, {})).status).toBe(200);
    await bob("POST", `/proposals/${proposal.id}/publish`, {});
    expect((await anna("GET", `/drafts/${id}`)).body.base_active).toBe(false);
    const { body } = await anna("PATCH", `/drafts/${id}`, { revision: 2, rebase: true });
    expect(body).toMatchObject({ base: hash, base_active: true, conflicts: ["deployment.yaml"] });
    expect(Object.keys(body.files).sort()).toEqual(["deployment.yaml", "replies/extra.txt.yaml"]);
    // Taken up again from a version that is not active, it holds what that one says otherwise.
    const again = (await anna("POST", "/drafts", { name: "Again", from: hash })).body;
    expect(again.files).toEqual({});
    await bob("POST", "/rollback", { note: "x" });
    const undone = (await anna("POST", "/drafts", { name: "Again", from: hash })).body;
    expect(undone.files).toEqual({ "deployment.yaml": deployment("Bob") });
  });

  test("nobody keeps more than twenty", async () => {
    const made = await Promise.all(Array.from({ length: 22 }, () => anna("POST", "/drafts", { name: "Many" })));
    expect(made.filter(({ status }) => status === 201)).toHaveLength(20);
    expect(made.find(({ status }) => status === 409)!.body.code).toBe("too_many_drafts");
  });

  test.each([
    [{ revision: 1, files: { "../x.yaml": "x" } }, "files"],
    [{ revision: "1" }, "revision"],
    [{ revision: 1, name: "a\nb" }, "name"],
  ])("what cannot be taken names the field: %j", async (body, field) => {
    const { id } = (await anna("POST", "/drafts", { name: "Bad" })).body;
    const answer = await anna("PATCH", `/drafts/${id}`, body);
    expect([answer.status, answer.body.errors[0].field]).toEqual([422, field]);
  });
});

describe("a change that is not stored", () => {
  const gateway = sharedGateway("embedded");
  const call = async (path: string, body: unknown) => (await gateway.call("POST", `/v1/rulebooks${path}`, body)).body;

  test("is told in plain language", async () => {
    const { changes } = await call("/diff", { base: "active", files: { "deployment.yaml": deployment("ACME") } });
    expect(changes.map(({ kind }: { kind: string }) => kind)).toContain("deployment");
    expect((await call("/diff", { base: "active", files: { "deployment.yaml": "kind: nothing\n" } })).code).toBe(
      "rulebook_invalid",
    );
  });

  test("is read while it is typed, without running examples; with the lint where that is asked for", async () => {
    const quick = await call("/validate", {
      base: "active",
      examples: false,
      files: { "deployment.yaml": deployment("ACME") },
    });
    expect(quick).toMatchObject({ valid: true, problems: [], examples: 0, findings: [] });
    const typed = await call("/validate", {
      base: "active",
      examples: false,
      files: { "deployment.yaml": "kind: deployment\nbrand: [\n" },
    });
    expect(typed).toMatchObject({ valid: false, problems: [{ file: "deployment.yaml", line: expect.any(Number) }] });
    const linted = await call("/validate", { base: "active", lint: true, files: { "flows.yaml": null } });
    expect(linted.examples).toBeGreaterThan(100);
    expect(linted.findings).toEqual(expect.any(Array));
  });

  test("a malformed keyword is told as any other mistake", async () => {
    const { text } = (await gateway.call("GET", "/v1/rulebooks/active/file?path=lexicons/keywords.yaml")).body;
    const files = { "lexicons/keywords.yaml": text.replace("words: [", "words: ['CONTACT [MOI', ") };
    const told = await gateway.call("POST", "/v1/rulebooks/validate", { base: "active", files });
    expect([told.status, told.body]).toMatchObject([200, {
      valid: false,
      problems: [{ file: "lexicons/keywords.yaml", problem: expect.stringContaining("CONTACT [MOI") }],
    }]);
  });

  test("the example of a country that fails is told with its line", async () => {
    const { text } = (await gateway.call("GET", "/v1/rulebooks/active/file?path=countries/fr.yaml")).body;
    const { problems } = await call("/validate", {
      base: "active",
      files: { "countries/fr.yaml": text.replace('mon-sat: "08:00-20:00"', 'mon-fri: "08:00-20:00", sat: closed') },
    });
    const sunday = text.split("\n").findIndex((line: string) => line.includes("hold_until")) + 1;
    expect(problems.length).toBeGreaterThan(0);
    for (const { file, line } of problems) {
      expect(file).toBe("countries/fr.yaml");
      expect(line).toBeGreaterThan(0);
    }
    expect(Math.abs(problems[0].line - sunday)).toBeLessThan(60);
  });

  test("can be written with the schema of its kind beside it", async () => {
    const schema = async (kind: string) => (await gateway.call("GET", `/v1/rulebooks/schemas/${kind}`)).body;
    expect((await schema("country")).title).toBe("Parley rule file: country");
    expect((await schema("nothing")).code).toBe("not_found");
  });

  test("is simulated, with progress for whoever listens", async () => {
    await gateway.call("POST", "/v1/messages", { to: "+33612345678", from: "36105", text: "Votre code est 123456." });
    const files = { "deployment.yaml": deployment("ACME") };
    expect(await call("/active/simulate", { files })).toMatchObject({ messages: 1, changed: 0 });
    const answer = await gateway.app.request("/v1/rulebooks/active/simulate", {
      method: "POST",
      body: JSON.stringify({ files }),
      headers: {
        "content-type": "application/json",
        accept: "text/event-stream",
        authorization: "Bearer pk_test_of_an_instance",
      },
    });
    const events = (await answer.text()).split("\n\n").filter((one) => one !== "").map((one) => one.split("\n")[0]);
    expect(events).toEqual(["event: progress", "event: result"]);
  });
});
