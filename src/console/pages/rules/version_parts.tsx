/** @jsxImportSource hono/jsx */
import type { ConsoleContext } from "../../console.ts";
import { Badge } from "../../parts.tsx";
import { versionWords } from "./version_words.ts";

/** What the pages of versions and of proposals share. */

export const COMPARE = "/console/rules/compare";

const TONES: Readonly<Record<string, "good" | "warn" | "bad" | "info" | "neutral">> = {
  active: "good",
  published: "good",
  approved: "info",
  proposed: "warn",
  rejected: "bad",
};

export function State({ state, c }: { state: string; c: ConsoleContext }) {
  const { states } = versionWords(c.get("reader").language);
  return <Badge tone={TONES[state] ?? "neutral"}>{(states as Record<string, string>)[state] ?? state}</Badge>;
}
