import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Principal } from "../../src/api/auth.ts";
import { accessibilityFaults, keepPicture, launchBrowser, serveApp, SIZES, visit } from "../support/browser.ts";
import { consoleFetch, staff } from "../support/console.ts";
import { sharedGateway } from "../support/shared_gateway.ts";

const gateway = sharedGateway("embedded");
const ANNA = staff("compliance", "usr_anna", "Anna");
const viewer: Principal = ANNA;
let browser: Browser;
let server: ReturnType<typeof serveApp>;
beforeAll(async () => {
  browser = await launchBrowser();
  server = serveApp((request) =>
    consoleFetch({ app: gateway.app, clock: { now: () => gateway.clock.at } }, () => viewer)(request)
  );
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

const open = (options: Parameters<typeof visit>[2] = {}) =>
  visit(browser, server.url, { viewport: SIZES.desktop, locale: "en-GB", timezoneId: "Europe/Paris", ...options });

/** How wide the page itself is in a window of that width: tables and files scroll in boxes of their own. */
async function widthAt(page: Page, width: number): Promise<number> {
  await page.setViewportSize({ width, height: 600 });
  return await page.evaluate("document.documentElement.scrollWidth");
}

describe("every page that reads the rules", () => {
  const PAGES = [
    "",
    "/countries/FR",
    "/countries/default",
    "/all",
    "/hours.quiet?country=FR",
    "/no.such_rule",
    "/search?q=ARRET",
    "/search?q=zzzzzz",
    "/settings",
    "/file?path=countries/fr.yaml",
    "/try",
  ];

  test.each([
    { locale: "en-GB", colorScheme: "light" as const, pages: PAGES },
    {
      locale: "fr-FR",
      colorScheme: "dark" as const,
      pages: ["", "/countries/FR", "/hours.quiet?country=FR", "/settings"],
    },
  ])("is accessible, quiet, and fits a phone: $locale, $colorScheme", async ({ pages, ...options }) => {
    const { page, complaints, close } = await open(options);
    for (const path of pages) {
      const answer = await page.goto(`/console/rules${path}`);
      expect([path, answer!.status()]).toEqual([path, path === "/no.such_rule" ? 404 : 200]);
      expect([path, await page.locator("html").getAttribute("lang")]).toEqual([path, options.locale.slice(0, 2)]);
      expect([path, await accessibilityFaults(page)]).toEqual([path, []]);
      expect([path, await widthAt(page, 320)]).toEqual([path, 320]);
      await keepPicture(page, `rules${path.replace(/[?].*/, "").replaceAll("/", "_")}_${options.locale}`);
      await page.setViewportSize(SIZES.desktop);
    }
    expect(complaints.filter((line) => !line.includes("404"))).toEqual([]);
    await close();
  });
});

describe("trying a text", () => {
  test("an advertisement on a Sunday waits, shown with the mention, the words that counted, and each rule", async () => {
    const { page, complaints, close } = await open();
    await page.goto("/console/rules/try?country=FR");
    await page.getByLabel("Text").fill("Soldes : -50% sur tout le magasin !");
    await page.getByLabel("Consent to advertising").selectOption("granted");
    await page.getByLabel("When").fill("2026-11-29T11:00");
    await page.getByRole("button", { name: "Try it" }).click();
    const outcome = page.getByRole("region", { name: "What would happen" });
    await outcome.getByText("It would wait").waitFor();
    expect(await outcome.getByText("advertising hours").first().isVisible()).toBe(true);
    expect(await outcome.locator("time").first().getAttribute("datetime")).toBe("2026-11-30T07:00:00.000Z");
    expect(await outcome.locator("ins").textContent()).toBe(" STOP au 36105");
    expect(await outcome.locator("mark.m-advertising").allTextContents()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^-50%/)]),
    );
    expect(await outcome.getByRole("link", { name: "hours.quiet" }).getAttribute("href")).toBe(
      "/console/rules/hours.quiet?country=FR",
    );
    await outcome.getByText("What it asked").last().click();
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await widthAt(page, 320)).toBe(320);
    expect(complaints).toEqual([]);
    await close();
  });

  test("a word from a person in French, without scripts; markup in it stays text", async () => {
    const { page, close } = await open({ javaScriptEnabled: false, locale: "fr-FR", viewport: SIZES.phone });
    await page.goto("/console/rules/try");
    await page.getByLabel("D’une personne").check();
    await page.getByLabel("Texte").fill("Merci de me retirer de votre liste <img src=x onerror=alert(1)>");
    await page.getByRole("button", { name: "Essayer" }).click();
    await page.getByText("veut arrêter").first().waitFor();
    expect(await page.locator("mark.m-opt_out").first().textContent()).toContain("retirer de votre liste");
    expect(await page.locator(".outcome img").count()).toBe(0);
    expect(await widthAt(page, 320)).toBe(320);
    await close();
  });
});
