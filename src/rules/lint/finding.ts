import { rulesOfFlow } from "../../core/flows.ts";
import type { Rulebook } from "../../core/rulebook/rulebook.ts";
import type { NamedFile } from "../../core/rulebook/rulebook_files.ts";
import type { Country, Rule, Stage } from "../../core/rulebook/rulebook_schema.ts";

/** `error` keeps a rulebook from becoming active; `warning` is for a person to judge. */
export type Severity = "error" | "warning";

/** What the lint found, told so that the person who edits the file can mend it. */
export interface Finding {
  file: string;
  line: number | null;
  rule: string | null;
  /** Name of the check, stable: `shadowed`, `mention_encoding` … */
  check: string;
  severity: Severity;
  problem: string;
  advice: string;
}

/** A finding before its line is looked up. */
export interface Draft {
  file: string;
  /** Path of the node inside the file. */
  at: readonly PropertyKey[];
  rule?: string;
  severity: Severity;
  problem: string;
  advice: string;
}

/** A rule with where it stands and whom it concerns. */
export interface PlacedRule {
  file: string;
  at: readonly PropertyKey[];
  stage: Stage;
  rule: Rule;
  priority: number;
  /** Code of the country file it belongs to; null for a generic rule. */
  country: string | null;
}

/** What can be said of files that read but may not compile. */
export interface LintFiles {
  files: readonly NamedFile[];
  rules: readonly PlacedRule[];
}

export interface LintBook extends LintFiles {
  rulebook: Rulebook;
  countries: readonly { file: string; table: Country }[];
}

/** A check looks at a rulebook that compiles; it is pure. */
export type Check = (book: LintBook) => Draft[];

export function lintBook(files: readonly NamedFile[], rulebook: Rulebook): LintBook {
  return {
    ...lintFiles(files),
    rulebook,
    countries: files.flatMap(({ path, content }) => content.kind === "country" ? [{ file: path, table: content }] : []),
  };
}

export function lintFiles(files: readonly NamedFile[]): LintFiles {
  return { files, rules: files.flatMap(rulesIn) };
}

function rulesIn({ path, content }: NamedFile): PlacedRule[] {
  if (content.kind === "flows") {
    return content.flows.flatMap((flow, index) =>
      rulesOfFlow(flow).map(({ stage, rule }) => ({
        file: path,
        at: ["flows", index],
        stage,
        rule,
        priority: rule.priority ?? 1,
        country: null,
      }))
    );
  }
  if (content.kind !== "rules" && content.kind !== "country") return [];
  return (content.rules ?? []).map((rule, index) => ({
    file: path,
    at: ["rules", index],
    stage: content.kind === "rules" ? content.stage : (rule as Rule & { stage: Stage }).stage,
    rule,
    priority: rule.priority ?? 1,
    country: content.kind === "country" ? content.code : null,
  }));
}

/** The files of one kind, typed. */
export function filesOf<K extends NamedFile["content"]["kind"]>(book: LintFiles, kind: K) {
  return book.files.filter((file): file is NamedFile & { content: Extract<NamedFile["content"], { kind: K }> } =>
    file.content.kind === kind
  );
}
