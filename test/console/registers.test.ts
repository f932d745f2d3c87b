import { beforeEach, expect, test } from "vitest";
import { addAudience } from "../support/audience.ts";
import { consoleFetch, staff } from "../support/console.ts";
import { PROMO, type TestGateway, testGateway } from "../support/gateway.ts";

/** What pages of registers, contacts and campaigns send to the API, and where they lead; what they look like is tested in a browser. */

const FR = "+33612000001";
let gateway: TestGateway;
let viewer = staff("admin");
beforeEach(async () => {
  viewer = staff("admin");
  gateway = await testGateway();
});

async function get(path: string): Promise<{ status: number; html: string }> {
  const answer = await consoleFetch(gateway, () => viewer)(new Request(`http://localhost${path}`));
  return { status: answer.status, html: await answer.text() };
}

/** Posts a form; resolves with where it leads, or with the status and the page that tells why not. */
async function post(path: string, form: Record<string, string> | string[][] = {}): Promise<string | [number, string]> {
  const answer = await consoleFetch(gateway, () => viewer)(
    new Request(`http://localhost${path}`, {
      method: "POST",
      body: new URLSearchParams(form),
      headers: { "sec-fetch-site": "same-origin" },
    }),
  );
  const html = await answer.text();
  return answer.status === 303 ? answer.headers.get("location")! : [answer.status, html];
}

/** What a page says it shows of a campaign: its forms send it along, so that nobody acts on what they have not seen. */
async function seen(path: string): Promise<string> {
  return (await get(path)).html.match(/name="revision" value="([^"]+)"/)![1]!;
}

test("a webhook is tried, disabled, enabled, and what it did not take is sent again", async () => {
  const { id } = (await gateway.call("POST", "/v1/webhooks", { url: "https://app.example.com/parley?key=1" })).body;
  const path = `/console/registers/webhooks/${id}`;
  expect(await post(`${path}/test`)).toBe(`${path}?told=tested`);
  await gateway.webhooks.tick();
  const [delivery] = (await gateway.call("GET", `/v1/webhooks/${id}/deliveries`)).body.data;
  expect((await get(path)).html).toContain("webhook.test");
  expect(await post(`${path}/disable`)).toBe(`${path}?told=disabled`);
  const replay = `${path}/deliveries/${delivery.id}/replay`;
  const [status, html] = await post(replay) as [number, string];
  expect([status, html.includes("This webhook is disabled; enable it first.")]).toEqual([409, true]);
  expect(await post(`${path}/enable`)).toBe(`${path}?told=enabled`);
  expect(await post(replay)).toBe(`${path}?told=replayed`);
});

test.each(["consents", "suppressions"])("pasted %s stay in the field until all of them went in", async (register) => {
  const path = `/console/registers/${register}/import`;
  const head = register === "consents" ? "recipient,purpose,source,wording,granted_at" : "recipient,scope";
  const row = register === "consents" ? ",commercial,paper,I agree,2026-01-10T09:00:00Z" : ",all";
  const paste = async (lines: string) => (await post(path, { lines }) as [number, string]);
  const unreadable = await paste("nothing of the kind");
  expect([unreadable[0], unreadable[1].includes(">nothing of the kind</textarea>")]).toEqual([422, true]);
  const half = await paste(`${head}\n${FR}${row}\n12${row}`);
  expect([half[0], half[1].includes(`12${row}</textarea>`)]).toEqual([200, true]);
  const whole = await paste(`${head}\n${FR}${row}`);
  expect([whole[0], whole[1].includes("></textarea>")]).toEqual([200, true]);
});

