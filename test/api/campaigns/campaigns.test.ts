import { describe, expect, test } from "vitest";
import { CAMPAIGN_STATES, type CampaignState } from "../../../src/core/campaign.ts";
import { addAudience } from "../../support/audience.ts";
import { CAMPAIGN_TEXT, startCampaign, step } from "../../support/campaign.ts";
import { ADMIN_KEY, APP_KEY, type TestGateway, testGateway, walkPages } from "../../support/gateway.ts";
import { TUESDAY } from "../../support/instance.ts";
import { webhookReceiver } from "../../support/receiver.ts";
import { sharedGateway } from "../../support/shared_gateway.ts";

const SENDER = "36105";
const DRAFT = { name: "Winter sale", from: SENDER, text: CAMPAIGN_TEXT, audience: {} };
const STEPS = ["start", "pause", "resume", "cancel", "settle"] as const;

describe("campaigns", () => {
  const gateway = sharedGateway("embedded");
  const audience = (count: number) => addAudience(gateway.db, { count, now: TUESDAY });
  const write = async (more: Record<string, unknown> = {}) =>
    await gateway.call("POST", "/v1/campaigns", { ...DRAFT, ...more });
  const show = async (id: string) => (await gateway.call("GET", `/v1/campaigns/${id}`)).body;

  test("what is written is shown as it was meant, with what was left out filled in", async () => {
    const given = {
      ...DRAFT,
      text: "Bonjour {name|cher client} : -20% à {field.city|Lyon} !",
      category: "commercial",
      audience: { filter: { tags: ["vip"] } },
      scheduled_at: "2026-11-25T10:00:00+01:00",
      valid_until: "2026-11-26T10:00:00+01:00",
      sending_window: { "mon-fri": "10:00-18:00" },
      rate_per_second: 0.5,
      max_segments: 2,
      fuse: { after: 7 },
    };
    const { status, body } = await gateway.call("POST", "/v1/campaigns", given);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      ...given,
      id: expect.stringMatching(/^cmp_/),
      state: "draft",
      pause_reason: null,
      audience: { lists: [], filter: { tags: ["vip"] }, exclude_lists: [] },
      scheduled_at: "2026-11-25T09:00:00.000Z",
      valid_until: "2026-11-26T09:00:00.000Z",
      fuse: { after: 7, opt_out_percent: 5, failure_percent: 25 },
      complete: false,
      messages: 0,
      done: 0,
      counts: {},
      opted_out: 0,
      started_at: null,
      finished_at: null,
    });
    expect(await show(body.id)).toEqual(body);
  });

  const WRONG: [field: string, wrong: unknown, body?: Record<string, unknown>][] = [
    ["name", ""],
    ["name", "two\nlines"],
    ["name", "x".repeat(101)],
    ["from", "99999"],
    ["text", " "],
    ["text", "{nom}"],
    ["text", "{name"],
    ["text", "}"],
    ["text", "nul \0"],
    ["text", "half \ud83d"],
    ["text", "x".repeat(3_001)],
    ["category", "marketing"],
    ["purpose", "partner:"],
    ["purpose", "informative:orders", { category: "commercial" }],
    ["audience", undefined],
    ["audience", "everybody"],
    ["audience.lists.0", { lists: ["1"] }],
    ["audience.lists", { lists: ["lst_none"] }],
    ["audience.exclude_lists", { exclude_lists: ["lst_none"] }],
    ["audience.filter.lists", { filter: { lists: ["lst_none"] } }],
    ["audience.filter.tags.0", { filter: { tags: [""] } }],
    ["audience.everybody", { everybody: true }],
    ["audience.lists", { lists: Array(21).fill("lst_1") }],
    ["scheduled_at", "tomorrow"],
    ["scheduled_at", "2026-11-25T10:00:00"],
    ["scheduled_at", "2028-01-01T00:00:00Z"],
    ["valid_until", "2026-11-24T08:59:59Z"],
    ["valid_until", "2026-11-25T10:00:00Z", { scheduled_at: "2026-11-25T10:00:00Z" }],
    ["sending_window", { someday: "10:00-18:00" }],
    ["sending_window", { "mon-fri": "25:00-26:00" }],
    ["rate_per_second", 0],
    ["rate_per_second", 1e-300],
    ["rate_per_second", 0.009],
    ["rate_per_second", 10_001],
    ["max_segments", 0],
    ["max_segments", 11],
    ["fuse.opt_out_percent", { opt_out_percent: 101 }],
    ["fuse.failure_percent", { failure_percent: -1 }],
    ["fuse.after", { after: 0 }],
    ["fuse.when", { when: 1 }],
    ["unknown_field", 1],
  ];

  test.each(WRONG)("%s %j is refused by name, in a new campaign and in a draft", async (field, wrong, more = {}) => {
    const [name] = field.split(".");
    const body: Record<string, unknown> = { ...DRAFT, ...more, [name!]: wrong };
    const { body: { id } } = await write();
    for (const [method, path] of [["POST", "/v1/campaigns"], ["PUT", `/v1/campaigns/${id}`]] as const) {
      const answer = await gateway.call(method, path, body);
      expect([answer.status, answer.body.errors?.map((one: { field: string }) => one.field)]).toEqual([422, [field]]);
    }
    expect((await gateway.call("GET", "/v1/campaigns")).body.data).toHaveLength(1);
    expect((await show(id)).text).toBe(CAMPAIGN_TEXT);
  });

  test("a campaign that is none is not found, whatever is asked of it", async () => {
    const paths = [
      ["GET", ""],
      ["PUT", "", DRAFT],
      ["DELETE", ""],
      ["POST", "/preview", {}],
      ["GET", "/messages"],
      ["GET", "/results"],
      ["GET", "/progress"],
      ...STEPS.map((one) => ["POST", `/${one}`, one === "settle" ? { category: "commercial" } : undefined] as const),
    ] as const;
    for (const [method, path, body] of paths) {
      const answer = await gateway.call(method, `/v1/campaigns/cmp_none${path}`, body);
      expect([path, answer.status, answer.body.code]).toEqual([path, 404, "not_found"]);
    }
  });

  /** Steps that a state allows; all others are refused. A settlement is for a pause that waits for it. */
  const ALLOWED: Record<CampaignState, readonly (typeof STEPS[number] | "PUT" | "DELETE")[]> = {
    draft: ["start", "cancel", "PUT", "DELETE"],
    scheduled: ["pause", "cancel"],
    running: ["pause", "cancel"],
    paused: ["resume", "cancel"],
    canceled: [],
    done: [],
  };
  test.each(CAMPAIGN_STATES)(
    "one that is %s allows what it should, and says `wrong_state` to the rest",
    async (state) => {
      await audience(1);
      for (const one of [...STEPS, "PUT", "DELETE"] as const) {
        const { body: { id } } = await write();
        await gateway.sql(
          "update campaigns set state = ?, scheduled_at = ?, started_at = ? where id = ?",
          state,
          1,
          1,
          id,
        );
        if (state === "paused") await gateway.sql("update campaigns set pause_reason = 'by_hand' where id = ?", id);
        const answer = one === "PUT"
          ? await gateway.call("PUT", `/v1/campaigns/${id}`, DRAFT)
          : one === "DELETE"
          ? await gateway.call("DELETE", `/v1/campaigns/${id}`)
          : await gateway.call(
            "POST",
            `/v1/campaigns/${id}/${one}`,
            one === "settle" ? { category: "commercial" } : undefined,
          );
        const expected = ALLOWED[state].includes(one)
          ? one === "DELETE" ? [204, undefined] : [200, undefined]
          : [409, "wrong_state"];
        expect([one, answer.status, answer.body.code]).toEqual([one, ...expected]);
        const { body: { data } } = await gateway.call("GET", `/v1/audit?subject=${id}`);
        expect([one, data.length]).toEqual([one, expected[0] === 409 ? 1 : 2]);
        await gateway.sql("delete from campaigns");
      }
    },
  );

  test.each<[CampaignState, boolean]>([["scheduled", true], ["running", true], ["paused", true], ["done", false], [
    "canceled",
    false,
  ]])("one that is %s is not deleted, and told to cancel only where that can be done (%s)", async (state, cancel) => {
    const { body: { id } } = await write();
    await gateway.sql("update campaigns set state = ? where id = ?", state, id);
    const { status, body } = await gateway.call("DELETE", `/v1/campaigns/${id}`);
    expect([status, body.code, body.detail.includes(`The campaign is ${state}.`), body.detail.includes("cancel it")])
      .toEqual([409, "wrong_state", true, cancel]);
  });

  test("one that is over is said to be so before anything else that is wrong with it", async () => {
    const { body: { id: list } } = await gateway.call("POST", "/v1/lists", { name: "Gone" });
    const audience = { lists: [list] };
    const { body: { id } } = await write({ audience, valid_until: "2026-11-24T10:00:00Z" });
    await gateway.sql("update campaigns set state = 'done' where id = ?", id);
    expect((await gateway.call("DELETE", `/v1/lists/${list}`)).status).toBe(204);
    gateway.clock.at += 3_600_000;
    const start = await gateway.call("POST", `/v1/campaigns/${id}/start`);
    expect([start.status, start.body.code]).toEqual([409, "wrong_state"]);
    const put = await gateway.call("PUT", `/v1/campaigns/${id}`, { ...DRAFT, audience });
    expect([put.status, put.body.code]).toEqual([409, "wrong_state"]);
  });

  test("one that nobody would get does not start, nor one whose time is over or whose sender is gone", async () => {
    const code = async (
      more: Record<string, unknown> = {},
      before: () => Promise<unknown> = () => Promise.resolve(),
    ) => {
      const { body: { id } } = await write(more);
      await before();
      const { status, body } = await gateway.call("POST", `/v1/campaigns/${id}/start`);
      return [status, body.code ?? body.state];
    };
    expect(await code()).toEqual([409, "nobody"]);
    await audience(1);
    expect(await code({ scheduled_at: "2026-11-20T10:00:00Z" })).toEqual([200, "scheduled"]);
    expect(
      await code({ valid_until: "2026-11-24T10:00:00Z" }, () => Promise.resolve(gateway.clock.at += 3_600_000)),
    ).toEqual([409, "too_late"]);
    expect(
      await code({ from: "PARLEY" }, async () => {
        expect((await gateway.call("DELETE", "/v1/senders/PARLEY")).status).toBe(204);
      }),
    ).toEqual([422, "sender_not_allowed"]);
  });

  test("audience that everybody left between start and beginning: it is done, and nobody got anything", async () => {
    await audience(1);
    const id = await startCampaign(gateway);
    await gateway.sql("delete from contacts");
    await gateway.campaigns.tick();
    gateway.clock.at += 1_000;
    await gateway.campaigns.tick();
    expect(await show(id)).toMatchObject({ state: "done", complete: true, messages: 0, done: 0 });
    const { body } = await gateway.call("GET", `/v1/campaigns/${id}/results`);
    expect(body).toMatchObject({
      handed_over: 0,
      delivery_percent: 0,
      opt_out_percent: 0,
      reply_percent: 0,
      lines: [],
    });
  });

  test("lists page, newest first, and by state; so do the messages, by status", async () => {
    await audience(7);
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) ids.unshift((await write({ name: `Number ${index}` })).body.id);
    await step(gateway, ids[2]!, "start");
    await gateway.campaigns.tick();
    await gateway.call(
      "DELETE",
      `/v1/messages/${(await gateway.sql("select id from messages order by id"))[3]!["id"]}`,
    );
    const paging = { call: gateway.call } as unknown as TestGateway;
    const idsOf = async (path: string) => (await walkPages(paging, path, 2)).map(({ id }) => id);
    expect(await idsOf("/v1/campaigns")).toEqual(ids);
    expect(await idsOf("/v1/campaigns?state=running")).toEqual([ids[2]]);
    expect(await idsOf("/v1/campaigns?state=draft")).toEqual([ids[0], ids[1], ids[3], ids[4]]);
    const path = `/v1/campaigns/${ids[2]}/messages`;
    const all = await walkPages(paging, path, 3);
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort().reverse());
    expect([all.length, new Set(all.map(({ campaign_id }) => campaign_id)).size]).toEqual([7, 1]);
    expect(await idsOf(`${path}?status=canceled`)).toEqual([all[3]!.id]);
    expect((await idsOf(`${path}?status=queued`)).length).toBe(6);
    expect(await idsOf(`/v1/campaigns/${ids[0]}/messages`)).toEqual([]);
    for (const query of ["limit=0", "limit=x", "state=sent"]) {
      expect((await gateway.call("GET", `/v1/campaigns?${query}`)).status, query).toBe(422);
    }
    expect((await gateway.call("GET", `${path}?status=nothing`)).status).toBe(422);
  });

  const HOSTILE: [what: string, name: string, said: string | null][] = [
    ["a field of its own", "{field.city}", "{field.city}"],
    ["braces", "}}{{{name}", "}}{{{name}"],
    ["nothing but a space", "", null],
    ["right to left", "\u202eمريم\u202c", "\u202eمريم\u202c"],
    ["SQL and JSON", `'"); drop table messages; --\\u0000`, `'"); drop table messages; --\\u0000`],
    ["what replaces", "$& $1 $`", "$& $1 $`"],
    ["an emoji of many parts", "👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦"],
    ["very long", "x".repeat(10_000), null],
  ];
  test.each(HOSTILE)("a name that is %s is said as it stands, or not at all, in every view", async (_, name, said) => {
    const person = "+33612345678";
    await addAudience(gateway.db, { count: 1, now: TUESDAY, number: () => person, name: () => name });
    const id = await startCampaign(gateway, { text: "{name}, soldes : -50% sur tout le magasin !", max_segments: 4 });
    for (let second = 0; second < 3; second++) {
      await gateway.campaigns.tick();
      await gateway.dispatcher.tick();
      gateway.clock.at += 1_000;
    }
    const [message] = (await gateway.call("GET", `/v1/campaigns/${id}/messages`)).body.data;
    if (said !== null) {
      expect(message).toMatchObject({ status: "delivered", error: null });
      expect(message.text.startsWith(`${said}, soldes`)).toBe(true);
    } else {
      expect([message.status, message.error.code]).toEqual([
        "refused",
        name === "" ? "field_missing" : "segment_budget_exceeded",
      ]);
    }
    expect(await show(id)).toMatchObject({ state: "done", counts: { [message.status]: 1 } });
    expect((await gateway.call("GET", `/v1/messages/${message.id}`)).body).toMatchObject(message);
    expect((await gateway.call("GET", `/v1/messages?campaign=${id}`)).status).toBeLessThan(500);
    expect((await gateway.call("GET", `/v1/messages/${message.id}/explain`)).status).toBe(200);
    const dossier = await gateway.call("GET", `/v1/people/${encodeURIComponent(person)}`);
    expect([dossier.status, JSON.stringify(dossier.body).includes(message.id)]).toEqual([200, true]);
    expect((await gateway.call("GET", `/v1/campaigns/${id}/results`)).status).toBe(200);
    const { body: books } = await gateway.call("GET", "/v1/books");
    expect([books.balanced, books.totals.accepted]).toEqual([true, 1]);
  });

  test("OpenAPI names every path, body and answer of it", async () => {
    const { body } = await gateway.call("GET", "/openapi.json");
    const operations = Object.entries<Record<string, { responses: Record<string, unknown> }>>(body.paths)
      .filter(([path]) => path.startsWith("/v1/campaigns"))
      .flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, { responses }]) => [
          `${method} ${path.slice("/v1/campaigns".length)}`,
          Object.keys(responses).filter((status) => /^(2|404|409)/.test(status)).join(" "),
        ])
      );
    expect(Object.fromEntries(operations)).toEqual({
      "post ": "201",
      "get ": "200",
      "get /{id}": "200 404",
      "put /{id}": "200 404 409",
      "delete /{id}": "204 404 409",
      "post /{id}/preview": "200 404 409",
      "post /{id}/start": "200 404 409",
      "post /{id}/pause": "200 404 409",
      "post /{id}/resume": "200 404 409",
      "post /preview": "200",
      "post /{id}/cancel": "200 404 409",
      "post /{id}/settle": "200 404 409",
      "get /{id}/export": "200 404",
      "get /{id}/messages": "200 404",
      "get /{id}/results": "200 404",
      "get /{id}/progress": "200 404",
    });
    for (const name of ["Campaign", "NewCampaign", "CampaignPreview", "CampaignResults"]) {
      expect(Object.keys(body.components.schemas)).toContain(name);
    }
    const shown = (await write()).body;
    expect(Object.keys(body.components.schemas.Campaign.properties).sort()).toEqual(Object.keys(shown).sort());
  });
});

