import type { BrowserContextOptions } from "playwright-core";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  accessibilityFaults,
  browserOfFile,
  keepPicture,
  serveApp,
  SIZES,
  smallTargets,
  tooWide,
  visit,
} from "../../support/browser.ts";
import { consent, type TestGateway, testGateway } from "../../support/gateway.ts";
import { advertise } from "../../support/unsubscribe.ts";

/** The unsubscribe page in a real Chromium, as the people meet it who open the link of an advertisement. */

const browser = browserOfFile();

const SPEECHES = {
  en: {
    person: "+447400123456",
    question: "Do you want no more advertising by SMS from Parley?",
    stop: "Unsubscribe",
    stopped: "You are unsubscribed",
    resume: "Get advertising again",
    resumed: "You get advertising again",
    report: "Was this message abuse? Forward it to 7726.",
    leave: "Leave the list “Friends”",
    left: "You are no longer on the list “Friends”.",
  },
  es: {
    person: "+34612345678",
    question: "¿Quiere dejar de recibir publicidad por SMS de Parley?",
    stop: "Darme de baja",
    stopped: "Baja confirmada",
    resume: "Volver a recibir publicidad",
    resumed: "Vuelve a recibir publicidad",
    report: null,
    leave: "Salir de la lista «Friends»",
    left: "Ya no está en la lista «Friends».",
  },
} as const;

/** A served gateway with one person who got an advertisement; resolves with the address of the link. */
async function linkFor(person: string): Promise<{ gateway: TestGateway; origin: string; path: string }> {
  const gateway = await testGateway();
  const { url: origin, stop } = serveApp(gateway.app.fetch as (request: Request) => Promise<Response>);
  onTestFinished(stop);
  await consent(gateway, person);
  await gateway.call("POST", "/v1/contacts", { msisdn: person });
  const list = await gateway.call("POST", "/v1/lists", { name: "Friends" });
  await gateway.call("POST", `/v1/lists/${list.body.id}/members`, { numbers: [person] });
  return { gateway, origin, path: await advertise(gateway, person) };
}

async function opened(origin: string, options: BrowserContextOptions) {
  const visited = await visit(browser(), origin, options);
  onTestFinished(visited.close);
  return visited;
}

