/** Numbers remembered: 64 MiB. */
const MOST = 2 ** 22;

/**
 * A set of phone numbers in E.164, eight bytes each and at most half full: a dry run of a million lines must know whom it has seen
 * without storing anybody. Numbers have at most 15 digits, which a double holds exactly. After `MOST` of them it remembers no more,
 * and takes a repetition of a later one for a first.
 */
export class NumberSet {
  #slots = new Float64Array(1 << 10);
  #size = 0;

  /** False when it was there already. */
  add(msisdn: string): boolean {
    const number = Number(msisdn.slice(1));
    const at = placeOf(this.#slots, number);
    if (this.#slots[at] === number) return false;
    if (this.#size === MOST) return true;
    this.#slots[at] = number;
    if (++this.#size * 2 > this.#slots.length) this.#grow();
    return true;
  }

  #grow(): void {
    const larger = new Float64Array(this.#slots.length * 2);
    for (const number of this.#slots) if (number !== 0) larger[placeOf(larger, number)] = number;
    this.#slots = larger;
  }
}

/** Where `number` is, or would be. `slots.length` is a power of two, and at least half of them are empty. */
function placeOf(slots: Float64Array, number: number): number {
  const mask = slots.length - 1;
  // Neighbours in the numbering plan are neighbours in no table: multiplied by a large odd number (Fibonacci hashing).
  const low = number % 2 ** 32;
  let at = (Math.imul(low ^ (number / 2 ** 32), 0x9e3779b1) >>> 7) & mask;
  while (slots[at] !== 0 && slots[at] !== number) at = (at + 1) & mask;
  return at;
}
