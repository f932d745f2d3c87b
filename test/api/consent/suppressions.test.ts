import { expect, test } from "vitest";
import { DATABASE_KINDS } from "../../support/database.ts";
import { consent, INFO, PROMO, testGateway, walkPages } from "../../support/gateway.ts";

const FR = "+33612000001";
const q = encodeURIComponent;
const csv = { "content-type": "text/csv" };

test("a refusal by telephone has every consequence of a STOP, at once", async () => {
  const gateway = await testGateway();
  await consent(gateway, FR);
  await gateway.call("POST", "/v1/contacts", { msisdn: FR });
  const held = await gateway.call("POST", "/v1/messages", {
    to: FR,
    from: "36105",
    text: PROMO,
    scheduled_at: "2026-11-25T10:00:00+01:00",
  });
  expect(held.body.status).toBe("held");

  const { status, body } = await gateway.appCall("POST", "/v1/suppressions", { recipient: FR, note: "by telephone" });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    recipient: FR,
    scope: "commercial",
    sender: null,
    source: "operator",
    note: "by telephone",
  });
  expect((await gateway.call("GET", `/v1/messages/${held.body.id}`)).body.status).toBe("canceled");
  expect((await gateway.call("GET", `/v1/contacts?msisdn=${q(FR)}`)).body.data).toEqual([]);
  const [latest] = (await gateway.call("GET", `/v1/consents?recipient=${q(FR)}`)).body.data;
  expect(latest).toMatchObject({ status: "withdrawn", source: "operator", wording: "by telephone" });

  const again = await gateway.call("POST", "/v1/suppressions", { recipient: FR });
  expect([again.status, again.body.id]).toEqual([200, body.id]);
  expect((await gateway.call("GET", `/v1/consents?recipient=${q(FR)}`)).body.data.length).toBe(2);
});

test("a STOP shows its evidence: message, rule and the person's words", async () => {
  const gateway = await testGateway();
  const { body: { message_id } } = await gateway.mo(FR, "36105", " Stop. ");
  const [listed] = (await gateway.call("GET", `/v1/suppressions?recipient=${q(FR)}`)).body.data;
  expect(listed).toMatchObject({ source: "keyword", message_id, text: " Stop. ", rule: expect.any(String) });
  expect((await gateway.call("GET", `/v1/suppressions/${listed.id}`)).body).toEqual(listed);
});

test("only an administrator lifts, with a reason, once; the row stays and brings no consent back", async () => {
  const gateway = await testGateway();
  await consent(gateway, FR);
  const { body: { id } } = await gateway.call("POST", "/v1/suppressions", { recipient: FR });
  const path = `/v1/suppressions/${id}/lift`;
  expect((await gateway.appCall("POST", path, { reason: "asked" })).status).toBe(403);
  expect((await gateway.call("POST", path, {})).text).toContain("reason");
  expect((await gateway.call("POST", path, { reason: "  " })).status).toBe(422);

  const lifted = await gateway.call("POST", path, { reason: "wrong number entered, ticket 12" });
  expect(lifted.body).toMatchObject({
    lifted_at: "2026-11-24T09:00:00.000Z",
    lifted_by: expect.stringMatching(/^key_/),
    lift_reason: "wrong number entered, ticket 12",
  });
  expect((await gateway.call("POST", path, { reason: "again" })).status).toBe(409);
  expect((await gateway.call("POST", "/v1/suppressions/sup_none/lift", { reason: "x" })).status).toBe(404);

  expect((await gateway.call("GET", "/v1/suppressions")).body.data).toEqual([]);
  expect((await gateway.call("GET", "/v1/suppressions?include_lifted=true")).body.data).toEqual([lifted.body]);
  const { body } = await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO });
  expect(body.code).toBe("consent_missing");
});

test("an import tells what became of each line, cancels what waits and may be repeated", async () => {
  const gateway = await testGateway();
  await consent(gateway, FR);
  const held = await gateway.call("POST", "/v1/messages", {
    to: FR,
    from: "36105",
    text: PROMO,
    scheduled_at: "2026-11-25T10:00:00+01:00",
  });
  const file = "\uFEFFnote,recipient,extra\n" +
    `"said ""no"", twice",${FR},1\n\n12,\nx,not a number\n,00 33 6 12 00 00 02\n,${FR}\n`;
  const { body } = await gateway.call("POST", "/v1/suppressions/import", file, csv);
  expect(body).toMatchObject({ imported: 2, already: 1, rejected: 2 });
  expect(body.invalid.map(({ line }: { line: number }) => line)).toEqual([4, 5]);
  expect((await gateway.call("GET", `/v1/messages/${held.body.id}`)).body.status).toBe("canceled");
  const [first] = (await gateway.call("GET", `/v1/suppressions?recipient=${q(FR)}`)).body.data;
  expect(first).toMatchObject({ source: "import", note: 'said "no", twice', scope: "commercial" });

  const again = await gateway.call("POST", "/v1/suppressions/import", file, csv);
  expect(again.body).toMatchObject({ imported: 0, already: 3, rejected: 2 });
});

