import { expect, test } from "vitest";
import { leaveList } from "../../../src/store/contacts/list_departures.ts";
import { auditRow } from "../../../src/store/oversight/audit.ts";
import { before } from "../../support/before.ts";
import { CAMPAIGN_TEXT, startCampaign } from "../../support/campaign.ts";
import { consent, testGateway } from "../../support/gateway.ts";
import { member } from "../../support/staff.ts";

const FR = "+33612345678";

test("who leaves a list while a campaign for it is made gets nothing of it, and is counted", async () => {
  const g = await testGateway();
  await g.call("POST", "/v1/contacts", { msisdn: FR, name: "A" });
  await consent(g, FR);
  const { body: list } = await g.call("POST", "/v1/lists", { name: "Clients" });
  await g.call("POST", `/v1/lists/${list.id}/members`, { contacts: [FR] });
  const id = await startCampaign(g, { audience: { lists: [list.id] } });
  let left = false;
  before(g, "update campaigns set cursor", async () => {
    const now = g.clock.now();
    const fact = { at: now, actor: "person", action: "list.left", subject: list.id, person: FR } as const;
    left = await leaveList(
      g.db,
      { person: FR, list: list.id, message_id: "msg_of_an_earlier_campaign", now },
      auditRow(fact, g.api.deps.newId),
    );
  });
  for (let ticks = 0; ticks < 3; ticks++) {
    await g.campaigns.tick();
    await g.dispatcher.tick();
    g.clock.advance(2_000);
  }
  expect(left).toBe(true);
  const { data } = (await g.call("GET", `/v1/campaigns/${id}/messages`)).body;
  expect(data.map(({ status, error }: { status: string; error: { code: string } }) => [status, error.code]))
    .toEqual([["canceled", "list_left"]]);
  expect((await g.call("GET", `/v1/campaigns/${id}`)).body).toMatchObject({ state: "done", counts: { canceled: 1 } });
  expect(await g.handset(FR)).toEqual([]);
});

test("what starts is what was looked at, not what an agent wrote meanwhile", async () => {
  const g = await testGateway();
  await g.call("POST", "/v1/contacts", { msisdn: FR, name: "A" });
  const draft = { name: "Sale", from: "36105", text: CAMPAIGN_TEXT, audience: {} };
  const { body } = await g.call("POST", "/v1/campaigns", draft);
  const agent = await member(g, "agent");
  before(g, "update campaigns set state = 'scheduled'", async () => {
    const { status } = await agent.call("PUT", `/v1/campaigns/${body.id}`, {
      ...draft,
      text: "Nobody looked at this.",
    });
    expect(status).toBe(200);
  });
  expect((await g.call("POST", `/v1/campaigns/${body.id}/start`)).status).toBe(409);
  expect((await g.call("GET", `/v1/campaigns/${body.id}`)).body.state).toBe("draft");
  expect((await g.call("POST", `/v1/campaigns/${body.id}/start`)).status).toBe(200);
});
