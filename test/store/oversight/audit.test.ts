import { describe, expect, test } from "vitest";
import { digestOf } from "../../../src/store/oversight/audit.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { consent, PROMO, type TestGateway, testGateway } from "../../support/gateway.ts";
import { stopAgain } from "../../support/unsubscribe.ts";

const FR = "+33612000001";
const US = "+12125550123";

/** Actions of the log in order, each with its actor and the kind of its subject. */
async function entries({ db }: TestGateway) {
  const { rows } = await db.client.execute(
    `select l.*, d.person, d.details from audit_log l left join audit_details d on d.id = l.id
      where l.actor != 'system' order by l.seq`,
  );
  // deno-lint-ignore no-explicit-any -- columns as the database has them
  return rows as any[];
}

const told = (rows: { action: string; actor: string; subject: string }[]) =>
  rows.map(({ action, actor, subject }) => `${actor.replace(/^(key)_.*/, "$1")} ${action} ${subject.split("_")[0]}`);

describe.each(DATABASE_KINDS)("the audit log of decisions on state (%s)", (kind) => {
  test("a STOP is told once, with the rule and the message; a second one changes nothing that stands", async () => {
    const gateway = await testGateway({ kind });
    await gateway.call("POST", "/v1/contacts", { msisdn: FR });
    const { body } = await gateway.mo(FR, "36105", "STOP", "first");
    await gateway.mo(FR, "36105", "STOP", "first");
    const rows = await entries(gateway);
    expect(told(rows).sort()).toEqual([
      "person consent.withdrawn cns",
      "person contact.removed con",
      "person suppression.created sup",
    ]);
    for (const row of rows) {
      expect(row.person).toBe(FR);
      expect(row.digest).toBe(digestOf(row.details));
      expect(JSON.parse(row.details)).toMatchObject({
        person: FR,
        message_id: body.message_id,
        rule: expect.any(String),
      });
      expect(JSON.stringify([row.id, row.actor, row.action, row.subject, row.digest])).not.toContain(FR.slice(1));
    }
    await gateway.mo(FR, "36105", "STOP", "second");
    const repeated = (await entries(gateway)).slice(3);
    expect(told(repeated).sort()).toEqual(["person consent.withdrawn cns", "person suppression.repeated sup"]);
    const standing = rows.find(({ action }) => action === "suppression.created");
    expect(repeated.find(({ action }) => action === "suppression.repeated").subject).toBe(standing.subject);
  });

  test("a START has an entry for each suppression that it lifts", async () => {
    const gateway = await testGateway({ kind });
    await gateway.mo(US, "+15005550006", "STOP");
    await gateway.call("POST", "/v1/suppressions/import", { data: [{ recipient: US, scope: "commercial" }] });
    const standing = (await gateway.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(US)}`)).body.data;
    const before = (await entries(gateway)).length;
    await gateway.mo(US, "+15005550006", "START");
    const lifted = (await entries(gateway)).slice(before).filter(({ action }) => action === "suppression.lifted");
    expect(lifted.map(({ subject }) => subject).sort()).toEqual(standing.map(({ id }: { id: string }) => id).sort());
    expect(lifted.every(({ actor, person }) => actor === "person" && person === US)).toBe(true);
    expect(new Set(lifted.map(({ id }) => id)).size).toBe(2);
    const again = (await entries(gateway)).length;
    await gateway.mo(US, "+15005550006", "START");
    expect((await entries(gateway)).slice(again).filter(({ action }) => action === "suppression.lifted")).toEqual([]);
  });

  test("what staff do is told with the key that did it, and not what changed nothing", async () => {
    const gateway = await testGateway({ kind });
    const granted = await consent(gateway, FR);
    await gateway.call("POST", `/v1/consents/${granted.body.id}/withdraw`, {});
    await gateway.call("POST", `/v1/consents/${granted.body.id}/withdraw`, {});
    const contact = await gateway.call("POST", "/v1/contacts", { msisdn: FR });
    await gateway.call("DELETE", `/v1/contacts/${contact.body.id}`);
    await gateway.call("DELETE", `/v1/contacts/${contact.body.id}`);
    const given = await gateway.call("POST", "/v1/suppressions", { recipient: FR, note: "by telephone" });
    await gateway.call("POST", "/v1/suppressions", { recipient: FR, note: "by telephone" });
    await gateway.call("POST", `/v1/suppressions/${given.body.id}/lift`, { reason: "a mistake of ours" });
    await gateway.call("POST", `/v1/suppressions/${given.body.id}/lift`, { reason: "a mistake of ours" });
    expect(told(await entries(gateway))).toEqual([
      "key consent.granted cns",
      "key consent.withdrawn cns",
      "key contact.removed con",
      "key suppression.created sup",
      "key suppression.repeated sup",
      "key suppression.lifted sup",
    ]);
  });

  test("what may send and to whom is told too, without secrets", async () => {
    const gateway = await testGateway({ kind });
    const key = await gateway.call("POST", "/v1/keys", { name: "shop", role: "app" });
    await gateway.call("DELETE", `/v1/keys/${key.body.id}`);
    await gateway.call("DELETE", `/v1/keys/${key.body.id}`);
    const config = {
      url: "https://kannel.example/sendsms",
      username: "shop",
      password: "s3cret-s3cret",
      webhook_secret: "hushhush-hushhush",
    };
    expect((await gateway.call("PUT", "/v1/carriers/kannel", { kind: "kannel", config })).status).toBe(201);
    await gateway.call("PUT", "/v1/senders/38000", { carrier_id: "kannel", country: "FR" });
    await gateway.call("DELETE", "/v1/carriers/kannel");
    await gateway.call("DELETE", "/v1/senders/38000");
    await gateway.call("DELETE", "/v1/carriers/kannel");
    const rows = await entries(gateway);
    expect(rows.map(({ action, subject }) => `${action} ${subject}`)).toEqual([
      `key.created ${key.body.id}`,
      `key.revoked ${key.body.id}`,
      "carrier.saved kannel",
      "sender.saved 38000",
      "sender.deleted 38000",
      "carrier.deleted kannel",
    ]);
    expect(rows[2].details).toContain("https://kannel.example/sendsms");
    for (const secret of [key.body.key, "s3cret", "hushhush"]) expect(JSON.stringify(rows)).not.toContain(secret);
  });

  test("an import is one entry for each group of lines, with their number and digest", async () => {
    const gateway = await testGateway({ kind });
    const data = Array.from(
      { length: 1_200 },
      (_, index) => ({ recipient: `+3361200${String(index).padStart(4, "0")}` }),
    );
    await gateway.call("POST", "/v1/suppressions/import", { data });
    const rows = await entries(gateway);
    expect(told(rows)).toEqual(["key suppression.imported imp", "key suppression.imported imp"]);
    expect(rows.map(({ details }) => JSON.parse(details).lines)).toEqual([1_000, 200]);
    expect(new Set(rows.map(({ subject }) => subject)).size).toBe(1);
  });

  test("a click on the page behind a link is the person's own decision", async () => {
    const gateway = await testGateway({ kind });
    const GB = "+447400123456";
    await consent(gateway, GB);
    const { body } = await gateway.call("POST", "/v1/messages", { to: GB, from: "PARLEY", text: PROMO });
    const path = /\/u\/\S+/.exec(body.text)![0];
    for (const minutes of [0, 1, 60]) {
      gateway.clock.advance(minutes * 60_000);
      await stopAgain(gateway, path);
    }
    expect(told(await entries(gateway)).slice(1)).toEqual([
      "person suppression.created sup",
      "person consent.withdrawn cns",
      "person suppression.repeated sup",
    ]);
  });
});
