import { expect, test } from "vitest";
import { INFO, testGateway, walkPages } from "../../support/gateway.ts";

const FR = "+33612000001";

test.each([
  ["36200", { country: "FR" }, { kind: "short_code", country: "FR", rate_per_second: 30 }],
  ["+14155550123", {}, { kind: "long_code", country: "US", rate_per_second: 1 }],
  ["+18005550123", {}, { kind: "toll_free", rate_per_second: 3 }],
  ["+18335550123", { kind: "long_code" }, { kind: "long_code", rate_per_second: 1 }],
  ["ACME Shop", {}, { kind: "alphanumeric", country: null, rate_per_second: 30 }],
  [
    "ACME",
    { country: "FR", stop_number: "36105", brand: "Acme", countries: ["FR", "BE"], rate_per_second: 0.5 },
    { kind: "alphanumeric", stop_number: "36105", brand: "Acme", countries: ["FR", "BE"], rate_per_second: 0.5 },
  ],
])("%s with %j is saved with what its shape tells", async (address, body, expected) => {
  const gateway = await testGateway();
  const path = `/v1/senders/${encodeURIComponent(address)}`;
  const made = await gateway.call("PUT", path, { carrier_id: "sandbox", ...body });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({ address, carrier_id: "sandbox", ...expected });
  expect((await gateway.call("GET", path)).body).toEqual(made.body);
  expect((await gateway.call("PUT", path, { carrier_id: "sandbox", ...body })).status).toBe(200);
});

test.each([
  ["36200", {}, "country"],
  ["36200", { country: "FR", kind: "long_code" }, "kind"],
  ["14155550123", {}, "address"],
  ["+1 415 555 0123", {}, "address"],
  ["+12", {}, "address"],
  ["TWELVE CHARS", {}, "address"],
  ["=cmd", {}, "address"],
  ["ACME", { stop_number: "36105" }, "country"],
  ["ACME", { country: "XX" }, "country"],
  ["ACME", { countries: ["fr"] }, "countries.0"],
  ["ACME", { carrier_id: "nobody" }, "carrier_id"],
  ["ACME", { rate_per_second: 0 }, "rate_per_second"],
])("%s with %j is refused and %s named", async (address, body, field) => {
  const gateway = await testGateway();
  const reply = await gateway.call("PUT", `/v1/senders/${encodeURIComponent(address)}`, {
    carrier_id: "sandbox",
    ...body,
  });
  expect(reply.status).toBe(422);
  expect(reply.body.errors[0].field).toBe(field);
});

test("a new sender can be sent from at once, and goes only when nothing waits in it", async () => {
  const gateway = await testGateway();
  await gateway.call("PUT", "/v1/senders/36200", { carrier_id: "sandbox", country: "FR", countries: ["FR"] });
  const scheduled_at = "2026-11-25T10:00:00+01:00";
  const sent = await gateway.call("POST", "/v1/messages", { to: FR, from: "36200", text: INFO, scheduled_at });
  expect(sent.status).toBe(202);
  expect((await gateway.call("DELETE", "/v1/senders/36200")).status).toBe(409);
  await gateway.call("DELETE", `/v1/messages/${sent.body.id}`);
  expect((await gateway.call("DELETE", "/v1/senders/36200")).status).toBe(204);
  expect((await gateway.call("DELETE", "/v1/senders/36200")).status).toBe(404);
  const refused = await gateway.call("POST", "/v1/messages", { to: FR, from: "36200", text: INFO });
  expect(refused.body.code).toBe("sender_not_allowed");
});

test("replacing a sender keeps how far it has used up its rate", async () => {
  const gateway = await testGateway();
  await gateway.db.client.execute("update senders set next_at = 42 where address = '36105'");
  await gateway.call("PUT", "/v1/senders/36105", { carrier_id: "sandbox", country: "FR" });
  const { rows } = await gateway.db.client.execute("select next_at from senders where address = '36105'");
  expect(rows[0]?.["next_at"]).toBe(42);
});

test("the list walks every sender once, in order", async () => {
  const gateway = await testGateway();
  const seen = (await walkPages(gateway, "/v1/senders", 3)).map(({ address }) => address);
  expect(seen).toEqual(["+15005550006", "+447700900000", "36105", "PARLEY"]);
});

const accounts = async () => {
  const gateway = await testGateway();
  for (const id of ["one", "two"]) await gateway.call("PUT", `/v1/carriers/${id}`, { kind: "sandbox" });
  return gateway;
};

test.each([
  [{ carrier_id: "one" }, [{ carrier_id: "one", countries: [] }]],
  [{ routes: ["one", "two"] }, [{ carrier_id: "one", countries: [] }, { carrier_id: "two", countries: [] }]],
  [{ carrier_id: "two", routes: ["two"] }, [{ carrier_id: "two", countries: [] }]],
  [
    { routes: [{ carrier_id: "one", countries: ["FR"] }, "two"] },
    [{ carrier_id: "one", countries: ["FR"] }, { carrier_id: "two", countries: [] }],
  ],
  [
    {
      countries: ["FR", "BE"],
      routes: [{ carrier_id: "two", countries: ["BE"] }, { carrier_id: "one", countries: ["FR"] }],
    },
    [{ carrier_id: "two", countries: ["BE"] }, { carrier_id: "one", countries: ["FR"] }],
  ],
])("%j gives the routes %j", async (body, routes) => {
  const gateway = await accounts();
  const made = await gateway.call("PUT", "/v1/senders/ACME", body);
  expect(made.body).toMatchObject({ carrier_id: routes[0]!.carrier_id, routes });
  expect((await gateway.call("GET", "/v1/senders/ACME")).body).toEqual(made.body);
  for (const { carrier_id } of routes) {
    expect((await gateway.call("DELETE", `/v1/carriers/${carrier_id}`)).body.code).toBe("carrier_in_use");
  }
});

test.each([
  ["no account", {}, "carrier_id", "account"],
  ["no route", { routes: [] }, "routes", ""],
  ["an account that is not there", { routes: ["one", "three"] }, "routes", '"three"'],
  ["another first one", { carrier_id: "two", routes: ["one", "two"] }, "carrier_id", "first"],
  ["one twice", { routes: ["one", { carrier_id: "one", countries: ["FR"] }] }, "routes", "once"],
  ["none for the whole world", { routes: [{ carrier_id: "one", countries: ["FR"] }] }, "routes", "every country"],
  ["none for Belgium", { countries: ["FR", "BE"], routes: [{ carrier_id: "one", countries: ["FR"] }] }, "routes", "BE"],
])("routes with %s are refused", async (_label, body, field, word) => {
  const gateway = await accounts();
  const { status, body: refusal } = await gateway.call("PUT", "/v1/senders/ACME", body);
  expect([status, refusal.errors[0].field]).toEqual([422, field]);
  expect(refusal.errors[0].detail ?? refusal.detail).toContain(word);
});
