import { fold, type Folded } from "./fold.ts";

/**
 * Cuts a text into comparable words. What an author of rule files has to know:
 *
 * - Case, accents, full-width and invisible characters do not count: `ARRÊT`, `Arret` and `arrêt` are `arret`; œ is `oe`.
 * - A hyphen is a space: `opt-out` and `opt out` are the same two words, as are `rendez-vous` and `rendez vous`.
 * - An English or German contraction is one word without its apostrophe: `don't`, `don’t` and `dont` are all `dont`.
 *   Any other apostrophe is a space: `n'achetez` is `n` and `achetez`, `l'offre` is `l` and `offre`.
 * - Dots, commas, other punctuation and emoji separate words and vanish, except the stop emoji, which are words.
 * - A text spelled out letter by letter (`s.t.o.p`, `S T O P`) is one word.
 * - Numbers with a unit are one token of a shape: `50 %`, `19,99 €`, `15h30`, `24/11`, `https://acme.example/x`.
 */

export type Shape = "number" | "percent" | "money" | "time" | "date" | "url" | "code";

export interface Token {
  /** Folded: what patterns and keywords are compared with. Without spaces. */
  text: string;
  shape: Shape | null;
  /** Offsets into the raw text: `raw.slice(start, end)` is the token as the person wrote it. */
  start: number;
  end: number;
}

/** The tokens of a text, in order. Never throws; an empty or purely decorative text has none. */
export function tokenize(raw: string): Token[] {
  const tokens = words(raw);
  return isSpelledOut(tokens) ? [joined(tokens)] : tokens;
}

/** Letters drawn out for emphasis are one: "stoppppp" is `stop`, "pleaaase" is `please`. No word has three of a letter in a row. */
export function drawnIn(tokens: readonly Token[]): readonly Token[] {
  if (!tokens.some(({ text }) => DRAWN_OUT.test(text))) return tokens;
  return tokens.map((token) => ({ ...token, text: token.text.replace(EVERY_DRAWN_OUT, "$1") }));
}
const DRAWN_OUT = /(\p{L})\1\1/u;
const EVERY_DRAWN_OUT = /(\p{L})\1\1+/gu;

/** As `tokenize`, without joining single letters: for parts of a text, such as one word of a pattern. */
export function words(raw: string): Token[] {
  const folded = fold(raw);
  const { text } = folded;
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const kind = kindAt(text, at);
    if (kind === LETTER) {
      at = readWord(raw, folded, at, tokens);
    } else if (kind === DIGIT || ((kind === SIGN || kind === CURRENCY) && mayStartFigure(text, at))) {
      at = readFigure(raw, folded, at, tokens);
    } else if (text[at] === "$" && kindAt(text, at + 1) === LETTER) {
      at = readWord(raw, folded, at, tokens); // `$top`, for whoever compares spellings
    } else {
      at++;
    }
  }
  return tokens;
}

// --- characters of a folded text ------------------------------------------------------------------------------------

const OTHER = 0;
const LETTER = 1;
const DIGIT = 2;
const APOSTROPHE = 3;
const SIGN = 4;
const CURRENCY = 5;

const KINDS = new Uint8Array(0x80);
for (let code = 0x61; code <= 0x7a; code++) KINDS[code] = LETTER;
for (let code = 0x30; code <= 0x39; code++) KINDS[code] = DIGIT;
for (const char of "'`") KINDS[char.charCodeAt(0)] = APOSTROPHE;
for (const char of "+-") KINDS[char.charCodeAt(0)] = SIGN;
KINDS["$".charCodeAt(0)] = CURRENCY;

function kindAt(text: string, at: number): number {
  if (at >= text.length) return OTHER;
  const code = text.charCodeAt(at);
  if (code < 0x80) return KINDS[code] ?? OTHER;
  return code === 0x20ac || code === 0xa3 || code === 0xa5 ? CURRENCY : LETTER;
}

function mayStartFigure(text: string, at: number): boolean {
  const next = text[at + 1] === " " ? at + 2 : at + 1;
  return kindAt(text, next) === DIGIT;
}

function endOfRun(text: string, at: number): number {
  let end = at;
  while (end < text.length) {
    const kind = kindAt(text, end);
    if (kind !== LETTER && kind !== DIGIT) break;
    end++;
  }
  return end;
}

// --- words ----------------------------------------------------------------------------------------------------------

