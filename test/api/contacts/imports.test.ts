import { describe, expect, test } from "vitest";
import { DATABASE_KINDS } from "../../support/database.ts";
import { consent, PROMO, type TestGateway, testGateway, walkPages } from "../../support/gateway.ts";

const csv = { "content-type": "text/csv" };
const number = (index: number) => `+3361200${String(index).padStart(4, "0")}`;

async function send(gateway: TestGateway, query: string, file: string) {
  return await gateway.call("POST", `/v1/contacts/imports?${query}`, file, csv);
}

/** The same by bytes, cut into pieces of `size`. */
async function sendBytes(gateway: TestGateway, query: string, bytes: Uint8Array, size: number) {
  const body = ReadableStream.from((async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
  })());
  const response = await gateway.app.request(`/v1/contacts/imports?${query}`, {
    method: "POST",
    headers: { ...csv, authorization: "Bearer pk_test_admin_key" },
    body,
  });
  return { status: response.status, body: await response.json() };
}

const book = async (gateway: TestGateway, query = "") =>
  (await walkPages(gateway, `/v1/contacts?${query}`, 200)).reverse();

async function problemsOf(gateway: TestGateway, id: string): Promise<[number, string, string][]> {
  return (await walkPages(gateway, `/v1/contacts/imports/${id}/problems`, 2))
    .map(({ line, kind, detail }) => [line, kind, detail]);
}

