import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Principal } from "../../src/api/access/auth.ts";
import { accessibilityFaults, browserOfFile, keepPicture, serveApp, SIZES, visit } from "../support/browser.ts";
import { consoleFetch, staff } from "../support/console.ts";
import { sharedGateway } from "../support/shared_gateway.ts";

const gateway = sharedGateway("embedded");
const ANNA = staff("compliance", "usr_anna", "Anna");
const BOB = staff("compliance", "usr_bob", "Bob");
let viewer: Principal = ANNA;
const browser = browserOfFile();
let server: ReturnType<typeof serveApp>;
beforeAll(() => {
  server = serveApp((request) =>
    consoleFetch({ app: gateway.app, clock: { now: () => gateway.clock.at } }, () => viewer)(request)
  );
});
afterAll(() => server.stop());

beforeEach(async () => {
  viewer = ANNA;
  await gateway.sql("delete from rule_drafts");
});

const open = (options: Parameters<typeof visit>[2] = {}) =>
  visit(browser(), server.url, { viewport: SIZES.desktop, locale: "en-GB", timezoneId: "Europe/Paris", ...options });

/** How wide the page itself is in a window of that width: tables and files scroll in boxes of their own. */
async function widthAt(page: Page, width: number): Promise<number> {
  await page.setViewportSize({ width, height: 600 });
  return await page.evaluate("document.documentElement.scrollWidth");
}

