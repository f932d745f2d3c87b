import { openDocument, type Problem, type Sources } from "../parse.ts";
import type { Finding } from "./finding.ts";

/**
 * Findings in files that the schema refuses. What has a check of its own (a rule without an example or a source, an operator
 * for regular expressions) is told in its words; the rest as the schema tells it.
 */
export function unread(sources: Sources, problems: readonly Problem[]): Finding[] {
  const unreadable = new Set(problems.filter(({ problem }) => problem.startsWith("YAML: ")).map(({ file }) => file));
  const own = Object.entries(sources).flatMap(([file, text]) => unreadable.has(file) ? [] : inFile(file, text));
  const isTold = ({ file, rule, problem }: Problem) =>
    own.some((one) =>
      one.file === file && one.rule === rule &&
      (one.check === "regular_expression" ? /conditions/ : one.check === "no_example" ? /examples/ : /source/).test(
        problem,
      )
    );
  return [
    ...own,
    ...problems.filter((problem) => !isTold(problem)).map(({ file, line, rule, problem }): Finding => ({
      file,
      line,
      rule,
      check: "schema",
      severity: "error",
      problem,
      advice: "Correct the file; rules/README.md names everything that may stand here.",
    })),
  ];
}

function inFile(file: string, text: string): Finding[] {
  const { document, lineOf } = openDocument(text);
  const { rules } = (document.toJS() ?? {}) as { rules?: unknown };
  if (!Array.isArray(rules)) return [];
  return rules.flatMap((rule: unknown, index): Finding[] => {
    if (typeof rule !== "object" || rule === null) return [];
    const { id, source, examples, conditions } = rule as Record<string, unknown>;
    const finding = (check: string, key: string, problem: string, advice: string): Finding => ({
      file,
      line: lineOf(["rules", index, key]),
      rule: typeof id === "string" ? id : null,
      check,
      severity: "error",
      problem,
      advice,
    });
    const { matches, does_not_match } = (examples ?? {}) as Record<string, unknown>;
    const missing = Object.entries({ matches, does_not_match })
      .filter(([, list]) => !Array.isArray(list) || list.length === 0).map(([name]) => name);
    return [
      ...(source === undefined || source === null
        ? [
          finding(
            "no_source",
            "source",
            "has no source",
            "Say where it comes from, how sure that is and when it was read.",
          ),
        ]
        : []),
      ...(missing.length > 0
        ? [finding(
          "no_example",
          "examples",
          `has no example under ${missing.join(" and ")}`,
          "Add a message on which it must hold and one on which it must not.",
        )]
        : []),
      ...operatorsIn(conditions).filter((operator) => /regex|match|like|pattern/i.test(operator)).map((operator) =>
        finding(
          "regular_expression",
          "conditions",
          `the operator "${operator}" does not exist: rule files hold no regular expressions, so that none can hang the gateway`,
          "Put the words into a lexicon, and ask for the fact that tells what it found.",
        )
      ),
    ];
  });
}

function operatorsIn(node: unknown): string[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, child]) =>
    key === "operator" && typeof child === "string" ? [child] : operatorsIn(child)
  );
}