test("apps are told of each step in its order, and what a key may do depends on its role", async () => {
  const gateway = await testGateway({ privateWebhooks: true });
  const app = webhookReceiver();
  expect((await gateway.call("POST", "/v1/webhooks", { url: app.url, events: ["campaign.*"] })).status).toBe(201);
  await addAudience(gateway.db, { count: 4, now: gateway.clock.now() });
  const types = async () => {
    await gateway.webhooks.tick();
    return app.got.splice(0).map(({ json }) => json.type);
  };
  const as = (key: string) => ({
    call: (method: string, path: string, body?: unknown) =>
      gateway.call(method, path, body, { authorization: `Bearer ${key}` }),
  });

  const id = await startCampaign(as(APP_KEY), { scheduled_at: "2026-11-24T10:05:00+01:00" });
  await step(as(APP_KEY), id, "pause");
  await step(as(APP_KEY), id, "resume");
  await gateway.campaigns.tick();
  // One that was paused before its time waits for it again.
  expect(await types()).toEqual(["campaign.scheduled", "campaign.paused", "campaign.scheduled"]);
  gateway.clock.advance(5 * 60_000);
  for (let second = 0; second < 3; second++) {
    await gateway.campaigns.tick();
    await gateway.dispatcher.tick();
    gateway.clock.advance(1_000);
  }
  await gateway.webhooks.tick();
  expect(app.got.at(-1)!.json.data).toEqual((await gateway.call("GET", `/v1/campaigns/${id}`)).body);
  // A tenth of its messages, or more of them, is told of at a time.
  expect([...new Set(await types())]).toEqual(["campaign.running", "campaign.progress", "campaign.done"]);

  const number = (index: number) => `+3370000${String(index).padStart(4, "0")}`;
  await addAudience(gateway.db, { count: 40, now: gateway.clock.now(), number, prefix: "more" });
  const doubtful = await startCampaign(as(APP_KEY), { text: "Parfait, comme convenu." });
  await gateway.campaigns.tick();
  expect(await types()).toEqual(["campaign.scheduled", "campaign.running", "campaign.paused"]);
  const settle = (key: string) => as(key).call("POST", `/v1/campaigns/${doubtful}/settle`, { category: "commercial" });
  expect((await settle(APP_KEY)).status).toBe(403);
  expect((await settle(ADMIN_KEY)).status).toBe(200);
  await step(as(APP_KEY), doubtful, "cancel");
  expect(await types()).toEqual(["campaign.canceled"]);
  expect((await gateway.call("GET", `/v1/campaigns/${id}`, undefined, { authorization: "" })).status).toBe(401);
});

test("who watches a campaign with a key that is revoked sees no more of it", async () => {
  const g = await testGateway();
  await g.call("POST", "/v1/contacts", { msisdn: "+33612345678", name: "A" });
  const id = await startCampaign(g, { scheduled_at: new Date(g.clock.now() + 7_200_000).toISOString() });
  const { body: made } = await g.call("POST", "/v1/keys", { name: "old", role: "app" });
  const response = await g.app.request(`/v1/campaigns/${id}/progress`, {
    headers: { authorization: `Bearer ${made.key}` },
  });
  const reader = response.body!.getReader();
  expect((await reader.read()).done).toBe(false);
  expect((await g.call("DELETE", `/v1/keys/${made.id}`)).status).toBe(204);
  // Nothing changes, so that nothing is told until the stream ends: within five seconds.
  expect((await reader.read()).done).toBe(true);
}, 60_000);
