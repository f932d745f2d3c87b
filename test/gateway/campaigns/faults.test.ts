import { describe, expect, test } from "vitest";
import { findCampaign } from "../../../src/store/campaigns/campaigns.ts";
import { writeGroup } from "../../../src/store/campaigns/ledger.ts";
import { lease, sweepPiece } from "../../../src/store/campaigns/life.ts";
import { claimDue } from "../../../src/store/dispatch/claim.ts";
import { recordHandOvers } from "../../../src/store/dispatch/outbox.ts";
import { addAudience } from "../../support/audience.ts";
import { CAMPAIGN_TEXT, startCampaign, step } from "../../support/campaign.ts";
import { chance } from "../../support/chance.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { TUESDAY } from "../../support/instance.ts";
import { type SharedGateway, sharedGateway } from "../../support/shared_gateway.ts";

const SENDER = "36105";
const SECOND = 1_000;
const HOUR = 3_600_000;
const ERASURE = { reason: "Asked for by letter", requested_by: "person" };

/** Of every campaign: messages by status, as the triggers of the database counted them, and as they are. */
async function counted(gateway: SharedGateway) {
  const [told, found] = await Promise.all([
    gateway.sql("select campaign_id, name, n from campaign_counts where name != 'opted_out' and n != 0 order by 1, 2"),
    gateway.sql(`select campaign_id, status as name, count(*) as n from messages where campaign_id is not null
      group by 1, 2 order by 1, 2`),
  ]);
  return { told, found };
}

async function balanced(gateway: SharedGateway, when: string) {
  const { told, found } = await counted(gateway);
  expect(told, when).toEqual(found);
  const { body } = await gateway.call("GET", "/v1/books?from=2026-11-24T00:00:00Z&to=2026-12-10T00:00:00Z");
  expect([when, body.totals.unaccounted, body.discrepancies]).toEqual([when, 0, []]);
}

const show = async (gateway: SharedGateway, id: string) => (await gateway.call("GET", `/v1/campaigns/${id}`)).body;

async function rate(gateway: SharedGateway, perSecond: number) {
  await gateway.sql("update senders set rate_per_second = ? where address = ?", perSecond, SENDER);
  await gateway.settings.refresh();
}

/** Second by second, until nothing is left to do. */
async function run(gateway: SharedGateway, id: string, seconds = 120) {
  for (let second = 0; second < seconds; second++) {
    await gateway.campaigns.tick();
    await gateway.dispatcher.tick();
    if (["done", "canceled"].includes((await show(gateway, id)).state)) {
      await gateway.campaigns.tick();
      return;
    }
    gateway.clock.at += SECOND;
  }
}

/** How many texts each handset got. */
async function received(gateway: SharedGateway) {
  const rows = await gateway.sql(`select person, count(*) as n from messages
    where campaign_id is not null and status in ('sent', 'delivered') group by person`);
  return new Map(rows.map(({ person, n }) => [person as string, n as number]));
}

