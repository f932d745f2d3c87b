import type { Draft, LintBook } from "../finding.ts";

const DAY = 86_400_000;
/** Rules of SMS change yearly; what nobody has read for so long is to be read again. */
const REVIEW_DAYS = 365;

/** Periods that are empty: the rule never counts. */
export function emptyPeriods(book: LintBook): Draft[] {
  return book.rules.flatMap(({ file, at, rule }): Draft[] => {
    const { effective_from: from, effective_to: to } = rule;
    if (from === undefined || to === undefined || from < to) return [];
    return [{
      file,
      at: [...at, "effective_to"],
      rule: rule.id,
      severity: "error",
      problem: `counts from ${from} and ends on ${to}, before it begins`,
      advice: "Correct one of the two days; effective_to is the first day on which it no longer counts.",
    }];
  });
}

/** Rules whose time is over. `now`: ms since 1970. */
export function expired(book: LintBook, now: number): Draft[] {
  return book.rules.flatMap(({ file, at, rule }): Draft[] => {
    const to = rule.effective_to;
    if (to === undefined || Date.parse(to) > now) return [];
    return [{
      file,
      at: [...at, "effective_to"],
      rule: rule.id,
      severity: "warning",
      problem: `has not counted since ${to}`,
      advice: "Delete it, or correct the day.",
    }];
  });
}

/** Sources that were read too long ago, or on a day that has not come: one finding a file and day. */
export function reviews(book: LintBook, now: number): Draft[] {
  return book.files.flatMap(({ path, content }) => {
    const byDay = new Map<string, (readonly PropertyKey[])[]>();
    for (const { day, at } of reviewedIn(content, [])) byDay.set(day, [...byDay.get(day) ?? [], at]);
    return [...byDay].flatMap(([day, places]): Draft[] => {
      const age = Math.floor((now - Date.parse(day)) / DAY);
      // A day begins up to 14 hours earlier in the easternmost zones.
      if (age >= -1 && age <= REVIEW_DAYS) return [];
      const sources = `${places.length} source${places.length === 1 ? "" : "s"}`;
      return [{
        file: path,
        at: places[0]!,
        severity: "warning",
        problem: age < 0
          ? `${sources} said to be read on ${day}, a day that has not come`
          : `${sources} last read on ${day}, ${age} days ago`,
        advice: age < 0 ? "Correct the day." : "Read them again and set `reviewed` to today.",
      }];
    });
  });
}

function reviewedIn(node: unknown, at: readonly PropertyKey[]): { day: string; at: readonly PropertyKey[] }[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, child]) =>
    key === "reviewed" && typeof child === "string"
      ? [{ day: child, at: [...at, key] }]
      : reviewedIn(child, [...at, Array.isArray(node) ? Number(key) : key])
  );
}
