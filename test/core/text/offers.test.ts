import { expect, test } from "vitest";
import { offeredWords, type OfferPattern } from "../../../src/core/text/offers.ts";
import { compilePatterns } from "../../../src/core/text/phrases.ts";
import { shippedRules } from "../../support/rulebook.ts";

const { rulebook } = await shippedRules();

test.each([
  ["Vote on Tuesday! Reply Quit2End to opt out", ["quit2end"]],
  ["Sale today. Text STOP to END to stop", ["stop"]],
  ["Soldes ! Pour ne plus recevoir nos SMS, envoyez FIN au 36105", ["fin"]],
  ["20% Rabatt. Antworten Sie mit NEIN um sich abzumelden", ["nein"]],
  ["Rebajas. No publi: BAJA al 217010", ["baja"]],
  ["Promo. Per non ricevere piu SMS rispondi BASTA", ["basta"]],
  ["Korting. Afmelden: antwoord UIT", ["uit"]],
])("%j offers %j", (text, words) => {
  expect(offeredWords([text], rulebook.offers)).toEqual(expect.arrayContaining([words.at(-1)]));
});

test.each([
  "Your table is booked for 8pm. Reply YES to confirm",
  "Reply STOP to opt out. Vote!",
  "Text 4 to rate us",
  "",
])("%j offers nothing but what its mention says", (text) => {
  expect(offeredWords([text], rulebook.offers).filter((word) => word !== "stop")).toEqual([]);
});

test("a number or a link is where to write, not what", () => {
  const patterns = compilePatterns<OfferPattern>([{ pattern: "reply", value: "alone" }]);
  expect(offeredWords(["reply 36105", "reply https://acme.example/x", "reply END"], patterns)).toEqual(["end"]);
});
