import { UsageError } from "../../src/arguments.ts";
import { describe, expect, test } from "vitest";
import type { CommandIo } from "../../src/rules/commands/command.ts";
import { evaluate } from "../../src/rules/commands/eval.ts";
import { evaluateInbound, evaluateOutbound, figures } from "../../src/rules/evaluate.ts";
import { EvaluationSetError, readLabelled } from "../../src/rules/evaluation_set.ts";
import { RULES, shippedRules } from "../support/rulebook.ts";

const row = (text: string, label: string, lang = "en", source = "shop") => ({ text, label, lang, source, split: null });

describe("figures()", () => {
  const rows = (label: string, decided: string, count: number) =>
    Array.from({ length: count }, () => ({ label, decided }));

  test("counts what was found, what was missed and what was taken for it", () => {
    const counted = figures(
      [...rows("ad", "ad", 6), ...rows("ad", "info", 2), ...rows("info", "ad", 3), ...rows("info", "info", 9)],
      "ad",
    );
    expect(counted).toEqual({ rows: 20, precision: 6 / 9, recall: 6 / 8, f1: 12 / 17, false_positive_rate: 3 / 12 });
  });

  test.each([
    ["no rows", [], { precision: null, recall: null, f1: null, false_positive_rate: null }],
    ["only the label, all found", rows("ad", "ad", 2), { precision: 1, recall: 1, f1: 1, false_positive_rate: null }],
    ["only the label, none found", rows("ad", "info", 2), { precision: null, recall: 0, f1: 0 }],
    ["only others", rows("info", "info", 2), { recall: null, f1: null, false_positive_rate: 0 }],
  ])("of %s claims nothing that cannot be counted", (_, given, expected) => {
    expect(figures(given, "ad")).toMatchObject(expected);
  });
});

describe("readLabelled()", () => {
  test("reads one text a line, skips empty lines and names the file where a row names no source", () => {
    const content =
      `{"text":"20% off","label":"commercial","lang":"en","source":"shop","split":"test","kind":"x"}\n\n` +
      `{"text":"Shipped","label":"informative","lang":"en"}\n`;
    expect(readLabelled(content, "set.jsonl", "outbound")).toEqual([
      { text: "20% off", label: "commercial", lang: "en", source: "shop", split: "test" },
      { text: "Shipped", label: "informative", lang: "en", source: "set.jsonl", split: null },
    ]);
  });

  test.each([
    [`{"text":"a"`, "set.jsonl:2: this line is no JSON object"],
    [`{"label":"commercial","lang":"en"}`, "set.jsonl:2: text:"],
    [`{"text":"a","label":"opt_out","lang":"en"}`, "set.jsonl:2: label:"],
    [`["a"]`, "set.jsonl:2: the line:"],
  ])("names the line and the field of %s", (line, message) => {
    const read = () => readLabelled(`{"text":"a","label":"commercial","lang":"en"}\n${line}`, "set.jsonl", "outbound");
    expect(read).toThrow(EvaluationSetError);
    expect(read).toThrow(message);
  });
});