test("an import takes JSON too", async () => {
  const gateway = await testGateway();
  const { body } = await gateway.call("POST", "/v1/suppressions/import", {
    data: [{ recipient: FR, scope: "all", sender: "36105", note: null }, { recipient: 12 }, {
      recipient: FR,
      scope: "some",
    }],
  });
  expect([body.imported, body.rejected]).toEqual([1, 2]);
  expect(body.invalid[0]).toMatchObject({ line: 2, detail: expect.stringContaining("recipient") });
});

test.each([
  ["number;note\n+33612000001;x\n", "text/csv", 422, "recipient"],
  ['recipient\n"+336', "text/csv", 422, "CSV"],
  ["", "text/csv", 422, "recipient"],
  ["recipient,note,Note\n+33612000001,x,y\n", "text/csv", 422, "two columns called note"],
  ["extra;recipient;Recipient\n1;+33612000001;+33612000002\n", "text/csv", 422, "two columns called recipient"],
  ["recipient,,\n+33612000001,,\n", "text/csv", 200, "imported"],
  ["{", "application/json", 400, "JSON"],
  ['{"data": 1}', "application/json", 422, "data"],
  ["recipient", "text/plain", 415, "Unsupported"],
])("an import of %j as %s is %i", async (body, type, status, word) => {
  const gateway = await testGateway();
  const reply = await gateway.call("POST", "/v1/suppressions/import", body, { "content-type": type });
  expect(reply.status).toBe(status);
  expect(reply.text).toContain(word);
});

test("an export can be imported elsewhere: what stands there is the same, formulas are harmless in between", async () => {
  const from = await testGateway();
  const notes = ["=1+1", "'=1+1", "+33612000009", "-2", "@SUM(A1)", 'plain, with "quotes"\nand lines', "'quoted'"];
  for (const [index, note] of notes.entries()) {
    await from.call("POST", "/v1/suppressions", { recipient: `+3361200000${index}`, note });
  }
  const { body: { id } } = await from.call("POST", "/v1/suppressions", { recipient: "+33612000100" });
  await from.call("POST", `/v1/suppressions/${id}/lift`, { reason: "mistake" });
  const file = await from.call("GET", "/v1/suppressions/export?include_lifted=true");
  expect(file.headers.get("content-disposition")).toContain("suppressions.csv");
  expect(file.text).toContain(",+33612000000,");
  expect(file.text).toContain(",'=1+1,");
  expect(file.text).not.toMatch(/(^|,)"?[=@]/m);
  expect((await from.call("GET", "/v1/suppressions/export")).text).not.toContain(id);

  const to = await testGateway();
  const report = await to.call("POST", "/v1/suppressions/import", file.text, csv);
  expect(report.body).toMatchObject({ imported: notes.length, already: 1, rejected: 0 });
  const received = await walkPages(to, "/v1/suppressions", 3);
  expect(received.map(({ note }) => note).reverse()).toEqual(notes);
});

test.each(DATABASE_KINDS)("thousands of lines go in groups and come out again, each once (%s)", async (kind) => {
  const gateway = await testGateway({ kind });
  const count = 2_500;
  const numbers = Array.from({ length: count }, (_, index) => `+336120${String(index).padStart(5, "0")}`);
  const { body } = await gateway.call("POST", "/v1/suppressions/import", `recipient\n${numbers.join("\n")}\n`, csv);
  expect(body).toEqual({ imported: count, already: 0, rejected: 0, invalid: [] });
  const { text } = await gateway.call("GET", "/v1/suppressions/export");
  expect(text.split("\n").slice(1, -1).map((line) => line.split(",")[1])).toEqual(numbers);
  expect((await walkPages(gateway, "/v1/suppressions", 200)).length).toBe(count);
});

test.each([
  ["36105", "36105"],
  ["+447700900000", "+447700900000"],
  ["0044 7700 900000", "+447700900000"],
  ["447700900000", "+447700900000"],
  ["+44 (7700) 900-000", "+447700900000"],
  ["07700 900000", "+447700900000"],
  ["PARLEY", "PARLEY"],
  [" parley ", "PARLEY"],
])("a refusal of all from %j holds for the sender %s, by hand and imported", async (given, sender) => {
  for (const imported of [false, true]) {
    const gateway = await testGateway();
    const body = { recipient: FR, scope: "all", sender: given };
    const reply = imported
      ? await gateway.call("POST", "/v1/suppressions/import", `recipient,scope,sender\n${FR},all,${given}\n`, csv)
      : await gateway.call("POST", "/v1/suppressions", body);
    if (imported) expect(reply.body).toEqual({ imported: 1, already: 0, rejected: 0, invalid: [] });
    else expect([reply.status, reply.body.sender]).toEqual([201, sender]);
    const sent = await gateway.call("POST", "/v1/messages", { to: FR, from: sender, text: INFO });
    expect([sent.status, sent.body.code]).toEqual([422, "recipient_opted_out"]);
  }
});

test.each(["36106", "NOBODY", "+33612345678", "361 05 x"])(
  "a refusal by hand of all from %j names the sender",
  async (sender) => {
    const gateway = await testGateway();
    const { status, body } = await gateway.call("POST", "/v1/suppressions", { recipient: FR, scope: "all", sender });
    expect([status, body.errors[0].field]).toEqual([422, "sender"]);
    expect((await gateway.call("GET", "/v1/suppressions")).body.data).toEqual([]);
  },
);

test("names that only their case tells apart are taken as they are written, and no other way", async () => {
  const gateway = await testGateway();
  await gateway.call("PUT", "/v1/senders/Parley", { carrier_id: "sandbox" });
  const from = (sender: string) => gateway.call("POST", "/v1/suppressions", { recipient: FR, scope: "all", sender });
  expect((await from("Parley")).body.sender).toBe("Parley");
  expect((await from("PARLEY")).body.sender).toBe("PARLEY");
  expect((await from("parley")).status).toBe(422);
});

test("an import keeps what is about a sender that is not there yet, names it, and it holds once it is there", async () => {
  const gateway = await testGateway();
  const file =
    `recipient,scope,sender\n${FR},all,0033 6 12 34 56 78\n${FR},all,acme\n${FR},all,ACME\n${FR},commercial,Shop\n`;
  const { body } = await gateway.call("POST", "/v1/suppressions/import", file, csv);
  expect(body).toEqual({
    ...{ imported: 4, already: 0, rejected: 0, invalid: [] },
    unknown_senders: ["0033 6 12 34 56 78", "acme", "ACME"],
  });
  for (const address of ["+33612345678", "Acme"]) {
    await gateway.call("PUT", `/v1/senders/${q(address)}`, { carrier_id: "sandbox" });
    const { body } = await gateway.call("POST", "/v1/messages", { to: FR, from: address, text: INFO });
    expect([address, body.code]).toEqual([address, "recipient_opted_out"]);
  }
  const { status } = await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: INFO });
  expect(status).toBe(202);
});

