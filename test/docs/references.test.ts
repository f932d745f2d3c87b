import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

/** What one file says of another must be true: links, mentions of documents, the tables that repeat what code or rules say. */

const DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "rules/README.md", ...filesUnder("docs", ".md")];
const SOURCES = [...filesUnder("src", ".ts"), ...filesUnder("test", ".ts"), ...filesUnder("rules", ".yaml")];

describe("links between documents", () => {
  test.each(DOCUMENTS)("%s links only to what exists", async (path) => {
    const text = (await Deno.readTextFile(path)).replace(/^ *```[^]*?^ *```$/gm, "");
    const missing = [];
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file = "", anchor] = target.split("#");
      const linked = file === "" ? path : join(dirname(path), file);
      const exists = await Deno.stat(linked).then(() => true, () => false);
      if (!exists || anchor !== undefined && !anchors(await Deno.readTextFile(linked)).includes(anchor)) {
        missing.push(target);
      }
    }
    expect(missing).toEqual([]);
  });
});

test("every document that code, tests and rules refer to exists", async () => {
  const missing = [];
  for (const path of SOURCES) {
    const text = await Deno.readTextFile(path);
    for (const [name] of text.matchAll(/\bdocs\/[a-z_/0-9-]+\.md\b/g)) {
      if (!DOCUMENTS.includes(name)) missing.push(`${path}: ${name}`);
    }
  }
  expect(missing).toEqual([]);
});

test("README's table of configuration has every variable", async () => {
  const read = [...(await Deno.readTextFile("src/config.ts")).matchAll(/^ {2}([A-Z_]+): z/gm)].map((match) => match[1]);
  const told = [...(await Deno.readTextFile("README.md")).matchAll(/^\| `([A-Z_]+)`/gm)].map((match) => match[1]);
  expect(read.length).toBeGreaterThan(5);
  expect(told).toEqual(read);
});

test("docs/compliance.md tells scope and confidence of every country file", async () => {
  const table = (await Deno.readTextFile("docs/compliance.md")).replace(/ +/g, " ");
  const missing = [];
  for (const path of filesUnder("rules/countries", ".yaml")) {
    const { name, code, opt_out, consent, quiet_hours } = parse(await Deno.readTextFile(path));
    const hours = quiet_hours.profiles[quiet_hours.profile];
    const scope = opt_out.scope === "commercial" ? "advertising" : "all from that sender";
    const row = new RegExp(
      `\\| ${code === "default" ? "any other" : name} \\| ${scope} \\| [^|]+ ` +
        `\\| ${consent.source.confidence} / ${hours.source.confidence} \\|`,
    );
    if (!row.test(table)) missing.push(`${path}: ${row.source}`);
  }
  expect(missing).toEqual([]);
});

/** As GitHub makes them of headings. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}

function filesUnder(folder: string, ending: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap((entry): string[] => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return filesUnder(path, ending);
    return entry.name.endsWith(ending) ? [path] : [];
  }).sort();
}
