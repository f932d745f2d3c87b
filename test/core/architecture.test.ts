import { fileURLToPath } from "node:url";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

async function filesUnder(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(ROOT + folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) files.push(...await filesUnder(path));
    else if (name.endsWith(".ts")) files.push(path);
  }
  return files.sort();
}

const source = (path: string) => Deno.readTextFile(ROOT + path);
/** Code without comments; text in quotes stays, since a colon in a comment is not what this looks for. */
const code = (text: string) => text.replace(/\/\*[^]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
const importsOf = (text: string) =>
  [...code(text).matchAll(/(?<!")\b(?:from|import)\s*\(?\s*"([^"]+)"|new URL\("(\.[^"]+\.ts)"/g)].map(([, a, b]) =>
    (a ?? b)!
  );

/** Everything that `entry` needs, directly or not. */
async function graphOf(entry: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  for (const target of importsOf(await source(entry))) {
    if (target.startsWith(".")) await graphOf(normalize(join(dirname(entry), target)), seen);
    else seen.add(target);
  }
  return seen;
}

const CORE = await filesUnder("src/core");
const SRC = await filesUnder("src");

describe("the core is pure", () => {
  /** Tables and parsers, without I/O of their own. */
  const ALLOWED = new Set(["countries-and-timezones", "date-holidays", "libphonenumber-js/max", "zod"]);

  test.each(CORE)("%s imports the core and data libraries alone", async (path) => {
    const others = importsOf(await source(path)).filter((target) =>
      !(target.startsWith(".") && CORE.includes(normalize(join(dirname(path), target)))) && !ALLOWED.has(target)
    );
    expect(others).toEqual([]);
  });

  test.each(CORE)("%s has no clock, no chance, no input and no output", async (path) => {
    const text = code(await source(path));
    const impure =
      /\bDeno\b|\bprocess\.|\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\)|\bperformance\.|\bMath\.random\b|\bcrypto\.|\bfetch\s*\(|\bset(?:Timeout|Interval)\b|\bconsole\.|\basync\b|\bglobalThis\b|\bTemporal\.Now\b/;
    expect(impure.exec(text)?.[0]).toBeUndefined();
  });

  test("this check sees what it should", () => {
    expect(importsOf('import { a } from "node:fs";\nimport "hono";\nconst b = await import("./b.ts");')).toEqual([
      "node:fs",
      "hono",
      "./b.ts",
    ]);
    expect(code("a /* Date.now */ b // Deno.env\nc")).toBe("a  b \nc");
  });
});

describe("who may use what", () => {
  test("carriers never reach the store, however indirectly", async () => {
    const reached = await graphOf("src/carriers/mod.ts");
    expect(reached.size).toBeGreaterThan(10);
    expect([...reached].filter((path) => path.startsWith("src/store/") || path.startsWith("src/api/"))).toEqual([]);
  });

  test("the edge needs no file, no thread and no Deno network", async () => {
    const reached = await graphOf("src/edge.ts");
    expect(reached.has("src/app.ts")).toBe(true);
    const barred = /embedded\.ts$|embedded_worker|deno_network|rules\/files\.ts|sqlite3|^node:fs|^node:dns/;
    expect([...reached].filter((path) => barred.test(path))).toEqual([]);
  });

  test("the environment is read where a process starts and nowhere else", async () => {
    const readers: string[] = [];
    for (const path of SRC) if (/\bDeno\.env\b|\bprocess\.env\b/.test(code(await source(path)))) readers.push(path);
    expect(
      readers.filter((path) =>
        !["src/audit/cli.ts", "src/edge.ts", "src/main.ts", "src/migrate.ts", "src/reconcile.ts", "src/rules/cli.ts"]
          .includes(path)
      ),
    ).toEqual([]);
  });

  test("only the shell calls time: routes and carriers are given theirs", async () => {
    const callers: string[] = [];
    for (const path of SRC) {
      if (
        /^src\/(api|carriers|store)\//.test(path) && /\bDate\.now\(|\bnew Date\(\s*\)/.test(code(await source(path)))
      ) callers.push(path);
    }
    expect(callers).toEqual([]);
  });
});
