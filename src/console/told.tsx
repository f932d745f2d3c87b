/** @jsxImportSource hono/jsx */
import type { ApiProblem } from "./api_client.ts";
import type { ConsoleContext } from "./console.ts";
import { Notice } from "./parts.tsx";
import { problemText } from "./problem_words.ts";

/** What a page tells of the last form. */

/** What was just done, by the name that `done` (form.ts) put into the address. */
export function Told({ c, told }: { c: ConsoleContext; told: Readonly<Record<string, string>> }) {
  const name = c.req.query("told");
  const text = name !== undefined && Object.hasOwn(told, name) ? told[name] : undefined;
  return text === undefined ? null : <Notice tone="good">{text}</Notice>;
}

/** Why something could not be done. */
export function Refused({ c, problem }: { c: ConsoleContext; problem: ApiProblem | undefined }) {
  return problem === undefined ? null : <Notice tone="bad">{problemText(problem, c.get("reader").language)}</Notice>;
}