describe.each(DATABASE_KINDS)("an import of contacts (%s)", (kind) => {
  test("takes columns by any name, merges duplicates, keeps suppressed numbers out and tells each line", async () => {
    const gateway = await testGateway({ kind });
    await gateway.mo(number(9), "36105", "STOP");
    await gateway.call("POST", "/v1/contacts", {
      msisdn: number(2),
      name: "Known",
      language: "en",
      tags: ["old"],
      fields: { city: "Nice", shoe: "42" },
    });
    const { body: list } = await gateway.call("POST", "/v1/lists", { name: "Fair" });
    const file = "Mobile;Nom;Ville;Langue;Extra\r\n" +
      "06 12 00 00 01;Client Un;Lyon;FR;x\r\n" +
      `+33 (0)6 12 00 00 02;"Client ""Deux"";\r\nSA";;;\r\n` +
      "612000001;;Paris;;\r\n" +
      "\r\n" +
      "123;Nobody;;;\r\n" +
      "0612000009;Stopped;;;\r\n" +
      "0033612000003;Client Trois;;français;\r\n" +
      "0612000004;Client Quatre;;;;;one too many\r\n";
    const query = `number=mobile&name=Nom&field.city=Ville&language=Langue&tag=vip&tag=fair&country=FR&list=${list.id}`;
    const { status, body } = await send(gateway, query, file);
    expect([status, body]).toEqual([201, {
      id: expect.stringMatching(/^imp_/),
      state: "done",
      dry_run: false,
      list_id: list.id,
      columns: { number: "Mobile", name: "Nom", language: "Langue", "field.city": "Ville" },
      ignored_columns: ["Extra"],
      tags: ["vip", "fair"],
      country: "FR",
      lines: 7,
      created: 1,
      updated: 0,
      duplicates: 1,
      suppressed: 1,
      invalid: 4,
      error: null,
      created_at: expect.any(String),
      updated_at: expect.any(String),
    }]);
    expect(await problemsOf(gateway, body.id)).toEqual([
      [3, "invalid", "name: must be one line of text"],
      [5, "duplicate", "this number came before in the file"],
      [7, "invalid", expect.stringContaining("number: ")],
      [8, "suppressed", "a suppression of this number stands"],
      [9, "invalid", expect.stringContaining("language: ")],
      [10, "invalid", "has 7 cells, the header line 5"],
    ]);
    expect(await book(gateway, "tag=vip")).toMatchObject([
      { msisdn: number(1), name: "Client Un", language: "fr", fields: { city: "Paris" }, tags: ["fair", "vip"] },
    ]);
    expect((await gateway.call("GET", `/v1/contacts/imports/${body.id}`)).body).toEqual(body);
    expect((await gateway.call("GET", "/v1/contacts/imports")).body.data).toEqual([body]);

    const more = await send(gateway, `list=${list.id}`, `number,NAME,Tags,field.city\n${number(2)},,"new, old",Lyon\n`);
    expect(more.body).toMatchObject({ lines: 1, created: 0, updated: 1 });
    expect(await book(gateway, `list=${list.id}&tag=new`)).toMatchObject([{
      msisdn: number(2),
      name: "Known",
      language: "en",
      tags: ["new", "old"],
      fields: { city: "Lyon", shoe: "42" },
    }]);
    expect((await gateway.call("GET", `/v1/lists/${list.id}`)).body.members).toBe(2);
  });

  test("sent again it is harmless: everybody is there, nobody twice", async () => {
    const gateway = await testGateway({ kind });
    const file = `msisdn,name\n${
      Array.from({ length: 2_500 }, (_, index) => `${number(index)},Client ${index}`).join("\n")
    }`;
    const first = (await send(gateway, "tag=a", file)).body;
    expect(first).toMatchObject({ lines: 2_500, created: 2_500, updated: 0, duplicates: 0 });
    const again = (await send(gateway, "tag=b", file)).body;
    expect(again).toMatchObject({ lines: 2_500, created: 0, updated: 2_500, duplicates: 0 });
    const people = await book(gateway, "tag=a&tag=b");
    expect(people.map(({ msisdn }) => msisdn)).toEqual(Array.from({ length: 2_500 }, (_, index) => number(index)));
  });

  test("two at once of overlapping people: each is one contact, with what both told, and the counts add up", async () => {
    const gateway = await testGateway({ kind });
    const lines = (from: number, to: number, field: string) =>
      `msisdn,field.${field}\n` +
      Array.from({ length: to - from }, (_, index) => `${number(from + index)},${field}`).join("\n");
    const [a, b] = await Promise.all([
      send(gateway, "tag=a", lines(0, 3_000, "left")),
      send(gateway, "tag=b", lines(1_000, 4_000, "right")),
    ]);
    expect(a.body.created + b.body.created).toBe(4_000);
    expect(a.body.updated + b.body.updated + a.body.duplicates + b.body.duplicates).toBe(2_000);
    const people = await book(gateway);
    expect(people.length).toBe(4_000);
    const both = people.filter(({ tags }) => tags.length === 2);
    expect(both.length).toBe(2_000);
    expect(both.every(({ fields }) => fields.left === "left" && fields.right === "right")).toBe(true);
  });

  test("a STOP in the middle of an import leaves the person out, wherever the line stands", async () => {
    const gateway = await testGateway({ kind });
    const { body: { id: list } } = await gateway.call("POST", "/v1/lists", { name: "All" });
    const early = number(1), late = number(4_999);
    await consent(gateway, early);
    await consent(gateway, late);
    let stopped = false;
    const body = ReadableStream.from((async function* () {
      const encoder = new TextEncoder();
      yield encoder.encode("msisdn,name\n");
      for (let index = 0; index < 5_000; index += 500) {
        // Long enough that what came before is stored by now.
        const name = "x".repeat(150);
        yield encoder.encode(
          Array.from({ length: 500 }, (_, n) => `${number(index + n)},${name}\n`).join(""),
        );
        if (index < 2_500 || stopped) continue;
        stopped = true;
        for (const person of [early, late]) await gateway.mo(person, "36105", "STOP");
      }
    })());
    const response = await gateway.app.request(`/v1/contacts/imports?list=${list}`, {
      method: "POST",
      headers: { ...csv, authorization: "Bearer pk_test_admin_key" },
      body,
    });
    expect(await response.json()).toMatchObject({ state: "done", lines: 5_000, created: 4_999, suppressed: 1 });
    const people = await book(gateway, `list=${list}`);
    expect(people.length).toBe(4_998);
    expect(people.some(({ msisdn }) => msisdn === early || msisdn === late)).toBe(false);

    // Nor does the next file bring them back, nor revive what they had consented to.
    const again = await send(gateway, `list=${list}`, `msisdn\n${early}\n${late}\n`);
    expect(again.body).toMatchObject({ lines: 2, suppressed: 2, created: 0 });
    const refused = await gateway.call("POST", "/v1/messages", { to: early, from: "36105", text: PROMO });
    expect(refused.body.code).toBe("recipient_opted_out");
    const ledger = (await gateway.call("GET", `/v1/consents?recipient=${encodeURIComponent(early)}`)).body.data;
    expect(ledger[0].status).toBe("withdrawn");
  });

  test("a dry run tells the same and stores nobody", async () => {
    const gateway = await testGateway({ kind });
    await gateway.mo(number(3), "36105", "STOP");
    await gateway.call("POST", "/v1/contacts", { msisdn: number(1), name: "Known" });
    const ones = Array.from({ length: 2_200 }, (_, index) => number(index)).join("\n");
    const file = `number\n${ones}\n${number(5)}\n${number(3)}\n12\n`;
    const dry = (await send(gateway, "dry_run=true&tag=x", file)).body;
    expect(dry).toMatchObject({ dry_run: true, created: 2_198, updated: 1, duplicates: 1, suppressed: 2, invalid: 1 });
    expect((await book(gateway)).map(({ name, tags }) => [name, tags])).toEqual([["Known", []]]);
    const real = (await send(gateway, "tag=x", file)).body;
    for (const count of ["lines", "created", "updated", "duplicates", "suppressed", "invalid"]) {
      expect([count, real[count]]).toEqual([count, dry[count]]);
    }
    expect(await problemsOf(gateway, real.id)).toEqual(await problemsOf(gateway, dry.id));
  });
});

