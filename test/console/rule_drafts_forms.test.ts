import { describe, expect, test } from "vitest";
import { consoleFetch, staff } from "../support/console.ts";
import { type TestGateway, testGateway } from "../support/gateway.ts";
import { FR, publishSaturday } from "../support/rulebook_life.ts";
import { shippedRules } from "../support/rulebook.ts";

/** Forms of the workbench as they are sent. */

const GB = "countries/gb.yaml";

/** Sends a form as the workbench does, or opens a page when there is none. */
function sender(g: TestGateway) {
  const fetch = consoleFetch(g, () => staff("compliance"));
  return async (path: string, form: Record<string, string> = {}) => {
    const [method, body] = Object.keys(form).length === 0 ? ["GET", null] : ["POST", new URLSearchParams(form)];
    const headers = { "sec-fetch-site": "same-origin" };
    const answer = await fetch(new Request(`http://localhost/console/rules/drafts${path}`, { method, headers, body }));
    return { status: answer.status, location: answer.headers.get("location") ?? "", html: await answer.text() };
  };
}

test("a draft on another base than the active version is not proposed: it would take back what others published", async () => {
  const g = await testGateway();
  const send = sender(g);
  const begun = await send("", { name: "A note" });
  const at = begun.location.replace("/console/rules/drafts", "");
  // Longer than any other form: a rule file may be a table of words.
  const text = `${(await shippedRules()).sources[GB]}\n# ${"é".repeat(100_000)}\n`;
  expect((await send(`${at}/file`, { file: GB, revision: "1", text })).status).toBe(303);
  const active = await publishSaturday(g);

  const opened = await send(`${at}/propose`);
  const refused = await send(`${at}/propose`, { note: "Why <b>it</b> changes", revision: "2" });
  // What was typed is not lost with the form.
  expect(refused.html).toContain("You wrote, for the proposal:");
  expect(refused.html).toContain("Why &lt;b&gt;it&lt;/b&gt; changes");
  expect(opened.html).not.toContain("You wrote");
  for (const answer of [opened, refused]) {
    expect(answer.status).toBe(409);
    expect(answer.html).toContain(`action="/console/rules/drafts${at}/rebase"`);
    expect(answer.html).not.toContain('name="note"');
  }
  expect((await g.call("GET", "/v1/rulebooks/proposals?state=proposed")).body.data).toEqual([]);

  expect((await send(`${at}/rebase`, { revision: "2" })).status).toBe(303);
  expect((await send(`${at}/propose`, { note: "x", revision: "3" })).status).toBe(303);
  const [proposal] = (await g.call("GET", "/v1/rulebooks/proposals?state=proposed")).body.data;
  expect(proposal.base).toBe(active);
  const { files } = (await g.call("GET", `/v1/rulebooks/${proposal.rulebook}`)).body;
  expect(files[FR]).toContain('sat: "08:00-18:00"');
  expect(files[GB]).toBe(text);
});

test("a draft that another window changes while it is proposed is kept, and the proposal says so", async () => {
  const g = await testGateway();
  const fetch = consoleFetch(g, () => staff("compliance"));
  const send = async (path: string, form?: Record<string, string>) => {
    const answer = await fetch(
      new Request(`http://localhost${path}`, {
        ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }),
        headers: { "sec-fetch-site": "same-origin" },
      }),
    );
    return { location: answer.headers.get("location") ?? "", html: await answer.text() };
  };
  const { location: at } = await send("/console/rules/drafts", { name: "A note" });
  const text = `${(await shippedRules()).sources[GB]}\n# a note\n`;
  await send(`${at}/file`, { file: GB, revision: "1", text });
  // The other window saves right between the proposal and the end of the draft.
  await g.db.client.execute(
    "create trigger other_window after insert on proposals begin update rule_drafts set revision = revision + 1; end",
  );
  const { location: proposal } = await send(`${at}/propose`, { note: "x", revision: "2" });
  expect((await send(proposal)).html).toContain("it is kept");
  expect((await send(at)).html).toContain("# a note");
});

