import { expect, test } from "vitest";
import { addAudience } from "../support/audience.ts";
import { consent, PROMO, testGateway } from "../support/gateway.ts";
import { startCampaign } from "../support/campaign.ts";

/** Small reads that pages need and apps may use. One gateway for all: they change nothing that another looks at. */

const FR = "+33612000001";
const csv = { "content-type": "text/csv" };

test("whom a spelling of a number means, those first of whom something is known", async () => {
  const gateway = await testGateway();
  await consent(gateway, FR);
  const meant = async (number: string, more = "") => {
    const { status, body } = await gateway.call("GET", `/v1/people?number=${encodeURIComponent(number)}${more}`);
    return status === 200
      ? body.data.map((one: { msisdn: string; known: boolean }) => [one.msisdn, one.known])
      : status;
  };
  for (const spelling of ["+33612000001", "0033 6 12 00 00 01", "+33 (0)6.12.00.00.01"]) {
    expect([spelling, await meant(spelling)]).toEqual([spelling, [[FR, true]]]);
  }
  // The senders are French, American and British.
  expect((await meant("06 12 00 00 01"))[0]).toEqual([FR, true]);
  expect(await meant("06 12 00 00 02", "&country=FR")).toEqual([["+33612000002", false]]);
  expect(await meant("nobody")).toBe(422);
  expect(await meant("12")).toBe(422);

  await gateway.call("POST", "/v1/suppressions", { recipient: "+33612000050" });
  await gateway.mo("+33612000051", "36105", "STOP");
  const suppressed = async (query: string) =>
    (await gateway.call("GET", `/v1/suppressions?${query}`)).body.data.map((one: { recipient: string }) =>
      one.recipient
    );
  expect(await suppressed("source=keyword")).toEqual(["+33612000051"]);
  expect(await suppressed("source=operator&recipient=%2B33612000050")).toEqual(["+33612000050"]);
  expect(await suppressed("source=link")).toEqual([]);

  const columns = async (file: string) => await gateway.call("POST", "/v1/contacts/imports/columns", file, csv);
  const read = await columns('Mobile;Nom;Ville\r\n0612000001;<b>Un</b>;Lyon\r\n0612000002;"Deux, qui');
  expect(read.body).toEqual({
    columns: ["Mobile", "Nom", "Ville"],
    lines: [["0612000001", "<b>Un</b>", "Lyon"]],
    suggested: { number: "Mobile", name: "Nom" },
  });
  expect((await columns("")).body.code).toBe("invalid_csv");
  expect((await columns(Array.from({ length: 201 }, (_, n) => `c${n}`).join(","))).body.code).toBe("invalid_csv");
  expect((await columns(`msisdn,n\n${"+33612000001,x\n".repeat(50)}`)).body.lines).toHaveLength(5);

  const { body: granted } = await gateway.call("GET", "/v1/audit?action=consent.granted");
  const actor = granted.data[0].actor;
  expect((await gateway.call("GET", `/v1/audit?actor=${actor}&action=consent.granted`)).body.data).toHaveLength(1);
  expect((await gateway.call("GET", "/v1/audit?actor=usr_nobody")).body.data).toEqual([]);
});

test("the newest entries of the audit log are verified against those before them", async () => {
  const gateway = await testGateway();
  for (let n = 1; n <= 6; n++) await consent(gateway, `+3361200000${n}`);
  await gateway.dispatcher.tick();
  const verify = async (entries: number) =>
    (await gateway.call("GET", `/v1/audit/verification?entries=${entries}`)).body;
  const all = await verify(2_000);
  expect(all).toMatchObject({ whole: true, unsealed: 0, findings: [], checkpoint: { seq: all.entries } });
  expect(await verify(3)).toMatchObject({ entries: 3, whole: false, findings: [], checkpoint: all.checkpoint });
  const { rows } = await gateway.db.client.execute(
    "select name from sqlite_master where type = 'trigger' and tbl_name = 'audit_log'",
  );
  for (const { name } of rows) await gateway.db.client.execute(`drop trigger ${name}`);
  await gateway.db.client.execute({ sql: "update audit_log set actor = 'x' where seq = ?", args: [all.entries - 1] });
  expect((await verify(3)).findings.map(({ seq }: { seq: number }) => seq)).toEqual([all.entries - 1]);
  // Not among those that were asked for.
  expect((await verify(1)).findings).toEqual([]);
});

test("a campaign is previewed before it is written, for a part of a large audience", async () => {
  const gateway = await testGateway();
  await addAudience(gateway.db, { count: 2_500, now: gateway.clock.now(), consents: (index) => index % 2 === 0 });
  const campaign = { name: "Sale", from: "36105", text: `{name|Bonjour} : ${PROMO}`, audience: {} };
  const preview = async (more: object = {}) =>
    await gateway.call("POST", "/v1/campaigns/preview", { campaign: { ...campaign, ...more }, samples: 2 });
  const { status, body } = await preview();
  expect([status, body.complete, body.recipients, body.samples.length]).toEqual([200, false, 2_000, 2]);
  expect(body.queued + body.refused.consent_missing).toBe(2_000);
  const few = await preview({ audience: { filter: { q: "Client 24" } } });
  expect([few.body.complete, few.body.recipients]).toEqual([true, 111]);
  expect((await preview({ text: "{name" })).body.errors[0].field).toBe("campaign.text");
  expect((await preview({ from: "99999" })).body.code).toBe("sender_not_allowed");
  expect((await gateway.call("GET", "/v1/campaigns")).body.data).toEqual([]);

  // What is stored is as the preview said.
  const id = await startCampaign(gateway, { ...campaign, audience: { filter: { q: "Client 24" } } });
  for (let turn = 0; turn < 4; turn++) await gateway.campaigns.tick();
  const file = await gateway.call("GET", `/v1/campaigns/${id}/export`);
  expect(file.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  const [header, ...lines] = file.text.trimEnd().split("\n");
  expect([header, lines.length]).toEqual([
    "id,to,status,error_code,hold_reason,category,segments,carrier_id,created_at,sent_at,delivered_at,text",
    111,
  ]);
  expect(lines.filter((line) => line.includes(",refused,consent_missing,"))).toHaveLength(
    few.body.refused.consent_missing,
  );
  expect((await gateway.call("GET", "/v1/campaigns/cmp_none/export")).status).toBe(404);

  const { counts, messages } = (await gateway.call("GET", `/v1/campaigns/${id}`)).body;
  expect([messages, counts.queued]).toEqual([111, few.body.queued]);
});
