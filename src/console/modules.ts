import { readFile, realpath } from "node:fs/promises";
import { init, parse } from "es-module-lexer";

/**
 * ES modules of packages, served as they are published: only their imports of one another are rewritten to addresses of ours, so that a
 * browser loads an editor without a build step. What can be had is what the named entries reach, and nothing else of any folder.
 */

/** Packages whose modules pages may import. */
const ENTRIES = [
  "@codemirror/autocomplete",
  "@codemirror/commands",
  "@codemirror/lang-yaml",
  "@codemirror/language",
  "@codemirror/lint",
  "@codemirror/search",
  "@codemirror/state",
  "@codemirror/view",
  "@lezer/highlight",
  "uplot",
] as const;

export interface Module {
  body: Uint8Array<ArrayBuffer>;
  /** `@codemirror/view@6.43.15/dist/index.js`: the version is in it, so that a browser may keep the file for good. */
  address: string;
}

export interface Modules {
  /** Every module that the entries reach, by address. Read once, when it is first asked for. */
  all(): Promise<ReadonlyMap<string, Module>>;
  /** Source of a module of our own with its imports of packages rewritten; those beside it stay. @throws Error for no entry. */
  rewritten(source: string): Promise<string>;
}

/** `root`: a folder that holds `node_modules`. `base`: address below which the modules are served. */
export function packageModules(root: URL, base: string, entries: readonly string[] = ENTRIES): Modules {
  let graph: Promise<Graph> | undefined;
  const read = () =>
    graph ??= readGraph(root, base, entries).catch((error) => {
      graph = undefined;
      throw error;
    });
  return {
    all: async () => (await read()).modules,
    rewritten: (source) =>
      withImports(source, async (name) => {
        if (name.startsWith("./")) return name;
        const address = (await read()).entries.get(name);
        if (address === undefined) throw new Error(`"${name}" is none of the packages that pages may import`);
        return `${base}/${address}`;
      }),
  };
}

interface Graph {
  entries: Map<string, string>;
  modules: Map<string, Module>;
}

async function readGraph(root: URL, base: string, names: readonly string[]): Promise<Graph> {
  const modules = new Map<string, Module>();
  const known = new Map<string, string>();
  const load = async (found: Found): Promise<string> => {
    const { file, address } = found;
    const before = known.get(file);
    if (before !== undefined) return before;
    known.set(file, address);
    const source = await readFile(file, "utf8");
    const body = await withImports(source, async (name) => {
      const next = name.startsWith(".") ? besides(found, name) : await findPackage(file, name);
      return `${base}/${await load(next)}`;
    });
    modules.set(address, { address, body: new TextEncoder().encode(body) });
    return address;
  };
  const entries = new Map<string, string>();
  const start = await realpath(new URL("node_modules/", root));
  for (const name of names) entries.set(name, await load(await findPackage(`${start}/.`, name)));
  return { entries, modules };
}

interface Found {
  /** Real path. */
  file: string;
  address: string;
  /** The package's folder, and what its address begins with. */
  folder: string;
  prefix: string;
}

/** A file beside another one of the same package. @throws Error for one outside of it. */
function besides({ file, folder, prefix }: Found, name: string): Found {
  const path = new URL(name, `file://${file}`).pathname;
  if (!path.startsWith(`${folder}/`)) throw new Error(`${file} imports ${name} from outside of its package`);
  return { file: path, folder, prefix, address: `${prefix}${path.slice(folder.length)}` };
}

/** The module that `import "name"` in `from` means: of the nearest package of that name, by its `exports` for `import`. */
async function findPackage(from: string, name: string): Promise<Found> {
  const parts = name.split("/");
  const size = name.startsWith("@") ? 2 : 1;
  const [own, path] = [parts.slice(0, size).join("/"), [".", ...parts.slice(size)].join("/")];
  for (let at = from.lastIndexOf("/"); at > 0; at = from.lastIndexOf("/", at - 1)) {
    const above = from.slice(0, at);
    const folder = await realpath(above.endsWith("/node_modules") ? `${above}/${own}` : `${above}/node_modules/${own}`)
      .catch(() => null);
    if (folder === null) continue;
    const told = JSON.parse(await readFile(`${folder}/package.json`, "utf8")) as Manifest;
    const file = await realpath(`${folder}/${moduleOf(told, path)}`);
    if (!file.startsWith(`${folder}/`)) throw new Error(`${own} exports a file outside of its folder`);
    const prefix = `${own}@${told.version}`;
    return { file, folder, prefix, address: `${prefix}${file.slice(folder.length)}` };
  }
  throw new Error(`The package ${own}, which ${from} imports, is not installed`);
}

type Export = string | null | { readonly [condition: string]: Export };
interface Manifest {
  version: string;
  exports?: Export;
  module?: string;
  main?: string;
}

function moduleOf({ exports, module, main }: Manifest, path: string): string {
  const table =
    typeof exports === "object" && exports !== null && Object.keys(exports).every((key) => key.startsWith("."))
      ? exports[path]
      : path === "."
      ? exports
      : undefined;
  const found = chosen(table) ?? (path === "." ? module ?? main : undefined);
  if (found === undefined) throw new Error(`Nothing is exported as ${path}`);
  return found;
}

/** The file for browsers that import it. */
function chosen(table: Export | undefined): string | undefined {
  if (typeof table === "string") return table;
  if (typeof table !== "object" || table === null) return undefined;
  for (const condition of ["browser", "import", "default"]) {
    const found = chosen(table[condition]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A module with its imports replaced. @throws Error for an import that is worked out at run time. */
async function withImports(source: string, replaced: (name: string) => Promise<string>): Promise<string> {
  await init;
  let text = "";
  let at = 0;
  for (const { type, specifier, start, end } of parse(source)[0]) {
    if (type === "import-meta") continue;
    if (type !== "static" && type !== "reexport-star") throw new Error("A module imports something while it runs");
    text += source.slice(at, start) + await replaced(specifier);
    at = end;
  }
  return text + source.slice(at);
}
