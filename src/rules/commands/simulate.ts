import { parseArguments, wholeNumber } from "../../arguments.ts";
import type { Scenario } from "../../core/rulebook/rulebook_schema.ts";
import { SettingsCache } from "../../gateway/settings.ts";
import { mask } from "../../log.ts";
import { simulateScenarios, simulateStored, type Simulation } from "../simulate/mod.ts";
import { readScenarios } from "../simulate/scenario_csv.ts";
import type { Command, CommandIo } from "./command.ts";
import { CommandError, rulebookOf, VERSION_HELP } from "./stored.ts";

const LAST = 1_000;
const MOST = 1_000_000;

/** `deno task rules simulate`: what would have become of past messages under other rules. */
export const simulate: Command = {
  usage: "[candidate] [--base VERSION] [--last N] [--csv FILE] [--samples N] [--json]",
  summary: "replay past messages: which outcomes would change, by which rule",
  details: `  --base VERSION   compare with this version (active)
  --last N         replay the last N stored messages (${LAST})
  --csv FILE       replay the lines of a file instead; the header names the columns: text, and whatever else an
                   example may say (to, from, at, direction, category, consent, suppressed, scheduled_at …)
  --samples N      show N messages of each group (5)

${VERSION_HELP} Without a candidate, the rules folder. Numbers are masked; --json gives them whole.`,
  async run(args, io) {
    const { values, positionals: [ref = io.rulesDir] } = parseArguments(args, {
      base: { type: "string" },
      last: { type: "string" },
      csv: { type: "string" },
      samples: { type: "string" },
      json: { type: "boolean" },
    }, 1);
    const last = wholeNumber(values.last, "last", LAST, MOST);
    const samples = wholeNumber(values.samples, "samples", 5, MOST);
    const [base, candidate] = [await rulebookOf(values.base ?? "active", io), await rulebookOf(ref, io)];
    const started = performance.now();
    const progress = (messages: number) => {
      if (messages % 10_000 === 0) io.progress(`${messages} of ${last} messages …`);
    };
    const simulation = values.csv === undefined
      ? await stored(io, last, { base, candidate, samples, progress })
      : simulateScenarios(await scenariosOf(values.csv), { base, candidate, samples });
    if (values.json) io.print(JSON.stringify(simulation, null, 2));
    else for (const line of simulationLines(simulation)) io.print(line);
    const seconds = (performance.now() - started) / 1000;
    io.progress(`${simulation.messages} messages in ${seconds.toFixed(1)} s`);
    return 0;
  },
};

async function stored(io: CommandIo, last: number, input: Parameters<typeof simulateStored>[2]): Promise<Simulation> {
  const { client } = await io.database();
  const { senders } = await new SettingsCache(client).current();
  return await simulateStored({ client, senders, publicUrl: io.config().publicUrl }, last, input);
}

/** Bad lines that are told at once. */
const TOLD = 10;

/** @throws CommandError naming each line that cannot be used. */
async function scenariosOf(path: string): Promise<Scenario[]> {
  const { scenarios, problems } = readScenarios(await Deno.readTextFile(path));
  if (problems.length === 0) return scenarios;
  const more = problems.length - TOLD;
  throw new CommandError([
    ...problems.slice(0, TOLD).map(({ line, problem }) => `${path}:${line}: ${problem}`),
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join("\n"));
}

/** The simulation for people. */
export function simulationLines({ groups, messages, changed, left_out, facts, outcomes }: Simulation): string[] {
  if (messages + left_out === 0) {
    return [
      "No messages are stored yet, so there is nothing to replay: write some down, and replay them with --csv FILE.",
    ];
  }
  const lines = [`Of ${messages} messages, ${changed} would have come out otherwise.`];
  if (left_out > 0) lines.push(`${left_out} were left out: their sender is no longer configured.`);
  for (const { change, rules, count, messages: shown } of groups) {
    const behind = rules.map(({ id, now }) => `${id} ${now}`).join(", ") || "no rule of its own";
    lines.push("", `${count} × ${change}   (${behind})`);
    for (const { id, at, direction, from, to, text, before, after } of shown) {
      const person = mask(direction === "inbound" ? from : to);
      lines.push(`  ${id ?? "-"} ${at} ${direction === "inbound" ? "from" : "to"} ${person}: ${JSON.stringify(text)}`);
      if (before.hold_until !== after.hold_until) {
        lines.push(`    held until ${after.hold_until ?? "never"} (${before.hold_until ?? "not held"} before)`);
      }
      if (before.text !== after.text) {
        lines.push(`    text ${JSON.stringify(after.text)} (${JSON.stringify(before.text)} before)`);
      }
    }
    if (count > shown.length) lines.push(`  and ${count - shown.length} more`);
  }
  const moved = Object.entries(outcomes).filter(([, { before, after }]) => before !== after);
  if (moved.length > 0) {
    lines.push("", "Outcome: before, after");
    for (const [outcome, { before, after }] of moved) lines.push(`  ${outcome}: ${before}, ${after}`);
  }
  lines.push("");
  for (
    const [told, which] of [
      ["As they stood", facts.as_they_stood],
      ["As they are now", facts.as_of_now],
      ["Not known", facts.not_known],
    ] as const
  ) if (which.length > 0) lines.push(`${told}: ${which.join("; ")}.`);
  return lines;
}
