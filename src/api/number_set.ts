/**
 * A set of phone numbers in E.164, eight bytes each and at most half full: a dry run of a million lines must know whom it has seen
 * without storing anybody. Numbers have at most 15 digits, which a double holds exactly.
 */
export class NumberSet {
  #slots = new Float64Array(1 << 10);
  #size = 0;

  /** False when it was there already. */
  add(msisdn: string): boolean {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    const added = put(this.#slots, Number(msisdn.slice(1)));
    if (added) this.#size++;
    return added;
  }

  #grow(): void {
    const larger = new Float64Array(this.#slots.length * 2);
    for (const number of this.#slots) if (number !== 0) put(larger, number);
    this.#slots = larger;
  }
}

/** `slots.length` is a power of two. */
function put(slots: Float64Array, number: number): boolean {
  const mask = slots.length - 1;
  // Neighbours in the numbering plan are neighbours in no table: multiplied by a large odd number (Fibonacci hashing).
  const low = number % 2 ** 32;
  let at = (Math.imul(low ^ (number / 2 ** 32), 0x9e3779b1) >>> 7) & mask;
  while (slots[at] !== 0) {
    if (slots[at] === number) return false;
    at = (at + 1) & mask;
  }
  slots[at] = number;
  return true;
}
