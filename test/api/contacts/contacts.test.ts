import { expect, test } from "vitest";
import { DATABASE_KINDS } from "../../support/database.ts";
import { testGateway, walkPages } from "../../support/gateway.ts";

const PERSON = "+33612000001";

test.each(DATABASE_KINDS)("a number is one contact: the second POST changes what it gives (%s)", async (kind) => {
  const gateway = await testGateway({ kind });
  const first = await gateway.call("POST", "/v1/contacts", {
    msisdn: "+33 6 12 00 00 01",
    name: "Client 1",
    language: "fr",
    time_zone: "Europe/Paris",
    fields: { store: "Lyon" },
  });
  expect(first.status).toBe(201);
  expect(first.body).toMatchObject({ msisdn: PERSON, name: "Client 1", fields: { store: "Lyon" }, suppressed: false });

  gateway.clock.advance(1000);
  const second = await gateway.call("POST", "/v1/contacts", { msisdn: PERSON, language: "en" });
  expect(second.status).toBe(200);
  expect(second.body).toMatchObject({ id: first.body.id, name: "Client 1", language: "en", time_zone: "Europe/Paris" });
  expect(second.body.updated_at).not.toBe(second.body.created_at);
});

test("PATCH clears with null, DELETE removes, and neither finds what is not there", async () => {
  const gateway = await testGateway();
  const { body: { id } } = await gateway.call("POST", "/v1/contacts", { msisdn: PERSON, name: "Client 1" });
  const changed = await gateway.call("PATCH", `/v1/contacts/${id}`, { name: null, fields: { a: "b" } });
  expect([changed.status, changed.body.name, changed.body.fields]).toEqual([200, null, { a: "b" }]);
  expect((await gateway.call("GET", `/v1/contacts/${id}`)).body).toEqual(changed.body);

  expect((await gateway.call("DELETE", `/v1/contacts/${id}`)).status).toBe(204);
  for (const [method, body] of [["GET"], ["PATCH", {}], ["DELETE"]] as const) {
    expect((await gateway.call(method, `/v1/contacts/${id}`, body)).status).toBe(404);
  }
});

test("a STOP deletes the contact; put back, it is shown as suppressed and advertising stays refused", async () => {
  const gateway = await testGateway();
  await gateway.call("POST", "/v1/contacts", { msisdn: PERSON });
  await gateway.mo(PERSON, "36105", "STOP");
  expect((await gateway.call("GET", `/v1/contacts?msisdn=${encodeURIComponent(PERSON)}`)).body.data).toEqual([]);

  const again = await gateway.call("POST", "/v1/contacts", { msisdn: PERSON });
  expect([again.status, again.body.suppressed]).toEqual([201, true]);
  const { body } = await gateway.call("POST", "/v1/messages", { to: PERSON, from: "36105", text: "Soldes : -50% !" });
  expect(body.code).toBe("recipient_opted_out");
});

test.each([
  [{ msisdn: "12" }, "msisdn"],
  [{ msisdn: PERSON, language: "french" }, "language"],
  [{ msisdn: PERSON, time_zone: "Europe/Lyon" }, "time_zone"],
  [{ msisdn: PERSON, name: "two\nlines" }, "name"],
  [{ msisdn: PERSON, name: "two\u2028lines" }, "name"],
  [{ msisdn: PERSON, name: "two\u2029lines" }, "name"],
  [{ msisdn: PERSON, name: "turned \u202etxet" }, "name"],
  [{ msisdn: PERSON, name: "turned \u202a\u202c" }, "name"],
  [{ msisdn: PERSON, name: "turned \u2067\u2069" }, "name"],
  [{ msisdn: PERSON, fields: { city: "nwoT \u202eturned" } }, "fields.city"],
  [{ msisdn: PERSON, fields: { "\u202eytic": "Lyon" } }, "fields.\u202eytic"],
  [{ msisdn: PERSON, tags: ["\u202epiv"] }, "tags.0"],
  [{ msisdn: PERSON, fields: { a: 1 } }, "fields.a"],
  [{ msisdn: PERSON, suppressed: false }, "suppressed"],
])("%j is refused and %s named", async (body, field) => {
  const gateway = await testGateway();
  const reply = await gateway.call("POST", "/v1/contacts", body);
  expect(reply.status).toBe(422);
  expect(reply.text).toContain(field);
});

test("the list walks every contact once, newest first, whatever the page", async () => {
  const gateway = await testGateway();
  for (let index = 0; index < 7; index++) {
    await gateway.call("POST", "/v1/contacts", { msisdn: `+3361200000${index}` });
  }
  const seen = await walkPages(gateway, "/v1/contacts", 3);
  expect(seen.map(({ msisdn }) => msisdn)).toEqual([6, 5, 4, 3, 2, 1, 0].map((digit) => `+3361200000${digit}`));
});
