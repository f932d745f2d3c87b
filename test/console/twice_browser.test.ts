import { beforeEach, expect, test } from "vitest";
import { consoleFetch, staff } from "../support/console.ts";
import { stagedConsole } from "../support/console_browser.ts";
import type { TestGateway } from "../support/gateway.ts";

/** Forms in a real Chromium whose button somebody presses twice, before a gateway that takes its time. */

const SLOW_MS = 700;

let gateway: TestGateway;
let posts: string[] = [];
let fails = false;

const opened = stagedConsole((started) => {
  const fetch = consoleFetch(started, () => staff("compliance"));
  return async (request) => {
    if (request.method !== "POST") return await fetch(request);
    posts.push(new URL(request.url).pathname);
    const answer = fails ? new Response(null, { status: 204 }) : await fetch(request);
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    return answer;
  };
}, (staged) => Promise.resolve({ gateway } = staged));

beforeEach(() => void ([posts, fails] = [[], false]));

const drafts = async () =>
  (await gateway.call("GET", "/v1/campaigns")).body.data.map(({ name }: { name: string }) => name);

test("a button that is pressed twice sends once, and works again on the page that comes back", async () => {
  const { page, complaints } = await opened();
  await page.goto("/console/campaigns/new");
  await page.getByLabel("Name", { exact: true }).fill("Twice");
  await page.getByLabel("Sender").selectOption("36105");
  await page.getByLabel("Text").fill("Bonjour");
  await page.locator("#preview .tile").first().waitFor();
  const save = page.getByRole("button", { name: "Save the draft" });
  await save.dblclick({ noWaitAfter: true });
  // Nor by the key, nor by another button of the form.
  await page.keyboard.press("Enter");
  await page.waitForURL(/told=saved/);
  expect([posts.filter((path) => !path.endsWith("/preview")), await drafts()]).toEqual([["/console/campaigns"], [
    "Twice",
  ]]);

  await page.goBack();
  await page.getByLabel("Name", { exact: true }).fill("Once more");
  await page.getByLabel("Text").fill("Bonjour");
  expect(await save.isEnabled()).toBe(true);
  await save.click();
  await page.waitForURL(/told=saved/);
  expect(await drafts()).toEqual(["Once more", "Twice"]);
  expect(complaints).toEqual([]);
});

test("what a field refuses, what htmx sends and what leads nowhere may be sent again", async () => {
  const { page } = await opened();
  await page.goto("/console/campaigns/new");
  const save = page.getByRole("button", { name: "Save the draft" });
  await save.click();
  expect([posts, await save.isEnabled()]).toEqual([[], true]);
  await page.getByLabel("Name", { exact: true }).fill("Nowhere");
  await page.getByLabel("Sender").selectOption("36105");
  await page.getByLabel("Text").fill("Bonjour");
  fails = true;
  await page.locator("#preview").evaluate((preview) => preview.remove());
  await save.click({ noWaitAfter: true });
  expect(await save.isDisabled()).toBe(true);
  await expect.poll(() => save.isEnabled(), { timeout: 15_000 }).toBe(true);
  fails = false;
  await save.click();
  await page.waitForURL(/told=saved/);

  await page.getByRole("button", { name: "Preview the whole audience" }).click();
  await page.locator("#preview .tile").first().waitFor();
  await page.getByRole("button", { name: "Preview the whole audience" }).click();
  await expect.poll(() => posts.filter((path) => path.endsWith("/preview") && path.includes("cmp_")).length).toBe(2);
});