async function suppressed(gateway: TestGateway, person: string): Promise<number> {
  const { body } = await gateway.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(person)}`);
  return body.data.length;
}

test.each(
  [
    { language: "en", scripts: true, size: "phone" },
    { language: "en", scripts: false, size: "desktop" },
    { language: "es", scripts: false, size: "phone" },
    { language: "es", scripts: true, size: "desktop" },
  ] as const,
)("$language, scripts: $scripts, $size: leave a list, leave all, come back", async (one) => {
  const { language, scripts, size } = one;
  const words = SPEECHES[language];
  const { gateway, origin, path } = await linkFor(words.person);
  const { page, complaints } = await opened(origin, {
    viewport: SIZES[size],
    isMobile: size === "phone",
    hasTouch: size === "phone",
    javaScriptEnabled: scripts,
    locale: "de-DE",
  });
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  const heading = page.getByRole("heading", { level: 1 });
  const picture = (name: string) => keepPicture(page, `unsubscribe-${language}-${size}-${scripts}-${name}`);

  await page.goto(path);
  expect(await page.locator("html").getAttribute("lang")).toBe(language);
  expect(await heading.allInnerTexts()).toEqual([words.question]);
  if (words.report !== null) expect(await page.getByText(words.report).count()).toBe(1);
  // Nobody has to look for it: the whole button is in the first window.
  const box = (await button(words.stop).boundingBox())!;
  expect(box.y + box.height).toBeLessThan(SIZES[size].height);
  expect(await smallTargets(page)).toEqual([]);
  await picture("1-open");
  await page.reload();
  expect(await suppressed(gateway, words.person)).toBe(0);

  await button(words.leave).click();
  expect(await page.getByRole("status").innerText()).toBe(words.left);
  expect(await suppressed(gateway, words.person)).toBe(0);

  await button(words.stop).click();
  expect(await heading.innerText()).toBe(words.stopped);
  expect(await page.title()).toBe(words.stopped);
  expect(await page.getByRole("status").count()).toBe(1);
  expect(await suppressed(gateway, words.person)).toBe(1);
  await picture("2-stopped");
  // Open again later, or on another device: it tells how things stand.
  await page.goto(path);
  expect(await heading.innerText()).toBe(words.stopped);
  expect(await button(words.stop).count()).toBe(0);

  await button(words.resume).click();
  expect(await heading.innerText()).toBe(words.resumed);
  expect(await suppressed(gateway, words.person)).toBe(0);

  await page.getByRole("link", { name: "Français" }).click();
  expect(await page.locator("html").getAttribute("lang")).toBe("fr");
  expect(await suppressed(gateway, words.person)).toBe(0);
  expect(complaints).toEqual([]);
});

describe("accessibility (WCAG 2.2 AA)", () => {
  test("axe-core finds nothing on any page, in light and in dark; nothing scrolls sideways at 320 pixels", async () => {
    const { origin, path } = await linkFor(SPEECHES.en.person);
    const { page } = await opened(origin, { viewport: SIZES.phone, reducedMotion: "reduce" });
    const look = async (name: string) => {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        expect([name, colorScheme, await accessibilityFaults(page)]).toEqual([name, colorScheme, []]);
      }
      await keepPicture(page, `unsubscribe-${name}-dark`);
      expect([name, await tooWide(page, 320)]).toEqual([name, []]);
      await page.setViewportSize(SIZES.phone);
    };
    await page.goto(path);
    await look("open");
    await page.goto(`${path}?lang=de`);
    await look("open-de");
    await page.getByRole("button", { name: "Abmelden", exact: true }).click();
    await look("stopped");
    await page.goto("/u/unknown");
    await look("unknown");
    // The measures themselves: what is wrong is found, on a page without a content policy.
    await page.goto("about:blank");
    await page.setContent(
      '<img src="data:,"><a href="#" style="color: #ddd">i</a><p style="color: #ddd">pale</p><p style="width: 500px">wide</p>',
    );
    expect((await accessibilityFaults(page)).join()).toMatch(/image-alt.*color-contrast|color-contrast.*image-alt/s);
    expect(await smallTargets(page)).toHaveLength(1);
    expect((await tooWide(page, 320)).join()).toContain("500px");
  });

  test("the keyboard is enough: the button comes first, is seen to have the focus, and Enter presses it", async () => {
    const { gateway, origin, path } = await linkFor(SPEECHES.en.person);
    const { page } = await opened(origin, { viewport: SIZES.desktop });
    await page.goto(path);
    await page.keyboard.press("Tab");
    const focused = page.locator(":focus");
    expect(await focused.innerText()).toBe("Unsubscribe");
    expect(await page.evaluate("getComputedStyle(document.activeElement).outline")).toContain("solid 3px");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${origin}${path}?lang=en`);
    expect(await page.title()).toBe("You are unsubscribed");
    expect(await suppressed(gateway, SPEECHES.en.person)).toBe(1);
  });

  test("text twice as large and spaced out (1.4.4, 1.4.12) hides nothing and covers nothing", async () => {
    const { origin, path } = await linkFor(SPEECHES.es.person);
    const { page } = await opened(origin, { viewport: SIZES.phone, bypassCSP: true });
    await page.goto(path);
    await page.addStyleTag({
      content: `:root { font-size: 2.25rem } * { line-height: 1.5 !important; letter-spacing: .12em !important;
        word-spacing: .16em !important } p { margin-bottom: 2em !important }`,
    });
    expect(await tooWide(page, SIZES.phone.width)).toEqual([]);
    expect(await smallTargets(page)).toEqual([]);
  });
});

test("a form of another site cannot press the button, and the page cannot be framed", async () => {
  const { gateway, origin, path } = await linkFor(SPEECHES.en.person);
  const check = gateway.api.deps.tokens.formCheck(path.slice("/u/".length));
  const hostile = serveApp(() =>
    new Response(
      `<title>Win</title><form method="post" action="${origin}${path}"><button name="stop" value="${check}">Win</button></form>
      <iframe src="${origin}${path}"></iframe>`,
      { headers: { "content-type": "text/html" } },
    )
  );
  onTestFinished(hostile.stop);
  // Another name for this machine is another site.
  const { page } = await opened(hostile.url, {});
  await page.goto(hostile.url.replace("127.0.0.1", "localhost"));
  expect(await page.frameLocator("iframe").getByRole("button").count()).toBe(0);
  await page.getByRole("button", { name: "Win" }).click();
  await page.waitForURL(`${origin}${path}`);
  expect(await page.getByRole("alert").innerText()).toBe(
    "Nothing has been changed. Please press the button on this page.",
  );
  expect(await suppressed(gateway, SPEECHES.en.person)).toBe(0);
});