describe("evaluation", () => {
  test("of messages decides them as the gateway would and groups by language and source", async () => {
    const { rulebook } = await shippedRules();
    const { groups, misses } = evaluateOutbound([
      row("20% off all boots until Sunday", "commercial"),
      row("Your order 4821 has shipped", "informative", "en", "post"),
      row("Votre rendez-vous est confirmé mardi à 15h00", "informative", "fr"),
      row("Soldes : -50% sur tout le magasin", "informative", "fr"),
    ], rulebook);
    expect(groups.map(({ name, figures }) => [name, figures.rows])).toEqual([
      ["all", 4],
      ["lang en", 2],
      ["lang fr", 2],
      ["source post", 1],
      ["source shop", 3],
    ]);
    expect(groups[0]!.figures).toMatchObject({ precision: 0.5, recall: 1 });
    expect(misses.map(({ text, decided }) => [text, decided])).toEqual([[
      "Soldes : -50% sur tout le magasin",
      "commercial",
    ]]);
    expect(misses[0]!.score).toBeGreaterThan(0);
    expect(misses[0]!.why).toContain("Soldes");
  });

  test("of messages counts those whose words tell nothing, which are commercial", async () => {
    const { rulebook } = await shippedRules();
    const [all] = evaluateOutbound([row("Bla", "commercial")], rulebook).groups;
    expect(all).toMatchObject({ unclear: 1, held: 0, figures: { recall: 1 } });
  });

  test("of answers compares each intent", async () => {
    const { rulebook } = await shippedRules();
    const evaluations = evaluateInbound(
      [row("STOP", "opt_out"), row("HELP", "help"), row("see you tomorrow", "none"), row("hello there", "opt_in")],
      rulebook,
    );
    expect(evaluations.map(({ positive, groups }) => [positive, groups[0]!.figures.recall])).toEqual([
      ["opt_out", 1],
      ["opt_in", 0],
      ["help", 1],
    ]);
    expect(evaluations[1]!.misses.map(({ text }) => text)).toEqual(["hello there"]);
  });
});

describe("deno task rules eval", () => {
  async function fileOf(lines: string): Promise<string> {
    const path = await Deno.makeTempFile({ suffix: ".jsonl" });
    await Deno.writeTextFile(path, lines);
    return path;
  }
  async function evalCommand(args: string[]): Promise<{ code: number; lines: string[] }> {
    const lines: string[] = [];
    const io: CommandIo = {
      print: (line) => void lines.push(line),
      progress: () => {},
      rulesDir: RULES,
      config: () => {
        throw new Error("eval needs no configuration");
      },
      database: () => Promise.reject(new Error("eval needs no database")),
      key: undefined,
      now: () => 0,
    };
    return { code: await evaluate.run(args, io), lines };
  }
  const ADVERT = `{"text":"20% off all boots until Sunday","label":"commercial","lang":"en","source":"shop"}`;

  test("prints the figures of a file and the misses with their words", async () => {
    const path = await fileOf(`${ADVERT}\n${ADVERT.replace("commercial", "informative").replace("shop", "odd")}`);
    const { code, lines } = await evalCommand(["--outbound", path]);
    expect(code).toBe(0);
    const printed = lines.join("\n").replace(/ +/g, " ");
    expect(printed).toContain("all 2 0.500 1.000 0.667 100.00 %");
    expect(printed).toContain("source odd 1");
    expect(printed).toContain("informative read as commercial");
    expect(printed).toContain(`"20% off all boots until Sunday"`);
    expect(printed).toContain("1 misses");
  });

  test("prints JSON", async () => {
    const inbound = await fileOf(`{"text":"STOP","label":"opt_out","lang":"en"}`);
    const { code, lines } = await evalCommand(["--inbound", inbound, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(lines.join("\n"))).toMatchObject({
      outbound: null,
      inbound: [{ positive: "opt_out", misses: [] }, {}, {}],
    });
  });

  test("names a file that is not there", async () => {
    const { code, lines } = await evalCommand(["--outbound", "no/such.jsonl"]);
    expect(code).toBe(1);
    expect(lines).toEqual(["no/such.jsonl: there is no such file (outbound)"]);
  });

  test.each([
    [["--misses", "many"], "--misses must be a whole number, 0 or more, not 'many'"],
    [["--split", "half"], "--split must be train or test, not 'half'"],
    [["--outbond", "x"], "--outbond"],
    [["set.jsonl"], "set.jsonl"],
  ])("%j is wrong usage, and says why", async (args, message) => {
    await expect(evalCommand(args)).rejects.toThrow(UsageError);
    await expect(evalCommand(args)).rejects.toThrow(message);
  });

  test("names the line of a file that is no labelled text", async () => {
    const path = await fileOf(`${ADVERT}\n{"text":"a"}`);
    const { code, lines } = await evalCommand(["--outbound", path]);
    expect(code).toBe(1);
    expect(lines.join("\n")).toContain(`${path}:2: label:`);
  });
});
