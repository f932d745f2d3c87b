import { parseArguments, required, UsageError } from "../../arguments.ts";
import { decideProposal, type ProposalDecision, publish, resolveVersion, rollback } from "../life.ts";
import type { Command } from "./command.ts";
import { lifeDeps, orFail, whoActs } from "./stored.ts";

/** The steps of a rulebook's life that somebody takes by name. */

function decision(what: ProposalDecision, summary: string, done: string): Command {
  return {
    usage: "PROPOSAL_ID [--note WHY]",
    summary,
    details: "Needs PARLEY_KEY.",
    async run(args, io) {
      const { values, positionals } = parseArguments(args, { note: { type: "string" } }, 1);
      const id = required(positionals, 0, "PROPOSAL_ID");
      const deps = await lifeDeps(io);
      const by = await whoActs(deps.db, io.key);
      const proposal = orFail(await decideProposal(deps, what, { id, by, note: values.note ?? null }));
      io.print(`${done} ${id}, ${proposal.rulebook} in the place of ${proposal.base}.`);
      return 0;
    },
  };
}

export const approve = decision("approve", "approve a proposal of somebody else", "Approved");
export const reject = decision("reject", "reject a proposal of somebody else", "Rejected");
export const withdraw = decision("withdraw", "withdraw a proposal of one's own", "Withdrew");

/** `deno task rules publish`: makes an approved proposal the active version. */
export const publishProposal: Command = {
  usage: "PROPOSAL_ID [--note WHY]",
  summary: "make an approved proposal the active version, on every instance",
  details: "Fails when another version became active since it was proposed. Needs PARLEY_KEY.",
  async run(args, io) {
    const { values, positionals } = parseArguments(args, { note: { type: "string" } }, 1);
    const id = required(positionals, 0, "PROPOSAL_ID");
    const deps = await lifeDeps(io);
    const by = await whoActs(deps.db, io.key);
    const { active, previous } = orFail(await publish(deps, { id, by, note: values.note ?? null }));
    io.print(`${active} is active, ${previous} was before.`);
    return 0;
  },
};

/** `deno task rules rollback`: brings back what was active. */
export const rollbackVersion: Command = {
  usage: "[VERSION] --note WHY",
  summary: "bring back a version that was active before; without one, the version before",
  details: "At once and by one person: it is for when something is wrong. Needs PARLEY_KEY.",
  async run(args, io) {
    const { values, positionals: [ref] } = parseArguments(args, { note: { type: "string" } }, 1);
    if (!values.note?.trim()) throw new UsageError("Missing option --note: say why");
    const deps = await lifeDeps(io);
    const by = await whoActs(deps.db, io.key);
    const to = ref === undefined ? null : orFail(await resolveVersion(deps.db, ref));
    const { active, previous } = orFail(await rollback(deps, { to, from: null, by, note: values.note }));
    io.print(`${active} is active again, ${previous} was before.`);
    return 0;
  },
};