test("an override is rejected by a second person only, with their note", async () => {
  await gateway.mo(FR, "36105", "STOP");
  const [{ id }] = (await gateway.call("GET", "/v1/suppressions")).body.data;
  const path = `/console/registers/suppressions/${id}`;
  const [status, html] = await post(`${path}/lift`, { reason: "she called" }) as [number, string];
  expect([status, html.includes("a reason, evidence and a second person")]).toEqual([422, true]);
  expect(await post(`${path}/overrides`, { reason: "she called", evidence: "none" })).toBe(`${path}?told=requested`);
  const [override] = (await gateway.call("GET", "/v1/overrides")).body.data;
  const reject = `/console/registers/overrides/${override.id}/reject`;
  expect(await post(reject)).toEqual([409, expect.stringContaining("you asked for this yourself")]);
  viewer = staff("compliance", "usr_second");
  expect(await post(reject, { note: "no proof" })).toBe("/console/registers/overrides?told=rejected");
  const { html: shown } = await get(path);
  expect(shown).toContain("no proof");
  // Somebody may ask again.
  expect(shown).toContain(`action="${path}/overrides"`);
});

test("a review that could not be settled stays, with its note; after one that somebody settled the next one comes", async () => {
  await gateway.mo(FR, "36105", "Il faut stopper le bazar");
  await gateway.mo("+33612000002", "36105", "Il faut stopper tout ce bazar");
  const open = (await gateway.call("GET", "/v1/reviews?state=open")).body.data;
  const last = open.at(-1);
  const path = `/console/registers/reviews/${last.id}`;
  const note = "x".repeat(1_001);
  const [, html] = await post(path, { settlement: "not_opt_out", note }) as [number, string];
  expect(html).toContain(`action="${path}"`);
  expect(html).toContain(`>${note}</textarea>`);
  expect(html).toContain('id="note-error"');
  await gateway.call("POST", `/v1/reviews/${last.id}/settle`, { settlement: "not_opt_out" });
  const [, next] = await post(path, { settlement: "not_opt_out", note: "mine" }) as [number, string];
  expect(next).toContain("Somebody settled this before you.");
  expect(next).toContain(`action="/console/registers/reviews/${open[0].id}"`);
  expect(next).not.toContain("mine</textarea>");
});

test("a campaign whose words contradict what was declared is settled, and resumed", async () => {
  await addAudience(gateway.db, { count: 30, now: gateway.clock.now() });
  const lead = await post("/console/campaigns", [["name", "Sale"], ["from", "36105"], ["text", PROMO], [
    "category",
    "informative",
  ]]) as string;
  const [path] = lead.split("?") as [string];
  expect(lead).toMatch(/^\/console\/campaigns\/cmp_\w+\?told=saved$/);
  const revision = await seen(path);
  expect(await post(`${path}/start`, { revision })).toBe(`${path}?told=start`);
  for (let turn = 0; turn < 3; turn++) await gateway.campaigns.tick();
  expect((await get(path)).html).toContain("Somebody has to say what its words are");
  expect(await post(`${path}/settle`, { category: "commercial" })).toBe(`${path}?told=settle`);
  expect(await post(`${path}/resume`)).toBe(`${path}?told=resume`);
  const [status, html] = await post(`${path}/start`, { revision }) as [number, string];
  expect([status, html.includes("in another state meanwhile")]).toEqual([409, true]);
  expect(await post(`${path}/cancel`)).toBe(`${path}?told=cancel`);
});

test("people are put on a list and taken off it, one by one and by their numbers", async () => {
  const { id: contact } = (await gateway.call("POST", "/v1/contacts", { msisdn: FR })).body;
  const list = (await post("/console/contacts/lists", { name: "Club" }) as string).split("?")[0]!;
  const id = list.split("/").at(-1)!;
  const members = async () => (await gateway.call("GET", `/v1/lists/${id}`)).body.members;
  expect(await post("/console/contacts/lists", { name: "Club" })).toEqual([422, expect.stringContaining("is taken")]);
  expect(await post(`/console/contacts/${contact}/lists`, { on: id })).toBe(`/console/contacts/${contact}?told=listed`);
  expect(await members()).toBe(1);
  expect(await post(`/console/contacts/${contact}/lists`, { off: id })).toContain("told=unlisted");
  expect(await post(`${list}/members`, { numbers: "06 12 00 00 01\n+33 6 12 00 00 02" })).toBe(
    `${list}?told=members_added`,
  );
  expect(await members()).toBe(1);
  expect(await post(`${list}/members`, { numbers: FR, off: "true" })).toBe(`${list}?told=members_removed`);
  expect(await members()).toBe(0);
  expect(await post(`${list}/delete`)).toBe("/console/contacts/lists?told=list_deleted");
});

