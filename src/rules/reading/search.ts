import type { Sources } from "../parse.ts";

/** A line of a rule file that holds what was looked for. */
export interface FoundLine {
  file: string;
  /** From 1. */
  line: number;
  text: string;
  /** The rule or flow that it stands in; null in other files. */
  rule: string | null;
}

const LONGEST_LINE = 300;

/** Lines of rule files that hold every word of `query`, whatever its case and accents; at most `limit`, in the order of the files. */
export function searchSources(sources: Sources, query: string, limit: number): FoundLine[] {
  const words = plain(query).split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return [];
  const found: FoundLine[] = [];
  for (const [file, source] of Object.entries(sources)) {
    const text = plain(source);
    if (!words.every((word) => text.includes(word))) continue;
    const named = /^kind: (rules|country|flows)$/m.test(source);
    let rule: string | null = null;
    const lines = source.split("\n");
    for (let at = 0; at < lines.length; at++) {
      const own = lines[at]!;
      if (named) rule = /^\s*-\s+id:\s*["']?([a-z][a-z0-9_.]*)/.exec(own)?.[1] ?? (/^[a-z_]+:/.test(own) ? null : rule);
      const line = plain(own);
      if (!words.every((word) => line.includes(word))) continue;
      found.push({ file, line: at + 1, text: own.trim().slice(0, LONGEST_LINE), rule });
      if (found.length >= limit) return found;
    }
  }
  return found;
}

/** Lines stay lines: only case and accents go. */
function plain(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}
