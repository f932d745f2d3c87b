import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { Hono } from "hono";
import { packageModules } from "./modules.ts";

/** Style sheets and scripts of the console: our own files and those of libraries, from this machine and nowhere else. */

const OWN = new URL("./assets/", import.meta.url);
const ROOT = new URL("../../", import.meta.url);
const PACKAGES = new URL("node_modules/", ROOT);

/** Files of libraries that pages may load, as the packages publish them. */
const LIBRARIES: Readonly<Record<string, string>> = {
  "htmx.js": "htmx.org/dist/htmx.min.js",
  "htmx-sse.js": "htmx-ext-sse/dist/sse.min.js",
  "uplot.css": "uplot/dist/uPlot.min.css",
};

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

interface Asset {
  body: Uint8Array<ArrayBuffer>;
  type: string;
  /** First digits of the SHA-256: part of the address, so that a browser may keep the file for good. */
  version: string;
}

/** Reads each file once, when it is first asked for. */
export interface Assets {
  /** Address of one of our files (`console.css`) or of a library's (`htmx.js`). @throws Error when there is none. */
  url(name: string): Promise<string>;
  /** `/assets/*`, below where the console is. */
  routes: Hono;
}

export function assets(base: string): Assets {
  const modules = packageModules(ROOT, `${base}/assets/modules`);
  const read = new Map<string, Promise<Asset>>();
  const find = (name: string): Promise<Asset> => {
    const found = read.get(name) ?? load(name, modules.rewritten);
    read.set(name, found);
    found.catch(() => read.delete(name));
    return found;
  };
  const routes = new Hono().get("/assets/modules/*", async (c) => {
    const module = (await modules.all()).get(c.req.path.slice(`${base}/assets/modules/`.length));
    if (module === undefined) return c.notFound();
    // Its version is in the address.
    return c.body(module.body, 200, { "content-type": TYPES["js"]!, "cache-control": KEPT_FOR_GOOD });
  }).get("/assets/:name", async (c) => {
    const name = c.req.param("name");
    if (!NAME.test(name)) return c.notFound();
    const asset = await find(name).catch(() => null);
    if (asset === null) return c.notFound();
    const current = c.req.query("v") === asset.version;
    const etag = `"${asset.version}"`;
    const kept = {
      "cache-control": current ? KEPT_FOR_GOOD : "no-cache",
      // A module that another one asks for has no version in its address.
      etag,
    };
    if (c.req.header("if-none-match") === etag) return c.body(null, 304, kept);
    return c.body(asset.body, 200, { "content-type": asset.type, ...kept });
  });
  return { url: async (name) => `${base}/assets/${name}?v=${(await find(name)).version}`, routes };
}

const KEPT_FOR_GOOD = "public, max-age=31536000, immutable";
/** Nothing that could leave the folder. */
const NAME = /^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*\.(css|js|svg)$/;

async function load(name: string, rewritten: (source: string) => Promise<string>): Promise<Asset> {
  const library = LIBRARIES[name];
  // Packages are links into a store of their own.
  const file = library === undefined ? new URL(name, OWN) : await realpath(new URL(library, PACKAGES));
  const read = new Uint8Array(await readFile(file));
  const own = library === undefined && name.endsWith(".js");
  const body = own ? new TextEncoder().encode(await rewritten(new TextDecoder().decode(read))) : read;
  const version = createHash("sha256").update(body).digest("hex").slice(0, 12);
  return { body, type: TYPES[name.split(".").at(-1)!]!, version };
}
