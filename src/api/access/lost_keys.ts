import { invalidField, type ProblemError } from "../http/problem.ts";

/**
 * `__proto__` as a name in a body. JSON knows it like any other; zod leaves it out before a schema sees it, and what it said would
 * be gone without a word: of a filter, whom it was to leave out.
 */
export const LOST = "__proto__";
export const WHY = "is a name that nothing can have";

/** False for nearly every body, after a look at its text that costs nothing beside reading it. */
export function mayLoseKeys(text: string): boolean {
  // JSON may write each of its characters as an escape.
  return text.includes(LOST) || text.includes("\\u00") && /\\u00[5-7]/i.test(text);
}

/** The path of the first key of that name; null when there is none. Asks no stack, however deep the value is nested. */
export function lostKeyIn(value: unknown): string | null {
  const open: { path: string; of: unknown }[] = [{ path: "", of: value }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { path, of } = next;
    if (typeof of !== "object" || of === null) continue;
    for (const [key, inner] of Object.entries(of)) {
      if (key === LOST) return path + key;
      if (typeof inner === "object") open.push({ path: `${path}${key}.`, of: inner });
    }
  }
  return null;
}

/** @throws ProblemError 422 naming the key. */
export function refuseLostKeys(value: unknown): void {
  const path = lostKeyIn(value);
  if (path !== null) throw lostKey(path);
}

export function lostKey(path: string): ProblemError {
  return invalidField(path, WHY);
}

/** The same in one sentence, for the line of an import; null when there is none. */
export function lostKeySentence(value: unknown): string | null {
  const path = lostKeyIn(value);
  return path === null ? null : `${path}: ${WHY}`;
}
