import { beforeAll, describe, expect, test } from "vitest";
import { type Module, packageModules } from "../../src/console/modules.ts";
import { consoleFetch, staff } from "../support/console.ts";

const ROOT = new URL("../../", import.meta.url);

describe("the modules of packages that pages may load", () => {
  const modules = packageModules(ROOT, "/base");
  let all: ReadonlyMap<string, Module>;
  beforeAll(async () => {
    all = await modules.all();
  });

  test("are whole: whatever one imports is among them, at an address with its version", () => {
    expect(all.size).toBeGreaterThan(9);
    for (const [address, { body }] of all) {
      expect(address).toMatch(/^(@[\w-]+\/)?[\w-]+@\d+\.\d+\.\d+\/[\w./-]+\.js$/);
      const imports = [
        ...new TextDecoder().decode(body).matchAll(/^(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]/gm),
      ];
      for (const [, wanted] of imports) {
        expect(wanted).toMatch(/^\/base\//);
        expect([address, all.has(wanted!.slice("/base/".length))]).toEqual([address, true]);
      }
    }
  });

  test("hold one copy of each package: an editor with two of one would not work", () => {
    const packages = [...all.keys()].map((address) => address.replace(/@[\d.]+\/.*/, ""));
    expect(packages.length).toBe(new Set(packages).size);
  });

  test("of our own modules the packages are rewritten, what stands beside them is not, and nothing else is let in", async () => {
    const source = 'import { yaml } from "@codemirror/lang-yaml";\nimport "./other.js";\n';
    expect(await modules.rewritten(source)).toMatch(
      /from "\/base\/@codemirror\/lang-yaml@[\d.]+\/dist\/index.js";\nimport ".\/other.js"/,
    );
    for (const other of ["hono", "node:fs", "@lezer/common", "../deno.json", "https://evil.example/x.js"]) {
      await expect(modules.rewritten(`import "${other}"`)).rejects.toThrow("none of the packages");
    }
    await expect(modules.rewritten("import(name)")).rejects.toThrow("while it runs");
  });
});

test("no file but those modules can be had", async () => {
  const gateway = { app: { fetch: () => new Response(null, { status: 404 }) }, clock: { now: () => 0 } };
  const fetch = consoleFetch(gateway, () => staff("viewer"));
  const get = async (path: string) => {
    const answer = await fetch(new Request(`http://localhost/console/assets/${path}`));
    const text = await answer.text();
    return { status: answer.status, kept: answer.headers.get("cache-control"), text };
  };
  const { text } = await get("rule_editor.js");
  const [, view] = /"\/console\/assets\/(modules\/@codemirror\/view@[^"]+)"/.exec(text)!;
  expect(await get(view!)).toMatchObject({ status: 200, kept: expect.stringContaining("immutable") });
  for (
    const path of [
      view!.replace("dist/index.js", "package.json"),
      view!.replace("dist/index.js", "dist/index.cjs"),
      view!.replace("dist/index.js", "dist/../dist/index.cjs"),
      view!.replace("dist/index.js", "%2e%2e/package.json"),
      view!.replace(/@6[\d.]+/, ""),
      "modules/hono/dist/index.js",
      "modules/../console.css",
      "modules/",
      "modules/__proto__",
    ]
  ) expect([path, (await get(path)).status]).toEqual([path, path === "modules/../console.css" ? 200 : 404]);
});
