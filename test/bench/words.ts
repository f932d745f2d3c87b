const SYLLABLES = [
  "ba",
  "cor",
  "di",
  "fel",
  "gu",
  "lan",
  "mi",
  "nor",
  "pa",
  "quin",
  "ro",
  "san",
  "tel",
  "vi",
  "bre",
  "zu",
];
const LENGTH = 5;

/** A word that nobody has written before: a name, a place, a typing error. Another one for each of a million numbers. */
export function invented(n: number): string {
  const mixed = Math.imul(n, 0x9e3779b1) >>> 0;
  return Array.from({ length: LENGTH }, (_, place) => SYLLABLES[mixed >>> 4 * place & 15]).join("");
}
