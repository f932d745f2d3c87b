import { describe, expect, onTestFinished, test } from "vitest";
import type { Carrier, ProviderOptOut } from "../../../src/carriers/carrier.ts";
import { ProviderListError } from "../../../src/carriers/carrier.ts";
import { sandbox } from "../../../src/carriers/sandbox.ts";
import { driftReport } from "../../../src/drift_report.ts";
import { DATABASE_KINDS, freshDatabase } from "../../support/database.ts";
import { consentOf, instance, prepare, TUESDAY } from "../../support/instance.ts";

const US = "+15005550006";
const OLD = TUESDAY - 86_400_000;
const entry = (person: string, more: Partial<ProviderOptOut> = {}): ProviderOptOut => ({
  person,
  sender: null,
  at: OLD,
  ...more,
});

describe.each(DATABASE_KINDS)("reconciling with a provider's list, %s database", (kind) => {
  /** A gateway whose senders all go through a provider with this list; a page that is null cannot be read. */
  async function rig(pages: (ProviderOptOut[] | null)[]) {
    const listing: Carrier<unknown> = {
      ...(sandbox as Carrier<unknown>),
      kind: "listing",
      async *optOuts() {
        for (const page of pages) {
          if (page === null) throw new ProviderListError("The provider answered HTTP 500");
          yield await Promise.resolve(page);
        }
      },
    };
    const db = await freshDatabase(kind);
    await prepare(db, TUESDAY);
    await db.client.batch([
      "insert into carriers (id, kind, config, created_at, updated_at) values ('listing', 'listing', '{}', 0, 0)",
      "update senders set carrier_id = 'listing'",
    ]);
    const gateway = instance(db, { now: () => TUESDAY, carriers: [listing] });
    return {
      ...gateway,
      client: db.client,
      reconcile: (body: unknown = {}) => gateway.call("POST", "/v1/carriers/listing/reconcile", body),
      suppressed: async (recipient: string) =>
        (await gateway.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(recipient)}`)).body.data,
    };
  }

  test("what is missing here has the consequences of a STOP, and is in the audit log", async () => {
    const person = "+33612345678";
    const { call, reconcile, suppressed } = await rig([[entry("33612345678")]]);
    await call("POST", "/v1/consents", consentOf(person));
    await call("POST", "/v1/contacts", { msisdn: person });
    const advert = { to: person, from: "36105", text: "Soldes : -50% ce week-end !", category: "commercial" };
    const waiting = await call("POST", "/v1/messages", { ...advert, scheduled_at: "2026-11-25T10:00:00+01:00" });
    expect(waiting.status).toBe(202);

    const { status, body } = await reconcile();

    expect(status).toBe(200);
    expect(body).toEqual({
      carrier_id: "listing",
      listed: 1,
      agreed: 0,
      missing_here: { count: 1, recipients: [person] },
      returned_here: { count: 0, recipients: [] },
      only_here: { count: 0, recipients: [] },
      other_senders: 0,
      unreadable: 0,
      applied: true,
    });
    expect(await suppressed(person)).toEqual([expect.objectContaining({ source: "carrier", scope: "commercial" })]);
    expect((await call("GET", `/v1/messages/${waiting.body.id}`)).body.status).toBe("canceled");
    expect((await call("POST", "/v1/messages", advert)).body.code).toBe("recipient_opted_out");
    expect((await call("GET", "/v1/contacts")).body.data).toEqual([]);
    const { body: audit } = await call("GET", "/v1/audit?action=suppression.created");
    expect(audit.data).toEqual([expect.objectContaining({ actor: "carrier:listing" })]);
  });

  test("repeating it changes nothing more", async () => {
    const { reconcile, suppressed } = await rig([[entry("+33612345678"), entry("+15005550111")]]);
    await reconcile();
    const { body } = await reconcile();
    expect([body.agreed, body.missing_here.count]).toEqual([2, 0]);
    expect(await suppressed("+33612345678")).toHaveLength(1);
  });

  test("a dry run tells the same and changes nothing", async () => {
    const { reconcile, suppressed } = await rig([[entry("+33612345678")]]);
    const { body } = await reconcile({ dry_run: true });
    expect([body.missing_here.count, body.applied]).toEqual([1, false]);
    expect(await suppressed("+33612345678")).toEqual([]);
  });

  test("where the law ends everything from a sender, a block of one sender ends that sender's, of the account every sender's", async () => {
    const { reconcile, suppressed } = await rig([
      [entry("+12125550111", { sender: US }), entry("+12125550112", { sender: "+15005559999" })],
      [entry("+12125550113")],
    ]);
    const { body } = await reconcile();
    // The second is of an address that is not ours: nothing here is blocked by it.
    expect([body.listed, body.agreed, body.missing_here.count, body.other_senders]).toEqual([3, 0, 2, 1]);
    const scopes = async (person: string) =>
      (await suppressed(person)).map(({ scope, sender }: Record<string, string>) => `${scope} ${sender}`).sort();
    expect(await scopes("+12125550111")).toEqual([`all ${US}`]);
    expect(await scopes("+12125550112")).toEqual([]);
    expect(await scopes("+12125550113")).toEqual(["all +15005550006", "all +447700900000", "all 36105", "all PARLEY"]);
  });

  test("a block of a sender whose second route is the account is one of that sender", async () => {
    const { call, reconcile, suppressed } = await rig([[entry("+12125550111", { sender: US })]]);
    const routes = ["sandbox", "listing"];
    expect((await call("PUT", `/v1/senders/${encodeURIComponent(US)}`, { routes })).status).toBe(200);
    const { body } = await reconcile();
    expect([body.agreed, body.missing_here.count]).toEqual([0, 1]);
    expect(await suppressed("+12125550111")).toEqual([expect.objectContaining({ scope: "all", sender: US })]);
  });

  test.each([
    ["who came back here since is named, and stays", OLD, true],
    ["who came back at a time that the provider does not tell is named, and stays", null, true],
    ["who was blocked again since is suppressed", TUESDAY + 1, false],
  ])("%s", async (_, at, stays) => {
    const person = "+33612345678";
    const { reconcile, suppressed, call } = await rig([[entry(person, { at })]]);
    const says = (text: string) => call("POST", "/carriers/listing/inbound", { from: person, to: "36105", text });
    await says("STOP");
    await says("START");
    expect(await suppressed(person)).toEqual([]);

    const { body } = await reconcile();

    expect(body[stays ? "returned_here" : "missing_here"]).toEqual({ count: 1, recipients: [person] });
    expect(await suppressed(person)).toHaveLength(stays ? 0 : 1);
  });

  test("who is suppressed by a carrier's word and not on the list is told, and stays so", async () => {
    const { reconcile, suppressed, call, client } = await rig([[entry("+33612345678")]]);
    const opted = "+33612345679";
    // A thread with the sender, and the word of the carrier; of somebody else only a word of our own.
    for (const to of [opted, "+33612345670"]) {
      await call("POST", "/v1/messages", { to, from: "36105", text: "Votre commande est prête." });
    }
    await client.execute({
      sql: `insert into suppressions (id, recipient, scope, sender, source, created_at)
        values ('sup_1', ?, 'commercial', '', 'carrier', 0)`,
      args: [opted],
    });
    await call("POST", "/v1/suppressions", { recipient: "+33612345670", scope: "commercial", note: "by telephone" });
    expect((await reconcile()).body.only_here).toEqual({ count: 1, recipients: [opted] });
    expect(await suppressed(opted)).toHaveLength(1);
  });

  test("entries that are no numbers are counted, and the first hundred of many are named", async () => {
    const many = Array.from({ length: 150 }, (_, index) => entry(`+336120${String(index).padStart(5, "0")}`));
    const { reconcile } = await rig([[entry("SHOP"), entry("36105")], many]);
    const { body } = await reconcile({ most: 150 });
    expect([body.listed, body.unreadable, body.missing_here.count]).toEqual([152, 2, 150]);
    expect(body.missing_here.recipients).toHaveLength(100);
  });

  test.each([
    ["in one go", false],
    ["before it breaks off", true],
  ])(
    "a list that names everybody %s changes nothing until somebody says how many there may be",
    async (_, breaksOff) => {
      const many = Array.from({ length: 101 }, (_, index) => entry(`+336120${String(index).padStart(5, "0")}`));
      const rest = breaksOff ? [null] : [];
      const { reconcile, call } = await rig([many.slice(0, 60), many.slice(60), ...rest]);
      const suppressions = async () => (await call("GET", "/v1/suppressions?limit=200")).body.data.length;
      for (const body of [{}, { most: 100 }]) {
        const answer = await reconcile(body);
        expect([answer.status, answer.body.code, await suppressions()]).toEqual([409, "too_many_missing", 0]);
        expect(answer.body.detail).toMatch(/^101 people .* more than the 100 /);
      }
      expect((await reconcile({ dry_run: true })).status).toBe(breaksOff ? 502 : 200);
      expect((await reconcile({ most: 101 })).status).toBe(breaksOff ? 502 : 200);
      expect(await suppressions()).toBe(101);
    },
  );

  test("who came back to one sender stays blocked for another", async () => {
    const person = "+12125550111";
    const other = "+447700900000";
    const { reconcile, suppressed, call } = await rig([[
      entry(person, { sender: US }),
      entry(person, { sender: other }),
    ]]);
    await call("POST", "/carriers/listing/inbound", { from: person, to: US, text: "STOP" });
    await call("POST", "/carriers/listing/inbound", { from: person, to: US, text: "START" });
    const { body } = await reconcile();
    expect([body.returned_here.count, body.missing_here.count]).toEqual([1, 1]);
    expect((await suppressed(person)).map(({ sender }: { sender: string }) => sender)).toEqual([other]);
  });

  test("a list that breaks off is told, and what was read before holds", async () => {
    const { reconcile, suppressed } = await rig([[entry("+33612345678")], null]);
    const { status, body } = await reconcile();
    expect([status, body.code]).toEqual([502, "list_unreadable"]);
    expect(body.detail).toBe("The provider answered HTTP 500, after 1 entries.");
    expect(await suppressed("+33612345678")).toHaveLength(1);
  });
});

test.each([
  ["an account that is not there", "nowhere", 404, "not_found"],
  ["a provider whose API does not tell", "sandbox", 409, "no_list"],
])("%s cannot be reconciled", async (_, id, status, code) => {
  const db = await freshDatabase();
  await prepare(db, TUESDAY);
  const answer = await instance(db, { now: () => TUESDAY }).call("POST", `/v1/carriers/${id}/reconcile`, {});
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

test.each([
  [false, ["    +*********78", "    and 41 more"]],
  [true, ["    +33612345678", "    and 41 more"]],
])("the report of a drift, with its numbers: %s", (numbers, lines) => {
  const none = { count: 0, recipients: [] };
  const report = driftReport({
    carrier_id: "aws-eu",
    listed: 50,
    agreed: 5,
    missing_here: { count: 42, recipients: ["+33612345678"] },
    returned_here: none,
    only_here: none,
    other_senders: 2,
    unreadable: 1,
    applied: true,
  }, { numbers });
  expect(report.split("\n")).toEqual([
    "aws-eu: 50 on the provider's list",
    "  5 suppressed here too",
    "  42 were missing here: suppressed now",
    ...lines,
    "  0 came back here since; the provider still blocks them",
    "  0 suppressed here by a carrier's word and not on this list: they stay so",
    "  2 of a sender that this account does not have here: nothing to compare",
    "  1 without a phone number",
  ]);
});

test("deno task reconcile says when no account has a list, helps, and refuses what it does not know", async () => {
  const folder = await Deno.makeTempDir({ prefix: "parley-reconcile-" });
  onTestFinished(() => Deno.remove(folder, { recursive: true }));
  const env = { PARLEY_DATABASE_URL: `file:${folder}/parley.db` };
  const task = async (...args: string[]) => {
    const command = new Deno.Command(Deno.execPath(), { args: ["task", "--quiet", ...args], env, stderr: "null" });
    const { code, stdout } = await command.output();
    return { code, printed: new TextDecoder().decode(stdout) };
  };
  expect((await task("migrate")).code).toBe(0);
  expect(await task("reconcile")).toEqual({ code: 0, printed: expect.stringContaining("No carrier account") });
  expect(await task("reconcile", "--help")).toEqual({ code: 0, printed: expect.stringContaining("--dry-run") });
  expect(await task("reconcile", "--most", "all")).toEqual({ code: 2, printed: expect.stringContaining("--most all") });
  expect(await task("reconcile", "--all")).toEqual({ code: 2, printed: expect.stringContaining("--all") });
  expect(await task("reconcile", "nowhere")).toEqual({
    code: 2,
    printed: expect.stringContaining("no carrier account nowhere"),
  });
}, 60_000);