/** What follows the apostrophe of a contraction: don't, it's, I'm, we'll, I've, you're, I'd; geht's. */
const CONTRACTIONS = new Set(["t", "s", "m", "ll", "ve", "re", "d"]);

function readWord(raw: string, folded: Folded, at: number, tokens: Token[]): number {
  const { text } = folded;
  const end = endOfRun(text, text[at] === "$" ? at + 1 : at);
  const next = text.charCodeAt(end);
  // . : @ - may continue an address, unless they end the sentence
  if ((next === 0x2e || next === 0x3a || next === 0x40 || next === 0x2d) && text.charCodeAt(end + 1) > 0x20) {
    const link = readLink(raw, folded, at, tokens);
    if (link > at) return link;
  }
  if (kindAt(text, end) === APOSTROPHE && kindAt(text, end + 1) === LETTER) {
    const suffixEnd = endOfRun(text, end + 1);
    const suffix = text.slice(end + 1, suffixEnd);
    if (CONTRACTIONS.has(suffix)) {
      tokens.push(token(folded, text.slice(at, end) + suffix, null, at, suffixEnd));
      return suffixEnd;
    }
  }
  // `CHF 20`, `EUR20`
  if (kindAt(text, at + 3) === DIGIT || (end === at + 3 && kindAt(text, end + 1) === DIGIT)) {
    const moneyEnd = endOfMatch(MONEY_AFTER_CODE, text, at);
    if (moneyEnd > at) return push(folded, "money", at, moneyEnd, tokens);
  }
  tokens.push(token(folded, text.slice(at, end), isCode(raw, folded, at, end) ? "code" : null, at, end));
  return end;
}

/** Capitals and digits mixed, four or more: `MERCI10`, but not `5G`, `H24` or `CO2`. */
function isCode(raw: string, folded: Folded, from: number, to: number): boolean {
  if (to - from < 4) return false;
  let digits = 0;
  for (let at = from; at < to; at++) if (kindAt(folded.text, at) === DIGIT) digits++;
  if (digits === 0 || digits === to - from) return false;
  const asWritten = written(raw, folded, from, to);
  return asWritten === asWritten.toUpperCase();
}

function isSpelledOut(tokens: Token[]): boolean {
  return tokens.length > 1 &&
    tokens.every(({ text }) => text.length === 1 && kindAt(text, 0) === LETTER && text !== "✋");
}

function joined(tokens: Token[]): Token {
  const text = tokens.map((token) => token.text).join("");
  return { text, shape: null, start: tokens[0]?.start ?? 0, end: tokens.at(-1)?.end ?? 0 };
}

// --- shapes ---------------------------------------------------------------------------------------------------------
// Every repetition is bounded, so that a hostile text costs no more than a long one. A space is one plain or no-break
// space: a unit on the next line belongs to something else.

const AMOUNT = String.raw`(?:\d{1,3}(?:[ .,']\d{3}){1,4}(?:[.,]\d{1,2})?|\d{1,12}(?:[.,]\d{1,6})?)`;
const DAY = String.raw`(?:0?[1-9]|[12]\d|3[01])`;
const MONTH = String.raw`(?:0?[1-9]|1[0-2])`;
const HOUR = String.raw`(?:[01]?\d|2[0-4])`;
const PERCENT_WORD = String.raw`(?:%|(?:per ?cent|pct|pour ?cents?|prozent|procent|por ?ciento|por ?cento)(?!\w))`;
const CURRENCY_WORD = String.raw`(?:eur|euros?|usd|dollars?|gbp|pounds?|chf|cad|aud|brl|sek|nok|dkk|kr|pln|zl)(?!\w)`;
const CURRENCY_SIGN = "[€$£¥]";

const PERCENT = `[-+]?${AMOUNT} ?${PERCENT_WORD}`;
const MONEY = String.raw`[-+]?(?:${CURRENCY_SIGN} ?${AMOUNT}(?!\w)|\d{1,9}${CURRENCY_SIGN}\d\d(?!\w)|` +
  String.raw`${AMOUNT}(?:,-)? ?(?:${CURRENCY_SIGN}(?!\d)|${CURRENCY_WORD}))`;
const TIME = String.raw`${HOUR}(?:h(?:[0-5]\d)?| h(?: [0-5]\d)?)(?!\w)|${HOUR}(?:[.:][0-5]\d)? ?uhr(?!\w)|` +
  String.raw`${HOUR}(?:[.:][0-5]\d)? ?[ap](?:m(?!\w)|\.m\.)|${HOUR}:[0-5]\d(?::[0-5]\d)?(?!\w)`;
