import { expect, test } from "vitest";
import { INFO, testGateway } from "../../support/gateway.ts";

const FR = "+33612345678";
const OTHER = "+33612345679";

/** A plus that nobody encoded is a space in a query; in a path it is a plus. */
const SPELLINGS = [
  "%2B33612345678",
  "+33612345678",
  "%2033612345678",
  "%2033%206%2012%2034%2056%2078",
  "0033612345678",
];
const LISTS: [string, (body: { data: never[] }) => unknown[]][] = [
  ["/v1/conversations?msisdn=", ({ data }) => data.map(({ person }) => person)],
  ["/v1/contacts?msisdn=", ({ data }) => data.map(({ msisdn }) => msisdn)],
  ["/v1/messages?msisdn=", ({ data }) => data.map(({ to }) => to)],
  ["/v1/audit?action=consent.granted&msisdn=", ({ data }) => data.map(({ person }) => person)],
  ["/v1/consents?recipient=", ({ data }) => data.map(({ recipient }) => recipient)],
  ["/v1/consents/export?format=json&recipient=", ({ data }) => data.map(({ recipient }) => recipient)],
];
const SUPPRESSIONS = "/v1/suppressions?recipient=";

test("whatever became of the plus in a URL, a number finds its person and nobody else", async () => {
  const gateway = await testGateway();
  for (const person of [FR, OTHER]) {
    await gateway.call("POST", "/v1/consents", {
      recipient: person,
      purpose: "informative:orders",
      source: "web_form",
      wording: "Tell me about my orders",
      granted_at: "2026-01-10T09:00:00Z",
    });
    await gateway.call("POST", "/v1/messages", { to: person, from: "36105", text: INFO });
    await gateway.call("POST", "/v1/contacts", { msisdn: person });
  }
  for (const spelling of SPELLINGS) {
    for (const [path, people] of LISTS) {
      const { status, body } = await gateway.call("GET", path + spelling);
      expect([path, spelling, status, status === 200 && people(body)]).toEqual([path, spelling, 200, [FR]]);
    }
    const { text } = await gateway.call("GET", `/v1/contacts/export?msisdn=${spelling}`);
    expect([spelling, text.includes(FR), text.includes(OTHER)]).toEqual([spelling, true, false]);
    for (const path of [`/v1/people/${spelling}`, `/v1/people/${spelling}/export`]) {
      const { status, text } = await gateway.call("GET", path);
      expect([path, status, status === 200 && JSON.parse(text).msisdn]).toEqual([path, 200, FR]);
    }
  }
  for (const recipient of [FR, OTHER]) await gateway.call("POST", "/v1/suppressions", { recipient });
  for (const spelling of SPELLINGS) {
    const { body } = await gateway.call("GET", SUPPRESSIONS + spelling);
    expect(body.data.map(({ recipient }: { recipient: string }) => recipient)).toEqual([FR]);
  }
});

test.each([
  ["33612345678", true],
  ["0612345678", true],
  ["%2006123456", true],
  ["Alice", false],
  ["", false],
])("%j names nobody for sure: 422, and digits are told how a plus is written (%s)", async (spelling, told) => {
  const gateway = await testGateway();
  for (const path of [...LISTS.map(([path]) => path), SUPPRESSIONS]) {
    const { status, body } = await gateway.call("GET", path + spelling);
    const answer = [status, body.code, body.errors?.[0]?.detail.includes("the plus is written %2B in a URL")];
    expect([path, ...answer]).toEqual([path, 422, "recipient_invalid", told]);
  }
});

test("a number in a body is written with its plus", async () => {
  const gateway = await testGateway();
  const { status, body } = await gateway.call("POST", "/v1/messages", {
    to: " 33612345678",
    from: "36105",
    text: INFO,
  });
  expect([status, body.code]).toEqual([422, "recipient_invalid"]);
  expect(body.detail).not.toContain("%2B");
});
