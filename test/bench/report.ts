import type { CampaignFigure } from "./campaign.ts";
import type { PageFigure } from "./console.ts";
import type { ImportFigure } from "./import.ts";
import type { DecideResult } from "./decide.ts";
import type { Spool } from "./kannel.ts";
import type { LoadResult } from "./load.ts";

/** Everything that one run measured. */
export interface Report {
  at: string;
  machine: Record<string, string>;
  generator: string;
  figures: Figure[];
  decide: DecideResult[];
  kannelCallbacksPerSecond: Partial<Record<Spool, number>>;
  edgeColdStart: { sourcesMs: number; bundleMs: number } | null;
  imports: ImportFigure[];
  campaigns: CampaignFigure[];
  pages: PageFigure[];
  skipped: string[];
}

export interface Figure extends LoadResult {
  name: FigureName;
}
export type FigureName =
  | "accept informative"
  | "accept commercial"
  | "inbound twilio"
  | "inbound kannel"
  | "kannel sendsms"
  | "kannel sendsms, spool synced"
  | "hono echo";

const SENDSMS: Record<Spool, FigureName> = {
  buffered: "kannel sendsms",
  synced: "kannel sendsms, spool synced",
};

/** What was measured on, in words. */
export async function machine(): Promise<Record<string, string>> {
  const cpu = await readOr("/proc/cpuinfo", "");
  const mounts = (await readOr("/proc/mounts", "")).split("\n").map((line) => line.split(" "));
  const folder = await Deno.makeTempDir();
  await Deno.remove(folder);
  const under = mounts.filter(([, point]) => point !== undefined && folder.startsWith(point))
    .sort(([, a], [, b]) => b!.length - a!.length)[0];
  const release = Deno.build.os === "linux" ? ` ${Deno.osRelease()}` : "";
  return {
    cpu: /^model name\s*: (.*)$/m.exec(cpu)?.[1] ?? Deno.build.arch,
    cores: String(navigator.hardwareConcurrency),
    memory: `${(Deno.systemMemoryInfo().total / 2 ** 30).toFixed(1)} GiB`,
    system: `${Deno.build.os}${release}`,
    deno: Deno.version.deno,
    filesystem: under?.[2] ?? "unknown",
    load: Deno.loadavg().map((value) => value.toFixed(2)).join(" "),
  };
}

async function readOr(path: string, otherwise: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return otherwise;
  }
}

/** One figure in a line, for progress. */
export function figureLine({ name, connections, perSecond, p50Ms, p99Ms, ...rest }: Figure): string {
  const trouble = troubleOf(name, rest);
  return `${name}, ${connections} connections: ${thousands(perSecond)}/s, p50 ${ms(p50Ms)}, p99 ${ms(p99Ms)}` +
    (trouble === "" ? "" : `; ${trouble}`);
}

function troubleOf(
  name: FigureName,
  { refused, socketErrors, repeats }: Pick<LoadResult, "refused" | "socketErrors" | "repeats">,
): string {
  return [
    refused > 0 ? `${thousands(refused)} answers of 400 or more` : "",
    socketErrors > 0 ? `${thousands(socketErrors)} socket errors` : "",
    // The echo answers one request again and again.
    repeats > 0 && name !== "hono echo" ? "requests repeated" : "",
  ].filter((part) => part !== "").join(", ");
}