test("a draft keeps a list that is gone until somebody takes it off: it would go to everybody else", async () => {
  const { id: list } = (await gateway.call("POST", "/v1/lists", { name: "Club" })).body;
  const written = { name: "Sale", from: "36105", text: PROMO, audience: { lists: [list] } };
  const { id } = (await gateway.call("POST", "/v1/campaigns", written)).body;
  await gateway.call("DELETE", `/v1/lists/${list}`);
  const { html } = await get(`/console/campaigns/${id}/edit`);
  expect(html).toMatch(new RegExp(`name="lists" value="${list}" checked`));
  const revision = await seen(`/console/campaigns/${id}/edit`);
  const form = [["name", "Sale"], ["from", "36105"], ["text", PROMO], ["lists", list], ["revision", revision]];
  const [status, page] = await post(`/console/campaigns/${id}`, form) as [number, string];
  expect([status, page.includes(`there is no list &quot;${list}&quot;`)]).toEqual([422, true]);
  expect((await gateway.call("GET", `/v1/campaigns/${id}`)).body.audience.lists).toEqual([list]);
});

test("nobody is erased by a form that nobody confirmed", async () => {
  const path = `/console/people/${encodeURIComponent(FR)}/erase`;
  const form = { reason: "Article 17 GDPR", requested_by: "person" };
  const [status] = await post(path, form) as [number, string];
  expect([status, (await gateway.call("GET", "/v1/erasures")).body.data]).toEqual([200, []]);
  expect(await post(path, { ...form, confirm: "true" })).toMatch(/^\/console\/registers\/erasures\/era_/);
});

test("what is asked for wrongly is told as a page, and what is no form is refused", async () => {
  const wrong: [path: string, status: number][] = [
    ["/console/registers/suppressions/sup_none", 404],
    ["/console/registers/consents/cns_none", 404],
    ["/console/registers/reviews/rev_none", 404],
    ["/console/registers/erasures/era_none", 404],
    ["/console/registers/webhooks/we_none", 404],
    ["/console/campaigns/cmp_none", 404],
    ["/console/campaigns/cmp_none/live", 404],
    ["/console/contacts/con_none", 404],
    ["/console/contacts/lists/lst_none", 404],
    ["/console/contacts/imports/imp_none", 404],
    ["/console/people/nobody", 422],
    ["/console/people?number=nobody", 422],
    ["/console/registers/suppressions?recipient=nobody", 422],
    ["/console/registers/suppressions?source=nobody", 422],
    ["/console/registers/consents?purpose=nobody", 422],
    ["/console/registers/audit?from=yesterday", 422],
    ["/console/registers/audit?action=nothing", 422],
    ["/console/contacts?language=french", 422],
    ["/console/campaigns?state=nothing", 200],
    ["/console/registers/reviews/all?kind=nothing", 200],
  ];
  for (const [path, expected] of wrong) {
    const { status, html } = await get(path);
    expect([path, status, html.includes("<h1")]).toEqual([path, expected, true]);
  }
  for (const register of ["suppressions", "consents"]) {
    const form = {
      recipient: "12",
      purpose: "commercial",
      source: "paper",
      wording: "I agree",
      granted_at: "2026-01-10T10:00",
    };
    const [status, html] = await post(`/console/registers/${register}`, form);
    // The API's own words are about numbers in international form, and in English.
    expect([register, status, /Write it with its country/.test(String(html)), /starts with \+/.test(String(html))])
      .toEqual([register, 422, true, false]);
  }
  const answer = await consoleFetch(gateway, () => viewer)(
    new Request("http://localhost/console/registers/suppressions", {
      method: "POST",
      body: "{}",
      headers: { "sec-fetch-site": "same-origin", "content-type": "application/json" },
    }),
  );
  expect(answer.status).toBe(400);
  await answer.body?.cancel();
});
