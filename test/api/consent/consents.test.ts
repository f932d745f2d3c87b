import { describe, expect, test } from "vitest";
import { consent, INFO, PROMO, testGateway, walkPages } from "../../support/gateway.ts";

const FR = "+33612000001";
const NEW = {
  recipient: FR,
  purpose: "commercial",
  source: "web_form",
  wording: "J'accepte de recevoir des offres par SMS",
  granted_at: "2026-01-10T10:00:00+01:00",
};

const EVIDENCE = { granted_at_local: NEW.granted_at, form: "x" };

/** Proof of a soft opt-in. */
const SALE = { sale_ref: "R-1", product_family: "shoes", opt_out_offered: true };

test("a consent is kept with all of its proof, known fields or not", async () => {
  const gateway = await testGateway();
  const { status, body } = await gateway.call("POST", "/v1/consents", {
    ...NEW,
    wording_version: "2026-03",
    wording_language: "fr",
    evidence_ref: "scans/1.pdf sha256:9f86",
    ip: "192.0.2.7",
    checkbox_state_before: false,
    evidence: { form: "newsletter" },
  });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    recipient: FR,
    status: "granted",
    granted_at: "2026-01-10T09:00:00.000Z",
    wording_version: "2026-03",
    wording_language: "fr",
    evidence_ref: "scans/1.pdf sha256:9f86",
    recorded_by: expect.stringMatching(/^key_/),
    evidence: {
      granted_at_local: "2026-01-10T10:00:00+01:00",
      ip: "192.0.2.7",
      checkbox_state_before: false,
      form: "newsletter",
    },
    effective_until: "2029-01-10T09:00:00.000Z",
    effective: true,
    effective_reason: null,
  });
  expect((await gateway.call("GET", `/v1/consents/${body.id}`)).body).toEqual(body);
});

test("a consent recorded while the person is suppressed is kept, changes nothing and says so", async () => {
  const gateway = await testGateway();
  await gateway.mo(FR, "36105", "STOP");
  gateway.clock.advance(60_000);
  const { status, body } = await gateway.call("POST", "/v1/consents", { ...NEW, granted_at: "2026-11-24T09:00:30Z" });
  expect([status, body.effective]).toEqual([201, false]);
  expect(body.effective_reason).toContain("opted out");
  const refused = await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO });
  expect(refused.body.code).toBe("recipient_opted_out");
  // Information may go on in France.
  const informative = await gateway.call("POST", "/v1/consents", { ...NEW, purpose: "informative:orders" });
  expect(informative.body.effective).toBe(true);
});

test("an old consent that is recorded late does not undo a later withdrawal", async () => {
  const gateway = await testGateway();
  const { body: { id } } = await consent(gateway, FR);
  await gateway.call("POST", `/v1/consents/${id}/withdraw`, {});
  gateway.clock.advance(1000);
  const late = await gateway.call("POST", "/v1/consents", NEW);
  expect([late.status, late.body.effective]).toEqual([201, false]);
  expect(late.body.effective_reason).toContain("withdrawn");
  const refused = await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO });
  expect(refused.body.code).toBe("consent_missing");

  const fresh = await gateway.call("POST", "/v1/consents", { ...NEW, granted_at: "2026-11-24T09:00:01Z" });
  expect(fresh.body.effective).toBe(true);
  expect((await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO })).status).toBe(202);
});

test("an expired consent is not effective", async () => {
  const gateway = await testGateway();
  const { body } = await gateway.call("POST", "/v1/consents", { ...NEW, expires_at: "2026-06-01T00:00:00Z" });
  expect(body.effective).toBe(false);
  expect(body.effective_reason).toContain("expired");
});

