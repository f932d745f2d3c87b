import { expect, test } from "vitest";
import { DATABASE_KINDS } from "../../support/database.ts";
import { testGateway } from "../../support/gateway.ts";

const number = (index: number) => `+3361200${String(index).padStart(4, "0")}`;
const csv = { "content-type": "text/csv" };

test.each(DATABASE_KINDS)(
  "an export is imported elsewhere as it was; formulas are harmless in between (%s)",
  async (kind) => {
    const from = await testGateway({ kind });
    const people = [
      { msisdn: number(1), name: "=1+1", fields: { 'a "b"': "@SUM(A1)", city: "Lyon" }, tags: ["b", "a"] },
      { msisdn: number(2), name: "Zoé, €", language: "fr", time_zone: "Europe/Paris", fields: { note: "two\nlines" } },
      { msisdn: number(3) },
    ];
    for (const person of people) expect((await from.call("POST", "/v1/contacts", person)).status).toBe(201);
    const file = await from.call("GET", "/v1/contacts/export");
    expect(file.headers.get("content-disposition")).toContain("contacts.csv");
    expect(file.text.split("\n")[0]).toBe(
      'id,msisdn,name,language,time_zone,tags,suppressed,created_at,"field.a ""b""",field.city,field.note',
    );
    expect(file.text).toContain(`,${number(1)},'=1+1,`);

    const to = await testGateway({ kind });
    const { body } = await to.call("POST", "/v1/contacts/imports", file.text, csv);
    expect(body).toMatchObject({ lines: 3, created: 3, ignored_columns: ["id", "suppressed", "created_at"] });
    for (const person of people) {
      const [found] = (await to.call("GET", `/v1/contacts?msisdn=${encodeURIComponent(person.msisdn)}`)).body.data;
      const { msisdn, name, language, time_zone, fields, tags } = found;
      expect({ msisdn, name, language, time_zone, fields, tags }).toEqual({
        name: null,
        language: null,
        time_zone: null,
        fields: {},
        ...person,
        tags: [...person.tags ?? []].sort(),
      });
    }
  },
);

test("an export of many has each of those whom its filter means, once", async () => {
  const gateway = await testGateway();
  const file = `msisdn,field.n\n${Array.from({ length: 7_000 }, (_, n) => `${number(n)},${n % 2}`).join("\n")}`;
  await gateway.call("POST", "/v1/contacts/imports?tag=all", file, csv);
  const { text } = await gateway.call("GET", "/v1/contacts/export?tag=all&field.n=1");
  const numbers = text.trim().split("\n").slice(1).map((line) => line.split(",")[1]);
  expect(numbers).toEqual(Array.from({ length: 3_500 }, (_, n) => number(6_999 - 2 * n)));
});

test.each([["limit=5", "limit"], ["tagg=x", "tagg"]])(
  "?%s would mean more people than were meant, so it is refused",
  async (query, name) => {
    const reply = await (await testGateway()).call("GET", `/v1/contacts/export?${query}`);
    expect([reply.status, reply.text]).toEqual([422, expect.stringContaining(name)]);
  },
);

test("contacts with too many different fields for one file are refused before anything is sent", async () => {
  const gateway = await testGateway();
  for (let index = 0; index < 4; index++) {
    const fields = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`f${index}_${n}`, "x"]));
    await gateway.call("POST", "/v1/contacts", { msisdn: number(index), fields });
  }
  expect((await gateway.call("GET", "/v1/contacts/export")).status).toBe(422);
  expect((await gateway.call("GET", "/v1/contacts/export?field.f1_0=x")).status).toBe(200);
});
