import { parseArguments, wholeNumber } from "../../arguments.ts";
import { activeRulebook } from "../../store/carriers/settings.ts";
import { listProposals, listVersions } from "../../store/rules/rulebooks.ts";
import { stateOf } from "../life.ts";
import type { Command } from "./command.ts";

const instant = (at: number) => new Date(at).toISOString().slice(0, 16).replace("T", " ");

/** `deno task rules versions`: what is stored, and what becomes of it. */
export const versions: Command = {
  usage: "[--limit N] [--json]",
  summary: "the stored versions, newest first, with their states",
  async run(args, io) {
    const { values } = parseArguments(args, { limit: { type: "string" }, json: { type: "boolean" } }, 0);
    const db = await io.database();
    const { rows, next } = await listVersions(db.client, { limit: wholeNumber(values.limit, "limit", 20, 1_000) });
    if (values.json) {
      io.print(JSON.stringify(rows.map((row) => ({ ...row, state: stateOf(row) })), null, 2));
      return 0;
    }
    for (const row of rows) {
      const since = row.activated_at === null ? "" : `   active from ${instant(row.activated_at)}`;
      const proposal = row.proposal_id === null ? "" : `   ${row.proposal_id}`;
      io.print(`${row.hash}  ${stateOf(row).padEnd(10)}  stored ${instant(row.created_at)}${since}${proposal}`);
    }
    if (next !== null) io.print("… and older ones: --limit");
    const { active, folder } = await activeRulebook(db.client);
    if (active !== folder && folder !== null) io.print(`The rules folder was last applied as ${folder}.`);
    return 0;
  },
};

/** `deno task rules proposals`: what waits for a decision, and what was decided. */
export const proposals: Command = {
  usage: "[--limit N] [--json]",
  summary: "the proposals, newest first",
  async run(args, io) {
    const { values } = parseArguments(args, { limit: { type: "string" }, json: { type: "boolean" } }, 0);
    const { rows } = await listProposals(await io.database(), { limit: wholeNumber(values.limit, "limit", 20, 1_000) });
    if (values.json) io.print(JSON.stringify(rows, null, 2));
    else {
      for (const { id, rulebook, base, state, note, proposed_by, proposed_at, decided_by, decision_note } of rows) {
        io.print(`${id}  ${state}  ${rulebook} in the place of ${base}`);
        io.print(`  proposed by ${proposed_by}, ${instant(proposed_at)}: ${note}`);
        if (decided_by !== null) {
          io.print(`  decided by ${decided_by}${decision_note === null ? "" : `: ${decision_note}`}`);
        }
      }
      if (rows.length === 0) io.print("There are no proposals.");
    }
    return 0;
  },
};