test("what the answer says of a consent that lapses is what the rules decide, signs of life included", async () => {
  const gateway = await testGateway();
  const { body: old } = await gateway.call("POST", "/v1/consents", { ...NEW, granted_at: "2023-01-10T09:00:00Z" });
  expect([old.effective, old.effective_until]).toEqual([false, "2026-01-10T09:00:00.000Z"]);
  const promo = { to: FR, from: "36105", text: PROMO };
  expect((await gateway.call("POST", "/v1/messages", promo)).status).toBe(422);
  await gateway.mo(FR, "36105", "Bonjour, ma commande ?");
  const { body: heard } = await gateway.call("GET", `/v1/consents/${old.id}`);
  expect([heard.effective, heard.effective_until]).toEqual([true, "2029-11-24T09:00:00.000Z"]);
  expect((await gateway.call("POST", "/v1/messages", promo)).status).toBe(202);
});

test("a withdrawal is appended once, with its evidence, and cancels advertising that waits", async () => {
  const gateway = await testGateway();
  const { body: { id } } = await consent(gateway, FR);
  const scheduled = { scheduled_at: "2026-11-25T10:00:00+01:00", from: "36105", to: FR };
  const advertising = (await gateway.call("POST", "/v1/messages", { ...scheduled, text: PROMO })).body;
  const information = (await gateway.call("POST", "/v1/messages", {
    ...scheduled,
    text: "Votre rendez-vous est confirmé mardi à 15h00.",
  })).body;
  expect([advertising.status, information.status]).toEqual(["held", "held"]);

  const withdraw = { source: "letter", wording: "Plus de publicité svp" };
  const first = await gateway.call("POST", `/v1/consents/${id}/withdraw`, withdraw);
  expect(first.body).toMatchObject({
    status: "withdrawn",
    source: "letter",
    wording: "Plus de publicité svp",
    evidence: { consent_id: id, recorded_by: expect.stringMatching(/^key_/) },
    effective: false,
  });
  const second = await gateway.call("POST", `/v1/consents/${id}/withdraw`, withdraw);
  expect([second.status, second.body.id]).toEqual([200, first.body.id]);

  const ledger = (await gateway.call("GET", `/v1/consents?recipient=${encodeURIComponent(FR)}`)).body.data;
  expect(ledger.map(({ status }: { status: string }) => status)).toEqual(["withdrawn", "granted"]);
  const canceled = (await gateway.call("GET", `/v1/messages/${advertising.id}`)).body;
  expect([canceled.status, canceled.error.code]).toEqual(["canceled", "consent_missing"]);
  expect(canceled.timeline.at(-1)).toMatchObject({ status: "canceled", detail: "consent_missing" });
  expect((await gateway.call("GET", `/v1/messages/${information.id}`)).body.status).toBe("held");
});

test.each([
  [{ granted_at: "2026-11-24T10:00:01+01:00" }, "granted_at"],
  [{ granted_at: "yesterday" }, "granted_at"],
  [{ expires_at: "2026-01-10T08:00:00Z" }, "expires_at"],
  [{ purpose: "everything" }, "purpose"],
  [{ purpose: "partner:" }, "purpose"],
  [{ wording: " " }, "wording"],
  [{ source: undefined }, "source"],
  [{ recipient: "36105" }, "recipient"],
  [{ ip: "192.0.2.777" }, "ip"],
  [{ wording_language: "french" }, "wording_language"],
  [{ checkbox_state_before: true }, "checkbox_state_before"],
  [{ recipient: "+393312345678", source: "customer_relationship" }, "source"],
  [{ recipient: "+12125550123", source: "customer_relationship" }, "source"],
  [{ recipient: "+5511912345678", source: "customer_relationship" }, "source"],
  [{ source: "customer_relationship" }, "sale_ref"],
  [{ source: "customer_relationship", sale_ref: "R-1" }, "product_family"],
  [{ source: "customer_relationship", sale_ref: "R-1", product_family: "shoes" }, "opt_out_offered"],
  [{ source: "customer_relationship", ...SALE, purpose: "partner:ACME" }, "purpose"],
  [{ evidence: { text: "x".repeat(20_000) } }, "evidence"],
])("%j is refused and %s named", async (change, field) => {
  const gateway = await testGateway();
  const reply = await gateway.call("POST", "/v1/consents", { ...NEW, ...change });
  expect(reply.status).toBe(422);
  expect(reply.body.errors.map((error: { field: string }) => error.field)).toContain(field);
});