describe.each(DATABASE_KINDS)("a campaign in trouble, %s database", (kind) => {
  const gateway = sharedGateway(kind);
  const audience = (count: number, more: Partial<Parameters<typeof addAudience>[1]> = {}) =>
    addAudience(gateway.db, { count, now: gateway.clock.at, ...more });

  test.each(kind === "embedded" ? [1, 2] : [3])(
    "whatever happens in whatever order (seed %i), nobody comes twice and the counts are true",
    {
      timeout: 60_000,
    },
    async (seed) => {
      const random = chance(seed);
      const numbers = await audience(1_300);
      await rate(gateway, 200);
      const id = await startCampaign(gateway);
      const other = await gateway.another();
      const anybody = () => numbers[Math.floor(random() * numbers.length)]!;
      const stopped = new Set<string>();
      const erased = new Set<string>();
      const actions: Record<string, () => Promise<unknown>> = {
        "makes messages": () => gateway.campaigns.tick(20),
        "another makes messages": () => Promise.all([other.campaigns.tick(20), gateway.campaigns.tick(20)]),
        "hands over": () => gateway.dispatcher.tick(60),
        "another hands over": () => Promise.all([other.dispatcher.tick(60), gateway.dispatcher.tick(60)]),
        pause: () => gateway.call("POST", `/v1/campaigns/${id}/pause`),
        resume: () => gateway.call("POST", `/v1/campaigns/${id}/resume`),
        "an instance dies with what it claimed": () =>
          claimDue(gateway.db.client, {
            lease: `lea_${Math.floor(random() * 1e9)}`,
            now: gateway.clock.at,
            leaseUntil: gateway.clock.at + 60_000,
            slots: 20,
            underWay: new Map(),
          }),
        "an instance dies with its lease": () =>
          lease(gateway.db, id, { lease: "lea_dead", now: gateway.clock.at, until: gateway.clock.at + 30_000 }),
        STOP: async () => {
          const person = anybody();
          if (erased.has(person)) return;
          stopped.add(person);
          await gateway.mo(person, SENDER, "STOP");
        },
        "one message is canceled": async () => {
          const [row] = await gateway.sql(
            "select id from messages where campaign_id is not null order by (unicode(substr(id, -1)) * 31 + ?) % 97 limit 1",
            Math.floor(random() * 97),
          );
          if (row) await gateway.call("DELETE", `/v1/messages/${row["id"]}`);
        },
        "a person is erased": async () => {
          const person = anybody();
          erased.add(person);
          await gateway.call("DELETE", `/v1/people/${encodeURIComponent(person)}`, ERASURE);
        },
        "time goes by": () => Promise.resolve(gateway.clock.at += Math.floor(random() * 5 * SECOND)),
        "much time goes by": () => Promise.resolve(gateway.clock.at += 61 * SECOND),
        "the clock is set back": () => Promise.resolve(gateway.clock.at -= Math.floor(random() * 2 * SECOND)),
      };
      const names = Object.keys(actions);
      const past: string[] = [];
      for (let at = 0; at < 40; at++) {
        const name = names[Math.floor(random() * names.length)]!;
        past.push(name);
        await actions[name]!();
        const { told, found } = await counted(gateway);
        expect(told, past.join(", ")).toEqual(found);
      }
      await gateway.call("POST", `/v1/campaigns/${id}/resume`);
      gateway.clock.at += 61 * SECOND;
      await run(gateway, id);
      await balanced(gateway, past.join(", "));
      expect((await show(gateway, id)).state, past.join(", ")).toBe("done");
      // Everybody has one message, except those who left the address book before theirs was made.
      const rows = await gateway.sql(
        "select person, status from messages where campaign_id is not null and person != ''",
      );
      const people = rows.map(({ person }) => person as string);
      expect(new Set(people).size, past.join(", ")).toBe(people.length);
      const gone = new Set([...stopped, ...erased]);
      expect(numbers.filter((number) => !gone.has(number) && !people.includes(number)), past.join(", ")).toEqual([]);
    },
  );

  test("a group that was decided before a pause is not written after it, nor after the resume", async () => {
    const [person] = await audience(1);
    const id = await startCampaign(gateway);
    const now = gateway.clock.at;
    await gateway.campaigns.tick(0);
    await gateway.sql("update campaigns set state = 'running', started_at = ?, planned_from = ?", now, now);
    const mine = (await lease(gateway.db, id, { lease: "lea_mine", now, until: now + 30 * SECOND }))!;
    const group = {
      campaign: mine,
      lease: "lea_mine",
      after: "",
      cursor: person!,
      planned: 1,
      last: true,
      shared: [{
        status: "queued",
        text: CAMPAIGN_TEXT,
        category: "commercial",
        encoding: "GSM-7",
        segments: 1,
        priority: 2,
        carrier_id: "sandbox",
        decision: "{}",
      }],
      marks: [],
      rows: [{ id: "msg_0", person: person!, conversation_id: "cnv_0", due_at: now, shared: 0, own: [] }],
      now,
      leaseUntil: now + 30 * SECOND,
    } as const;
    await step(gateway, id, "pause");
    expect(await writeGroup(gateway.db.client, group)).toBe(false);
    await step(gateway, id, "resume");
    expect(await writeGroup(gateway.db.client, group)).toBe(false);
    expect(await gateway.sql("select id from messages")).toEqual([]);
    await run(gateway, id);
    expect((await show(gateway, id)).counts).toEqual({ delivered: 1 });
  });

  test("pause, resume and cancel in the middle of each other's pieces: each message ends in one of two ways", async () => {
    await audience(4_500);
    const id = await startCampaign(gateway);
    await gateway.campaigns.tick();
    const piece = async () =>
      await sweepPiece(gateway.db.client, (await findCampaign(gateway.db, id))!, 5, gateway.clock.at);
    await step(gateway, id, "pause");
    await piece();
    expect((await show(gateway, id)).counts).toEqual({ held: 2_000, queued: 2_500 });
    await balanced(gateway, "half paused");
    await step(gateway, id, "resume");
    await piece();
    await balanced(gateway, "half resumed");
    await step(gateway, id, "pause");
    await gateway.campaigns.tick();
    await balanced(gateway, "paused");
    expect((await show(gateway, id)).counts).toEqual({ held: 4_500 });
    gateway.clock.at += HOUR;
    await gateway.dispatcher.tick();
    expect((await show(gateway, id)).counts).toEqual({ held: 4_500 });
    await step(gateway, id, "resume");
    await piece();
    await step(gateway, id, "cancel");
    await piece();
    gateway.clock.at += HOUR;
    await Promise.all([piece(), (await gateway.another()).campaigns.tick()]);
    await gateway.campaigns.tick();
    await gateway.dispatcher.tick();
    expect((await show(gateway, id)).counts).toEqual({ canceled: 4_500 });
    await balanced(gateway, "canceled");
    const twice = await gateway.sql(
      "select message_id from message_events where status = 'canceled' group by message_id having count(*) > 1",
    );
    expect(twice).toEqual([]);
  });

  test("paused for four days, everybody else still gets it; what was only valid until then does not", async () => {
    await audience(30);
    await rate(gateway, 10);
    const first = await startCampaign(gateway);
    const second = await startCampaign(gateway, {
      category: "informative",
      text: "Votre commande est prête en magasin.",
      valid_until: new Date(TUESDAY + 48 * HOUR).toISOString(),
    });
    await gateway.campaigns.tick();
    await step(gateway, first, "pause");
    await step(gateway, second, "pause");
    await gateway.campaigns.tick();
    for (let day = 0; day < 4; day++) {
      gateway.clock.at += 24 * HOUR;
      await (await gateway.another()).dispatcher.tick();
    }
    await balanced(gateway, "after four days");
    expect((await show(gateway, first)).counts).toEqual({ held: 30 });
    expect((await show(gateway, second)).counts).toEqual({ expired: 30 });
    for (const id of [first, second]) {
      await step(gateway, id, "resume");
      await run(gateway, id);
    }
    expect(await show(gateway, first)).toMatchObject({ state: "done", counts: { delivered: 30 } });
    expect(await show(gateway, second)).toMatchObject({ state: "done", counts: { expired: 30 } });
  });

  test("what the carrier may have had before the pause, and says that it has, is not handed over again after it", async () => {
    await audience(3);
    const id = await startCampaign(gateway);
    await gateway.campaigns.tick();
    await gateway.sql("update messages set maybe_taken = 1, attempts = 1 where campaign_id is not null");
    await step(gateway, id, "pause");
    await gateway.campaigns.tick();
    const [reported, answered, silent] = (await gateway.sql("select id from messages order by id")).map((row) =>
      row["id"] as string
    );
    const report = { messageId: reported!, carrierMessageId: null, status: "delivered", error: null } as const;
    await gateway.api.reporter.submit({ carrier_id: "sandbox", report });
    const late = { lease: "lea_late", status: "sent", carrier_message_id: "late", carrier_message_key: null } as const;
    const rest = { due_at: null, error_code: null, error_detail: null, next_carrier_id: null, maybe_taken: false };
    await gateway.db.client.batch(
      recordHandOvers([{ id: answered!, ...late, ...rest, at: gateway.clock.at, counts: true }]),
    );
    const seen = async () =>
      await gateway.sql("select id, status, hold_reason, carrier_message_id from messages order by id");
    expect(await seen()).toEqual([
      { id: reported, status: "delivered", hold_reason: null, carrier_message_id: null },
      { id: answered, status: "sent", hold_reason: null, carrier_message_id: "late" },
      { id: silent, status: "held", hold_reason: "paused", carrier_message_id: null },
    ]);
    await balanced(gateway, "reported in a pause");
    await step(gateway, id, "resume");
    await run(gateway, id);
    expect(await seen()).toMatchObject([
      { status: "delivered", carrier_message_id: null },
      { status: "sent", carrier_message_id: "late" },
      { status: "delivered", carrier_message_id: `sandbox_${silent}` },
    ]);
  });

  test("somebody who leaves, comes back and leaves again is counted once, and only who got it", async () => {
    const numbers = await audience(12);
    const id = await startCampaign(gateway);
    await run(gateway, id);
    gateway.clock.at += SECOND;
    for (const person of numbers.slice(0, 5)) await gateway.mo(person, SENDER, "STOP");
    for (const text of ["START", "STOP", "START", "STOP"]) {
      gateway.clock.at += 20 * SECOND;
      await gateway.mo(numbers[0]!, SENDER, text);
    }
    await gateway.mo("+33799999999", SENDER, "STOP");
    expect((await show(gateway, id)).opted_out).toBe(5);
    gateway.clock.at += 8 * 24 * HOUR;
    await gateway.mo(numbers[7]!, SENDER, "STOP");
    expect((await show(gateway, id)).opted_out).toBe(5);
  });
});

