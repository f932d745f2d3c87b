import { describe, expect, test } from "vitest";
import { languageFor } from "../../src/console/words.ts";
import { isConsole } from "../../src/console/mod.ts";
import { ownPath } from "../../src/console/pages/choices.ts";
import { consoleFetch, staff } from "../support/console.ts";

/** The frame asks the API for nothing. */
const gateway = { app: { fetch: () => new Response(null, { status: 404 }) }, clock: { now: () => 0 } };

const get = async (path: string, headers: Record<string, string> = {}) =>
  await consoleFetch(gateway, () => staff("admin"))(new Request(`http://localhost${path}`, { headers }));

describe("which addresses are the console's", () => {
  test.each([
    ["http://h/", true],
    ["http://h", true],
    ["https://h/console", true],
    ["http://h:8787/console/", true],
    ["http://h/console?a=b", true],
    ["http://h/console/inbox/cnv_1", true],
    ["http://h/consoles", false],
    ["http://h/v1/messages?to=/console", false],
    ["http://h/docs", false],
  ])("%s: %s", (url, expected) => expect(isConsole(url)).toBe(expected));
});

test("the address of the gateway leads to the console", async () => {
  const answer = await get("/");
  expect([answer.status, answer.headers.get("location")]).toEqual([302, "/console"]);
});

test("pages load nothing from elsewhere and run no script or style of their own", async () => {
  const answer = await get("/console/nothing-here");
  expect(answer.status).toBe(404);
  const policy = answer.headers.get("content-security-policy")!;
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
  expect(policy).not.toContain("unsafe");
  const html = await answer.text();
  expect(html).not.toMatch(/<script(?![^>]* src="\/console\/)|<style|\sstyle=|\son[a-z]+=/i);
  for (const [, address] of html.matchAll(/(?:src|href)="([^"#]+)"/g)) expect(address).toMatch(/^\/(console|docs)/);
});

test("what a page loads is there, and may be kept for good by its content's own address", async () => {
  const html = await (await get("/console/nothing-here")).text();
  const files = [...html.matchAll(/"(\/console\/assets\/[^"]+)"/g)].map(([, file]) => file!);
  expect(files.length).toBeGreaterThan(4);
  for (const file of files) {
    const answer = await get(file);
    expect([file, answer.status, answer.headers.get("cache-control")])
      .toEqual([file, 200, "public, max-age=31536000, immutable"]);
    await answer.body?.cancel();
  }
  const other = await get(files[0]!.replace(/v=.*/, "v=000000000000"));
  expect(other.headers.get("cache-control")).toBe("no-cache");
  await other.body?.cancel();
});

test.each(["..%2Fmod.ts", "%2e%2e/mod.ts", "mod.ts", "htmx.js%00.css", "x".repeat(300), "none.css"])(
  "no file but the console's can be had: %s",
  async (name) => expect((await get(`/console/assets/${name}`)).status).toBe(404),
);

test.each([
  [{ cookie: "parley_language=fr" }, "fr"],
  [{ "accept-language": "fr-CA,en;q=0.5" }, "fr"],
  [{ cookie: "parley_language=fr", "accept-language": "en" }, "fr"],
  [{ cookie: "parley_language=%22%3E" }, "en"],
  [{ "accept-language": "ja" }, "en"],
])("the page speaks as the reader chose, else as the browser asks: %j", async (headers, language) => {
  const html = await (await get("/console/nothing-here", headers)).text();
  expect(html).toContain(`<html lang="${language}"`);
});

test("language and theme are kept, and the way back stays in the console", async () => {
  const fetch = consoleFetch(gateway, () => staff("admin"));
  const choose = (form: Record<string, string>, origin = "http://localhost") =>
    fetch(
      new Request("http://localhost/console/choices", {
        method: "POST",
        body: new URLSearchParams(form),
        headers: { origin },
      }),
    );
  const chosen = await choose({ language: "fr", theme: "dark", back: "/console/inbox?q=a" });
  expect([chosen.status, chosen.headers.get("location")]).toEqual([303, "/console/inbox?q=a"]);
  const cookies = chosen.headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");
  expect(await (await get("/console/nothing-here", { cookie: cookies })).text()).toContain(
    '<html lang="fr" data-theme="dark"',
  );
  expect((await choose({ language: "fr" }, "https://elsewhere.example")).status).toBe(403);
});

test.each([
  "https://evil.example",
  "//evil.example",
  "/console/../v1/keys",
  "/console\\@evil",
  "javascript:x",
  undefined,
])(
  "no way back leads out: %s",
  (back) => expect(ownPath(back)).toBe("/console"),
);

test("the first language that there is", () => {
  expect(languageFor(["de", "FR-be", "en"])).toBe("fr");
  expect(languageFor([])).toBe("en");
});

test("what fails is logged by its route: the path may hold the number of a person", async () => {
  const broken = { ...gateway, app: { fetch: () => new Response("{") } };
  const request = new Request("http://localhost/console/people/%2B33612345678");
  const failure = await Promise.resolve(consoleFetch(broken, () => staff("admin"))(request)).then(() => "none", String);
  expect(failure).toContain('"route":"/console/people/:number"');
  expect(failure).not.toContain("33612345678");
});

test("every file of ours is served, scripts with the packages that they import", async () => {
  const names = await Array.fromAsync(Deno.readDir(new URL("../../src/console/assets", import.meta.url)));
  for (const { name } of names) {
    const answer = await get(`/console/assets/${name}`);
    expect([name, answer.status]).toEqual([name, 200]);
    const text = await answer.text();
    for (const [, address] of text.matchAll(/\bfrom\s*"(\/[^"]+)"/g)) {
      expect([address, (await get(address!)).status]).toEqual([address, 200]);
    }
  }
});
