import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { appendMention, mentionState, mentionWay } from "../../src/core/mention.ts";
import type { Sender, SenderKind } from "../../src/core/message.ts";
import { tokenize } from "../../src/core/text/text.ts";
import { shippedRules } from "../support/rulebook.ts";

const { rulebook } = await shippedRules();

function sender(kind: SenderKind, address: string, country: string | null, stop_number: string | null = null): Sender {
  return { address, kind, country, countries: [], stop_number, brand: "Parley" };
}
const SHORT = sender("short_code", "36105", "FR");
const NAME = sender("alphanumeric", "PARLEY", "FR", "36105");
const LONG = sender("long_code", "+15005550006", "US");
const US_SHORT = sender("short_code", "72345", "US");
const DE_LONG = sender("long_code", "+4915112340000", "DE");

function state(text: string, from: Sender, code: string) {
  const book = rulebook.country(code);
  return mentionState(text, tokenize(text), from, book.table, book.mentions);
}

describe("a mention that the caller wrote", () => {
  test.each<[string, Sender, string, string]>([
    // present: at the end, the right way, the right number
    ["Soldes -50% ! STOP au 36105", SHORT, "FR", "present"],
    ["Soldes -50% ! stop 36105.", SHORT, "FR", "present"],
    ["Soldes -50% ! STOP SMS au 36105 !", SHORT, "FR", "present"],
    ["Soldes -50% ! STOP 36 105", SHORT, "FR", "present"],
    ["Soldes -50% ! STOPau36105", SHORT, "FR", "present"],
    ["Soldes -50% ! STOP AU36105", SHORT, "FR", "present"],
    ["Soldes -50% ! STOP36105", SHORT, "FR", "present"],
    ["Soldes -50% ! STOP par SMS au 36105", SHORT, "FR", "present"],
    ["Soldes -50% ! STOP au 36105 (appel non surtaxé)", SHORT, "FR", "present"],
    ["Soldes -50% ! Envoyez STOP au 36105 🎉", NAME, "FR", "present"],
    ["Ne ratez pas nos soldes ! STOP au 36105", SHORT, "FR", "present"],
    ["20% off. Reply STOP to opt out", LONG, "US", "present"],
    ["20% off. Reply STOP to opt out, HELP for help. Msg & data rates may apply.", LONG, "US", "present"],
    ["20% off. Reply with STOP to stop receiving these messages", LONG, "US", "present"],
    ["20% off. Reply STOP anytime to cancel", LONG, "US", "present"],
    ["20% off. Text STOP to 72345", US_SHORT, "US", "present"],
    ["20% off. Text STOP to (500) 555-0006", LONG, "US", "present"],
    ["20% Rabatt. Abmelden: STOPP", DE_LONG, "DE", "present"],
    ["20% Rabatt. Abmelden: https://parley.example/u/1", NAME, "DE", "present"],
    // absent: no instruction at all
    ["Soldes -50% !", SHORT, "FR", "absent"],
    ["Soldes -50% non-stop au 15 rue de la Paix", SHORT, "FR", "absent"],
    ["Soldes -50% stop au 15 rue de la Paix", SHORT, "FR", "absent"],
    ["Collection STOP 2026 en boutique", SHORT, "FR", "absent"],
    ["Don't text STOP, save 50% now", LONG, "US", "absent"],
    ["Why would you ever reply stop? Big sale!", LONG, "US", "absent"],
    ["Big sale! Why would you ever reply stop?", LONG, "US", "absent"],
    ["Big sale! Don't text STOP to end", LONG, "US", "absent"],
    ["Non-stop to cancel boredom", LONG, "US", "absent"],
    ["20% off non-stop to end", LONG, "US", "absent"],
    ["Soldes, pas de stop au 36105", SHORT, "FR", "absent"],
    ["Soldes, ne pas envoyer STOP au 36105", SHORT, "FR", "absent"],
    ["Soldes, no stop au 36105", SHORT, "FR", "absent"],
    ["Soldes, jamais STOP au 36105", SHORT, "FR", "absent"],
    // absent: not at the end
    ["STOP au 36105 et venez vite", SHORT, "FR", "absent"],
    ["STOP au 36105. Soldes -50%", SHORT, "FR", "absent"],
    ["Reply STOP to opt out of boredom at our shop", LONG, "US", "absent"],
    // absent: a way that does not work for this sender
    ["Soldes -50% ! Reply STOP", SHORT, "FR", "absent"],
    ["Soldes -50% ! Répondez STOP", NAME, "FR", "absent"],
    ["20% Rabatt! STOP to 36105", NAME, "DE", "absent"],
    ["20% Rabatt! Abmelden: STOPP", NAME, "DE", "absent"],
    ["20% off. Opt out: https://parley.example/u/1", LONG, "US", "absent"],
    // a number that nobody here listens to
    ["Soldes -50% ! STOP au 36111", SHORT, "FR", "wrong_number"],
    ["Soldes -50% ! STOP 36 111", SHORT, "FR", "wrong_number"],
    ["STOP au 36105. STOP au 36111", SHORT, "FR", "wrong_number"],
    ["STOP au 36111. STOP au 36105", SHORT, "FR", "wrong_number"],
    ["STOP au 36111 et venez vite", SHORT, "FR", "wrong_number"],
    ["20% Rabatt! STOP an 36111", NAME, "DE", "wrong_number"],
    // nothing that could be written
    ["Soldes -50% ! STOP au 36105", sender("alphanumeric", "PARLEY", null), "FR", "impossible"],
  ])("%s (%#)", (text, from, country, expected) => {
    expect(state(text, from, country)).toBe(expected);
  });
});

const BODY = fc.oneof(
  fc.constantFrom(
    "Soldes -50%",
    "acme.example/x",
    "Plus que 5",
    "stop",
    "STOP au 36105 et venez",
    "",
    "s t o p",
    "à 15",
  ),
  fc.string({ unit: "grapheme", maxLength: 40 }),
);

describe("the appended mention is recognised afterwards, so that no second one ever follows", () => {
  const senders = [SHORT, NAME, LONG, sender("toll_free", "+18005550100", "US"), US_SHORT, DE_LONG];
  for (const code of [...rulebook.countries, "default"]) {
    const { table } = rulebook.country(code);
    for (const way of ["number", "reply", "link"] as const) {
      const writing = [...senders, sender("alphanumeric", "PARLEY", code, "36105")].filter((one) =>
        mentionWay(one, table) === way
      );
      if (writing.length === 0) continue; // a link in France
      for (const form of table.mention[way]) {
        test(`${code} ${way}: ${form}`, () => {
          const only = { ...table, mention: { ...table.mention, [way]: [form] } };
          fc.assert(
            fc.property(BODY, fc.constantFrom(...writing), (body, from) => {
              // The sentence end keeps "pas de" and digits of the text apart from the mention.
              const { text } = appendMention(`${body}.`, from, only, "https://parley.example/u/abc123");
              const before = state(`${body}.`, from, code);
              expect(state(text, from, code)).toBe(before === "wrong_number" ? "wrong_number" : "present");
            }),
            { seed: 1, numRuns: 150 },
          );
        });
      }
    }
  }
});
