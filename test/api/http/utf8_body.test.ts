import { expect, test } from "vitest";
import { replyOf } from "../../support/call.ts";
import { ADMIN_KEY, INFO, testGateway } from "../../support/gateway.ts";

const MESSAGE = { to: "+33612345678", from: "36105", text: INFO };
const CONSENT = {
  recipient: "+33612345678",
  purpose: "commercial",
  source: "paper",
  wording: "confirmé",
  granted_at: "2026-01-10T09:00:00Z",
};

/** As a client sends it that takes characters for bytes. */
function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

async function sender() {
  const gateway = await testGateway();
  const send = async (method: string, path: string, type: string, body: Uint8Array<ArrayBuffer>) =>
    await replyOf(
      await gateway.app.request(path, {
        method,
        body,
        headers: { authorization: `Bearer ${ADMIN_KEY}`, "content-type": type },
      }),
    );
  return { ...gateway, send };
}

test.each([
  ["POST", "/v1/messages", "application/json", { ...MESSAGE, text: "confirmé" }],
  ["POST", "/v1/messages", "application/vnd.acme+json; charset=utf-8", { ...MESSAGE, text: "confirmé" }],
  ["POST", "/v1/messages/batch", "application/json", { messages: [{ ...MESSAGE, text: "confirmé" }] }],
  ["POST", "/v1/consents", "application/json", CONSENT],
  ["POST", "/v1/consents/import", "application/json", { data: [CONSENT] }],
  ["POST", "/v1/consents/import", "application/x-ndjson", CONSENT],
  ["POST", "/v1/contacts", "application/json", { msisdn: "+33612345678", name: "Zoé" }],
])("%s %s as %s in Latin-1 is refused, and nothing stored", async (method, path, type, body) => {
  const { send, call } = await sender();
  const reply = await send(method, path, type, latin1(JSON.stringify(body)));
  expect(reply.headers.get("content-type")).toBe("application/problem+json");
  expect(reply.body).toMatchObject({ status: 400, code: "invalid_encoding", detail: expect.stringContaining("UTF-8") });
  for (const list of ["messages", "consents", "contacts"]) {
    expect((await call("GET", `/v1/${list}`)).body.data).toEqual([]);
  }
});

test.each([
  ["iso-8859-1", 415],
  ['"windows-1252"', 415],
  ["utf-16", 415],
  ["UTF-8", 202],
  ['"utf-8"', 202],
  ["utf8; v=1", 202],
])("JSON with charset=%s: %i", async (charset, status) => {
  const { send } = await sender();
  const bytes = new TextEncoder().encode(JSON.stringify(MESSAGE));
  const reply = await send("POST", "/v1/messages", `application/json; charset=${charset}`, bytes);
  expect(reply.status).toBe(status);
  if (status === 415) {
    expect(reply.body).toMatchObject({ code: "unsupported_media_type", detail: expect.stringContaining("UTF-8") });
  }
});

test("a byte order mark and every character of UTF-8 are taken, U+FFFD among them", async () => {
  const { send } = await sender();
  const text = `${INFO} é 日本 😀 \uFFFD`;
  const bytes = new TextEncoder().encode(`\uFEFF${JSON.stringify({ ...MESSAGE, text })}`);
  const reply = await send("POST", "/v1/messages", "application/json", bytes);
  expect([reply.status, reply.body.text]).toEqual([202, text]);
});

const HEADER = "recipient,purpose,source,wording,granted_at,note\n";
const LINE = "+33612345678,commercial,paper,confirmé,2026-01-10T09:00:00Z,refusé\n";
const utf8 = (text: string) => new TextEncoder().encode(text);

test.each([
  ["Windows-1252", latin1(HEADER + LINE)],
  ["UTF-8", utf8(HEADER + LINE)],
  ["UTF-8 with a byte order mark", utf8(`\uFEFF${HEADER}${LINE}`)],
  ["both, line by line", Uint8Array.from([...utf8(`${HEADER}+33612345679${LINE.slice(12)}`), ...latin1(LINE)])],
])("an import of CSV in %s keeps the words as they were written", async (_, csv) => {
  const { send, call } = await sender();
  for (const [register, field, words] of [["consents", "wording", "confirmé"], ["suppressions", "note", "refusé"]]) {
    const { body } = await send("POST", `/v1/${register}/import`, "text/csv", csv);
    expect(body).toMatchObject({ rejected: 0, invalid: [] });
    const { data } = (await call("GET", `/v1/${register}`)).body;
    expect(new Set(data.map((one: Record<string, unknown>) => one[field!]))).toEqual(new Set([words]));
  }
});

test("an import of CSV in UTF-16 is refused, and says how to save it", async () => {
  const { send } = await sender();
  const utf16 = Uint8Array.from([0xff, 0xfe, ...[...latin1(HEADER)].flatMap((byte) => [byte, 0])]);
  const { status, body } = await send("POST", "/v1/consents/import", "text/csv", utf16);
  expect([status, body.code]).toEqual([422, "invalid_csv"]);
  expect(body.errors[0].detail).toContain("CSV UTF-8");
});