describe("a file of contacts", () => {
  test.each<[string, Uint8Array]>([
    ["UTF-8 with a mark", new TextEncoder().encode(`\uFEFFnumber\tname\n${number(1)}\tZoé €\n`)],
    ["UTF-8", new TextEncoder().encode(`number,name\n${number(1)},Zoé €\n`)],
    ["Windows-1252", windows1252(`number;name\r\n${number(1)};Zoé €\r\n`)],
    ["Windows-1252 without a last line break", windows1252(`number;name\r\n${number(1)};Zoé €`)],
    ["old Macintosh line breaks", windows1252(`number;name\r${number(1)};Zoé €\r`)],
  ])("%s is read as it was meant, however it is cut", async (_, bytes) => {
    for (const size of [1, 7, 10_000]) {
      const gateway = await testGateway();
      expect((await sendBytes(gateway, "", bytes, size)).body).toMatchObject({ state: "done", created: 1 });
      expect((await book(gateway))[0]).toMatchObject({ msisdn: number(1), name: "Zoé €" });
    }
  });

  test.each([
    ["", "", "header"],
    ["", "name,city\nx,y\n", "number"],
    ["number=Mobile", `msisdn\n${number(1)}\n`, "Mobile"],
    ["field.city=Ville", `msisdn\n${number(1)}\n`, "field.city"],
    ["", `\uFEFF"msisdn`, "quotation"],
    ["", Array.from({ length: 201 }, (_, index) => `c${index}`).join(","), "columns"],
    ["", `msisdn,${"x".repeat(200_000)}`, "longer"],
    ["country=France", "msisdn\n", "country"],
    ["list=lst_none", "msisdn\n", "list"],
    ["dry_run=yes", "msisdn\n", "dry_run"],
    ["nummber=x", "msisdn\n", "nummber"],
    ["tag=a,b", "msisdn\n", "tag"],
  ])("?%s of %j is refused before anything begins, and %s named", async (query, file, word) => {
    const gateway = await testGateway();
    const reply = await send(gateway, query, file);
    expect([reply.status, reply.text]).toEqual([422, expect.stringContaining(word)]);
    expect((await gateway.call("GET", "/v1/contacts/imports")).body.data).toEqual([]);
  });

  test("JSON is no CSV", async () => {
    const gateway = await testGateway();
    expect((await gateway.call("POST", "/v1/contacts/imports", { data: [] })).status).toBe(415);
  });

  test("a quotation mark that is never closed ends the import as failed, with its line; what came before stays", async () => {
    const gateway = await testGateway();
    const good = Array.from({ length: 3_000 }, (_, index) => `${number(index)},Client`).join("\n");
    const reply = await send(gateway, "", `msisdn,name\n${good}\n${number(3_000)},"open\n${"x\n".repeat(100_000)}`);
    expect([reply.status, reply.body.code]).toEqual([422, "invalid_csv"]);
    expect(reply.body.detail).toContain("line 3002");
    const { body } = await gateway.call("GET", reply.headers.get("location")!);
    expect(body).toMatchObject({ state: "failed", error: expect.stringContaining("Line 3002") });
    expect(body.created).toBe((await book(gateway)).length);
    expect(body.created).toBeGreaterThanOrEqual(2_000);
  });

  test("a connection that breaks leaves the import failed, with the line reached", async () => {
    const gateway = await testGateway();
    const body = ReadableStream.from((async function* () {
      const encoder = new TextEncoder();
      yield encoder.encode("msisdn,name\n");
      const name = "x".repeat(150);
      yield encoder.encode(Array.from({ length: 2_000 }, (_, index) => `${number(index)},${name}\n`).join(""));
      throw new Error("connection reset");
    })());
    const response = await gateway.app.request("/v1/contacts/imports", {
      method: "POST",
      headers: { ...csv, authorization: "Bearer pk_test_admin_key" },
      body,
    });
    expect([response.status, (await response.json()).code]).toEqual([400, "body_incomplete"]);
    const { body: row } = await gateway.call("GET", response.headers.get("location")!);
    const broken = expect.stringMatching(/^After line 1\d{3}: the connection broke off\.$/);
    expect(row).toMatchObject({ state: "failed", error: broken, created: 1_000 });
    expect(row.created).toBe((await book(gateway)).length);
  });

  test("an import whose gateway was killed is given up by the tick, and its reader stops storing", async () => {
    const gateway = await testGateway();
    let given = false;
    const body = ReadableStream.from((async function* () {
      const encoder = new TextEncoder();
      const name = "x".repeat(150);
      yield encoder.encode("msisdn,name\n");
      for (let from = 0; from < 4_000; from += 1_000) {
        yield encoder.encode(Array.from({ length: 1_000 }, (_, n) => `${number(from + n)},${name}\n`).join(""));
        if (from < 2_000 || given) continue;
        given = true;
        gateway.clock.advance(6 * 60_000);
        await gateway.dispatcher.tick();
      }
    })());
    const response = await gateway.app.request("/v1/contacts/imports", {
      method: "POST",
      headers: { ...csv, authorization: "Bearer pk_test_admin_key" },
      body,
    });
    expect([response.status, (await response.json()).code]).toEqual([409, "import_ended"]);
    const { body: row } = await gateway.call("GET", response.headers.get("location")!);
    expect([row.state, row.error]).toEqual(["failed", expect.stringContaining("sign of life")]);
    expect((await book(gateway)).length).toBeLessThan(4_000);
  });

  test("a contact keeps to fifty custom fields: the line that would add more is told and changes nothing", async () => {
    const gateway = await testGateway();
    const fields = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}`, "x"]));
    await gateway.call("POST", "/v1/contacts", { msisdn: number(1), fields });
    const { body } = await send(gateway, "tag=t", `msisdn,field.f1,field.other\n${number(1)},y,z\n`);
    expect(body).toMatchObject({ updated: 0, invalid: 1 });
    expect((await book(gateway))[0]).toMatchObject({ fields, tags: [] });
    expect((await send(gateway, "", `msisdn,field.f1\n${number(1)},y\n`)).body.updated).toBe(1);
  });

  test("an import is in the audit log, with who sent it and no number; a dry run is not", async () => {
    const gateway = await testGateway();
    const { body } = await send(gateway, "", `msisdn\n${number(1)}\n`);
    await send(gateway, "dry_run=true", `msisdn\n${number(2)}\n`);
    const { data } = (await gateway.call("GET", "/v1/audit?action=contacts.imported")).body;
    expect(data.map(({ subject, actor }: { subject: string; actor: string }) => [subject, actor]))
      .toEqual([[body.id, expect.stringMatching(/^key_/)]]);
    expect(JSON.stringify(data)).not.toContain(number(1));
  });
});

/** With the euro sign where Windows has it. */
function windows1252(text: string): Uint8Array {
  return Uint8Array.from(text, (sign) => sign === "€" ? 0x80 : sign.charCodeAt(0));
}
