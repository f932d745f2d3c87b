import type { Log } from "./gateway/gateway.ts";

/**
 * One JSON line an event. Digit runs that could be a telephone number lose all but their last two digits, wherever they stand
 * (invariant 9): an error message of a library may quote what it was given.
 */
export function jsonLog(write: (line: string) => void, now: () => number): Log {
  return (level, event, fields = {}) =>
    write(mask(JSON.stringify({ at: new Date(now()).toISOString(), level, event, ...fields })));
}

/** `+33612345678` becomes `+*********78`. Instants and ids (letters among the digits) stay. */
export function mask(line: string): string {
  return line.replace(/(?<![\w.:-])\+?\d[\d ().-]{5,}\d(?![\w:])/g, (number) => {
    const digits = number.replace(/\D/g, "").length;
    return digits < 7 ? number : number.slice(0, -2).replace(/\d/g, "*") + number.slice(-2);
  });
}