test("an act that stands twice in one file is recorded once", async () => {
  const gateway = await testGateway();
  const line = `${FR},commercial,web_form,2026-01-10T09:00:00Z,I agree`;
  const file = ["recipient,purpose,source,granted_at,wording", line, line, line.replace("web_form", "fair")].join("\n");
  const { body } = await gateway.call("POST", "/v1/consents/import", file, { "content-type": "text/csv" });
  expect(body).toEqual({ imported: 2, already: 1, rejected: 0, invalid: [] });
  expect((await gateway.call("GET", "/v1/consents")).body.data).toHaveLength(2);
});

test.each([
  ["csv", "text/csv"],
  ["jsonl", "application/x-ndjson"],
])("what is exported as %s can be imported elsewhere, and twice", async (format, type) => {
  const from = await testGateway();
  const wording = '=HYPERLINK("https://x.example")\nligne 2, avec "guillemets"';
  await from.call("POST", "/v1/consents", { ...NEW, wording, ip: "192.0.2.7", expires_at: "2027-01-10T09:00:00Z" });
  await from.call("POST", "/v1/consents", { ...NEW, recipient: "+15005550001", purpose: "partner:Acme" });
  await consent(from, "+33612000002");
  await from.mo("+33612000002", "36105", "Arrêt !");
  const file = await from.call("GET", `/v1/consents/export?format=${format}`);
  expect(file.headers.get("content-type")).toContain(type);

  const to = await testGateway();
  const headers = { "content-type": type };
  const report = await to.call("POST", "/v1/consents/import", file.text, headers);
  expect(report.body).toEqual({ imported: 4, already: 0, rejected: 0, invalid: [] });
  const again = await to.call("POST", "/v1/consents/import", file.text, headers);
  expect(again.body).toEqual({ imported: 0, already: 4, rejected: 0, invalid: [] });

  const [sent, received] = [await walkPages(from, "/v1/consents", 3), await walkPages(to, "/v1/consents", 3)];
  const acts = (ledger: Record<string, unknown>[]) => ledger.map(({ id: _, created_at: __, ...act }) => act);
  expect(acts(received)).toEqual(acts(sent));
});

test("each line of an import that is wrong is named, and stops no other", async () => {
  const gateway = await testGateway();
  const csv = [
    "Recipient;Purpose;Source;Wording;Granted_At;ip",
    `${FR};commercial;paper;"Oui; d'accord";2026-01-10T09:00:00Z;192.0.2.7`,
    "0612;commercial;paper;Oui;2026-01-10T09:00:00Z;",
    `${FR};commercial;paper;;2026-01-10T09:00:00Z;`,
    `${FR};commercial;paper;Oui;2027-01-10T09:00:00Z;`,
  ].join("\r\n");
  const { body } = await gateway.call("POST", "/v1/consents/import", csv, { "content-type": "text/csv" });
  expect([body.imported, body.rejected]).toEqual([1, 3]);
  expect(body.invalid.map(({ line }: { line: number }) => line)).toEqual([3, 4, 5]);
  expect(body.invalid.map(({ detail }: { detail: string }) => detail.split(":")[0])).toEqual([
    "recipient",
    "wording",
    "granted_at",
  ]);
  const [kept] = (await gateway.call("GET", "/v1/consents")).body.data;
  expect(kept).toMatchObject({ wording: "Oui; d'accord", evidence: { ip: "192.0.2.7" } });
});

/** Code of the refusal of a message, or its status. */
async function sent(gateway: Awaited<ReturnType<typeof testGateway>>, message: Record<string, unknown>) {
  const { status, body } = await gateway.call("POST", "/v1/messages", {
    to: FR,
    from: "36105",
    text: PROMO,
    ...message,
  });
  return status === 202 ? body.status : body.code;
}

