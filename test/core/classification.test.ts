import { describe, expect, test } from "vitest";
import { decideOutbound } from "../../src/core/decide.ts";
import type { Category } from "../../src/core/message.ts";
import { recipientOf } from "../../src/rules/evaluate.ts";
import { scenarioInput } from "../../src/rules/scenario.ts";
import { shippedRules } from "../support/rulebook.ts";

const { rulebook } = await shippedRules();

function decide(lang: string, text: string, category?: Category) {
  const told = scenarioInput(
    {
      text,
      to: recipientOf(lang),
      from: "PARLEY",
      consent: "granted",
      ...(category === undefined ? {} : { category }),
    },
    rulebook,
    "outbound",
  );
  if (told.direction !== "outbound") throw new Error("an outbound scenario gives an outbound input");
  return decideOutbound(told.input, rulebook);
}

describe("compliance reference 5.3, examples", () => {
  test.each([
    ["en", "ACME: 20% off all boots until Sunday. acme.example/b Reply STOP to opt out"],
    ["fr", "ACME : -20 % sur les bottes jusqu'a dimanche. acme.example/b STOP au 36123"],
    ["es", "ACME: 20% de dto. en botas hasta el domingo. acme.example/b No publi: STOP 217010"],
    ["de", "ACME: 20% Rabatt auf Stiefel bis Sonntag. acme.example/b Abmelden: STOPP"],
    ["it", "ACME: -20% sugli stivali fino a domenica. acme.example/b Rispondi STOP per non ricevere"],
  ])("commercial, %s: %s", (lang, text) => {
    expect(decide(lang, text).category).toBe("commercial");
  });

  test.each([
    ["en", "ACME: your order 4821 ships today, delivery Tue 9-12."],
    ["fr", "ACME : votre RDV est confirme mardi 14 a 9h30. Annuler : acme.example/r"],
    ["es", "ACME: su pedido 4821 llega hoy entre 9 y 12 h."],
    ["de", "ACME: Ihr Termin am Di 14.5. um 9:30 ist bestaetigt."],
    ["it", "ACME: il suo ordine 4821 arriva oggi dalle 9 alle 12."],
  ])("informative, %s: %s", (lang, text) => {
    expect(decide(lang, text).category).toBe("informative");
  });

  test.each([
    ["en", "ACME: order 4821 delivered. Get 10% off your next one: acme.example"],
    ["fr", "ACME : votre colis est livre. -10 % sur votre prochain achat avec MERCI10. STOP au 36123"],
    ["es", "ACME: pedido entregado. 10% en su proxima compra: acme.example No publi: STOP 217010"],
    ["de", "ACME: Paket zugestellt. 10% auf den naechsten Einkauf: acme.example Abmelden: STOPP"],
    ["it", "ACME: ordine consegnato. 10% sul prossimo acquisto: acme.example Rispondi STOP per non ricevere"],
  ])("mixed is commercial, %s: %s", (lang, text) => {
    expect(decide(lang, text).category).toBe("commercial");
    expect(decide(lang, text, "informative").category).toBe("commercial");
  });
});

describe("compliance reference 5.2, traps", () => {
  test.each<[string, string, Category]>([
    ["a discount after thanks", "Thank you for your purchase, enjoy 10 % off next time", "commercial"],
    ["a basket that waits", "Your basket is waiting", "commercial"],
    ["a survey without incentive", "How satisfied were you with our service today? Reply 1 to 5", "informative"],
    ["a survey with a prize", "Tell us how we did and win a $50 voucher", "commercial"],
    ["a payment reminder", "Reminder: invoice 4821 of $58.00 is overdue. Please pay by Friday", "informative"],
    ["a loyalty balance", "Your loyalty balance is 320 points", "informative"],
    [
      "a loyalty balance that invites",
      "Your loyalty balance is 320 points, redeem them in store this weekend!",
      "commercial",
    ],
    ["a move that invites", "We moved, visit us at our new store", "commercial"],
  ])("%s: %s is %s", (_, text, expected) => {
    expect(decide("en", text).category).toBe(expected);
  });
});

describe("the declared category", () => {
  const OFFER = "Votre colis est livré. -10 % sur votre prochain achat avec MERCI10.";

  test("commercial is always taken", () => {
    expect(decide("fr", "Votre colis est livré.", "commercial").category).toBe("commercial");
  });

  test("informative is not taken against the words", () => {
    const { category, decision } = decide("fr", OFFER, "informative");
    expect(category).toBe("commercial");
    expect(decision.category_source).toBe("rules");
  });

  test("informative settles what the words leave open", () => {
    expect(decide("fr", "Parfait, comme convenu.", "informative").category).toBe("informative");
  });
});

describe("one text to many people", () => {
  const DOUBTFUL = "Parfait, comme convenu.";
  const OFFER = "Soldes : -50% sur tout le magasin !";
  const hold = (text: string, copies: number, category?: Category) => {
    const told = scenarioInput(
      { text, copies, consent: "granted", ...(category && { category }) },
      rulebook,
      "outbound",
    );
    if (told.direction !== "outbound") throw new Error("an outbound scenario gives an outbound input");
    return decideOutbound(told.input, rulebook).hold_reason;
  };

  test.each<[string, string, number, Category | undefined, string | null]>([
    ["a doubt in a batch waits for a person", DOUBTFUL, 20, undefined, "needs_review"],
    ["a doubt sent by itself is advertising without a review", DOUBTFUL, 1, undefined, null],
    ["a declaration settles a doubt", DOUBTFUL, 20, "informative", null],
    ["a declaration that the words contradict waits for a person", OFFER, 20, "informative", "needs_review"],
    ["a contradicted declaration sent by itself is advertising", OFFER, 1, "informative", null],
    ["what is clear does not wait", OFFER, 10_000, undefined, null],
  ])("%s", (_, text, copies, category, expected) => {
    expect(hold(text, copies, category)).toBe(expected);
  });
});

describe("the decision tells", () => {
  test.each<[string, string, string, RegExp]>([
    [
      "fr",
      "Soldes : -50% sur tout le magasin",
      "classification.content_is_commercial",
      /score [\d.]+\): .*"Soldes" \+/,
    ],
    [
      "en",
      "Your verification code is 482913",
      "classification.content_is_informative",
      /score -[\d.]+\): .*"verification code" -/,
    ],
  ])("the score and the words with their points, %s: %s", (lang, text, rule, words) => {
    const { rules } = decide(lang, text).decision;
    expect(rules.find(({ id }) => id === rule)?.reason).toMatch(words);
  });
});
