import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideInbound, decideOutbound, type OutboundInput } from "../../src/core/decide.ts";
import type { Scenario } from "../../src/core/rulebook/rulebook_schema.ts";
import { measure } from "../../src/core/text/segment.ts";
import { scenarioInput } from "../../src/rules/scenario.ts";
import { shippedRules } from "../support/rulebook.ts";

const { rulebook } = await shippedRules();

const PROMO = "Soldes : -50% sur tout le magasin !";

function outbound(scenario: Scenario): OutboundInput {
  const told = scenarioInput(scenario, rulebook, "outbound");
  if (told.direction !== "outbound") throw new Error("unreachable");
  return told.input;
}
const send = (scenario: Scenario) => decideOutbound(outbound(scenario), rulebook);
function receive(scenario: Scenario) {
  const told = scenarioInput(scenario, rulebook, "inbound");
  if (told.direction !== "inbound") throw new Error("unreachable");
  return decideInbound(told.input, rulebook);
}

describe("decideOutbound()", () => {
  test("records every rule that matched, each with reason, source and how sure the source is", () => {
    const { decision, code } = send({ text: PROMO, suppressed: "commercial" });
    expect(code).toBe("recipient_opted_out");
    expect(decision.rules.map((rule) => rule.id)).toEqual([
      "classification.content_is_commercial",
      "suppression.no_advertising_after_stop",
      "consent.advertising_needs_consent",
    ]);
    for (const rule of decision.rules) {
      expect(rule.reason, rule.id).not.toMatch(/\{|\}/);
      expect(rule.source.length, rule.id).toBeGreaterThan(10);
    }
    expect(decision.rulebook).toBe(rulebook.hash);
  });

  test("refusing beats holding", () => {
    const { decision, hold_until } = send({ text: PROMO, at: "2026-11-28T23:30:00+01:00" });
    expect([decision.outcome, hold_until]).toEqual(["refuse", null]);
  });

  test("the latest of several holds is the one that counts", () => {
    const night = { text: PROMO, consent: "granted" as const, scheduled_at: "2026-11-28T23:30:00+01:00" };
    expect(send(night)).toMatchObject({
      hold_reason: "quiet_hours",
      hold_until: Date.parse("2026-11-30T08:00:00+01:00"),
    });
    const day = { ...night, scheduled_at: "2026-11-27T15:00:00+01:00" };
    expect(send(day)).toMatchObject({ hold_reason: "scheduled", hold_until: Date.parse("2026-11-27T15:00:00+01:00") });
  });

  test("advertising says until when it may leave; information may at any time", () => {
    expect(send({ text: PROMO, consent: "granted" }).allowed_until).toBe(Date.parse("2026-11-24T20:00:00+01:00"));
    expect(send({ text: "Votre rendez-vous est confirmé mardi à 15h00." }).allowed_until).toBeNull();
  });

  test("a zone from the address book beats the guess from the number", () => {
    const evening = { text: PROMO, consent: "granted" as const, at: "2026-11-24T19:00:00+01:00" };
    expect(send(evening).decision.outcome).toBe("allow");
    expect(send({ ...evening, time_zone: "Indian/Reunion" }).decision.outcome).toBe("hold");
  });

  test("a shorter approved wording is chosen when it saves a segment, and the budget refuses rather than cuts", () => {
    const body = `${PROMO} ${"x".repeat(148 - PROMO.length - 1)}`;
    const saved = send({ text: body, consent: "granted" });
    expect([saved.text.slice(body.length), saved.segments]).toEqual([" STOP 36105", 1]);
    const full = `${PROMO} ${"x".repeat(155 - PROMO.length - 1)}`;
    expect(send({ text: full, consent: "granted" }).segments).toBe(2);
    expect(send({ text: full, consent: "granted", max_segments: 1 }).code).toBe("segment_budget_exceeded");
  });

  test("a link is the way out abroad for a name without a number, and never in France", () => {
    const abroad = send({
      text: "Sale: 20% off all boots until Sunday.",
      to: "+4915112345678",
      from: "PARLEY",
      consent: "granted",
    });
    expect(abroad.text).toMatch(/https:\/\/sms\.example\/u\/\S{22}$/);
    expect(send({ text: PROMO, from: "PARLEY", consent: "granted" }).code).toBe("sender_not_allowed");
  });
});

