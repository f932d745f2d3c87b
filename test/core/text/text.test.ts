import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tokenize } from "../../../src/core/text/text.ts";

/** `stop 36123<number>` */
const show = (raw: string) => tokenize(raw).map(({ text, shape }) => shape ? `${text}<${shape}>` : text).join(" ");

describe("tokenize() makes spellings of a word equal", () => {
  test.each([
    ["STOP", "stop"],
    [" Stop\n", "stop"],
    ["stop!!!", "stop"],
    ["« STOP »", "stop"],
    ["“stop…”", "stop"],
    ["*STOP*", "stop"],
    ["ＳＴＯＰ", "stop"],
    ["𝐒𝐓𝐎𝐏", "stop"],
    ["S\u200bT\u200dO\ufeffP", "stop"],
    ["s.t.o.p", "stop"],
    ["S T O P", "stop"],
    ["s-t-o-p.", "stop"],
    ["ARRÊT", "arret"],
    ["arre\u0302t", "arret"],
    ["Désabonner", "desabonner"],
    ["UNSUBSCRİBE", "unsubscribe"],
    ["unsubscrıbe", "unsubscribe"],
    ["œuvre Straße", "oeuvre strasse"],
    ["STOP\u00a0SMS\u202fPUB\tsvp", "stop sms pub svp"],
  ])("%j is %s", (raw, expected) => expect(show(raw)).toBe(expected));
});

describe("tokenize() separates words", () => {
  test.each([
    ["stop.merci,non;oui", "stop merci non oui"],
    ["Merci.De rien", "merci de rien"],
    ["U.S.A. today", "u s a today"],
    ["et/ou", "et ou"],
    ["opt-out", "opt out"],
    ["Rendez-vous stop-by non‑stop", "rendez vous stop by non stop"],
    ["don't don’t don´t don`t dont", "dont dont dont dont dont"],
    ["I'm we'll you're geht's", "im well youre gehts"],
    ["n'achetez l’offre aujourd'hui s'il", "n achetez l offre aujourd hui s il"],
    ["'stop' ‘stop’", "stop stop"],
    ["🛑", "🛑"],
    ["🛑\ufe0f🛑STOP✋🏽", "🛑 🛑 stop ✋"],
    ["STOP 😡👍", "stop"],
    ["😡", ""],
    ["", ""],
    [" \n ", ""],
    ["stop@acme.example info", "stop@acme.example info"],
    ["STOP2QUIT stop=quit", "stop2quit<code> stop quit"],
    ["$top", "$top"],
  ])("%j is %s", (raw, expected) => expect(show(raw)).toBe(expected));
});

describe("tokenize() gives shapes", () => {
  test.each([
    [
      "-50% 50 % 20 percent 20 pour cent 5,5 Prozent –30\u00a0%",
      "-50% 50% 20percent 20pourcent 5,5prozent -30%",
      "percent",
    ],
    [
      "€5 5€ 19,99 € $5 5 EUR £10 CHF 20 19€99 1\u202f000 € EUR20",
      "€5 5€ 19,99€ $5 5eur £10 chf20 19€99 1000€ eur20",
      "money",
    ],
    ["-5 € $1,299.00 20 euros", "-5€ $1,299.00 20euros", "money"],
    [
      "15h00 9:30 9h30 3pm 3 p.m. 24h 15 h 30 10:30am 9 Uhr",
      "15h00 9:30 9h30 3pm 3p.m. 24h 15h30 10:30am 9uhr",
      "time",
    ],
    ["24/11 2026-11-24 14.05. 24/11/2026 11/24 14.05.26", "24/11 2026-11-24 14.05. 24/11/2026 11/24 14.05.26", "date"],
    [
      "https://acme.example/b?c=d. (www.x.fr) acme.example/b, ACME.FR",
      "https://acme.example/b?c=d www.x.fr acme.example/b acme.fr",
      "url",
    ],
    ["MERCI10 XK7P9Q 10MERCI", "merci10 xk7p9q 10merci", "code"],
    ["36123 1,000 19.99 +33612345678", "36123 1,000 19.99 33612345678", "number"],
  ])("%j", (raw, texts, shape) => {
    expect(show(raw)).toBe(texts.split(" ").map((text) => `${text}<${shape}>`).join(" "));
  });

  test.each([
    ["5G H24 CO2 merci10 Merci10 48h 1er", "5g h24 co2 merci10 merci10 48h 1er"],
    ["24/7", "24/7"],
    ["50/50", "50<number> 50<number>"],
    ["06.12.34.56.78", "06<number> 12<number> 34<number> 56.78<number>"],
    ["5\n€10", "5<number> €10<money>"],
    ["10-20%", "10<number> -20%<percent>"],
    ["Le 24. Merci", "le 24<number> merci"],
    ["us$5", "us $5<money>"],
  ])("%j is %s", (raw, expected) => expect(show(raw)).toBe(expected));
});

