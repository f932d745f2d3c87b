import type { Sources } from "./parse.ts";

/**
 * Reads every `.yaml`, `.yml` and `.json` file under `directory`. Hidden files (editors' swap files) and `.schema.json` files
 * (what editors complete with, rules/schema) are left alone.
 */
export async function readSources(directory: string): Promise<Sources> {
  const paths: string[] = [];
  walk(directory, "", (path) => void paths.push(path));
  // In one order on every machine, so that what is reported first does not depend on the disk.
  return Object.fromEntries(
    await Promise.all(
      paths.sort().map(async (path) => [path, await Deno.readTextFile(`${directory}/${path}`)] as const),
    ),
  );
}

/**
 * Changes whenever a rule file is added, removed, renamed or written: cheap enough to ask twice a second. Synchronous, because a
 * hundred asynchronous looks at files cost the event loop ten times as long as these half milliseconds.
 */
export function stampOf(directory: string): string {
  const stamps: string[] = [];
  walk(directory, "", (path) => {
    const { mtime, size } = Deno.statSync(`${directory}/${path}`);
    stamps.push(`${path}:${mtime?.getTime()}:${size}`);
  });
  return stamps.sort().join("\n");
}

function walk(root: string, under: string, visit: (path: string) => void): void {
  for (const entry of Deno.readDirSync(`${root}/${under}`)) {
    if (entry.name.startsWith(".")) continue;
    const path = under === "" ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory) walk(root, path, visit);
    else if (/\.(ya?ml|json)$/.test(entry.name) && !entry.name.endsWith(".schema.json")) visit(path);
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
