import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { KeywordEntry } from "../../../src/core/rulebook/rulebook_schema.ts";
import { compileKeywords } from "../../../src/core/text/keywords.ts";
import { compilePatterns } from "../../../src/core/text/phrases.ts";
import { tokenize } from "../../../src/core/text/text.ts";

const source = { text: "test", confidence: "design", reviewed: "2026-11-24" } as const;
const ENTRIES: KeywordEntry[] = [
  { intent: "opt_in", language: "en", words: ["START", "UNSTOP"], source, tail: false, only_when_opted_out: true },
  { intent: "opt_in", language: "fr", words: ["OUI"], source, tail: false, only_when_opted_out: true },
  { intent: "help", language: "en", words: ["HELP", "INFO"], source, tail: false },
  { intent: "help", language: "fr", words: ["AIDE", "CONTACT"], source, tail: false },
  { intent: "opt_out", language: "en", words: ["STOP", "STOP ALL", "OPT-OUT", "UNSUBSCRIBE"], source },
  { intent: "opt_out", language: "en", words: ["CANCEL", "END", "QUIT"], source, tail: false },
  { intent: "opt_out", language: "fr", words: ["ARRÊT", "arrête"], source },
  { intent: "opt_out", language: "und", words: ["🛑", "✋", "🚫"], source },
];
const TAILS = [
  "please",
  "svp",
  "s'il vous plait",
  "merci",
  "sms",
  "pub",
  "all",
  "au <number>",
  "reply",
  "to opt out|unsubscribe",
  "to opt out",
];
const GUARDS = [
  "stop by",
  "stop at",
  "bus stop",
  "non stop",
  "whistle stop",
  "don't stop",
  "ne vous arrêtez pas",
  "unstop",
];

const keywords = compileKeywords(ENTRIES, TAILS);
const guards = compilePatterns(GUARDS.map((pattern) => ({ pattern, value: pattern })));
const match = (text: string, context: { optedOut?: boolean; tails?: string[] } = {}) =>
  keywords.match(tokenize(text), { optedOut: false, tails: ["36123", "ACME"], ...context });
const found = (text: string, context = {}) => {
  const keyword = match(text, context);
  return keyword && `${keyword.intent} ${keyword.tier}`;
};

describe("the table of docs/compliance.md 2.5", () => {
  test.each([
    "STOP",
    "stop.",
    " Stop\n",
    "« STOP »",
    "ＳＴＯＰ",
    "🛑",
    "🛑🛑 stop",
    "Arrêt",
    "ARRET",
    "arrête",
    "cancel",
  ])(
    "%j is an opt-out of tier 1",
    (text) => expect(found(text)).toBe("opt_out T1"),
  );
  test.each(["STOP ACME", "STOP SMS", "STOP 36123", "STOP SVP", "stop please"])(
    "%j is an opt-out of tier 2",
    (text) => expect(found(text)).toBe("opt_out T2"),
  );
  test.each([
    "please stop calling, text me instead",
    "stop texting me, call me instead",
    "Stop it!",
    "Please cancel my order",
    "annulez ma commande",
    "end of the month?",
    "the end",
    "stop the medication?",
    "should I stop taking the pills",
    "Stop or I call the police",
    "STOP 12345",
    'Liked "Promo … STOP au 36123"',
    "can you help me?",
    "oui",
    "start",
    "I never signed up for this",
  ])("%j is no keyword", (text) => expect(found(text)).toBeNull());
  test.each([
    "don't stop by",
    "Can you stop by?",
    "I'll stop by at 5",
    "STOP at the store",
    "bus stop at 9",
    "non stop",
    "whistle-stop",
    "don’t stop",
    "ne vous arrêtez pas",
  ])("%j is guarded and no keyword", (text) => {
    expect(guards.match(tokenize(text))).not.toEqual([]);
    expect(found(text)).toBeNull();
  });
  test.each(["help", "aide", "Contact?"])("%j asks for help", (text) => expect(found(text)).toBe("help T1"));
  test.each(["unstop", "START", "oui"])("%j is an opt-in only while opted out", (text) => {
    expect(found(text)).toBeNull();
    expect(found(text, { optedOut: true })).toBe("opt_in T1");
  });
});

describe("tier 1", () => {
  test.each([
    "STOP ALL",
    "stop-all",
    "opt out",
    "OPT-OUT",
    "stop stop",
    "STOP!!! STOP",
    "🛑✋🚫",
    "stop 🛑",
    "s.t.o.p",
    "end end",
  ])(
    "%j is the whole text",
    (text) => expect(found(text)).toBe("opt_out T1"),
  );
  test("a match says what the rule file says", () => {
    expect(match("opt out")).toEqual({
      conditional: false,
      from: 0,
      to: 2,
      intent: "opt_out",
      tier: "T1",
      language: "en",
      words: "OPT-OUT",
      source,
    });
    expect(match("🛑 arret")?.words).toBe("ARRÊT");
    expect(match("🛑✋")?.words).toBe("🛑");
  });
  test("stop emoji do not confirm another intent", () => {
    expect(found("start 🛑", { optedOut: true })).toBeNull();
    expect(found("help 🛑")).toBeNull();
  });
});

describe("tier 2", () => {
  test.each([
    "please stop",
    "SVP stop",
    "Stop, s'il vous plaît, merci",
    "stop sms pub",
    "stop acme sms",
    "STOP36123",
    "STOP au 36123",
    "Reply STOP to opt out",
    "stop arret",
    "stop unsubscribe please",
  ])("%j is an opt-out", (text) => expect(found(text)).toBe("opt_out T2"));
  test.each(["cancel please", "ACME stop", "stop 5", "STOP999", "stop ACMEX", "please", "au 36123", "help please"])(
    "%j is not",
    (text) => expect(found(text)).toBeNull(),
  );
  test("a name may be a word of the brand, the whole brand glued, or the sender's number", () => {
    const tails = ["Acme Paris", "+15005550006"];
    for (const text of ["STOP acme", "stop acme paris", "stop AcmeParis", "STOP +15005550006", "stop15005550006"]) {
      expect(found(text, { tails })).toBe("opt_out T2");
    }
    expect(found("stop acme london", { tails })).toBeNull();
  });
});

test("an opt-out wins over help, and help over an opt-in", () => {
  const entry = (intent: string): KeywordEntry => ({ intent, language: "en", words: ["word"], source });
  const intentOf = (...intents: string[]) =>
    compileKeywords(intents.map(entry), []).match(tokenize("word"), { optedOut: false, tails: [] })?.intent;
  expect(intentOf("other", "opt_in", "help", "opt_out")).toBe("opt_out");
  expect(intentOf("other", "opt_in", "help")).toBe("help");
  expect(intentOf("other", "opt_in")).toBe("opt_in");
});

test("match() never throws, and any decoration of STOP stays an opt-out", () => {
  const decoration = fc.string({ unit: fc.constantFrom(...' .,!?…«»"*#()-_\n\u00a0\u200b😡'), maxLength: 8 });
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      match(text);
    }),
  );
  fc.assert(
    fc.property(
      decoration,
      fc.constantFrom("STOP", "Stop", "ＳＴＯＰ", "s.t.o.p"),
      decoration,
      (before, word, after) => {
        expect(found(before + word + after)).toBe("opt_out T1");
      },
    ),
  );
});

test("a flood of keywords is judged quickly", () => {
  const started = performance.now();
  expect(found("stop ".repeat(1000) + "x")).toBeNull();
  expect(performance.now() - started).toBeLessThan(500);
});
