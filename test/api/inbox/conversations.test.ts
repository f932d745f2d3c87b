import { expect, test } from "vitest";
import { consent, INFO, PROMO, testGateway, walkPages } from "../../support/gateway.ts";

const FR = "+33612000001";
const US = "+14155550101";

test("a conversation shows both ends, its last message and where the person stands", async () => {
  const gateway = await testGateway();
  await consent(gateway, FR);
  await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO });
  const of = async (person: string) =>
    (await gateway.call("GET", `/v1/conversations?msisdn=${encodeURIComponent(person)}`)).body.data[0];
  expect(await of(FR)).toMatchObject({
    person: FR,
    sender: "36105",
    opted_out: "none",
    consent: "granted",
    last_inbound_at: null,
    last_message: { direction: "outbound" },
  });

  gateway.clock.advance(60_000);
  await gateway.mo(FR, "36105", "STOP");
  const after = await of(FR);
  expect(after).toMatchObject({
    opted_out: "commercial",
    consent: "withdrawn",
    last_inbound_at: "2026-11-24T09:01:00.000Z",
    last_message: { direction: "outbound", text: expect.stringContaining("désinscription") },
  });
  expect((await gateway.call("GET", `/v1/conversations/${after.id}`)).body).toEqual(after);

  await gateway.mo(US, "+15005550006", "STOP");
  expect(await of(US)).toMatchObject({ opted_out: "all", consent: "withdrawn" });
});

test("its messages come newest first, and only its own", async () => {
  const gateway = await testGateway();
  await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: INFO });
  await gateway.mo(FR, "36105", "Merci");
  await gateway.mo(FR, "+447700900000", "Hello");
  const threads = (await gateway.call("GET", "/v1/conversations?sender=36105")).body.data;
  expect(threads.length).toBe(1);
  const path = `/v1/conversations/${threads[0].id}/messages`;
  const messages = await walkPages(gateway, path, 1);
  expect(messages.map(({ text }) => text)).toEqual(["Merci", INFO]);
});

test("the list walks threads of one same instant once each, most recent first", async () => {
  const gateway = await testGateway();
  const people = Array.from({ length: 7 }, (_, index) => `+3361200001${index}`);
  // Three share an instant, four have one each.
  for (const [index, person] of people.entries()) {
    if (index >= 3) gateway.clock.advance(1000);
    await gateway.mo(person, "36105", "Bonjour");
  }
  const seen = (await walkPages(gateway, "/v1/conversations", 2)).map(({ person }) => person);
  expect([...seen].sort()).toEqual(people);
  expect(seen.slice(0, 4)).toEqual(people.slice(3).reverse());
});

test.each([
  ["/v1/conversations/cnv_none", 404, "not_found"],
  ["/v1/conversations/cnv_none/messages", 404, "not_found"],
  ["/v1/conversations?cursor=nonsense", 422, "cursor"],
  ["/v1/conversations?msisdn=12", 422, "msisdn"],
  ["/v1/conversations?limit=0", 422, "limit"],
])("%s is %i and says %s", async (path, status, word) => {
  const gateway = await testGateway();
  const reply = await gateway.call("GET", path);
  expect(reply.status).toBe(status);
  expect(reply.text).toContain(word);
});
