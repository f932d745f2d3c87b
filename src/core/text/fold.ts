/**
 * Makes letters comparable, and remembers where each came from: NFKC, combining marks and invisible characters removed,
 * lower case (docs/compliance.md 2.3, steps 1-4). What cannot be part of a word becomes a separator.
 */

/** Emoji that ask to stop. They stand alone even when glued to a word ("STOP🛑"). */
export const STOP_EMOJI: ReadonlySet<string> = new Set(["🛑", "✋", "🚫"]);

export interface Folded {
  /** ASCII, other letters and digits, and `€ £ ¥`; every other character has become `'`, `-`, a space or a line feed. */
  text: string;
  /** Offset into the raw text where the character at the same index of `text` begins; null when offsets are equal. */
  starts: number[] | null;
  ends: number[] | null;
}

/** Latin letters that have no decomposition but are typed without their special form as often as with it. */
const LETTERS: Record<string, string> = {
  œ: "oe",
  æ: "ae",
  ß: "ss",
  ø: "o",
  ł: "l",
  đ: "d",
  ı: "i", // a Turkish keyboard writes QUIT and UNSUBSCRIBE with it
  ς: "σ",
};
/** Compatibility forms whose decomposition would hide what people use them for. */
const BEFORE_DECOMPOSITION: Record<string, string> = { "´": "'", "™": "\n", "℠": "\n" };

/** Folds `raw` for comparison. Never throws, whatever the input (lone surrogates are separators). */
export function fold(raw: string): Folded {
  let at = endOfAscii(raw, 0);
  // The locale-free toLowerCase: with the host's locale, Turkish would break QUIT.
  if (at === raw.length) return { text: raw.toLowerCase(), starts: null, ends: null };

  let text = raw.slice(0, at).toLowerCase();
  let offsets: { starts: number[]; ends: number[] } | null = null;
  while (at < raw.length) {
    const code = raw.codePointAt(at) ?? 0;
    const next = at + (code > 0xffff ? 2 : 1);
    const asciiEnd = endOfAscii(raw, next);
    const folded = foldCodePoint(code);
    if (folded.length !== next - at) offsets ??= equalOffsets(text.length);
    if (offsets !== null) {
      // What is removed belongs to the letter before it, as an accent written apart does.
      if (folded === "" && text !== "") offsets.ends[text.length - 1] = next;
      for (let k = 0; k < folded.length; k++) push(offsets, at, next);
      for (let ascii = next; ascii < asciiEnd; ascii++) push(offsets, ascii, ascii + 1);
    }
    text += folded + raw.slice(next, asciiEnd).toLowerCase();
    at = asciiEnd;
  }
  return { text, starts: offsets?.starts ?? null, ends: offsets?.ends ?? null };
}

function endOfAscii(raw: string, from: number): number {
  let at = from;
  while (at < raw.length && raw.charCodeAt(at) < 0x80) at++;
  return at;
}

function equalOffsets(length: number): { starts: number[]; ends: number[] } {
  return { starts: Array.from({ length }, (_, at) => at), ends: Array.from({ length }, (_, at) => at + 1) };
}

function push(offsets: { starts: number[]; ends: number[] }, start: number, end: number): void {
  offsets.starts.push(start);
  offsets.ends.push(end);
}

/** Letters of a language recur, so each is worked out once; the limit keeps a flood of rare ones from filling memory. */
const known = new Map<number, string>();
const KNOWN_LIMIT = 4096;

function foldCodePoint(code: number): string {
  const before = known.get(code);
  if (before !== undefined) return before;
  const char = String.fromCodePoint(code);
  let folded = BEFORE_DECOMPOSITION[char];
  if (folded === undefined) {
    folded = "";
    // NFKD here equals NFKC then NFD of the whole text, since the marks that those would reorder are removed.
    for (const part of char.normalize("NFKD")) folded += foldPart(part);
  }
  if (known.size < KNOWN_LIMIT) known.set(code, folded);
  return folded;
}

function foldPart(char: string): string {
  if (char < "\x80") return char.toLowerCase();
  if (STOP_EMOJI.has(char)) return `\n${char}\n`;
  if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(char)) return "";
  if (/[\p{L}\p{N}\p{Mc}]/u.test(char)) {
    const lower = char.toLowerCase();
    return LETTERS[lower] ?? lower;
  }
  if (/[€£¥]/.test(char)) return char;
  if (/[\p{Pd}−]/u.test(char)) return "-";
  if (/[‘’‛′ʼ]/.test(char)) return "'";
  if (/\p{Zs}/u.test(char)) return " ";
  return "\n";
}