describe("decideInbound()", () => {
  test("answers an opt-out in the language of its keyword where the country speaks several", () => {
    const replyTo = (text: string) =>
      receive({ text, from: "+15145550123" }).effects.find((effect) => effect.type === "reply");
    expect(replyTo("STOP")).toMatchObject({ text: expect.stringMatching(/unsubscribed/i) });
    expect(replyTo("ARRET")).toMatchObject({ text: expect.stringMatching(/desinscri|SMS/i) });
    expect(replyTo("ARRET")).not.toEqual(replyTo("STOP"));
  });

  test("a message to an address that is no sender of ours is understood and suppressed, but not answered", () => {
    const told = scenarioInput({ text: "STOP" }, rulebook, "inbound");
    if (told.direction !== "inbound") throw new Error("unreachable");
    const { effects, intent } = decideInbound({ ...told.input, sender: null }, rulebook);
    expect(intent).toBe("opt_out");
    expect(effects.map((effect) => effect.type)).toEqual(["remove_contact", "suppress", "withdraw_consent"].sort());
  });

  test("START brings a consent back through the sender that offered it, never through an address that is no sender of ours", () => {
    const offered = {
      text: "START",
      suppressed: "commercial" as const,
      consent_before_opt_out: true,
      last_reply: { kind: "opt_out_confirmation" as const, minutes: 60, text: "Parley : répondez START pour revenir." },
    };
    expect(receive(offered).effects.map((effect) => effect.type)).toContain("record_consent");
    const told = scenarioInput(offered, rulebook, "inbound");
    if (told.direction !== "inbound") throw new Error("unreachable");
    const { effects } = decideInbound(
      {
        ...told.input,
        person: { ...told.input.person, suppressions: [{ ...told.input.person.suppressions[0]!, sender: null }] },
        sender: null,
      },
      rulebook,
    );
    expect(effects).toEqual([]);
  });

  test("no word but an explicit one lifts an opt-out", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
      const { intent, effects } = receive({ text, suppressed: "commercial" });
      if (intent !== "opt_in") expect(effects.some((effect) => effect.type === "lift_suppression")).toBe(false);
    }));
  });

  test("the gateway's own answers ask for nothing, so that two gateways facing each other fall silent", () => {
    for (const language of ["en", "fr", "es", "de", "it", "pt", "nl"]) {
      for (const template of ["opt_out_commercial", "opt_out_everything", "opt_in_confirmation", "help"] as const) {
        const text = rulebook.reply(template, [language]).text
          .replaceAll("{brand}", "Parley").replaceAll("{sender}", "36105").replaceAll(
            "{contact}",
            "help@parley.example",
          );
        for (const from of ["+33612000001", "+12125550123", "+4915112345678"]) {
          expect(receive({ text, from }).intent, `${language} ${template}`).toBe("none");
        }
      }
    }
  });
});

describe("whatever is written", () => {
  const scenario = fc.record({
    text: fc.string({ unit: "binary", maxLength: 400 }),
    to: fc.constantFrom(
      "+33612000001",
      "+12125550123",
      "+14165550123",
      "+4915112345678",
      "+819012345678",
      "+881612345678",
    ),
    from: fc.constantFrom("36105", "+15005550006", "PARLEY"),
    category: fc.constantFrom("commercial" as const, "informative" as const),
    consent: fc.constantFrom("granted" as const, "none" as const),
    at: fc.date({ min: new Date("2025-01-01"), max: new Date("2028-01-01"), noInvalidDate: true }).map((date) =>
      date.toISOString()
    ),
  });

  test("a decision is made, the same one each time", () => {
    fc.assert(fc.property(scenario, (one) => {
      const input = outbound(one);
      expect(decideOutbound(input, rulebook)).toEqual(decideOutbound(structuredClone(input), rulebook));
    }));
  });

  test("advertising that may leave ends with a way out, once, and within its measured segments", () => {
    fc.assert(fc.property(scenario, (one) => {
      const verdict = send({ ...one, category: "commercial", consent: "granted" });
      if (verdict.decision.outcome === "refuse") return;
      expect(verdict.text.startsWith(one.text.trimEnd()) || verdict.text === one.text).toBe(true);
      expect(verdict.decision.rules.filter((rule) => rule.effect === "append_mention").length).toBeLessThanOrEqual(1);
      expect(measure(verdict.text)).toMatchObject({ segments: verdict.segments, encoding: verdict.encoding });
      // Decided again, as a held message is: the mention that stands there is recognised.
      const again = decideOutbound({
        ...outbound(one),
        message: { ...outbound(one).message, text: verdict.text, category: "commercial" },
        person: { ...outbound(one).person, consent: "granted" },
      }, rulebook);
      if (verdict.text !== one.text) expect(again.text).toBe(verdict.text);
    }));
  });

  test("without consent no advertisement is let through", () => {
    fc.assert(fc.property(scenario, (one) => {
      expect(send({ ...one, category: "commercial", consent: "none" }).decision.outcome).toBe("refuse");
    }));
  });

  test("an inbound text is understood or left alone, and a lone STOP survives any punctuation and space around it", () => {
    fc.assert(fc.property(
      fc.stringMatching(/^[ \t\n.,!?;:"'()«»“”…*_#-]{0,8}$/),
      fc.stringMatching(/^[ \t\n.,!?;:"'()«»“”…*_#-]{0,8}$/),
      fc.constantFrom("STOP", "stop", "Stop", "ＳＴＯＰ"),
      (before, after, word) => {
        expect(receive({ text: before + word + after }).intent).toBe("opt_out");
      },
    ));
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
      expect(typeof receive({ text }).intent).toBe("string");
    }));
  });
});