/** The tables. */
export function tables(report: Report): string {
  const { figures, decide, kannelCallbacksPerSecond: callbacks, edgeColdStart } = report;
  const find = (name: FigureName, connections: number) =>
    figures.find((one) => one.name === name && one.connections === connections);
  const head = ["", "connections", "per second", "p50", "p99", "× Kannel", "× synced", "% of echo", "trouble"];
  const rows: string[][] = [head];
  for (const one of figures) {
    const echo = find("hono echo", one.connections)?.perSecond;
    const times = (spool: Spool) => {
      const kannel = one.name.startsWith("inbound")
        ? callbacks[spool]
        : find(SENDSMS[spool], one.connections)?.perSecond;
      return kannel === undefined ? "" : (one.perSecond / kannel).toFixed(2);
    };
    const trouble = troubleOf(one.name, one);
    rows.push([
      one.name,
      String(one.connections),
      thousands(one.perSecond),
      ms(one.p50Ms),
      ms(one.p99Ms),
      times("buffered"),
      times("synced"),
      echo === undefined ? "" : (one.perSecond / echo * 100).toFixed(0),
      trouble === "" ? "none" : trouble,
    ]);
  }
  for (const [spool, perSecond] of Object.entries(callbacks)) {
    const name = spool === "synced" ? "kannel callbacks, spool synced" : "kannel callbacks";
    rows.push([name, "", thousands(perSecond), "", "", "", "", "", "none"]);
  }
  const decided = [
    ["decide", "countries", "median", "p99"],
    ...decide.map((one) => [one.rulebook, String(one.countries), us(one.medianUs), us(one.p99Us)]),
  ];
  const started = edgeColdStart === null ? [] : [
    `edge, new process to first answer: ${ms(edgeColdStart.bundleMs)} bundled, ${
      ms(edgeColdStart.sourcesMs)
    } from sources`,
  ];
  // Of what was not measured not even the head is shown.
  const measured = [rows, decided, [["target (design 7)", "measured", ""], ...targets(report)]]
    .filter((table) => table.length > 1);
  return [...measured.map(aligned), ...started].join("\n\n");
}

function targets({ figures, decide, kannelCallbacksPerSecond: callbacks, edgeColdStart }: Report): string[][] {
  const at64 = (name: FigureName) => figures.find((one) => one.name === name && one.connections === 64);
  const rows: string[][] = [];
  const row = (target: string, measured: number | undefined, shown: string, met: boolean) => {
    if (measured !== undefined) rows.push([target, shown, met ? "met" : "missed"]);
  };
  const ratio = (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? undefined : a / b;
  const SPOOLS = [["buffered", ""], ["synced", " with its spool synced"]] as const;
  for (const name of ["accept informative", "accept commercial"] as const) {
    for (const [spool, how] of SPOOLS) {
      const times = ratio(at64(name)?.perSecond, at64(SENDSMS[spool])?.perSecond);
      row(`${name}, 64 connections: at least 4 × Kannel${how}`, times, `${times?.toFixed(2)} ×`, times! >= 4);
    }
    const p99 = at64(name)?.p99Ms;
    row(`${name}, 64 connections: p99 under 20 ms`, p99, ms(p99 ?? 0), p99! < 20);
  }
  for (const name of ["inbound twilio", "inbound kannel"] as const) {
    for (const [spool, how] of SPOOLS) {
      const times = ratio(at64(name)?.perSecond, callbacks[spool]);
      row(`${name}: at least 3 × Kannel's callbacks${how}`, times, `${times?.toFixed(2)} ×`, times! >= 3);
    }
  }
  const [shipped, , many] = decide;
  row(
    "decide: median at most 50 µs",
    shipped?.medianUs,
    us(shipped?.medianUs ?? 0),
    (shipped?.medianUs ?? Infinity) <= 50,
  );
  const growth = ratio(many?.medianUs, shipped?.medianUs);
  row("decide with 10 × the countries: at most 1.2 ×", growth, `${growth?.toFixed(2)} ×`, growth! <= 1.2);
  const cold = edgeColdStart?.bundleMs;
  row("edge (bundled), first answer after a cold start: under 1 s", cold, ms(cold ?? 0), cold! < 1000);
  return rows;
}

function aligned(rows: readonly string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)).join("  ")
      .trimEnd()
  ).join("\n");
}

const thousands = (value: number) => Math.round(value).toLocaleString("en");
const ms = (value: number) => `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ms`;
const us = (value: number) => `${value.toFixed(1)} µs`;
