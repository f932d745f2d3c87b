/**
 * How many billed parts a text takes. Facts: 3GPP TS 23.038 and 23.040, summed up in docs/compliance.md section 10.
 */

const GSM7_BASE =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿" +
  "abcdefghijklmnopqrstuvwxyzäöñüà";
/** Written as an escape and a character: two septets that must stay in one part. */
const GSM7_EXTENSION = "\f^{}\\[~]|€";

/** Septets by UTF-16 code unit; 0 outside GSM-7. The euro sign is the highest member. */
const SEPTETS = new Uint8Array(0x20ad);
for (const char of GSM7_BASE) SEPTETS[char.charCodeAt(0)] = 1;
for (const char of GSM7_EXTENSION) SEPTETS[char.charCodeAt(0)] = 2;

export interface Measure {
  encoding: "GSM-7" | "UCS-2";
  /** Billed parts; an empty text still travels as one. */
  segments: number;
  /** Septets (GSM-7) or UTF-16 code units (UCS-2) of the text itself, without headers or padding. */
  units: number;
}

/** Encoding, parts and length of a text as a phone network will carry it: 160/153 septets or 70/67 code units. */
export function measure(text: string): Measure {
  let units = 0;
  for (let i = 0; i < text.length; i++) {
    const septets = SEPTETS[text.charCodeAt(i)];
    // One character outside GSM-7 turns the whole message into UCS-2; past the table the read is undefined.
    if (!septets) return { encoding: "UCS-2", segments: text.length <= 70 ? 1 : ucs2Parts(text), units: text.length };
    units += septets;
  }
  return { encoding: "GSM-7", segments: units <= 160 ? 1 : gsm7Parts(text), units };
}

function gsm7Parts(text: string): number {
  let parts = 1;
  let used = 0;
  for (let i = 0; i < text.length; i++) {
    const septets = SEPTETS[text.charCodeAt(i)] ?? 0;
    if (used + septets > 153) {
      parts++;
      used = 0;
    }
    used += septets;
  }
  return parts;
}

function ucs2Parts(text: string): number {
  let parts = 0;
  for (let start = 0; start < text.length; parts++) {
    start += 67;
    if (start < text.length && isHighSurrogate(text.charCodeAt(start - 1)) && isLowSurrogate(text.charCodeAt(start))) {
      start--;
    }
  }
  return parts;
}

const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdbff;
const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit <= 0xdfff;
