import axe from "axe-core";
import { afterAll, beforeAll } from "vitest";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

/** Debian's package `chromium`, which `.ci/run` installs. */
const CHROMIUM = "/usr/bin/chromium";

/**
 * A real Chromium without a window; one is enough for a file of tests, each of which opens a context of its own. It calls nobody by
 * itself: what its background services ask for would be refused on a machine without the Internet, many times over.
 */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** One Chromium for all tests of a file. Call it while collecting, and what it returns inside tests. */
export function browserOfFile(): () => Browser {
  let browser: Browser | undefined;
  beforeAll(async () => void (browser = await launchBrowser()), 30_000);
  afterAll(() => browser?.close());
  return () => browser!;
}

/** A telephone and a desk: CSS pixels. */
export const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } } as const;

/** Serves an app on a port of this machine until `stop`. */
export function serveApp(
  fetch: (request: Request) => Response | Promise<Response>,
): { url: string; stop(): Promise<void> } {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, fetch);
  return { url: `http://127.0.0.1:${server.addr.port}`, stop: () => server.shutdown() };
}

export interface Visit {
  page: Page;
  /** What a well-made page gives no cause for: errors of scripts, refusals of the content policy, requests to anywhere else. */
  complaints: string[];
  close(): Promise<void>;
}

/** What htmx tells of a request that was on its way when its page was left. Of one that failed it tells `htmx:sendError` as well. */
const GIVEN_UP = /^htmx:(sendAbort|afterRequest)\b/;

/** Opens an empty page that may only speak to `origin`. */
export async function visit(browser: Browser, origin: string, options: BrowserContextOptions): Promise<Visit> {
  const context = await browser.newContext({ ...options, baseURL: origin });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (line) => {
    if ((line.type() === "error" || line.type() === "warning") && !GIVEN_UP.test(line.text())) {
      complaints.push(line.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) complaints.push(request.url());
  });
  return { page, complaints, close: () => context.close() };
}

// What runs inside the page is written as text: it is checked against the browser's names, which this project does not know.

/** What axe-core finds to be against WCAG 2.2 A and AA, and against good practice, as one line for each element. Needs scripts. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // Through the browser's own interface: a page's content policy would not let it in.
  await page.evaluate(axe.source);
  return await page.evaluate(`axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }).then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html)))`);
}

/** Buttons, links and fields that are smaller than WCAG 2.2 asks for (2.5.8: 24 by 24 CSS pixels). */
export async function smallTargets(page: Page): Promise<string[]> {
  return await page.evaluate(
    `[...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")].filter((one) => {
    const { width, height } = one.getBoundingClientRect();
    return one.checkVisibility({ visibilityProperty: true }) && (width < 24 || height < 24);
  }).map((one) => one.outerHTML)`,
  );
}

/** What is wider than a window of that width: WCAG 2.2, 1.4.10 allows scrolling one way only, at 320 CSS pixels. Boxes of the console that are made to scroll sideways may. */
export async function tooWide(page: Page, width: number): Promise<string[]> {
  await page.setViewportSize({ width, height: 600 });
  return await page.evaluate(`[...document.querySelectorAll("html, body *")].filter((one) =>
    one.closest("nav ul, .tabs, .scroll, pre") === null && one.checkVisibility() &&
    (one.getBoundingClientRect().right > ${width} + 0.5 || one.scrollWidth > Math.max(one.clientWidth, ${width}))
  ).map((one) => one.outerHTML.slice(0, 200))`);
}

/** Keeps a picture for people to look at, in a folder that is not committed. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  // A hidden caret would be a style inside the page, which its content policy refuses.
  await page.screenshot({ path: `screenshots/${name}.png`, fullPage: true, caret: "initial" });
}
