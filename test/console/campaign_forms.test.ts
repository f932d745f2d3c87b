import { expect, test } from "vitest";
import { CAMPAIGN_TEXT } from "../support/campaign.ts";
import { consoleFetch, staff } from "../support/console.ts";
import { testGateway } from "../support/gateway.ts";

/** Forms of campaigns as they are sent: what another window wrote meanwhile is neither lost nor started unseen. */

const DRAFT = { name: "Sale", from: "36105", text: CAMPAIGN_TEXT, audience: {} };
const THEIRS = { ...DRAFT, text: "Theirs <b>text</b> : -50% !", max_segments: 2 };
const FORM = {
  name: "Sale",
  from: "36105",
  text: `${CAMPAIGN_TEXT}\r\nMine <i>text</i>`,
  fuse_opt_out: "5",
  fuse_failure: "25",
  fuse_after: "100",
};

async function opened() {
  const g = await testGateway();
  await g.call("POST", "/v1/contacts", { msisdn: "+33612345678" });
  const { body: { id } } = await g.call("POST", "/v1/campaigns", DRAFT);
  const fetch = consoleFetch(g, () => staff("compliance"));
  const open = async (path: string, form?: Record<string, string>) => {
    const answer = await fetch(
      new Request(`http://localhost/console/campaigns/${id}${path}`, {
        ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }),
        headers: { "sec-fetch-site": "same-origin" },
      }),
    );
    return { status: answer.status, html: await answer.text() };
  };
  const stored = async () => (await g.call("GET", `/v1/campaigns/${id}`)).body;
  return { g, id, open, stored };
}
const revisions = (html: string) => [...html.matchAll(/name="revision" value="([^"]*)"/g)].map(([, one]) => one!);

test("a text that another window changed is not written over unseen: what is typed stays, with what stands there", async () => {
  const { g, id, open, stored } = await opened();
  const [revision] = revisions((await open("/edit")).html);
  const theirs = (await g.call("PUT", `/v1/campaigns/${id}`, THEIRS)).body;
  for (const stale of [{ revision: revision! }, { revision: "" }, {} as Record<string, string>]) {
    const { status, html } = await open("", { ...FORM, ...stale });
    expect(status).toBe(409);
    expect(html).toContain("this campaign was changed in another window");
    expect(html).toContain("Mine &lt;i&gt;text&lt;/i&gt;</textarea>");
    const differs = html.slice(html.indexOf("What it says now"), html.indexOf('class="compose"'));
    expect(differs).toContain("Theirs &lt;b&gt;text&lt;/b&gt;");
    expect(differs).toMatch(/At most segments|Segments at most/);
    expect(differs).not.toContain("Fuse");
    expect(revisions(html)).toEqual([theirs.revision]);
    expect(html).toContain("Save mine over it");
    expect(await stored()).toEqual(theirs);
  }
  expect((await open("", { ...FORM, revision: theirs.revision })).status).toBe(303);
  expect(await stored()).toMatchObject({ text: FORM.text.replace("\r\n", "\n"), max_segments: null });
});

test("the preview without scripts and a refusal for another reason keep the revision that was seen", async () => {
  const { g, id, open } = await opened();
  const [seen] = revisions((await open("/edit")).html);
  await g.call("PUT", `/v1/campaigns/${id}`, THEIRS);
  const fields = { ...FORM, id, revision: seen! };
  expect(revisions((await open("/../preview", fields)).html)).toEqual([seen]);
  const refused = await open("", { ...fields, text: "{name" });
  expect(revisions(refused.html)).toHaveLength(1);
  expect((await open("", fields)).status).toBe(409);
});

test.each(["start", "delete"])(
  "%s of a text that the page does not show is not done, and the page shows it",
  async (step) => {
    const { g, id, open, stored } = await opened();
    const shown = revisions((await open("")).html);
    expect(shown).toEqual([shown[0], shown[0]]);
    const theirs = (await g.call("PUT", `/v1/campaigns/${id}`, THEIRS)).body;
    for (const revision of [shown[0]!, ""]) {
      const { status, html } = await open(`/${step}`, { revision });
      expect(status).toBe(409);
      expect(html).toContain("this campaign was changed in another window meanwhile");
      expect(html).toContain("Theirs &lt;b&gt;text");
      expect(revisions(html)).toEqual([theirs.revision, theirs.revision]);
      expect(await stored()).toEqual(theirs);
    }
    expect((await open(`/${step}`, { revision: theirs.revision })).status).toBe(303);
  },
);

test("a draft that is gone or started keeps what was typed", async () => {
  const { g, id, open } = await opened();
  const [revision] = revisions((await open("/edit")).html);
  await g.call("POST", `/v1/campaigns/${id}/start`);
  const started = await open("", { ...FORM, revision: revision! });
  expect([started.status, started.html.includes("Mine &lt;i&gt;text")]).toEqual([409, true]);
  await g.db.client.execute("delete from campaigns");
  const gone = await open("", { ...FORM, revision: revision! });
  expect([gone.status, gone.html.includes("Mine &lt;i&gt;text")]).toEqual([404, true]);
});