describe("purposes", () => {
  test("a message relies on the purpose that it names, and a consent to one covers no other", async () => {
    const gateway = await testGateway();
    await gateway.call("POST", "/v1/consents", { ...NEW, purpose: "partner:ACME" });
    await gateway.call("POST", "/v1/consents", { ...NEW, purpose: "informative:orders" });
    expect(await sent(gateway, {})).toBe("consent_missing");
    expect(await sent(gateway, { purpose: "commercial" })).toBe("consent_missing");
    expect(await sent(gateway, { purpose: "partner:Other" })).toBe("consent_missing");
    expect(await sent(gateway, { purpose: "informative:orders" })).toBe("consent_missing");
    expect(await sent(gateway, { purpose: "partner:ACME" })).toBe("queued");
    // Naming a purpose of advertising declares advertising.
    const { body } = await gateway.call("POST", "/v1/messages/preview", {
      to: FR,
      from: "36105",
      text: INFO,
      purpose: "partner:ACME",
    });
    expect([body.category, body.purpose, body.code]).toEqual(["commercial", "partner:ACME", null]);
  });

  test.each([
    [{ purpose: "commercial", category: "informative" }],
    [{ purpose: "informative:orders", category: "commercial" }],
    [{ purpose: "partner: " }],
  ])("%j is refused", async (message) => {
    const gateway = await testGateway();
    const { status, body } = await gateway.call("POST", "/v1/messages", {
      to: FR,
      from: "36105",
      text: INFO,
      ...message,
    });
    expect([status, body.errors[0].field]).toEqual([422, "purpose"]);
  });

  test("information goes without a consent until the person takes theirs back", async () => {
    const gateway = await testGateway();
    const information = { text: INFO, purpose: "informative:appointments" };
    expect(await sent(gateway, information)).toBe("queued");
    await gateway.call("POST", "/v1/consents", { ...NEW, purpose: "informative:appointments" });
    const { body } = await gateway.call("POST", "/v1/messages", {
      to: FR,
      from: "36105",
      ...information,
      scheduled_at: "2026-11-25T10:00:00+01:00",
    });
    await gateway.call("POST", "/v1/consents/withdraw", { recipient: FR, purpose: "informative:appointments" });
    expect((await gateway.call("GET", `/v1/messages/${body.id}`)).body.status).toBe("canceled");
    expect(await sent(gateway, information)).toBe("consent_missing");
    expect(await sent(gateway, { text: INFO })).toBe("queued");
  });

  test("a STOP withdraws what was agreed to for partners as well, and START brings none of it back", async () => {
    const gateway = await testGateway();
    for (const purpose of ["commercial", "partner:ACME", "partner:Beta", "informative:orders"]) {
      await gateway.call("POST", "/v1/consents", { ...NEW, purpose });
    }
    await gateway.mo(FR, "36105", "STOP");
    gateway.clock.advance(60_000);
    await gateway.mo(FR, "36105", "START");
    const states = await Promise.all(
      (await walkPages(gateway, `/v1/consents?recipient=${encodeURIComponent(FR)}`, 50))
        .map(async (
          { id, purpose, status },
        ) => [purpose, status, (await gateway.call("GET", `/v1/consents/${id}`)).body.effective]),
    );
    expect(
      states.filter(([, status]) => status === "granted").map(([purpose, , effective]) => [purpose, effective]).sort(),
    )
      .toEqual([["commercial", false], ["informative:orders", true], ["partner:ACME", false], ["partner:Beta", false]]);
    expect(await sent(gateway, { purpose: "partner:ACME" })).toBe("consent_missing");
  });
});