/** "Around the clock": a word of its own. */
const ALWAYS = String.raw`24/7(?![\w/])`;
const DATE = String
  .raw`\d{4}-${MONTH}-${DAY}(?!\w)|(?!${ALWAYS})(?:${DAY}/${MONTH}|${MONTH}/${DAY})(?:/(?:\d{4}|\d\d))?(?![\w/])|` +
  String.raw`${DAY}\.${MONTH}\.(?:\d{4}|\d\d)?(?!\.?\w)|${DAY}-${MONTH}-\d{4}(?!\w)`;
const NUMBER = String.raw`\d+[.,]\d+(?![.,]?\w)|\d+(?!\w)`;
const FIGURE = new RegExp(`(${PERCENT})|(${MONEY})|(${TIME})|(${DATE})|${ALWAYS}|(${NUMBER})`, "y");
const FIGURE_SHAPES: Shape[] = ["percent", "money", "time", "date", "number"];
const MONEY_AFTER_CODE = new RegExp(String.raw`(?:eur|usd|gbp|chf|cad|aud|brl|sek|nok|dkk|pln) ?${AMOUNT}(?!\w)`, "y");

function readFigure(raw: string, folded: Folded, at: number, tokens: Token[]): number {
  FIGURE.lastIndex = at;
  const match = FIGURE.exec(folded.text);
  if (match) {
    const shape = FIGURE_SHAPES.find((_, group) => match[group + 1] !== undefined) ?? null;
    return push(folded, shape, at, at + match[0].length, tokens);
  }
  return kindAt(folded.text, at) === DIGIT ? readWord(raw, folded, at, tokens) : at + 1;
}

const HOST = String.raw`(?:[a-z0-9-]{1,63}\.){1,4}`;
/** Endings taken for a web address without a path; none that is also a common word after a missing space ("stop.it"). */
const ENDING = "(?:com|net|org|biz|io|app|dev|shop|store|example|eu|fr|de|ch|uk|nl|pt|pl|dk|fi|br)";
const URL_PATTERN = new RegExp(
  String.raw`(?:https?://|www\.)[^\s"<>]{1,2000}|${HOST}[a-z]{2,18}[/?][\w?][^\s"<>]{0,2000}|${HOST}(${ENDING})(?!\w)`,
  "y",
);
const EMAIL = new RegExp(String.raw`[\w.+-]{1,64}@${HOST}[a-z]{2,18}`, "y");

function readLink(raw: string, folded: Folded, at: number, tokens: Token[]): number {
  const { text } = folded;
  URL_PATTERN.lastIndex = at;
  const match = URL_PATTERN.exec(text);
  if (match) {
    const end = at + match[0].replace(/[.,;:!?)\]}'*_]{1,20}$/, "").length;
    // "Merci.De rien" is a missing space, "ACME.DE" and "acme.de" are addresses.
    const ending = match[1] === undefined ? "" : written(raw, folded, end - match[1].length, end);
    if (/^\p{Lu}\p{Ll}/u.test(ending)) return at;
    return push(folded, "url", at, end, tokens);
  }
  const emailEnd = endOfMatch(EMAIL, text, at);
  if (emailEnd > at) tokens.push(token(folded, text.slice(at, emailEnd), null, at, emailEnd));
  return emailEnd;
}

/** Where a sticky expression stops matching; `at` itself when it does not match. */
function endOfMatch(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex : at;
}

// --- tokens ---------------------------------------------------------------------------------------------------------

function push(folded: Folded, shape: Shape | null, from: number, to: number, tokens: Token[]): number {
  tokens.push(token(folded, folded.text.slice(from, to).replaceAll(" ", ""), shape, from, to));
  return to;
}

function token(folded: Folded, text: string, shape: Shape | null, from: number, to: number): Token {
  return { text, shape, start: folded.starts?.[from] ?? from, end: folded.ends?.[to - 1] ?? to };
}

function written(raw: string, folded: Folded, from: number, to: number): string {
  return raw.slice(folded.starts?.[from] ?? from, folded.ends?.[to - 1] ?? to);
}

/** Something to see. Characters of no width, which a copied text may consist of, are nothing, and a blank pattern of Braille is none. */
export function isSeen(text: string): boolean {
  return /[^\s\p{Cc}\p{Default_Ignorable_Code_Point}\u2800]/u.test(text);
}
