import { describe, expect, test } from "vitest";
import { addAudience } from "../../support/audience.ts";
import { before } from "../../support/before.ts";
import { CAMPAIGN_TEXT } from "../../support/campaign.ts";
import { TUESDAY } from "../../support/instance.ts";
import { sharedGateway } from "../../support/shared_gateway.ts";

/** Whoever read a draft before somebody else wrote it anew: `If-Match` with the `ETag` that they saw. */

const DRAFT = { name: "Winter sale", from: "36105", text: CAMPAIGN_TEXT, audience: {} };
const THEIRS = { ...DRAFT, text: `${CAMPAIGN_TEXT} Vite !` };

describe("a revision", () => {
  const g = sharedGateway("embedded");
  const written = async (body: unknown = DRAFT) => {
    const { body: { id }, headers } = await g.call("POST", "/v1/campaigns", body);
    return { path: `/v1/campaigns/${id}`, etag: headers.get("etag")! };
  };

  test("is the ETag of what is written, and stands in the body", async () => {
    const { path, etag } = await written();
    const read = await g.call("GET", path);
    expect(etag).toMatch(/^"[0-9a-f]{16,64}"$/);
    expect([read.headers.get("etag"), `"${read.body.revision}"`]).toEqual([etag, etag]);
    const put = await g.call("PUT", path, THEIRS);
    expect(put.headers.get("etag")).toBe(`"${put.body.revision}"`);
    expect(put.headers.get("etag")).not.toBe(etag);
    // Written back as it was, it is the same text again.
    expect((await g.call("PUT", path, DRAFT)).headers.get("etag")).toBe(etag);
  });

  test.each([
    ["name", { name: "Other" }],
    ["from", { from: "PARLEY" }],
    ["text", { text: "Bonjour" }],
    ["category", { category: "informative" }],
    ["purpose", { purpose: "informative:orders" }],
    ["audience", { audience: { filter: { tags: ["vip"] } } }],
    ["scheduled_at", { scheduled_at: "2026-11-25T09:00:00Z" }],
    ["valid_until", { valid_until: "2026-11-25T09:00:00Z" }],
    ["sending_window", { sending_window: { mon: "10:00-11:00" } }],
    ["rate_per_second", { rate_per_second: 2 }],
    ["max_segments", { max_segments: 2 }],
    ["fuse", { fuse: { after: 7 } }],
  ])("is another when %s is", async (_, more) => {
    const { etag } = await written();
    expect((await written({ ...DRAFT, ...more })).etag).not.toBe(etag);
  });

  test("stays while a campaign runs: its counts are not written by anybody", async () => {
    await addAudience(g.db, { count: 1, now: TUESDAY });
    const { path } = await written();
    const etag = (await g.call("POST", `${path}/start`)).headers.get("etag");
    await g.campaigns.tick();
    await g.dispatcher.tick();
    const running = await g.call("GET", path);
    expect([running.body.messages, running.headers.get("etag")]).toEqual([1, etag]);
  });

  const STEPS = [["PUT", "", THEIRS, 200], ["DELETE", "", undefined, 204], ["POST", "/start", undefined, 200]] as const;
  test.each(STEPS)("%s %s with another one does nothing, and says so", async (method, step, body, done) => {
    await addAudience(g.db, { count: 1, now: TUESDAY });
    const { path, etag } = await written();
    const { body: theirs, headers } = await g.call("PUT", path, { ...DRAFT, name: "Theirs" });
    for (const stale of [etag, `W/${headers.get("etag")}`, '""', "", theirs.revision, `"x", ${etag}`]) {
      const answer = await g.call(method, `${path}${step}`, body, { "if-match": stale });
      expect([stale, answer.status, answer.body.code]).toEqual([stale, 412, "campaign_changed"]);
      expect(answer.headers.get("etag")).toBe(headers.get("etag"));
      expect((await g.call("GET", path)).body).toEqual(theirs);
    }
    const current = headers.get("etag")!;
    expect((await g.call(method, `${path}${step}`, body, { "if-match": `"x", ${current}` })).status).toBe(done);
  });

  test.each(STEPS)("%s %s for any one (`*`), or without saying, is done", async (method, step, body, done) => {
    await addAudience(g.db, { count: 1, now: TUESDAY });
    for (const headers of [{ "if-match": "*" }, {}]) {
      const { path } = await written();
      await g.call("PUT", path, THEIRS);
      expect((await g.call(method, `${path}${step}`, body, headers)).status).toBe(done);
    }
  });

  test.each(STEPS)("%s %s finds out when somebody writes in the instant between", async (method, step, body) => {
    await addAudience(g.db, { count: 1, now: TUESDAY });
    const { path, etag } = await written();
    const words = {
      PUT: "update campaigns set name",
      DELETE: "delete from campaigns",
      POST: "update campaigns set state",
    };
    before(g, words[method], async () => {
      expect((await g.call("PUT", path, { ...DRAFT, name: "Theirs" })).status).toBe(200);
    });
    const answer = await g.call(method, `${path}${step}`, body, { "if-match": etag });
    expect([answer.status, answer.body.code]).toEqual([412, "campaign_changed"]);
    expect((await g.call("GET", path)).body).toMatchObject({ name: "Theirs", state: "draft" });
  });

  test("of one that is started is not asked for: its state is what matters", async () => {
    await addAudience(g.db, { count: 1, now: TUESDAY });
    const { path } = await written();
    await g.call("POST", `${path}/start`);
    for (const [method, step, body] of STEPS) {
      const answer = await g.call(method, `${path}${step}`, body, { "if-match": '"other"' });
      expect([step, answer.status, answer.body.code]).toEqual([step, 409, "wrong_state"]);
    }
  });
});
