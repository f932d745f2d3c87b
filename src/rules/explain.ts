import { parse } from "yaml";
import type { Decision, RuleTrace } from "../core/message.ts";
import { parseMsisdn } from "../core/msisdn.ts";
import { type MessageView, messageView } from "../gateway/message_view.ts";
import { isStored, readSources } from "../store/carriers/settings.ts";
import type { Db } from "../store/libsql/client.ts";
import { findMessage } from "../store/messages/messages.ts";
import { type Excerpt, type RuleText, ruleTexts } from "./rule_text.ts";

/** A rule of a decision with its text as it stood when it decided. */
export interface ExplainedRule extends RuleTrace {
  /** The words of the message that the rule went by; null when it went by something else. */
  matched: string | null;
  file: string | null;
  line: number | null;
  /** In YAML. Null when the version that decided is not stored. */
  text: string | null;
  /** What stood in the country's file in the sections that the rule refers to. */
  country: Excerpt[];
}

export interface Explanation {
  message: MessageView;
  decision: Omit<Decision, "rules">;
  /** False when the version that decided is not stored: then the rules are told without their text. */
  rulebook_stored: boolean;
  rules: ExplainedRule[];
}

/** Why a message became what it is; null when there is no such message. */
export async function explain(db: Db, messageId: string): Promise<Explanation | null> {
  const row = await findMessage(db, messageId);
  if (row === null) return null;
  const message = messageView(row);
  const { rules, ...decision } = message.decision;
  const rulebook_stored = await isStored(db.client, decision.rulebook);
  const sources = rulebook_stored ? await readSources(db.client, decision.rulebook) : {};
  const number = parseMsisdn(row.person);
  const texts = ruleTexts(sources, rules.map(({ id }) => id), number.ok ? number.country : null);
  return { message, decision, rulebook_stored, rules: rules.map((rule) => explained(rule, texts[rule.id])) };
}

function explained(trace: RuleTrace, stood: RuleText | undefined): ExplainedRule {
  const text = stood === undefined ? null : dedented(stood.text);
  const words = text === null ? undefined : filledWords(reasonOf(text), trace.reason)["matched"];
  return {
    ...trace,
    matched: words === undefined || words === "nothing" ? null : words,
    file: stood?.file ?? null,
    line: stood?.line ?? null,
    text,
    country: stood?.country ?? [],
  };
}

/** An excerpt begins behind the indentation of its first line; the other lines lose as much. */
function dedented(text: string): string {
  const [first, ...others] = text.split("\n");
  const less = Math.min(...others.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)));
  return [first, ...others.map((line) => line.slice(less))].join("\n");
}

function reasonOf(rule: string): string {
  const { reason } = parse(rule) as { reason?: unknown };
  return typeof reason === "string" ? reason.trim() : "";
}

/** What stands in a told reason where its template has `{matched}`, `{country}` … Empty when the two do not fit. */
function filledWords(template: string, told: string): Record<string, string> {
  const names: string[] = [];
  const pattern = template.split(/(\{[a-z_0-9]+\})/).map((part, index) => {
    if (index % 2 === 0) return part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    names.push(part.slice(1, -1));
    return "(.*?)";
  }).join("");
  const found = new RegExp(`^${pattern}$`, "s").exec(told.trim());
  return Object.fromEntries(found ? names.map((name, index) => [name, found[index + 1]!]) : []);
}
