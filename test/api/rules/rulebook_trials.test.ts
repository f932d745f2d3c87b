import { describe, expect, test } from "vitest";
import { speakAs } from "../../../src/api/access/auth.ts";
import { sharedGateway } from "../../support/shared_gateway.ts";

const AD = "Soldes : -50% sur tout le magasin !";
const gateway = sharedGateway("embedded");

const attempt = (body: object) => gateway.call("POST", "/v1/rulebooks/active/try", body);
const marked = (text: string, marks: { kind: string; start: number; end: number }[], kind: string) =>
  marks.filter((mark) => mark.kind === kind).map(({ start, end }) => text.slice(start, end));

describe("a text to a person", () => {
  test("is told with each rule, what it asked, and the words that counted", async () => {
    const { status, body } = await attempt({ direction: "outbound", text: AD, to: "+33612345678", from: "36105" });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      direction: "outbound",
      person: { country: "FR", file: "FR", zones: ["Europe/Paris"] },
      sender: { address: "36105", configured: true },
      outbound: { outcome: "refuse", code: "consent_missing", category: "commercial", category_source: "rules" },
      inbound: null,
    });
    expect(marked(AD, body.marks, "advertising")).toEqual(expect.arrayContaining(["Soldes", "-50%"]));
    const rule = body.rules.find((one: { effect: string }) => one.effect === "refuse consent_missing");
    expect(rule).toMatchObject({ stage: "permit", source: expect.stringContaining("L34-5") });
    expect(rule.facts).toContainEqual({
      fact: "consent",
      path: null,
      operator: expect.any(String),
      value: expect.anything(),
      other: null,
      actual: "none",
      negated: expect.any(Boolean),
    });
  });

  test.each([
    ["an hour that is closed", { at: "2026-11-29T11:00:00+01:00" }, {
      outcome: "hold",
      hold_reason: "quiet_hours",
      hold_until: "2026-11-30T07:00:00.000Z",
    }],
    ["an open hour, with the mention", { at: "2026-11-24T11:00:00+01:00" }, {
      outcome: "allow",
      text: `${AD} STOP au 36105`,
      segments: 1,
      encoding: "GSM-7",
    }],
    ["a person who opted out", { suppressed: "commercial" }, { outcome: "refuse", code: "recipient_opted_out" }],
    ["a sender that is none of ours", { from: "NOBODY" }, { outcome: "refuse", code: "sender_not_allowed" }],
  ])("%s", async (_name, given, expected) => {
    const { body } = await attempt({
      direction: "outbound",
      text: AD,
      to: "+33612345678",
      from: "36105",
      consent: "granted",
      ...given,
    });
    expect(body.outbound).toMatchObject(expected);
  });

  test("what is on record about the number counts where that is asked for", async () => {
    await gateway.consent("+33612345999");
    const body = { direction: "outbound", text: AD, to: "+33612345999", from: "36105" };
    expect((await attempt({ ...body, known: true })).body.outbound.outcome).toBe("allow");
    expect((await attempt(body)).body.outbound.code).toBe("consent_missing");
  });
});

describe("a text from a person", () => {
  test.each([
    ["STOP", "+33612345678", "36105", {
      intent: "opt_out",
      keyword: { tier: "T1" },
      suppression: { scope: "commercial" },
    }],
    ["Bonjour, STOP pub merci", "+33612345678", "36105", { intent: "opt_out", keyword: { tier: "T2" } }],
    ["AIDE", "+33612345678", "36105", { intent: "help", suppression: null, reply: { language: "fr", kind: "help" } }],
    ["STOP", "+12015550123", "+15005550006", {
      intent: "opt_out",
      suppression: { scope: "all", sender: "+15005550006" },
      reply: { language: "en", segments: 1 },
    }],
    ["Ok à demain", "+33612345678", "36105", { intent: "none", keyword: null, reply: null, suppression: null }],
  ])("%s of %s", async (text, from, to, expected) => {
    const { body } = await attempt({ direction: "inbound", text, from, to });
    expect(body.outbound).toBeNull();
    expect(body.inbound).toMatchObject(expected);
  });

  test("shows the words that it was understood by, also where a guard speaks against them", async () => {
    const meant = "Veuillez me retirer de votre liste svp, bonne journée";
    const first = (await attempt({ direction: "inbound", text: meant, from: "+33612345678", to: "36105" })).body;
    expect(first.inbound.intent).toBe("opt_out");
    expect(marked(meant, first.marks, "opt_out")[0]).toContain("retirer de votre liste");
    const harmless = "non stop ce week-end ?";
    const second = (await attempt({ direction: "inbound", text: harmless, from: "+33612345678", to: "36105" })).body;
    expect(second.inbound.intent).toBe("none");
    expect(marked(harmless, second.marks, "guard")).toEqual(["non stop"]);
  });

  test("nothing of it is stored", async () => {
    const before = await gateway.call("GET", "/v1/messages?msisdn=%2B33612345678");
    expect(before.body.data).toEqual([]);
  });
});

describe("a change that is not stored", () => {
  const strict = "kind: deployment\nbrand: Parley\ncontact: help@parley.example\nquiet_hours: { FR: fr-strict }\n";
  const body = {
    direction: "outbound",
    text: AD,
    to: "+33612345678",
    from: "36105",
    consent: "granted",
    at: "2026-11-24T09:30:00+01:00",
    files: { "deployment.yaml": strict },
  };

  test("decides as it would", async () => {
    const { body: tried } = await attempt(body);
    expect(tried.outbound).toMatchObject({ outcome: "hold", hold_until: "2026-11-24T09:00:00.000Z" });
    const broken = await attempt({ ...body, files: { "deployment.yaml": strict.replace("fr-strict", "fr-strikt") } });
    expect([broken.status, broken.body.code]).toEqual([422, "rulebook_invalid"]);
    expect(broken.body.errors[0]).toMatchObject({ field: "files.deployment.yaml" });
  });

  test("only for who may check rule files", async () => {
    const asViewer = (given: object, version = "active") =>
      gateway.app.fetch(speakAs(
        new Request(`http://inside/v1/rulebooks/${version}/try`, {
          method: "POST",
          body: JSON.stringify(given),
          headers: { "content-type": "application/json" },
        }),
        { actor: "usr_v", name: "V", role: "viewer" },
      ));
    expect((await asViewer(body)).status).toBe(403);
    const { hash } = (await gateway.call("POST", "/v1/rulebooks", { base: "active", files: body.files })).body;
    const { files: _, ...plain } = body;
    expect((await asViewer(plain, hash)).status).toBe(403);
    expect((await asViewer(plain)).status).toBe(200);
  });
});

test.each([
  ["to", { direction: "outbound", to: "12" }],
  ["from", { direction: "inbound", from: "" }],
  ["at", { direction: "inbound", at: "9999-01-01T00:00:00Z" }],
  ["time_zone", { direction: "outbound", time_zone: "Mars/Olympus" }],
  ["sending_window", { direction: "outbound", sending_window: { never: "x" } }],
])("what cannot be tried names the field: %s", async (field, given) => {
  const { status, body } = await attempt({ text: AD, ...given });
  expect([status, body.errors[0].field]).toEqual([422, field]);
});
