/** Long messages: a handset cuts them into parts of 153 characters (67 of UCS-2), which a carrier may hand on one by one. */

export interface PartPlace {
  /** What the parts of one message share, beside sender and recipient. */
  reference: string;
  /** From 1 to `total`. */
  number: number;
  total: number;
}

/** The header of a part counts them in one octet (3GPP TS 23.040, 9.2.3.24.1). */
const MAX_PARTS = 255;
const MAX_REFERENCE = 100;

/** Stands where parts never came. */
export const GAP = "[…]";

/** False for what no handset can have sent, and for "part 1 of 1": such a text is a message of its own. */
export function isPart({ reference, number, total }: PartPlace): boolean {
  return reference !== "" && reference.length <= MAX_REFERENCE && Number.isInteger(number) && Number.isInteger(total) &&
    total >= 2 && total <= MAX_PARTS && number >= 1 && number <= total;
}

/**
 * The text of a message from its parts, in any order, each number at most once. A run of missing ones becomes one gap, set off by
 * spaces so that it makes no word of two halves; `missing` names them.
 */
export function joinParts(
  parts: readonly { number: number; text: string }[],
  total: number,
): { text: string; missing: number[] } {
  const texts = new Map(parts.map(({ number, text }) => [number, text]));
  const missing: number[] = [];
  let text = "";
  for (let number = 1; number <= total; number++) {
    const part = texts.get(number);
    if (part !== undefined) {
      text += part;
      continue;
    }
    if (missing.at(-1) !== number - 1) text += ` ${GAP} `;
    missing.push(number);
  }
  return { text: missing.length === 0 ? text : text.trim(), missing };
}