describe("every page that reads the rules", () => {
  const PAGES = [
    "",
    "/countries/FR",
    "/hours.quiet?country=FR",
    "/no.such_rule",
    "/search?q=ARRET",
    "/settings",
    "/file?path=deployment.yaml",
  ];

  test.each([
    { locale: "en-GB", colorScheme: "light" as const, pages: PAGES },
    {
      locale: "fr-FR",
      colorScheme: "dark" as const,
      pages: ["/countries/FR", "/all"],
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

const FR = "countries/fr.yaml";
/** As the shipped file says it, in the profile that is in force. */
const HOURS = '      open: { mon-sat: "08:00-20:00", sun: closed }';
const SHORTER = '      open: { mon-fri: "08:00-20:00", sat: "08:00-18:00", sun: closed }';
const AD = "Soldes : -50% sur tout le magasin !";
const SATURDAY_EVENING = "2026-11-28T19:00:00+01:00";

async function lineOf(text: string): Promise<number> {
  const { body } = await gateway.call("GET", `/v1/rulebooks/active/file?path=${FR}`);
  return body.text.split("\n").indexOf(text) + 1;
}

/** Writes over the line on which the editor stands. */
async function writeLine(page: Page, text: string): Promise<void> {
  for (const key of ["End", "Shift+Home", "Shift+Home", "Delete"]) await page.keyboard.press(key);
  await page.keyboard.insertText(text);
}

describe("changing a rule", () => {
  test(
    "a French rule is edited, checked, simulated, approved by a second person, published, and decides the next message",
    { timeout: 90_000 },
    async () => {
      gateway.clock.at = Date.parse(SATURDAY_EVENING);
      await gateway.consent("+33612345678");
      const send = () =>
        gateway.call("POST", "/v1/messages", { to: "+33612345678", from: "36105", text: AD, category: "commercial" });
      expect((await send()).body.status).toBe("queued");

      const { page, complaints, close } = await open();
      await page.goto("/console/rules/countries/FR");
      await page.getByRole("button", { name: "Edit this file" }).click();
      await page.goto(`${page.url()}&line=${await lineOf(HOURS)}`);
      await page.locator(".cm-activeLine", { hasText: "mon-sat" }).waitFor();

      expect(await widthAt(page, 320)).toBe(320);
      await page.setViewportSize(SIZES.desktop);
      // Broken: Sunday is left out. Told in its place and below, while it is typed.
      await writeLine(page, SHORTER.replace(", sun: closed", ""));
      await page.getByText("every day of the week must be covered exactly once").first().waitFor();
      expect(await page.locator(".cm-lint-marker-error").count()).toBe(1);
      expect(await accessibilityFaults(page)).toEqual([]);
      await keepPicture(page, "rules_editor");
      await writeLine(page, SHORTER);
      await page.getByText("The files read and fit together").waitFor();
      expect(await page.locator(".cm-lint-marker-error").count()).toBe(0);
      // It survives a reload, in the text field that stands below the editor too.
      await page.reload();
      await page.locator(".cm-content").waitFor();
      expect(await page.locator("#rule-text").inputValue()).toContain(SHORTER);

      await page.getByRole("navigation", { name: "Steps of the draft" }).getByRole("link", { name: "Check" }).click();
      await page.getByText("Everything holds").waitFor();
      await page.getByRole("link", { name: "Changes", exact: true }).click();
      await page.getByText("quiet hours on Saturday").waitFor();
      await page.getByRole("link", { name: "Past messages" }).click();
      await page.getByRole("button", { name: "Run" }).click();
      await page.getByText("1 message, of which 1 would come out otherwise.").waitFor();
      expect(await page.getByRole("link", { name: "hours.quiet" }).count()).toBe(1);
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await widthAt(page, 320)).toBe(320);
      await page.setViewportSize(SIZES.desktop);

      await page.getByRole("navigation", { name: "Steps of the draft" }).getByRole("link", { name: "Try a text" })
        .click();
      await page.getByLabel("Text", { exact: true }).fill(AD);
      await page.getByLabel("Consent to advertising").selectOption("granted");
      await page.getByLabel("When").fill("2026-11-28T19:00");
      await page.getByRole("button", { name: "Try it" }).click();
      await page.getByText("It would wait").waitFor();

      await page.getByRole("link", { name: "Propose" }).click();
      await page.getByLabel("What changes, and why").fill("Shorter Saturdays, as counsel asked");
      await page.getByRole("button", { name: "Propose" }).click();
      await page.getByText("You proposed this: somebody else has to approve it").waitFor();
      expect(await page.getByRole("button", { name: "Approve" }).count()).toBe(0);
      // Nothing shows a button for it, and nothing lets it through.
      const refused = await page.evaluate(
        `fetch(location.pathname + "/approve", { method: "POST", body: new URLSearchParams() })
      .then(async (answer) => [answer.status, await answer.text()])`,
      ) as [number, string];
      expect(refused).toEqual([409, expect.stringContaining("proposed by the same person")]);

      viewer = BOB;
      await page.reload();
      await page.getByText("quiet hours on Saturday").waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.getByRole("button", { name: "Approve" }).click();
      await page.getByRole("button", { name: "Publish" }).click();
      await page.getByText("Published: this version decides now.").waitFor();
      expect((await send()).body).toMatchObject({ status: "held", hold_reason: "quiet_hours" });

      // And back.
      await page.goto("/console/rules/versions");
      expect(await page.getByText("This gateway also follows a folder").count()).toBe(1);
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.getByRole("row", { name: "was in force" }).first().getByRole("link").click();
      await page.getByLabel("Why").fill("The shop stays open");
      await page.getByRole("button", { name: "Bring this version back" }).click();
      await page.getByText("This version decides again.").waitFor();
      expect((await send()).body.status).toBe("queued");
      expect(complaints.filter((line) => !line.includes("409"))).toEqual([]);
      await close();
    },
  );

  test("of two windows the second is told, keeps its text, and writes over the first only when asked to", async () => {
    const { page, close } = await open();
    await page.goto("/console/rules/file?path=deployment.yaml");
    await page.getByRole("button", { name: "Edit this file" }).click();
    await page.locator(".cm-content").waitFor();
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.locator(".cm-content").click();
    await other.keyboard.press("Control+Home");
    await other.keyboard.insertText("# from the other window\n");
    await other.getByText("Saved", { exact: true }).waitFor();

    await page.locator(".cm-content").click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.insertText("# from this one\n");
    await page.getByText("this draft was changed in another window").waitFor();
    await other.reload();
    expect(await other.locator("#rule-text").inputValue()).toMatch(/^# from the other window/);
    await page.getByRole("button", { name: "Save mine over it" }).click();
    await page.getByText("Saved", { exact: true }).waitFor();
    await other.reload();
    expect(await other.locator("#rule-text").inputValue()).toMatch(/^# from this one/);
    await close();
  });

  test("the version in force comes back over what was just typed, never over what another window saved", async () => {
    const { page, complaints, close } = await open();
    await page.goto("/console/rules/file?path=deployment.yaml");
    await page.getByRole("button", { name: "Edit this file" }).click();
    const type = async (on: Page, text: string) => {
      await on.locator(".cm-content").click();
      await on.keyboard.press("Control+Home");
      await on.keyboard.insertText(text);
    };
    const revert = page.getByRole("button", { name: "Back to the version in force" });
    await type(page, "# of this window\n");
    await page.getByText("Saved", { exact: true }).waitFor();
    await page.reload();
    await type(page, "# and more of it\n");
    await revert.click();
    await page.waitForURL(/file=deployment\.yaml/);
    await revert.waitFor({ state: "detached" });
    expect(await page.locator("#rule-text").inputValue()).not.toContain("of this window");

    await type(page, "# of this window\n");
    await page.getByText("Saved", { exact: true }).waitFor();
    await page.reload();
    const other = await page.context().newPage();
    await other.goto(page.url());
    await type(other, "# of the other window\n");
    await other.getByText("Saved", { exact: true }).waitFor();
    await revert.click();
    await page.getByText("Nothing was done: this draft was changed in another window").waitFor();
    expect(await page.locator("#rule-text").inputValue()).toContain("of the other window");
    expect(await accessibilityFaults(page)).toEqual([]);
    // The editor on the page of the refusal works on.
    await type(page, "brnad: x\n");
    await page.getByText("brnad").first().waitFor();
    await page.locator("#problems a").first().click();
    await page.locator(".cm-content").waitFor();
    expect(complaints.filter((line) => !line.includes("409"))).toEqual([]);
    await close();
  });

  test("what may stand at a place is offered, with what it means", async () => {
    const { page, complaints, close } = await open();
    await page.goto(`/console/rules/countries/FR`);
    await page.getByRole("button", { name: "Edit this file" }).click();
    await page.goto(`${page.url()}&line=${await lineOf("  commercial: required")}`);
    await page.locator(".cm-activeLine", { hasText: "commercial: required" }).waitFor();
    await writeLine(page, "  commercial: ");
    await page.keyboard.press("Control+Space");
    await page.getByRole("option", { name: "not_required" }).waitFor();
    await page.getByRole("option", { name: "not_required" }).click();
    expect(await page.locator(".cm-activeLine").textContent()).toBe("  commercial: not_required");
    expect(complaints).toEqual([]);
    await close();
  });

  test("without scripts, in French, on a telephone", async () => {
    const { page, close } = await open({ javaScriptEnabled: false, locale: "fr-FR", viewport: SIZES.phone });
    await page.goto("/console/rules/drafts");
    await page.getByLabel("Nom").fill("Nom de la boutique");
    await page.getByRole("button", { name: "Commencer un brouillon" }).click();
    await page.getByRole("link", { name: "deployment.yaml" }).click();
    const text = page.getByLabel("Contenu du fichier");
    const before = await text.inputValue();
    await text.fill(before.replace("brand: Parley", "brand: ACME\nbrnad: ACME"));
    await page.getByRole("button", { name: "Enregistrer" }).click();
    await page.getByText(/ligne \d+/).first().waitFor();
    expect(await page.getByText("brnad").count()).toBeGreaterThan(0);
    await text.fill(before.replace("brand: Parley", "brand: ACME"));
    await page.getByRole("button", { name: "Enregistrer" }).click();
    await page.getByText("Les fichiers se lisent").waitFor();
    await page.getByRole("link", { name: "Changements" }).click();
    await page.getByRole("button", { name: "Lancer" }).click();
    await page.getByText("ACME").first().waitFor();
    await page.getByRole("link", { name: "Proposer" }).click();
    await page.getByLabel("Ce qui change, et pourquoi").fill("Notre nom");
    await page.getByRole("button", { name: "Proposer" }).click();
    await page.getByText("Vous l’avez proposée").waitFor();
    await page.getByRole("button", { name: "Lancer" }).click();
    await page.getByText("ACME").first().waitFor();
    await close();
  });
});

test("only the page with the editor has a policy that names a nonce, another one each time", async () => {
  const draft = (await gateway.call("POST", "/v1/rulebooks/drafts", { name: "x" })).body;
  viewer = { actor: "usr_anna", name: "Anna", role: "compliance" };
  const get = async (path: string) => {
    const answer = await fetch(`${server.url}${path}`);
    await answer.body?.cancel();
    return answer.headers.get("content-security-policy")!;
  };
  const nonces = await Promise.all([1, 2].map(() => get(`/console/rules/drafts/${draft.id}`)));
  for (const policy of nonces) expect(policy).toMatch(/style-src 'self' 'nonce-[^']+';/);
  expect(new Set(nonces).size).toBe(2);
  for (const path of ["/console/rules", "/console/rules/drafts", `/console/rules/drafts/${draft.id}/check`]) {
    expect(await get(path)).not.toContain("nonce");
  }
});
