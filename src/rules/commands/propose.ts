import { parseArguments, UsageError, wholeNumber } from "../../arguments.ts";
import { SettingsCache } from "../../gateway/settings.ts";
import { diffSources } from "../diff/mod.ts";
import { draft, propose, resolveVersion, usable } from "../life.ts";
import { simulateStored } from "../simulate/mod.ts";
import { summaryOf } from "../simulate/summary.ts";
import type { Command } from "./command.ts";
import { changeLines } from "./diff.ts";
import { isStoredRef, lifeDeps, orFail, sourcesOf, VERSION_HELP, whoActs } from "./stored.ts";

const LAST = 1_000;

/** `deno task rules propose`: stores, simulates and proposes a version. */
export const proposeVersion: Command = {
  usage: "[version] --note WHY [--last N]",
  summary: "propose a version, after checking it and replaying past messages",
  details: `  --note WHY   for whoever approves it
  --last N     replay the last N messages (${LAST})

${VERSION_HELP} Without one, the rules folder; a running gateway that follows
that same folder makes it active by itself, so propose from another folder there. Needs PARLEY_KEY.`,
  async run(args, io) {
    const { values, positionals: [ref = io.rulesDir] } = parseArguments(args, {
      note: { type: "string" },
      last: { type: "string" },
    }, 1);
    if (!values.note?.trim()) throw new UsageError("Missing option --note: say what changes and why");
    const last = wholeNumber(values.last, "last", LAST, 100_000);
    const deps = await lifeDeps(io);
    const { client } = deps.db;
    const by = await whoActs(deps.db, io.key);
    const sources = await sourcesOf(ref, io);
    const candidate = isStoredRef(ref)
      ? orFail(usable(orFail(await resolveVersion(deps.db, ref)), sources))
      : orFail(await draft(deps, sources)).rulebook;
    const { senders, rulebook: base } = await new SettingsCache(client).current();
    const { publicUrl } = io.config();
    const simulation = summaryOf(
      await simulateStored({ client, senders, publicUrl }, last, { base, candidate, samples: 0 }),
    );
    const proposal = orFail(await propose(deps, { candidate, note: values.note, by, simulation }));
    const difference = diffSources(await sourcesOf("active", io), sources);
    if ("changes" in difference) { for (const line of changeLines(difference.changes)) io.print(line); }
    io.print(`Of the last ${simulation.messages} messages, ${simulation.changed} would have come out otherwise.`);
    io.print(
      `Proposed ${candidate.hash} in the place of ${proposal.base} as ${proposal.id}; somebody else approves it.`,
    );
    return 0;
  },
};
