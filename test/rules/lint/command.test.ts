import { afterEach, beforeEach, expect, test } from "vitest";
import type { CommandIo } from "../../../src/rules/commands/command.ts";
import { COMMANDS } from "../../../src/rules/commands/mod.ts";
import { RULES, shippedRules } from "../../support/rulebook.ts";

const { sources } = await shippedRules();
let folder: string;
let printed: string[];

const io = (): CommandIo => ({
  print: (line) => void printed.push(line),
  progress: () => {},
  rulesDir: folder,
  config: () => {
    throw new Error("no configuration is needed");
  },
  database: () => Promise.reject(new Error("no database is needed")),
  key: undefined,
  now: () => Date.parse("2026-11-24T12:00:00Z"),
});

beforeEach(async () => {
  printed = [];
  folder = await Deno.makeTempDir();
  for (const [path, text] of Object.entries(sources)) {
    await Deno.mkdir(`${folder}/${path.split("/").slice(0, -1).join("/")}`, { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, text);
  }
});
afterEach(() => Deno.remove(folder, { recursive: true }));

async function change(path: string, from: string | RegExp, to: string): Promise<void> {
  await Deno.writeTextFile(`${folder}/${path}`, sources[path]!.replace(from, to));
}

test("lint says that nothing was found", async () => {
  expect(await COMMANDS["lint"]!.run([], io())).toBe(0);
  expect(printed).toEqual(["0 errors, 0 warnings"]);
});

test("lint tells a warning with its place and what to do, and lets it pass", async () => {
  await change("countries/fr.yaml", '"STOP au {number}"', '"ARRÊT STOP au {number}"');
  expect(await COMMANDS["lint"]!.run([], io())).toBe(0);
  const line = sources["countries/fr.yaml"]!.split("\n").findIndex((one) => one.includes("  number: [")) + 1;
  expect(printed[0]).toMatch(
    new RegExp(`/countries/fr\\.yaml:${line} warning mention_encoding: .*\\n  Write it without these letters\\.$`),
  );
  expect(printed.at(-1)).toBe("0 errors, 1 warning");
});

test("lint fails on an error, and --json gives it to other programs", async () => {
  await change("outbound/4_consent.yaml", "value: granted", "value: grantd");
  expect(await COMMANDS["lint"]!.run([folder, "--json"], { ...io(), rulesDir: "elsewhere" })).toBe(1);
  expect(JSON.parse(printed.join("\n"))).toEqual({
    findings: [{
      file: "outbound/4_consent.yaml",
      line: sources["outbound/4_consent.yaml"]!.split("\n").findIndex((one) => one.includes("value: granted")) + 1,
      rule: "consent.advertising_needs_consent",
      check: "impossible_value",
      severity: "error",
      problem: '"consent" is never "grantd"',
      advice: "Correct the condition; there are: granted, withdrawn, expired, disputed, none.",
    }],
  });
});

test("check refuses what lint calls an error", async () => {
  await change("outbound/4_consent.yaml", "value: granted", "value: grantd");
  expect(await COMMANDS["check"]!.run([], io())).toBe(1);
  expect(printed.some((line) => line.includes('"consent" is never "grantd"'))).toBe(true);
});

test("schema writes what is committed", async () => {
  expect(await COMMANDS["schema"]!.run([], io())).toBe(0);
  expect(printed).toContain(`${folder}/schema/country.schema.json`);
  for (const path of printed) {
    const name = path.split("/").at(-1)!;
    expect(await Deno.readTextFile(path)).toBe(await Deno.readTextFile(`${RULES}/schema/${name}`));
  }
});