describe("what another window saved meanwhile stays, and the form says so", () => {
  const CHANGED = "this draft was changed in another window";
  test.each([
    { name: "back to the version in force", path: "/revert", form: { file: GB, what: "revert" } },
    { name: "delete the file", path: "/revert", form: { file: GB, what: "delete" } },
    { name: "bring up to date", path: "/rebase", form: {} },
    { name: "delete the draft", path: "/delete", form: {} },
    { name: "propose", path: "/propose", form: { note: "Why <b>it</b> changes" } },
  ])("$name", async ({ path, form }) => {
    const send = sender(await testGateway());
    const at = (await send("", { name: "A note" })).location.replace("/console/rules/drafts", "");
    const text = (await shippedRules()).sources[GB]!;
    await send(`${at}/file`, { file: GB, revision: "1", text: `${text}\n# mine\n` });
    await send(`${at}/file`, { file: GB, revision: "2", text: `${text}\n# theirs\n` });
    for (const stale of [{ revision: "2" }, { revision: "" }]) {
      const answer = await send(`${at}${path}`, { ...form, ...stale });
      expect(answer.status).toBe(stale.revision === "2" || path === "/propose" ? 409 : 422);
      if (stale.revision === "2") expect(answer.html).toContain(CHANGED);
      if (path === "/propose") expect(answer.html).toContain("Why &lt;b&gt;it&lt;/b&gt; changes</textarea>");
      expect((await send(at)).html).toContain("# theirs");
    }
    const shown = await send(path === "/delete" ? "" : `${at}${path === "/propose" ? path : ""}`);
    expect(shown.html).toContain('name="revision" value="3"');
    expect((await send(`${at}${path}`, { ...form, revision: "3" })).status).toBe(303);
  });
});

test("a draft with a malformed keyword can be opened, and says what is wrong", async () => {
  const send = sender(await testGateway());
  const at = (await send("", { name: "A word" })).location.replace("/console/rules/drafts", "");
  const file = "lexicons/keywords.yaml";
  const text = (await shippedRules()).sources[file]!.replace("words: [", "words: ['CONTACT [MOI', ");
  expect((await send(`${at}/file`, { file, revision: "1", text })).status).toBe(303);
  const page = await send(at);
  expect(page.status).toBe(200);
  expect(page.html).toContain("has a [ without its ]");
});

describe("a decision that is refused keeps the note that was typed for it", () => {
  const LONG = `Counsel said <so>. ${"x".repeat(5_000)}`;
  const SHOWN = LONG.replace("<so>", "&lt;so&gt;");
  const post = async (g: TestGateway, path: string, note: string) => {
    const answer = await consoleFetch(g, () => staff("compliance"))(
      new Request(`http://localhost/console/rules${path}`, {
        method: "POST",
        body: new URLSearchParams({ note }),
        headers: { "sec-fetch-site": "same-origin" },
      }),
    );
    return { status: answer.status, html: await answer.text() };
  };

  test("on a proposal", async () => {
    const g = await testGateway();
    const send = sender(g);
    const at = (await send("", { name: "A note" })).location.replace("/console/rules/drafts", "");
    await send(`${at}/file`, { file: GB, revision: "1", text: `${(await shippedRules()).sources[GB]}\n# a note\n` });
    await send(`${at}/propose`, { note: "x", revision: "2" });
    const [{ id }] = (await g.call("GET", "/v1/rulebooks/proposals?state=proposed")).body.data;
    const { status, html } = await post(g, `/proposals/${id}/withdraw`, LONG);
    expect(status).toBe(422);
    expect(html).toContain(`>${SHOWN}</textarea>`);
    expect(html).toContain('id="note-error"');
    const standing = await post(g, `/proposals/${id}/publish`, "on Monday");
    expect([standing.status, standing.html.includes(">on Monday</textarea>")]).toEqual([409, true]);
  });

  test("on a version to go back to", async () => {
    const g = await testGateway();
    const { body: { rulebook } } = await g.call("GET", "/v1/rulebooks/active/countries");
    await publishSaturday(g);
    const { status, html } = await post(g, `/versions/${rulebook}/rollback`, LONG);
    expect(status).toBe(422);
    expect(html).toContain(`>${SHOWN}</textarea>`);
    expect(html).toContain('id="note-error"');
  });
});