describe("tokenize() points into the raw text", () => {
  test.each([
    ["  « ARRÊT » !", ["ARRÊT"]],
    ["don’t 19,99 € stop🛑\ufe0f", ["don’t", "19,99 €", "stop", "🛑"]],
    ["😡 Cœur, arre\u0302tez", ["Cœur", "arre\u0302tez"]],
    ["S.T.O.P!", ["S.T.O.P"]],
    ["😀 50 % sur acme.example/b", ["50 %", "sur", "acme.example/b"]],
  ])("%j", (raw, slices) => {
    expect(tokenize(raw).map(({ start, end }) => raw.slice(start, end))).toEqual(slices);
  });

  const wild = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc.string({ unit: fc.constantFrom(..."aZé9½…ﬃ .,:/-'’@€$%+h🛑😡\u0301\u200b\n\ud83d\uded1"), maxLength: 200 }),
  );

  test("offsets are ordered and inside, whatever the text", () => {
    fc.assert(
      fc.property(wild, (raw) => {
        let [start, end] = [0, 0];
        for (const token of tokenize(raw)) {
          expect(token.text).toMatch(/^\S+$/);
          expect(token.start).toBeGreaterThanOrEqual(start);
          expect(token.end).toBeGreaterThanOrEqual(end);
          expect(token.end).toBeGreaterThan(token.start);
          ({ start, end } = token);
        }
        expect(end).toBeLessThanOrEqual(raw.length);
      }),
      { numRuns: 1000 },
    );
  });

  test("case and composition do not change the words", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."aéÀçÜñ zœ'-.!🛑"), maxLength: 60 }), (raw) => {
        const texts = (text: string) => tokenize(text).map((token) => token.text);
        expect(texts(raw.normalize("NFD"))).toEqual(texts(raw.normalize("NFC")));
        expect(texts(raw.toUpperCase())).toEqual(texts(raw.toLowerCase()));
      }),
    );
  });

  test.each([
    ["digits", "1".repeat(20_000)],
    ["groups", "1 000 ".repeat(4_000)],
    ["hosts", "a.".repeat(10_000)],
    ["hyphens", "a-".repeat(10_000)],
    ["links", "https://".repeat(3_000) + "!".repeat(3_000)],
    ["addresses", "a@".repeat(10_000)],
  ])("a hostile text of %s takes time in proportion to its length", (_, raw) => {
    const started = performance.now();
    tokenize(raw);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

test("time of tokenize() is printed", ({ annotate }) => {
  const french =
    "ACME : -20% sur toute la boutique jusqu'à dimanche, dès 19,99 € ! Profitez-en vite sur acme.example/b " +
    "avec le code MERCI10. À très bientôt. STOP au 36105";
  const runs = 5_000;
  for (let i = 0; i < runs; i++) tokenize(french);
  const started = performance.now();
  for (let i = 0; i < runs; i++) tokenize(french);
  const microseconds = (performance.now() - started) * 1000 / runs;
  expect(tokenize(french).length).toBeGreaterThan(20);
  return annotate(`tokenize: ${microseconds.toFixed(1)} µs for ${french.length} characters`);
});
