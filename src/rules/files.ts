import type { Sources } from "./parse.ts";

/**
 * Reads every `.yaml`, `.yml` and `.json` file under `directory`. Hidden files (editors' swap files) and `.schema.json` files
 * (what editors complete with, rules/schema) are left alone.
 */
export async function readSources(directory: string): Promise<Sources> {
  const paths: string[] = [];
  await walk(directory, "", (path) => void paths.push(path));
  // In one order on every machine, so that what is reported first does not depend on the disk.
  return Object.fromEntries(
    await Promise.all(
      paths.sort().map(async (path) => [path, await Deno.readTextFile(`${directory}/${path}`)] as const),
    ),
  );
}

/** Changes whenever a rule file is added, removed, renamed or written: cheap enough to ask every second. */
export async function stampOf(directory: string): Promise<string> {
  const stamps: string[] = [];
  await walk(directory, "", async (path) => {
    const { mtime, size } = await Deno.stat(`${directory}/${path}`);
    stamps.push(`${path}:${mtime?.getTime()}:${size}`);
  });
  return stamps.sort().join("\n");
}

async function walk(root: string, under: string, visit: (path: string) => Promise<void> | void): Promise<void> {
  for await (const entry of Deno.readDir(`${root}/${under}`)) {
    if (entry.name.startsWith(".")) continue;
    const path = under === "" ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory) await walk(root, path, visit);
    else if (/\.(ya?ml|json)$/.test(entry.name) && !entry.name.endsWith(".schema.json")) await visit(path);
  }
}

/**
 * Makes the rule files of a folder those of `sources`: writes, and deletes the rule files that are none of them. They are written
 * beside their places first and then moved there, so that a gateway that follows the folder hardly ever meets half of them.
 */
export async function writeSources(directory: string, sources: Sources): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  const present = Object.keys(await readSources(directory));
  const moves: [from: string, to: string][] = [];
  for (const [path, content] of Object.entries(sources)) {
    const to = `${directory}/${path}`;
    const from = to.replace(/[^/]*$/, (name) => `.${name}.new`);
    await Deno.mkdir(to.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(from, content);
    moves.push([from, to]);
  }
  for (const [from, to] of moves) await Deno.rename(from, to);
  for (const path of present) if (!(path in sources)) await Deno.remove(`${directory}/${path}`);
}