describe("expiry", () => {
  test("a consent that runs out while its message waits is seen at hand-over", async () => {
    const gateway = await testGateway();
    await gateway.call("POST", "/v1/consents", { ...NEW, expires_at: "2026-11-24T09:30:00Z" });
    const { body } = await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO });
    expect(body.status).toBe("queued");
    gateway.clock.set("2026-11-24T09:30:00Z");
    await gateway.dispatcher.tick();
    const now = (await gateway.call("GET", `/v1/messages/${body.id}`)).body;
    expect([now.status, now.error.code]).toEqual(["refused", "consent_missing"]);
  });

  test.each([
    ["FR", { to: FR, from: "36105", granted_at: "2023-11-24T08:59:59Z" }, "consent_missing"],
    ["FR", { to: FR, from: "36105", granted_at: "2023-11-24T09:00:01Z" }, "queued"],
  ])("in %s a consent lapses after the months of its file: %j", async (_, { to, from, granted_at }, expected) => {
    const gateway = await testGateway();
    await gateway.call("POST", "/v1/consents", { ...NEW, recipient: to, granted_at });
    expect(await sent(gateway, { to, from })).toBe(expected);
  });
});

describe("soft opt-in", () => {
  test("counts for own products where the country allows it, with its proof", async () => {
    const gateway = await testGateway();
    const { status, body } = await gateway.call("POST", "/v1/consents", {
      ...NEW,
      source: "customer_relationship",
      ...SALE,
    });
    expect([status, body.effective, body.evidence.sale_ref]).toEqual([201, true, "R-1"]);
    expect(await sent(gateway, {})).toBe("queued");
  });

  test("of a number abroad is refused by import too, with the reason", async () => {
    const gateway = await testGateway();
    const line = { ...NEW, recipient: "+393312345678", source: "customer_relationship", ...SALE };
    const { body } = await gateway.call("POST", "/v1/consents/import", { data: [line] });
    expect([body.imported, body.rejected]).toEqual([0, 1]);
    expect(body.invalid[0].detail).toContain("Italy");
  });
});

test("withdrawing without a purpose takes back everything, once", async () => {
  const gateway = await testGateway();
  for (const purpose of ["commercial", "partner:ACME"]) {
    await gateway.call("POST", "/v1/consents", { ...NEW, purpose });
  }
  const all = { recipient: FR, source: "telephone", wording: "Plus rien" };
  const { body } = await gateway.call("POST", "/v1/consents/withdraw", all);
  expect(body.data.map(({ purpose, status, source }: Record<string, string>) => [purpose, status, source])).toEqual([
    ["commercial", "withdrawn", "telephone"],
    ["partner:ACME", "withdrawn", "telephone"],
  ]);
  expect((await gateway.call("POST", "/v1/consents/withdraw", all)).body).toEqual({ data: [] });
  expect((await walkPages(gateway, "/v1/consents", 50)).length).toBe(4);
});

test("an import takes one reference of the evidence for all lines, and a line its own", async () => {
  const gateway = await testGateway();
  const data = [NEW, { ...NEW, purpose: "partner:ACME", evidence_ref: "sheet 7" }];
  await gateway.call("POST", "/v1/consents/import?evidence_ref=box%2012", { data });
  const ledger = await walkPages(gateway, "/v1/consents", 50);
  expect(ledger.map(({ purpose, evidence_ref }) => [purpose, evidence_ref]).sort()).toEqual([
    ["commercial", "box 12"],
    ["partner:ACME", "sheet 7"],
  ]);
});

test.each(["csv", "jsonl", "json"])("the history of one person is exported as %s", async (format) => {
  const gateway = await testGateway();
  await consent(gateway, FR);
  await consent(gateway, "+33612000002");
  await gateway.call("POST", "/v1/consents/withdraw", { recipient: FR });
  const path = `/v1/consents/export?format=${format}&recipient=`;
  const { text } = await gateway.call("GET", path + encodeURIComponent(FR));
  expect(text.match(/web_form|operator/g)).toEqual(["web_form", "operator"]);
  expect(text).not.toContain("+33612000002");
  if (format === "json") {
    expect(JSON.parse(text).data.length).toBe(2);
    expect((await gateway.call("GET", path + encodeURIComponent("+33612000003"))).body).toEqual({ data: [] });
  }
});

function nested(depth: number): string {
  return `${"[".repeat(depth)}${"]".repeat(depth)}`;
}

