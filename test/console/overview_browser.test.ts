import type { BrowserContextOptions, Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import {
  accessibilityFaults,
  browserOfFile,
  keepPicture,
  serveApp,
  SIZES,
  smallTargets,
  visit,
} from "../support/browser.ts";
import { consoleFetch, staff } from "../support/console.ts";
import { INFO, type TestGateway, testGateway } from "../support/gateway.ts";

/** The home of the console, in a real browser. */

const FR = "+33612000001";

async function story(g: TestGateway) {
  for (let hour = 0; hour < 6; hour++) {
    for (let n = 0; n <= hour; n++) {
      await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: `${INFO} ${n}` });
    }
    await g.call("POST", "/v1/messages", { to: "+447700900123", from: "36105", text: INFO });
    await g.dispatcher.tick();
    g.clock.advance(3_600_000);
  }
  await g.db.client.batch([
    `update messages set status = 'undelivered', error_code = 'absent_subscriber'
      where id = (select max(id) from messages where status = 'delivered')`,
    `insert into message_events (message_id, at, status) select id, created_at, status from messages where status = 'undelivered'`,
    {
      sql: "update carriers set opened_at = ?, probe_at = ? where id = 'sandbox'",
      args: [g.clock.now(), g.clock.now() + 86_400_000],
    },
  ]);
  await g.mo(FR, "36105", "Bonjour");
  await g.mo(FR, "36105", "STOP");
  for (let tick = 0; tick < 3; tick++) {
    g.clock.advance(1_000);
    await g.dispatcher.tick();
  }
}

const browser = browserOfFile();

test("the overview of a new gateway says what to do first, and of one that works what became of messages", async () => {
  const g = await testGateway({ clock: "2026-11-24T08:00:00Z" });
  const served = serveApp(consoleFetch(g, () => staff("admin")));
  onTestFinished(() => served.stop());
  const open = (options: BrowserContextOptions) => visit(browser(), served.url, { timezoneId: "UTC", ...options });

  const first = await open({ viewport: SIZES.desktop });
  await first.page.goto("/console");
  expect(await first.page.locator(".steps a").allTextContents()).toHaveLength(4);
  expect(await accessibilityFaults(first.page)).toEqual([]);
  expect(first.complaints).toEqual([]);
  await first.close();
  await story(g);

  const looks = [
    ["light", "Overview", { viewport: SIZES.desktop, colorScheme: "light", locale: "en-GB" }],
    ["dark-phone", "Vue d’ensemble", { viewport: SIZES.phone, colorScheme: "dark", locale: "fr-FR" }],
  ] as const;
  for (const [look, title, options] of looks) {
    const { page, complaints, close } = await open(options);
    await page.goto("/console");
    expect(await page.locator("h1").textContent()).toBe(title);
    await page.locator("[data-chart=outbound] canvas").waitFor();
    expect(await page.locator(".legend strong").first().textContent()).toBe("20");
    expect(await pixelsOf(page, "delivered"), look).toBeGreaterThan(100);
    expect(await page.locator(".attention a").first().getAttribute("href")).toBe("/console/overview/carriers");
    expect(await page.locator("#now .tile").count()).toBe(6);
    await page.locator("#outbound-numbers").evaluate(OPEN);
    expect(await page.locator("#outbound-numbers tbody tr").count()).toBe(15);
    await keepPicture(page, `overview-${look}`);
    expect(await accessibilityFaults(page)).toEqual([]);
    expect(await smallTargets(page)).toEqual([]);
    expect(complaints).toEqual([]);
    // Tables scroll inside their own box.
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await page.evaluate("document.documentElement.scrollWidth"), look).toBe(320);
    await close();
  }

  const live = await open({ viewport: SIZES.desktop, timezoneId: "Europe/Paris" });
  await live.page.clock.install();
  await live.page.goto("/console");
  // The zone is known from the second page on.
  await live.page.getByRole("link", { name: "7 days" }).click();
  await live.page.locator("[aria-current=page]", { hasText: "7 days" }).waitFor();
  expect(await live.page.locator("#outbound-numbers tbody tr").count()).toBe(7);
  const waiting = live.page.locator(".tile", { hasText: "Waiting now" }).locator(".figure");
  expect(await waiting.textContent()).toBe("1");
  await g.call("POST", "/v1/messages", { to: "+33612000002", from: "36105", text: INFO });
  await live.page.clock.runFor(16_000);
  await waiting.filter({ hasText: "2" }).waitFor();
  expect(live.complaints).toEqual([]);
  await live.close();

  // Each problem leads to where it is settled.
  await g.db.client.execute(
    "update messages set status = 'unknown', text = '<b>Bonjour</b>' where status = 'undelivered'",
  );
  const desk = await open({ viewport: SIZES.desktop });
  await desk.page.goto("/console");
  await desk.page.locator(".attention a", { hasText: "whether they left" }).click();
  expect(await desk.page.locator(".said").textContent()).toBe("<b>Bonjour</b>");
  expect(await accessibilityFaults(desk.page)).toEqual([]);
  await desk.page.getByLabel("What became of it").selectOption("delivered");
  await desk.page.getByLabel("How you found out").fill("Asked the carrier");
  await desk.page.getByRole("button", { name: "Settle" }).click();
  await desk.page.getByText("Every outcome is known").waitFor();
  await desk.page.goto("/console/overview/carriers");
  expect(await desk.page.locator("tbody .badge").textContent()).toBe("Out of service");
  expect(await accessibilityFaults(desk.page)).toEqual([]);
  await desk.page.goto("/console/overview/books");
  expect(await desk.page.locator("h1").textContent()).toBe("Books of a day");
  expect(desk.complaints).toEqual([]);
  await desk.close();

  const plain = await open({ viewport: SIZES.desktop, javaScriptEnabled: false });
  await plain.page.goto("/console");
  expect(await plain.page.locator(".chart").first().isVisible()).toBe(false);
  await plain.page.locator("section summary").first().click();
  expect(await plain.page.locator("#outbound-numbers").isVisible()).toBe(true);
  await plain.close();
});

// What runs inside the page is written as text: it is checked against the browser's names, which this project does not know.
const OPEN = "(table) => table.closest('details').open = true";
const pixelsOf = (page: Page, name: string): Promise<number> =>
  page.evaluate(`(() => {
    const canvas = document.querySelector("[data-chart=outbound] canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colour = getComputedStyle(document.querySelector(".swatch.${name}")).backgroundColor;
    const [r, g, b] = colour.match(/\\d+/g).map(Number);
    let pixels = 0;
    for (let at = 0; at < data.length; at += 4) pixels += data[at] === r && data[at + 1] === g && data[at + 2] === b;
    return pixels;
  })()`);
