import type { LifeFailure, LifeResult } from "../../rules/life.ts";
import type { Problem } from "../../rules/parse.ts";
import { problem, ProblemError } from "../http/problem.ts";

/** Failures in the life of a rulebook, as the API tells them. */

export const conflict = {
  409: { description: "Somebody else was faster, or it does not stand in that state" },
} as const;

const STATUS: Record<LifeFailure["code"], { status: number; title: string }> = {
  no_such_rulebook: { status: 404, title: "No such rulebook" },
  no_such_proposal: { status: 404, title: "No such proposal" },
  rulebook_invalid: { status: 422, title: "The rule files do not check" },
  approval_by_proposer: { status: 403, title: "Somebody else must decide" },
  only_the_proposer: { status: 403, title: "Only the proposer withdraws" },
  already_active: { status: 409, title: "Active already" },
  already_proposed: { status: 409, title: "Proposed already" },
  proposal_state: { status: 409, title: "The proposal does not stand in that state" },
  approved_alone: { status: 409, title: "Approved by one person alone" },
  base_moved: { status: 409, title: "Another version is active now" },
  nothing_to_roll_back: { status: 409, title: "Nothing to roll back to" },
  never_active: { status: 409, title: "Never active" },
};

/** The value of a step in a rulebook's life. @throws ProblemError with the code of the failure. */
export function orProblem<T>(result: LifeResult<T>): T {
  if (result.ok) return result.value;
  const { code, detail, problems = [] } = result.failure;
  const { status, title } = STATUS[code];
  if (problems.length === 0) throw problem(status, code, title, detail);
  throw new ProblemError({
    type: "about:blank",
    title,
    status,
    code,
    detail,
    errors: problems.map(({ file, line, rule, problem }: Problem) => ({
      field: `files.${file}`,
      detail: `${line === null ? "" : `line ${line}: `}${rule === null ? "" : `rule ${rule}: `}${problem}`,
    })),
  });
}
