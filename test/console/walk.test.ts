import { expect, test } from "vitest";
import { patternOf, walkConsole } from "../support/console_walk.ts";

test.each([
  ["/console", "/console"],
  ["/console?range=today", "/console"],
  ["/console?range=month", "/console?range=month"],
  ["/console/people/%2B33612345678?told=x", "/console/people/{id}"],
  ["/console/registers/consents/cns_01ab/edit", "/console/registers/consents/{id}/edit"],
  ["/console/rules/countries/FR", "/console/rules/countries/{id}"],
])("%s is a page like %s", (path, pattern) => expect(patternOf(path)).toBe(pattern));

test("every page is found once, and what is no page is not followed", async () => {
  const site: Record<string, string> = {
    "/console": '<a href="/console/a/x_1?b=1&amp;c=2">…</a><div hx-get="/console/now">…</div><a href="/docs">…</a>',
    "/console/a/x_1?b=1&c=2": '<a href="/console/a/x_2">…</a><a href="/console/a/export">…</a><a href="/console">…</a>',
    "/console/now": '<a href="/console/gone">…</a>',
  };
  const found = await Array.fromAsync(walkConsole((path) => Promise.resolve(site[path] ?? null)));
  expect(found.map(({ path }) => path)).toEqual(["/console", "/console/a/x_1?b=1&c=2", "/console/now"]);
});
