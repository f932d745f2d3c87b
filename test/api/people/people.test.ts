import { describe, expect, test } from "vitest";
import { Person } from "../../../src/api/people/people.ts";
import { MOST } from "../../../src/store/people/dossier.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { consent, INFO, PROMO, type TestGateway, testGateway } from "../../support/gateway.ts";

const FR = "+33612000001";
const OTHER = "+33612000002";
const path = `/v1/people/${encodeURIComponent(FR)}`;

async function dossier(gateway: TestGateway, query = "") {
  const { status, body } = await gateway.call("GET", path + query);
  expect(status).toBe(200);
  // Nothing that the document of the API does not tell.
  expect(body).toEqual(Person.parse(body));
  return body;
}

/** Consent, an advertisement, a STOP, another STOP, a clerk's attempt, a START, an appointment; and somebody else's. */
async function story(gateway: TestGateway) {
  const { clock } = gateway;
  await gateway.call("POST", "/v1/contacts", { msisdn: FR, name: "Camille", language: "fr" });
  await consent(gateway, FR);
  await consent(gateway, OTHER);
  const promo = (await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO })).body;
  await gateway.call("POST", "/v1/messages", { to: OTHER, from: "36105", text: PROMO });
  await gateway.dispatcher.tick();
  clock.advance(60_000);
  const stop = (await gateway.mo(FR, "36105", "Stop svp")).body.message_id;
  await gateway.dispatcher.tick();
  clock.advance(60_000);
  const again = (await gateway.mo(FR, "36105", "STOP !!")).body.message_id;
  const [suppression] = (await gateway.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(FR)}`)).body.data;
  const why = { reason: "She asks to be put back", evidence: "Signed form, archive/812.pdf" };
  const override = (await gateway.call("POST", `/v1/suppressions/${suppression.id}/overrides`, why)).body;
  const refused = await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO });
  clock.advance(60_000);
  await gateway.mo(FR, "36105", "START");
  const info = (await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: INFO })).body;
  await gateway.dispatcher.tick();
  return { promo, stop, again, suppression, override, refused: refused.body.message_id, info };
}

describe.each(DATABASE_KINDS)("the dossier of a person (%s)", (kind) => {
  test("tells the whole story, in one document", async () => {
    const gateway = await testGateway({ kind });
    const { promo, stop, again, suppression, override, refused, info } = await story(gateway);
    const body = await dossier(gateway);

    expect(body).toMatchObject({ msisdn: FR, country: "FR", contact: null, reviews: [], truncated: [] });
    expect(body.consents.map(({ status }: { status: string }) => status)).toEqual(
      ["withdrawn", "withdrawn", "granted"],
    );
    expect(body.consents.at(-1)).toMatchObject({ source: "web_form", wording: "I agree to receive offers by SMS" });
    expect(body.consents[0]).toMatchObject({ message_id: again, wording: "STOP !!", rule: expect.any(String) });

    expect(body.suppressions.length).toBe(1);
    expect(body.suppressions[0]).toMatchObject({
      id: suppression.id,
      text: "Stop svp",
      message_id: stop,
      cause: { id: stop, text: "Stop svp", intent: "opt_out" },
      barrier: { durable_at: "2026-11-24T09:01:00.000Z", ms_after_receipt: 0 },
      repeated: [{ at: "2026-11-24T09:02:00.000Z", actor: "person", message_id: again }],
      lifted_at: "2026-11-24T09:03:00.000Z",
    });
    expect(body.overrides).toEqual([expect.objectContaining({ id: override.id, state: "requested" })]);

    const messages = body.messages.data;
    expect(messages.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining([promo.id, stop, refused, info.id]),
    );
    expect(messages.map(({ id }: { id: string }) => id)).toEqual(
      messages.map(({ id }: { id: string }) => id).toSorted().toReversed(),
    );
    const confirmation = messages.find(({ answers }: { answers: string | null }) => answers === stop);
    expect(confirmation.text).toContain("désinscription");
    expect(
      messages.find(({ id }: { id: string }) => id === promo.id).timeline.map(({ status }: { status: string }) =>
        status
      ),
    )
      .toEqual(["accepted", "delivered"]);
    expect(messages.find(({ id }: { id: string }) => id === stop).timeline.at(-1)).toMatchObject({
      status: "suppressed",
    });
    expect(messages.find(({ id }: { id: string }) => id === refused)).toMatchObject({
      status: "refused",
      error: { code: "recipient_opted_out" },
    });

    expect(body.audit.map(({ action }: { action: string }) => action).toReversed()).toEqual(expect.arrayContaining([
      "consent.granted",
      "suppression.created",
      "contact.removed",
      "suppression.repeated",
      "override.requested",
      "suppression.lifted",
    ]));
    expect(JSON.stringify(body)).not.toContain(OTHER);
  });

  test("gives the text of every rule as it stood, with the country's sections that it refers to", async () => {
    const gateway = await testGateway({ kind });
    await story(gateway);
    const { messages, rules } = await dossier(gateway);
    for (const { decision } of messages.data) {
      for (const { id } of decision.rules) expect(rules[decision.rulebook][id].text).toContain(`id: ${id}`);
    }
    const [texts] = Object.values(rules) as Record<string, { file: string; line: number; country: unknown[] }>[];
    const { file, line, country } = texts!["suppression.no_advertising_after_stop"]!;
    const lines = (await Deno.readTextFile(`rules/${file}`)).split("\n");
    expect(lines[line - 1]).toContain("id: suppression.no_advertising_after_stop");
    expect(country).toEqual([expect.objectContaining({
      file: "countries/fr.yaml",
      text: expect.stringMatching(/^opt_out:\n[^]*scope: commercial[^]*reviewed: \d{4}-\d\d-\d\d$/),
    })]);
  });
});

test("who imported a consent or a suppression is told, and no other import", async () => {
  const gateway = await testGateway();
  const act = {
    purpose: "commercial",
    source: "web form",
    wording: "Offers by SMS",
    granted_at: "2026-11-01T10:00:00Z",
  };
  const list = (recipients: string[], more = {}) => ({ data: recipients.map((recipient) => ({ recipient, ...more })) });
  await gateway.call("POST", "/v1/consents/import", list([OTHER], act));
  await gateway.call("POST", "/v1/consents/import", list([OTHER, FR], act));
  gateway.clock.advance(1_000);
  await gateway.mo(OTHER, "36105", "STOP");
  gateway.clock.advance(1_000);
  await gateway.call("POST", "/v1/suppressions/import", list([FR]));
  await gateway.call("POST", "/v1/suppressions/import", list([OTHER]));
  const { audit, consents, suppressions } = await dossier(gateway);
  expect(consents.map(({ status }: { status: string }) => status)).toEqual(["withdrawn", "granted"]);
  expect(audit.map(({ action, actor }: { action: string; actor: string }) => [action, actor.slice(0, 4)])).toEqual([
    ["suppression.imported", "key_"],
    ["consent.imported", "key_"],
  ]);
  expect(audit[0].details).toMatchObject({ lines: 1, first: suppressions[0].id });
  expect(audit[1].details).toMatchObject({ lines: 2, last: consents[1].id });
});

test("messages come page by page, and every page has the rules that it needs", async () => {
  const gateway = await testGateway();
  await story(gateway);
  const whole = await dossier(gateway);
  const ids = [];
  let cursor = "";
  do {
    const page = await dossier(gateway, `?limit=2${cursor && `&cursor=${cursor}`}`);
    ids.push(...page.messages.data.map(({ id }: { id: string }) => id));
    for (const { decision } of page.messages.data) {
      for (const { id } of decision.rules) expect(page.rules[decision.rulebook][id]).toBeDefined();
    }
    cursor = page.messages.next_cursor;
  } while (cursor !== null);
  expect(ids).toEqual(whole.messages.data.map(({ id }: { id: string }) => id));
});

test("a decision keeps its rules when the version has changed since", async () => {
  const gateway = await testGateway();
  await gateway.mo(FR, "36105", "STOP");
  const before = await dossier(gateway);
  const [hash] = Object.keys(before.rules);
  await gateway.db.client.batch([
    {
      sql: `insert into rulebooks (hash, sources, created_at)
        select 'rb_next', replace(sources, 'id: opt_out.', 'id: opt_out.changed_'), 1 from rulebooks where hash = ?`,
      args: [hash!],
    },
  ]);
  expect((await dossier(gateway)).rules[hash!]).toEqual(before.rules[hash!]);
});

test("a slow commit shows in the time from STOP to barrier", async () => {
  const gateway = await testGateway();
  const { client } = gateway.db;
  const batch = client.batch.bind(client);
  client.batch = async (statements, mode) => {
    const results = await batch(statements, mode);
    if (JSON.stringify(statements).includes("insert or ignore into suppressions")) gateway.clock.advance(37);
    return results;
  };
  await gateway.mo(FR, "36105", "STOP");
  const [{ barrier }] = (await dossier(gateway)).suppressions;
  expect(barrier).toEqual({ durable_at: "2026-11-24T09:00:00.037Z", ms_after_receipt: 37 });
});

test("what did not come as a message has no such time, and nothing is made up", async () => {
  const gateway = await testGateway();
  await gateway.call("POST", "/v1/suppressions", { recipient: FR, note: "by telephone" });
  expect((await dossier(gateway)).suppressions).toEqual([
    expect.objectContaining({ cause: null, barrier: null, note: "by telephone" }),
  ]);
});

test("a list that is too long gives its newest entries and says so", async () => {
  const gateway = await testGateway();
  await gateway.db.client.execute(`with recursive n(i) as (select 1 union all select i + 1 from n where i <= ${MOST})
    insert into consents (id, recipient, purpose, status, source, granted_at, created_at)
    select printf('cns_%05d', i), '${FR}', 'commercial', 'withdrawn', 'keyword', i, i from n`);
  const { consents, truncated } = await dossier(gateway);
  expect([consents.length, consents[0].id, truncated]).toEqual([MOST, `cns_0${MOST + 1}`, ["consents"]]);
});

test("a number that nobody knows gives empty lists, and what is no number is refused", async () => {
  const gateway = await testGateway();
  expect(await dossier(gateway)).toMatchObject({ consents: [], suppressions: [], audit: [], messages: { data: [] } });
  expect((await gateway.call("GET", "/v1/people/12")).status).toBe(422);
  expect((await gateway.appCall("GET", path)).status).toBe(403);
});
