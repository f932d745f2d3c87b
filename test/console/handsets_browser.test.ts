import { expect, onTestFinished, test } from "vitest";
import { comingAt } from "../../src/console/pages/handsets/handsets.tsx";
import {
  accessibilityFaults,
  browserOfFile,
  keepPicture,
  serveApp,
  SIZES,
  smallTargets,
  tooWide,
  visit,
} from "../support/browser.ts";
import { consoleFetch, staff } from "../support/console.ts";
import { consent, PROMO, testGateway } from "../support/gateway.ts";

/** Handsets in a real Chromium, as a newcomer tries them. */

const browser = browserOfFile();

const FR = "+33639980100";
const US = "+12025550110";
const THIRD = "+33639980101";

async function served(role: "admin" | "agent" | "viewer") {
  const g = await testGateway();
  const { url, stop } = serveApp(consoleFetch(g, () => staff(role)));
  onTestFinished(() => {
    g.api.live.stop();
    return stop();
  });
  return { g, url };
}

test("a newcomer opens two handsets, types STOP, sees the answer and why, and lets it be Monday", async () => {
  const { g, url } = await served("admin");
  const { page, complaints, close } = await visit(browser(), url, {
    viewport: SIZES.desktop,
    locale: "en-GB",
    timezoneId: "Europe/Paris",
  });
  onTestFinished(close);
  await page.goto("/console/handsets");
  await page.getByText("No handset is open").waitFor();
  await page.getByRole("link", { name: "France" }).click();
  await page.locator(".phone").waitFor();
  await page.goto(
    `/console/handsets?n=${encodeURIComponent(FR)}&n=${encodeURIComponent(US)}&n=${encodeURIComponent(THIRD)}`,
  );
  await page.locator("[data-live=on]").waitFor();
  const phone = (number: string) => page.locator(`.phone:has(#screen-${number.slice(1)})`);
  expect(await phone(FR).locator("select").inputValue()).toBe("36105");
  expect(await phone(US).locator("select").inputValue()).toBe("+15005550006");
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(await smallTargets(page)).toEqual([]);

  // What is typed on one handset is not lost because of the other.
  await phone(US).getByLabel("Text", { exact: true }).fill("Half a sente");
  await phone(FR).getByRole("button", { name: "STOP" }).click();
  await phone(FR).locator(".typed").getByText("STOP").waitFor();
  await g.dispatcher.tick();
  await phone(FR).locator(".got").getByText("désinscription").waitFor();
  expect(await phone(US).getByLabel("Text", { exact: true }).inputValue()).toBe("Half a sente");
  await phone(US).getByLabel("Text", { exact: true }).fill("Hello <b>you</b>");
  await page.keyboard.press("Enter");
  await phone(US).locator(".typed").getByText("Hello <b>you</b>").waitFor();
  expect(await phone(US).getByLabel("Text", { exact: true }).inputValue()).toBe("");
  await keepPicture(page, "handsets");

  // A Sunday night holds advertising, Monday morning lets it go.
  await consent(g, THIRD);
  await page.getByRole("button", { name: "Sunday 22:00" }).click();
  await page.locator("#clock-time").getByText("Sunday, Nov 29, 2026, 10:00 PM").waitFor();
  const sent = await g.call("POST", "/v1/messages", { to: THIRD, from: "36105", text: PROMO });
  expect([sent.body.status, sent.body.hold_reason], sent.text).toEqual(["held", "quiet_hours"]);
  await page.getByRole("button", { name: "Monday 09:00" }).click();
  await page.locator("#clock-time").getByText("Monday, Nov 30, 2026, 9:00 AM").waitFor();
  await g.dispatcher.tick();
  await phone(THIRD).locator(".got").getByText("Soldes").waitFor();
  await page.locator(".clock summary").click();
  await page.locator("#clock-at").fill("1999-12-31T22:00");
  await page.getByRole("button", { name: "Set", exact: true }).click();
  await page.getByRole("alert").getByText("Choose a day and an hour within 31 days").waitFor();
  await page.getByRole("button", { name: "Now" }).click();
  await page.getByText("The clock went back.").waitFor();
  await page.locator("#clock-time").getByText("real time").waitFor();

  await phone(FR).locator(".got").getByRole("link", { name: "Why?" }).click();
  await page.getByRole("heading", { name: "Why this message became what it is" }).waitFor();
  expect(await accessibilityFaults(page)).toEqual([]);
  // Of the one form that was refused, as meant.
  expect(complaints).toEqual([expect.stringContaining("422")]);
});

test("on a telephone, in French, in the dark; without scripts; and for who may only look", async () => {
  const { g, url } = await served("agent");
  const at = `/console/handsets?n=${encodeURIComponent(FR)}`;
  const { page, complaints, close } = await visit(browser(), url, {
    viewport: SIZES.phone,
    isMobile: true,
    hasTouch: true,
    locale: "fr-FR",
    colorScheme: "dark",
  });
  onTestFinished(close);
  await g.mo(FR, "36105", "😀".repeat(2_500));
  await page.goto(at);
  await page.locator("[data-live=on]").waitFor();
  await page.getByRole("heading", { name: "Téléphones d’essai" }).waitFor();
  // The newest message and the place where one is are in sight.
  expect(
    await page.evaluate(`(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(
    document.querySelector(".screen"))`),
  ).toBeLessThan(2);
  expect(await page.evaluate(`document.querySelector(".top [aria-current]").getBoundingClientRect().right`))
    .toBeLessThanOrEqual(SIZES.phone.width);
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(await smallTargets(page)).toEqual([]);
  await keepPicture(page, "handsets-phone-fr-dark");
  expect(await page.getByRole("button", { name: "Lundi 09:00" }).count()).toBe(0);
  expect(await tooWide(page, 320)).toEqual([]);
  expect(complaints).toEqual([]);

  const plain = await visit(browser(), url, { javaScriptEnabled: false, locale: "en" });
  onTestFinished(plain.close);
  await plain.page.goto(at);
  await plain.page.getByLabel("Text", { exact: true }).fill("Bonjour");
  await plain.page.getByRole("button", { name: "Type" }).click();
  await plain.page.locator(".typed").getByText("Bonjour").waitFor();
  await plain.page.getByRole("button", { name: "ARRET" }).click();
  await plain.page.locator(".typed").getByText("ARRET").waitFor();

  const watching = serveApp(consoleFetch(g, () => staff("viewer")));
  onTestFinished(watching.stop);
  const viewer = await visit(browser(), watching.url, { javaScriptEnabled: false });
  onTestFinished(viewer.close);
  await viewer.page.goto(at);
  await viewer.page.locator(".typed").getByText("ARRET").waitFor();
  expect(await viewer.page.locator(".phone form").count()).toBe(0);
});

test.each(
  [
    ["sunday", "2026-11-24T09:00:00Z", "2026-11-29T21:00:00Z"],
    ["monday", "2026-11-24T09:00:00Z", "2026-11-30T08:00:00Z"],
    ["sunday", "2026-11-29T20:59:00Z", "2026-11-29T21:00:00Z"],
    ["sunday", "2026-11-29T21:01:00Z", "2026-12-06T21:00:00Z"],
    ["monday", "2026-11-29T21:01:00Z", "2026-12-07T08:00:00Z"],
  ] as const,
)("%s after %s in Paris is %s", (day, own, at) => expect(comingAt(day, own, "Europe/Paris")).toBe(at));
