import { UsageError, wholeNumber } from "../../src/arguments.ts";
import { kannelInstalled } from "../support/kannel.ts";
import { taskOptions } from "../support/task_options.ts";
import { measureAccepts } from "./accept.ts";
import { PROJECT } from "./child.ts";
import { campaignLine, measureCampaign } from "./campaign.ts";
import { measurePages, pageLine } from "./console.ts";
import { measureDecide } from "./decide.ts";
import { measureEcho } from "./echo.ts";
import { measureColdStart } from "./edge.ts";
import { importLine, measureImport } from "./import.ts";
import { measureInbound } from "./inbound.ts";
import { measureKannelAccepts, measureKannelCallbacks } from "./kannel.ts";
import { findGenerator, type LoadResult } from "./load.ts";
import { figureLine, type FigureName, machine, type Report, tables } from "./report.ts";

/** `deno task bench`: the gateway beside Kannel and a bare echo server, in one run. Exits 0 whatever the figures. */

export interface Settings {
  connections: readonly number[];
  warmUpSeconds: number;
  seconds: number;
}

const HELP = `Measures this gateway beside Kannel and a bare Hono echo, on this machine, in one run.

deno task bench [PART …] [--quick] [--seconds N]

  --quick      one second a figure, at 1 and 64 connections
  --seconds N  seconds a figure (5), after a warm-up
  PART         decide, edge, echo, kannel, accept, inbound, import, campaign, console

Writes test/bench/results/<date>.json. Uses wrk where it is installed (apt-get install wrk), and Kannel
(apt-get install kannel kannel-extras); without Kannel its figures and the ratios to it are left out.`;

const PARTS = ["decide", "edge", "echo", "kannel", "accept", "inbound", "import", "campaign", "console"] as const;
type Part = (typeof PARTS)[number];

const print = (line: string) => {
  // deno-lint-ignore no-console
  console.log(line);
};

await bench(taskOptions(
  HELP,
  {
    quick: { type: "boolean", default: false },
    seconds: { type: "string" },
  },
  PARTS.length,
  ({ values, positionals }) => ({
    quick: values.quick,
    seconds: wholeNumber(values.seconds, "seconds", values.quick ? 1 : 5, 3_600),
    only: partsOf(positionals),
  }),
));

function partsOf(asked: readonly string[]): readonly string[] {
  const unknown = asked.find((part) => !PARTS.includes(part as Part));
  if (unknown !== undefined) throw new UsageError(`There is no part '${unknown}'`);
  return asked.length === 0 ? PARTS : asked;
}

async function bench(
  { quick, seconds, only }: { quick: boolean; seconds: number; only: readonly string[] },
): Promise<void> {
  const settings: Settings = { connections: quick ? [1, 64] : [1, 16, 64, 256], warmUpSeconds: quick ? 1 : 2, seconds };

  const { name, generator } = await findGenerator();
  const report: Report = {
    at: new Date().toISOString(),
    machine: await machine(),
    generator: name,
    figures: [],
    decide: [],
    kannelCallbacksPerSecond: {},
    edgeColdStart: null,
    imports: [],
    campaigns: [],
    pages: [],
    skipped: [],
  };
  for (const [key, value] of Object.entries(report.machine)) print(`${key.padEnd(10)}  ${value}`);
  print(`${"generator".padEnd(10)}  ${name}\n`);

  const figure = (name: FigureName) => (result: LoadResult) => {
    report.figures.push({ name, ...result });
    print(figureLine({ name, ...result }));
  };
  const parts: Record<Part, () => Promise<void>> = {
    async decide() {
      print("decide, in process …");
      report.decide = await measureDecide(quick ? 20_000 : 200_000);
    },
    async edge() {
      print("edge, cold starts …");
      report.edgeColdStart = await measureColdStart(quick ? 1 : 5);
    },
    echo: () => measureEcho(generator, settings, figure("hono echo")),
    async kannel() {
      if (!kannelInstalled()) {
        report.skipped.push("Kannel is not installed (apt-get install kannel kannel-extras): nothing to compare with.");
        return;
      }
      for (const spool of ["buffered", "synced"] as const) {
        const name = spool === "synced" ? "kannel sendsms, spool synced" : "kannel sendsms";
        await measureKannelAccepts(generator, spool, settings, figure(name));
        await settleDisk();
        const perSecond = await measureKannelCallbacks(spool, settings);
        report.kannelCallbacksPerSecond[spool] = perSecond;
        print(`kannel callbacks, spool ${spool}: ${Math.round(perSecond)}/s`);
        await settleDisk();
      }
    },
    accept: () => measureAccepts(generator, settings, (shape, result) => figure(`accept ${shape}`)(result)),
    inbound: () => measureInbound(generator, settings, (kind, result) => figure(`inbound ${kind}`)(result)),
    async import() {
      print("import and export of contacts …");
      for (const lines of quick ? [10_000] : [10_000, 1_000_000]) {
        const result = await measureImport(lines);
        report.imports.push(result);
        print(importLine(result));
      }
    },
    async campaign() {
      print("campaigns …");
      for (const recipients of quick ? [10_000] : [10_000, 100_000, 1_000_000]) {
        for (const text of ["one text", "with a name", "with a link"] as const) {
          const result = await measureCampaign(text, recipients);
          report.campaigns.push(result);
          print(campaignLine(result));
        }
      }
    },
    async console() {
      const messages = quick ? 50_000 : 1_000_000;
      print(`pages of the console, with ${messages} messages …`);
      await measurePages(messages, (figure) => {
        report.pages.push(figure);
        print(pageLine(figure));
      });
    },
  };
  for (const part of PARTS) {
    if (!only.includes(part)) continue;
    try {
      await settleDisk();
      await parts[part]();
    } catch (error) {
      report.skipped.push(`${part} could not be measured: ${error instanceof Error ? error.message : error}`);
    }
  }

  print(`\n${tables(report)}`);
  for (const line of report.skipped) print(`\n${line}`);
  const folder = `${PROJECT}test/bench/results`;
  await Deno.mkdir(folder, { recursive: true });
  const file = `${folder}/${report.at.replaceAll(":", "-")}.json`;
  await Deno.writeTextFile(file, JSON.stringify(report, null, 2));
  print(`\nWritten to ${file.slice(PROJECT.length)}`);
}

/**
 * Kannel's spool leaves thousands of files that nobody has synced; whoever commits next would wait for those too, and it is
 * the gateway's turn.
 */
async function settleDisk(): Promise<void> {
  if (Deno.build.os === "windows") return;
  await new Deno.Command("sync").output();
}