test("what a short code or a name said is exported, imported and found, and nothing else that is no number", async () => {
  const from = await testGateway();
  const people = ["BANK", "Ma Banque", "36105", "+999123456789", FR];
  for (const person of people) await from.mo(person, "36105", "STOP");
  const file = (await from.call("GET", "/v1/suppressions/export")).text;
  const to = await testGateway();
  for (const [imported, already] of [[5, 0], [0, 5]]) {
    const { body } = await to.call("POST", "/v1/suppressions/import", file, csv);
    expect(body).toEqual({ imported, already, rejected: 0, invalid: [] });
  }
  const recipients = ({ body }: { body: { data: { recipient: string }[] } }) => body.data.map((one) => one.recipient);
  for (const gateway of [from, to]) {
    expect(recipients(await gateway.call("GET", "/v1/suppressions")).toReversed()).toEqual(people);
    for (const person of people) {
      expect(recipients(await gateway.call("GET", `/v1/suppressions?recipient=${q(person)}`))).toEqual([person]);
    }
  }
  for (const [path, field] of [["conversations", "person"], ["messages", "from"], ["audit", "person"]] as const) {
    const { body } = await from.call("GET", `/v1/${path}?msisdn=BANK`);
    expect([path, ...new Set(body.data.map((one: Record<string, unknown>) => one[field]))]).toEqual([path, "BANK"]);
  }
  expect((await from.call("GET", "/v1/suppressions?recipient=BANKS")).body.errors[0].field).toBe("recipient");

  const slips = ["BANK", "36105", "0612345678", "3.36123E+10", "33612345678"];
  const given = slips.flatMap((slip, n) => [`,${slip}`, ...n < 2 ? [] : [`sup_${n},${slip}`]]);
  const { body } = await to.call("POST", "/v1/suppressions/import", `id,recipient\n${given.join("\n")}\n`, csv);
  expect(body).toMatchObject({ imported: 0, already: 0, rejected: given.length });
});
