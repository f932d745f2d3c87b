import { expect, test } from "vitest";
import { INFO, testGateway } from "../../support/gateway.ts";

const FR = "+33612000001";

test.each([
  ["9999-12-31T23:59:59-23:59", "must lie between 1970 and 2099"],
  ["0000-01-01T00:00:00+23:59", "must lie between 1970 and 2099"],
  ["1970-01-01T00:59:59+01:00", "must lie between 1970 and 2099"],
  ["2100-01-01T00:00:00Z", "must lie between 1970 and 2099"],
  ["2026-11-25", "Invalid ISO datetime"],
])("%s is no instant of the API: %s", async (at, detail) => {
  const gateway = await testGateway();
  const given = { recipient: FR, purpose: "commercial", source: "paper", wording: "I agree", granted_at: at };
  const granted = { ...given, granted_at: "2026-01-10T09:00:00Z", expires_at: at };
  const message = { to: FR, from: "36105", text: INFO };
  for (
    const [path, field, body] of [
      ["/v1/consents", "granted_at", given],
      ["/v1/consents", "expires_at", granted],
      ["/v1/messages", "scheduled_at", { ...message, scheduled_at: at }],
      ["/v1/messages", "valid_until", { ...message, valid_until: at }],
    ] as const
  ) {
    const reply = await gateway.call("POST", path, body);
    expect([reply.status, reply.body.errors]).toEqual([422, [{ field, detail }]]);
  }
  for (const query of ["audit?from", "books?to", "overview?from", "contacts?created_from"]) {
    const reply = await gateway.call("GET", `/v1/${query}=${encodeURIComponent(at)}`);
    expect([query, reply.status, reply.body.errors[0].detail]).toEqual([query, 422, detail]);
  }
  const { body } = await gateway.call("POST", "/v1/consents/import", { data: [given] });
  expect(body).toMatchObject({ rejected: 1, invalid: [{ line: 1, detail: `granted_at: ${detail}` }] });
});

test.each(["1970-01-01T00:00:00Z", "1969-12-31T23:00:00-01:00"])(
  "a consent given at %s comes out as it can be taken again",
  async (granted_at) => {
    const gateway = await testGateway();
    const given = { recipient: FR, purpose: "commercial", source: "paper", wording: "I agree", granted_at };
    const { status, body } = await gateway.call("POST", "/v1/consents", {
      ...given,
      expires_at: "2099-12-31T23:59:59.999Z",
    });
    expect([status, body.granted_at]).toEqual([201, "1970-01-01T00:00:00.000Z"]);
    const { text } = await gateway.call("GET", "/v1/consents/export");
    const again = await gateway.call("POST", "/v1/consents/import", text, { "content-type": "text/csv" });
    expect(again.body).toEqual({ imported: 0, already: 1, rejected: 0, invalid: [] });
  },
);
