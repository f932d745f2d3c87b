import { expect, test } from "vitest";
import { tokenize } from "../../src/core/text/text.ts";
import { shippedRules } from "../support/rulebook.ts";

const { rulebook } = await shippedRules();

/** The intent of the keyword; a guard takes back one with a tail. */
function intent(text: string, country: string): string {
  const tokens = tokenize(text);
  const found = rulebook.country(country).keywords.match(tokens, { optedOut: false, tails: ["36105"] });
  return found === null || (found.tier === "T2" && rulebook.guards.match(tokens).length > 0) ? "none" : found.intent;
}

test.each([
  ["FR", "stop merci beaucoup"],
  ["FR", "stop bonne journée"],
  ["FR", "Stop\n\nEnvoyé de mon iPhone"],
  ["FR", "STOP à vos SMS"],
  ["FR", "stop à la publicité"],
  ["FR", "stop les sms publicitaires"],
  ["FR", "Bonjour, stop svp, merci beaucoup"],
  ["FR", "Stopp"],
  ["FR", "STOP au 36111"],
  ["US", "Stopp"],
  ["US", "Stop Sent from my iPhone"],
  ["US", "STOP thanks so much"],
  ["US", "unsubscribe me"],
  ["DE", "Stop danke schön"],
  ["DE", "Bitte stoppen"],
  ["DE", "Stopp mit der Werbung"],
])("%s %j is an opt-out: the words around it are only politeness", (country, text) => {
  expect(intent(text, country)).toBe("opt_out");
});

test.each([
  ["FR", "stop 5"],
  ["US", "stop 3"],
  ["FR", "Stop 2 minutes j'arrive"],
  ["DE", "Bitte nicht stoppen"],
  ["US", "stop by at 5, thanks so much"],
])("%s %j is none: the words around it say something else", (country, text) => {
  expect(intent(text, country)).toBe("none");
});
