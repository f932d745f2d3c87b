import { expect, test } from "vitest";
import { consent, INFO, PROMO, testGateway } from "../../support/gateway.ts";

const FR = "+33612000001";
const OTHER = "+33612000002";
const path = (person: string) => `/v1/people/${encodeURIComponent(person)}/export`;

test("an export holds everything about the person and nobody else, however much it is, and is audited", async () => {
  const g = await testGateway();
  const list = (await g.call("POST", "/v1/lists", { name: "Clients" })).body;
  for (const msisdn of [FR, OTHER]) {
    await g.call("POST", "/v1/contacts", { msisdn, name: `Camille ${msisdn}`, tags: ["vip"] });
    await consent(g, msisdn);
    await g.call("POST", "/v1/messages", { to: msisdn, from: "36105", text: PROMO });
    await g.call("POST", "/v1/messages", { to: msisdn, from: "PARLEY", text: INFO });
  }
  await g.call("POST", `/v1/lists/${list.id}/members`, { contacts: [FR] });
  await g.dispatcher.tick();
  const columns = (await g.db.client.execute("select name from pragma_table_info('messages') where name != 'id'"))
    .rows.map(({ name }) => name).join(", ");
  await g.db.client.execute({
    sql: `with recursive n (i) as (select 1 union all select i + 1 from n where i < 2500)
      insert into messages (id, ${columns}) select m.id || n.i, ${columns} from n,
        (select * from messages where person = ? limit 1) m`,
    args: [FR],
  });
  const before = (await g.call("GET", path(FR))).body;
  expect(before).toMatchObject({
    msisdn: FR,
    country: "FR",
    contact: { name: `Camille ${FR}`, tags: ["vip"] },
    lists: [{ id: list.id, name: "Clients", left_at: null }],
    consents: [{ status: "granted", recipient: FR }],
    suppressions: [],
    campaigns: [],
  });
  expect(before.messages).toHaveLength(2_502);
  expect(new Set(before.messages.map(({ id }: { id: string }) => id)).size).toBe(2_502);
  expect(before.conversations.map(({ sender }: { sender: string }) => sender)).toEqual(["36105", "PARLEY"]);
  expect(before.messages[0].timeline.map(({ status }: { status: string }) => status)).toContain("delivered");

  await g.mo(FR, "36105", "Il faut stopper le bazar");
  await g.mo(FR, "36105", "STOP");
  const { body, text, headers } = await g.call("GET", path(FR));
  expect(text).not.toContain(OTHER);
  expect(headers.get("cache-control")).toBe("no-store");
  expect(body).toMatchObject({
    contact: null,
    reviews: [{ kind: "doubtful_reply" }],
    suppressions: [{ text: "STOP" }],
  });
  expect(body.audit.map(({ action }: { action: string }) => action)).toEqual(
    expect.arrayContaining(["person.exported", "suppression.created", "consent.withdrawn", "contact.removed"]),
  );
  const told = await g.call("GET", "/v1/audit?action=person.exported");
  expect(told.body.data).toHaveLength(2);
  expect(told.body.data[0]).toMatchObject({ person: FR });
});

test("of nobody it holds nothing, and only an administrator may ask", async () => {
  const g = await testGateway();
  expect((await g.call("GET", path(OTHER))).body).toMatchObject({
    contact: null,
    lists: [],
    consents: [],
    suppressions: [],
    overrides: [],
    reviews: [],
    conversations: [],
    notes: [],
    messages: [],
    campaigns: [],
  });
  expect((await g.appCall("GET", path(OTHER))).status).toBe(403);
  expect((await g.call("GET", path("12"))).status).toBe(422);
});