test.each([[32, 201], [33, 422], [7_000, 422], [60_000, 422]])(
  "evidence %i deep: %i, so that what is kept can be read everywhere",
  async (depth, status) => {
    const gateway = await testGateway();
    const given = JSON.stringify(NEW).slice(0, -1);
    for (const [field, more] of [["form", `"form":`], ["evidence.form", `"evidence":{"form":`]] as const) {
      const body = `${given},${more}${nested(depth)}${field === "form" ? "}" : "}}"}`;
      const reply = await gateway.call("POST", "/v1/consents", body);
      expect([reply.status, reply.body.errors?.[0].field]).toEqual([status, status === 201 ? undefined : field]);
    }
    const said = `{"recipient":"${FR}","evidence":{"form":${nested(depth)}}}`;
    const taken = await gateway.call("POST", "/v1/consents/withdraw", said);
    expect(taken.status).toBe(status === 201 ? 200 : 422);
    const csv =
      `recipient,purpose,source,wording,granted_at,evidence\n${FR},commercial,paper,Yes,2026-01-10T09:00:00Z,`;
    const file = `${csv}"{""form"":${nested(depth)}}"\n`;
    const { body } = await gateway.call("POST", "/v1/consents/import", file, { "content-type": "text/csv" });
    expect([body.imported, body.rejected]).toEqual(status === 201 ? [1, 0] : [0, 1]);
  },
);

test.each<[unknown, (number | null | undefined)?, (number | null | undefined)?]>([
  [42, 42, 42],
  [0, 0, 0],
  [null, null, null],
  ["42", undefined, 42],
  ...[[], [7], "", " ", "1e1", "0x10", "-1", true, 1.5, 151, "151"].map((age): [unknown] => [age]),
])("a declared age of %j is kept as %j, from a file as %j, and else refused", async (age_declared, given, imported) => {
  const gateway = await testGateway();
  const kept = (age: number | null) => age === null ? {} : { age_declared: age };
  const one = await gateway.call("POST", "/v1/consents", { ...NEW, evidence: { form: "x" }, age_declared });
  expect([one.status, one.body.errors?.[0].field]).toEqual(
    given === undefined ? [422, "age_declared"] : [201, undefined],
  );
  if (given !== undefined) expect(one.body.evidence).toEqual({ ...EVIDENCE, ...kept(given) });

  const line = { ...NEW, source: "file", evidence: { form: "x" }, age_declared };
  const { body } = await gateway.call("POST", "/v1/consents/import", { data: [line] });
  expect([body.imported, body.rejected]).toEqual(imported === undefined ? [0, 1] : [1, 0]);
  const [latest] = (await gateway.call("GET", "/v1/consents")).body.data;
  if (imported !== undefined) expect(latest.evidence).toEqual({ ...EVIDENCE, ...kept(imported) });
});

test("an age in a file of CSV is a number of the evidence", async () => {
  const gateway = await testGateway();
  const header = "recipient,purpose,source,wording,granted_at,age_declared\n";
  const rows = ["42", "", "4.5", "old"].map((age) => `${FR},commercial,paper,Yes ${age},2026-01-10T09:00:00Z,${age}\n`);
  const csv = { "content-type": "text/csv" };
  const { body } = await gateway.call("POST", "/v1/consents/import", header + rows.join(""), csv);
  expect(body).toMatchObject({ imported: 2, rejected: 2, invalid: [{ line: 4 }, { line: 5 }] });
  const { data } = (await gateway.call("GET", "/v1/consents")).body;
  expect(data.map(({ evidence }: { evidence: unknown }) => evidence)).toEqual([null, { age_declared: 42 }]);
});

test.each(["application/x-ndjson", "application/jsonl", "application/jsonl; charset=utf-8", "Application/JSONL"])(
  "JSON lines are imported as %s",
  async (type) => {
    const gateway = await testGateway();
    const lines = [NEW, { ...NEW, granted_at: "tomorrow" }].map((one) => JSON.stringify(one)).join("\n");
    const { body } = await gateway.call("POST", "/v1/consents/import", lines, { "content-type": type });
    expect([body.imported, body.rejected]).toEqual([1, 1]);
  },
);
