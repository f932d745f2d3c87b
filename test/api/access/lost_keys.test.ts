import { expect, test } from "vitest";
import { lostKeyIn, mayLoseKeys } from "../../../src/api/access/lost_keys.ts";
import { INFO, testGateway } from "../../support/gateway.ts";

const FR = "+33612000001";
const CONSENT =
  `"recipient": "${FR}", "purpose": "commercial", "source": "web_form", "wording": "I agree", "granted_at": "2026-01-10T09:00:00Z"`;
const MESSAGE = `"to": "${FR}", "from": "36105", "text": "${INFO}"`;
const PROTO = '{"__proto__": "x"}';

test.each([
  ["/v1/messages", `{${MESSAGE}, "metadata": ${PROTO}}`, "metadata.__proto__"],
  ["/v1/messages", `{${MESSAGE}, "metadata": {"\\u005f_pr\\u006Fto__": "x"}}`, "metadata.__proto__"],
  ["/v1/messages", `{${MESSAGE}, "__proto__": {}}`, "__proto__"],
  ["/v1/contacts", `{"msisdn": "${FR}", "fields": ${PROTO}}`, "fields.__proto__"],
  ["/v1/consents", `{${CONSENT}, "__proto__": "x"}`, "__proto__"],
  ["/v1/consents", `{${CONSENT}, "evidence": {"form": [{}, ${PROTO}]}}`, "evidence.form.1.__proto__"],
  ["/v1/lists", `{"name": "Lyon", "filter": {"fields": ${PROTO}}}`, "filter.fields.__proto__"],
])("POST %s with %s names the key, and stores nothing", async (path, body, field) => {
  const gateway = await testGateway();
  const reply = await gateway.call("POST", path, body);
  expect([reply.status, reply.body.errors[0].field]).toEqual([422, field]);
  expect((await gateway.call("GET", path)).body.data).toEqual([]);
});

test("an item of a batch or of an import with such a key stops no other", async () => {
  const gateway = await testGateway();
  const batch = `{"messages": [{${MESSAGE}, "metadata": ${PROTO}}, {${MESSAGE}}]}`;
  const { body: { data } } = await gateway.call("POST", "/v1/messages/batch", batch);
  expect([data[0].errors[0].field, data[1].status]).toEqual(["metadata.__proto__", "queued"]);

  const items = [`{${CONSENT}, "evidence": ${PROTO}}`, `{${CONSENT}}`];
  const invalid = [{ line: 1, detail: expect.stringContaining("evidence.__proto__: ") }];
  for (const [type, file] of [["json", `{"data": [${items}]}`], ["x-ndjson", items.join("\n")]] as const) {
    const other = file.replaceAll("web_form", type);
    const headers = { "content-type": `application/${type}` };
    const { body } = await gateway.call("POST", "/v1/consents/import", other, headers);
    expect(body).toEqual({ imported: 1, already: 0, rejected: 1, invalid });
  }
  const cell =
    `recipient,purpose,source,wording,granted_at,evidence\n${FR},commercial,paper,I agree,2026-01-10T09:00:00Z,`;
  const csv = `${cell}"${PROTO.replaceAll('"', '""')}"\n`;
  const { body } = await gateway.call("POST", "/v1/consents/import", csv, { "content-type": "text/csv" });
  expect(body).toMatchObject({ imported: 0, rejected: 1, invalid: [{ line: 2, detail: invalid[0]!.detail }] });
});

test("a filter of the address book by such a field means nobody, and is refused", async () => {
  const gateway = await testGateway();
  await gateway.call("POST", "/v1/contacts", { msisdn: FR });
  for (const path of ["/v1/contacts", "/v1/contacts/export"]) {
    const { status, body } = await gateway.call("GET", `${path}?field.__proto__=Lyon`);
    expect([status, body.errors[0].field]).toEqual([422, "field.__proto__"]);
  }
  const csv = { "content-type": "text/csv" };
  const asked = await gateway.call("POST", "/v1/contacts/imports?field.__proto__=a", `msisdn,a\n${FR},x\n`, csv);
  expect([asked.status, asked.body.errors[0].field]).toEqual([422, "field.__proto__"]);
  const { body } = await gateway.call("POST", "/v1/contacts/imports", `msisdn,field.__proto__\n${FR},x\n`, csv);
  expect(body.ignored_columns).toEqual(["field.__proto__"]);
});

test("other names of every object are names like any, and a text may hold the word", async () => {
  const gateway = await testGateway();
  const fields = { constructor: "a", prototype: "b", toString: "c" };
  await gateway.call("POST", "/v1/contacts", { msisdn: "+33612000002" });
  await gateway.call("POST", "/v1/contacts", { msisdn: FR, fields });
  const found = await gateway.call("GET", "/v1/contacts?field.constructor=a&field.prototype=b");
  expect(found.body.data.map((one: { fields: unknown }) => one.fields)).toEqual([fields]);
  const { text } = await gateway.call("GET", "/v1/contacts/export");
  expect(text).not.toContain("native code");
  const body = { to: FR, from: "36105", text: `${INFO} __proto__`, metadata: fields };
  const sent = await gateway.call("POST", "/v1/messages", body);
  expect([sent.status, sent.body.metadata]).toEqual([202, fields]);
});

test("only a text that may hold such a key is looked at twice, however deep", () => {
  expect(mayLoseKeys(JSON.stringify({ text: "d\u00e9j\u00e0", a: [1] }))).toBe(false);
  expect(mayLoseKeys('{"text": "d\\u00e9j\\u00e0"}')).toBe(false);
  expect(mayLoseKeys('{"__prot\\u006f__": 1}')).toBe(true);
  const deep = `${"[".repeat(100_000)}${PROTO}${"]".repeat(100_000)}`;
  expect(lostKeyIn(JSON.parse(deep))).toMatch(/^(0\.)+__proto__$/);
});