describe("campaigns beside each other", () => {
  const logged: unknown[] = [];
  const gateway = sharedGateway("embedded", {
    log: (_, event, fields) => void logged.push([event, fields?.["campaign"]]),
  });
  const audience = (count: number, more: Partial<Parameters<typeof addAudience>[1]> = {}) =>
    addAudience(gateway.db, { count, now: gateway.clock.at, ...more });

  test("a hundred that wait for their time do not keep one from running", async () => {
    await audience(1);
    const later = await startCampaign(gateway, { scheduled_at: new Date(TUESDAY + 24 * HOUR).toISOString() });
    const columns = (await gateway.sql("select name from pragma_table_info('campaigns') where name != 'id'"))
      .map(({ name }) => name).join(", ");
    await gateway.sql(
      `insert into campaigns (id, ${columns}) select 'cmp_00' || j.value, ${columns}
      from campaigns, json_each(?) j where campaigns.id = ?`,
      JSON.stringify([...Array(150).keys()]),
      later,
    );
    const id = await startCampaign(gateway);
    await run(gateway, id);
    expect((await show(gateway, id)).state).toBe("done");
    expect(await gateway.campaigns.nextDue()).toBe(TUESDAY + 24 * HOUR);
    gateway.clock.at = TUESDAY + 24 * HOUR;
    for (let second = 0; second < 5; second++) {
      await gateway.campaigns.tick();
      await gateway.dispatcher.tick();
      gateway.clock.at += SECOND;
    }
    expect(await gateway.sql("select distinct state from campaigns")).toEqual([{ state: "done" }]);
  });

  test("one that cannot be read keeps no other from running, and the log names it", async () => {
    await audience(2);
    const broken = await startCampaign(gateway);
    await gateway.sql("update campaigns set audience = '{' where id = ?", broken);
    const id = await startCampaign(gateway, { text: "Votre commande est prête en magasin." });
    logged.length = 0;
    await expect(gateway.campaigns.tick()).rejects.toThrow();
    expect(logged).toEqual([["campaign.failed", broken]]);
    expect((await show(gateway, id)).messages).toBe(2);
  });

  test("a fuse that was looked at does not blow again on what an instance saw before", async () => {
    const numbers = await audience(40);
    await rate(gateway, 10);
    const id = await startCampaign(gateway, { fuse: { opt_out_percent: 10, after: 10 } });
    await gateway.campaigns.tick();
    for (let second = 0; second < 2; second++) {
      gateway.clock.at += SECOND;
      await gateway.dispatcher.tick();
    }
    gateway.clock.at += SECOND;
    const got = await received(gateway);
    for (const person of numbers.filter((number) => got.has(number)).slice(0, 6)) {
      await gateway.mo(person, SENDER, "STOP");
    }
    // Between what the other instance reads of the campaign and what follows from it, the fuse blows and somebody resumes it.
    const other = await gateway.another();
    const { client } = other.api.deps.db;
    const execute = client.execute.bind(client);
    let between: (() => Promise<void>) | null = async () => {
      between = null;
      await gateway.campaigns.tick();
      expect(await show(gateway, id)).toMatchObject({ state: "paused", pause_reason: "opt_outs" });
      await step(gateway, id, "resume");
    };
    client.execute = async (statement) => {
      const sql = typeof statement === "string" ? statement : statement.sql;
      if (sql.includes("campaign_counts")) await between?.();
      return await execute(statement);
    };
    await other.campaigns.tick();
    expect(between).toBeNull();
    expect((await show(gateway, id)).state).toBe("running");
    await run(gateway, id);
    expect((await show(gateway, id)).state).toBe("done");
  });

  test("an audience that grew after its start is looked at as the many that it is", async () => {
    await audience(2);
    const DOUBTFUL = "Parfait, comme convenu.";
    const id = await startCampaign(gateway, { text: DOUBTFUL, scheduled_at: new Date(TUESDAY + HOUR).toISOString() });
    await gateway.sql("delete from consents");
    await gateway.sql("delete from contacts");
    await audience(200);
    gateway.clock.at += HOUR;
    await gateway.campaigns.tick();
    expect(await show(gateway, id)).toMatchObject({ state: "paused", pause_reason: "needs_review", messages: 0 });
  });

  test("its sender is removed before it begins: it pauses and says so, and goes on once there is one again", async () => {
    await audience(3);
    const id = await startCampaign(gateway, { scheduled_at: new Date(TUESDAY + HOUR).toISOString() });
    const path = `/v1/senders/${SENDER}`;
    const { body: { routes, country } } = await gateway.call("GET", path);
    expect((await gateway.call("DELETE", path)).status).toBe(204);
    gateway.clock.at += HOUR;
    await gateway.campaigns.tick();
    expect(await show(gateway, id)).toMatchObject({ state: "paused", pause_reason: "sender_gone", messages: 0 });
    await step(gateway, id, "resume");
    await gateway.campaigns.tick();
    expect(await show(gateway, id)).toMatchObject({ state: "paused", pause_reason: "sender_gone" });
    expect((await gateway.call("PUT", path, { routes, country })).status).toBe(201);
    await step(gateway, id, "resume");
    await gateway.campaigns.tick();
    // What waits needs its sender, and the sender its account.
    for (const used of [path, "/v1/carriers/sandbox"]) {
      expect((await gateway.call("DELETE", used)).status, used).toBe(409);
    }
    await run(gateway, id);
    expect(await show(gateway, id)).toMatchObject({ state: "done", counts: { delivered: 3 } });
  });

  test("valid_until passes in a pause; the people who had no message yet get none that is late", async () => {
    await audience(5);
    const id = await startCampaign(gateway, { valid_until: new Date(TUESDAY + HOUR).toISOString() });
    await step(gateway, id, "pause");
    gateway.clock.at += 2 * HOUR;
    await step(gateway, id, "resume");
    await run(gateway, id);
    expect(await show(gateway, id)).toMatchObject({ state: "done", counts: { expired: 5 } });
  });

  test("what was removed from the results with a person is counted still", async () => {
    const numbers = await audience(3);
    const id = await startCampaign(gateway);
    await run(gateway, id);
    gateway.clock.at += SECOND;
    const path = `/v1/people/${encodeURIComponent(numbers[0]!)}`;
    expect((await gateway.call("DELETE", path, ERASURE)).status).toBeLessThan(300);
    gateway.clock.at += 120 * SECOND;
    await (await gateway.another()).dispatcher.tick();
    await balanced(gateway, "erased");
    const { body } = await gateway.call("GET", `/v1/campaigns/${id}/results`);
    expect([body.handed_over, body.delivered]).toEqual([3, 3]);
    expect((await show(gateway, id)).counts).toEqual({ delivered: 3 });
  });

  test("what it came to stays on record when the period of its messages is over", async () => {
    await audience(3);
    const id = await startCampaign(gateway);
    await run(gateway, id);
    await gateway.sql("delete from messages");
    expect(await show(gateway, id)).toMatchObject({ messages: 3, done: 3, counts: { delivered: 3 } });
    expect((await gateway.call("GET", `/v1/campaigns/${id}/results`)).body.handed_over).toBe(0);
  });

  describe("lists", () => {
    const list = async (name: string, filter?: unknown) =>
      (await gateway.call("POST", "/v1/lists", { name, ...(filter ? { filter } : {}) })).body.id as string;
    const remove = async (id: string) => {
      const { status, body } = await gateway.call("DELETE", `/v1/lists/${id}`);
      return status === 204 ? "deleted" : body.code;
    };
    const puts = async (id: string, numbers: string[]) => {
      const { status, body } = await gateway.call("POST", `/v1/lists/${id}/members`, { numbers });
      expect([status, body.added]).toEqual([200, numbers.length]);
    };

    test("whom a list leaves out gets nothing though somebody deletes the list while the campaign runs", async () => {
      const numbers = await audience(10);
      const [unwanted, all, idle] = [await list("unwanted"), await list("all"), await list("idle")];
      await puts(unwanted, numbers.slice(0, 3));
      await puts(all, numbers);
      const saved = await list("saved", { lists: [unwanted] });
      const id = await startCampaign(gateway, { audience: { lists: [all], exclude_lists: [saved] } });
      // The list is named, or a saved filter that is named asks for it; nobody needs the third.
      expect([await remove(saved), await remove(unwanted), await remove(all), await remove(idle)])
        .toEqual(["list_in_use", "list_in_use", "list_in_use", "deleted"]);
      await step(gateway, id, "pause");
      expect(await remove(all)).toBe("list_in_use");
      await step(gateway, id, "resume");
      await run(gateway, id);
      expect([...(await received(gateway)).keys()].sort()).toEqual(numbers.slice(3).sort());
      expect([await remove(saved), await remove(unwanted), await remove(all)]).toEqual([
        "deleted",
        "deleted",
        "deleted",
      ]);
    });

    test("a draft whose list is gone does not start, and none is written for a list that never was", async () => {
      await audience(2);
      const id = await list("unwanted");
      const saved = await list("saved", { lists: [id] });
      const body = { name: "a", from: SENDER, text: CAMPAIGN_TEXT };
      const drafts = await Promise.all(
        [{ exclude_lists: [id] }, { exclude_lists: [saved] }, { filter: { lists: [id] } }].map(async (audience) =>
          (await gateway.call("POST", "/v1/campaigns", { ...body, audience })).body.id
        ),
      );
      expect(await remove(id)).toBe("deleted");
      for (const draft of drafts) {
        for (const asked of ["preview", "start"]) {
          const answer = await gateway.call("POST", `/v1/campaigns/${draft}/${asked}`);
          expect([asked, answer.status, answer.body.code]).toEqual([asked, 409, "list_gone"]);
        }
      }
      for (
        const [field, audience] of Object.entries({
          "audience.lists": { lists: ["lst_gone"] },
          "audience.exclude_lists": { exclude_lists: [id] },
          "audience.filter.lists": { filter: { lists: [id] } },
        })
      ) {
        const answer = await gateway.call("POST", "/v1/campaigns", { ...body, audience });
        expect([answer.status, answer.body.errors[0].field]).toEqual([422, field]);
      }
    });
  });
});
