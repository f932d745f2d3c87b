import { describe, expect, onTestFinished, test } from "vitest";
import type { BrowserContextOptions, Page } from "playwright-core";
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
import { consent, PROMO, type TestGateway, testGateway } from "../support/gateway.ts";

/** The inbox in a real Chromium, as agents work in it. */

const browser = browserOfFile();

const FR = "+33639980100";
const OTHER = "+33639980101";
const DESK: BrowserContextOptions = {
  viewport: { width: 1440, height: 900 },
  locale: "en-GB",
  timezoneId: "Europe/Paris",
};
/** The longest that a message may take from its answer to an open inbox. */
const LIVE_WITHIN_MS = 1_000;

/** A gateway with a console for each of `names`, who are agents. */
async function desks(names: string[]): Promise<{ g: TestGateway; origins: string[] }> {
  const g = await testGateway();
  const origins = names.map((name) => {
    const { url, stop } = serveApp(consoleFetch(g, () => staff("agent", `usr_${name.toLowerCase()}`, name)));
    onTestFinished(() => {
      g.api.live.stop();
      return stop();
    });
    return url;
  });
  return { g, origins };
}

async function opened(origin: string, options = DESK) {
  const visited = await visit(browser(), origin, options);
  onTestFinished(visited.close);
  return visited;
}

const PATIENT = { timeout: 10_000 };

const live = (page: Page) => page.locator("[data-live=on]").waitFor();
const threads = (page: Page) => page.locator("#thread-list .who");
const outcome = (page: Page) => page.locator("#verdict").getAttribute("data-outcome");

test("two agents: what a handset writes appears at once, is answered, and a STOP stops what is being typed", async () => {
  const { g, origins } = await desks(["Ana", "Bo"]);
  await consent(g, FR);
  const [ana, bo] = await Promise.all(origins.map((origin) => opened(origin)));
  await Promise.all([ana!, bo!].map(async ({ page }) => {
    await page.goto("/console/inbox");
    await page.getByText("No conversation yet").waitFor();
    await live(page);
  }));

  // Other test files take their share of the machine: the fastest tells.
  const took: number[] = [];
  const appears = async (say: () => Promise<unknown>, seen: () => Promise<unknown>[]) => {
    await say();
    const from = performance.now();
    await Promise.all(seen());
    took.push(performance.now() - from);
  };
  const says = (text: string, person = FR) => async () => {
    g.clock.advance(1_000);
    await g.mo(person, "36105", text);
  };
  await appears(says("Bonjour, vous ouvrez demain ?"), () => [
    ana!.page.locator("#thread-list .unread").waitFor(),
    bo!.page.locator("#thread-list .unread").waitFor(),
  ]);

  // With the keyboard: to the thread, into it, to the reply.
  await ana!.page.keyboard.press("j");
  await ana!.page.keyboard.press("Enter");
  await ana!.page.waitForURL(/inbox\/cnv_/);
  await live(ana!.page);
  // What one has seen is read for the other as well.
  await bo!.page.locator("#thread-list li:not(.unread)").waitFor();
  await ana!.page.keyboard.press("r");
  await ana!.page.keyboard.type("Oui, dès ");
  const field = ana!.page.locator("#text");
  await expect.poll(() => outcome(ana!.page), PATIENT).toBe("queued");

  // More comes while she types: nothing that she typed, nor where, is lost.
  await appears(says("Et dimanche ?"), () => [ana!.page.locator("#messages").getByText("Et dimanche").waitFor()]);
  await appears(says("Hello", OTHER), () => [ana!.page.locator("#thread-list li").nth(1).waitFor()]);
  expect(await threads(ana!.page).allInnerTexts()).toEqual([OTHER, FR]);
  await ana!.page.keyboard.type("neuf heures.");
  expect(await field.inputValue()).toBe("Oui, dès neuf heures.");
  await expect.poll(() => ana!.page.locator("#verdict").innerText(), PATIENT).toContain("1 segment, GSM-7");
  await ana!.page.keyboard.press("Control+Enter");
  await ana!.page.locator("#messages .outbound").getByText("Oui, dès neuf heures.").waitFor();
  expect(await field.inputValue()).toBe("");
  expect(await ana!.page.evaluate("document.activeElement.id")).toBe("text");
  await g.dispatcher.tick();
  await ana!.page.locator("#messages .outbound .tick").getByText("Delivered").waitFor();
  expect((await g.handset(FR)).at(-1)).toMatchObject({ text: "Oui, dès neuf heures.", from: "36105" });

  // The other one takes the thread over and notes something.
  await bo!.page.getByText(FR).click();
  await live(bo!.page);
  await bo!.page.keyboard.press("a");
  await ana!.page.locator("#assigned option[selected]", { hasText: "usr_bo" }).waitFor({ state: "attached" });
  await bo!.page.keyboard.press("n");
  await bo!.page.keyboard.type("Rang about Sunday");
  await bo!.page.getByRole("button", { name: "Add note" }).click();
  await ana!.page.locator("#notes").getByText("Rang about Sunday").waitFor();
  await ana!.page.locator("#notes").getByText("Bo,").waitFor();

  // Advertising may go, until the person says STOP.
  await field.fill(PROMO);
  await expect.poll(() => ana!.page.locator("#verdict").innerText(), PATIENT).toContain("STOP au 36105");
  expect(await ana!.page.locator("#verdict button").isEnabled()).toBe(true);
  await appears(says("STOP"), () => [
    ana!.page.locator("#thread-head").getByText("Opted out of advertising").waitFor(),
    bo!.page.locator("#standing").getByText("The person wrote it").waitFor(),
  ]);
  expect(Math.min(...took)).toBeLessThan(LIVE_WITHIN_MS);
  // What stands there already is judged anew.
  await expect.poll(() => outcome(ana!.page), PATIENT).toBe("recipient_opted_out");
  expect(await ana!.page.locator("#verdict").innerText()).toContain("The person opted out.");
  expect(await ana!.page.locator("#verdict button").isDisabled()).toBe(true);
  await keepPicture(ana!.page, "inbox-refused");
  await ana!.page.keyboard.press("Control+Enter");
  const sent = await g.call("GET", `/v1/messages?msisdn=${encodeURIComponent(FR)}&direction=outbound`);
  expect(sent.body.data.filter(({ category }: { category: string }) => category === "commercial")).toEqual([]);

  // Whoever sends before the answer came is told by the API.
  await ana!.page.evaluate(`document.querySelector("#verdict button").disabled = false`);
  await ana!.page.locator("#verdict button").click();
  await ana!.page.getByRole("alert").getByText("nothing was sent").waitFor();
  expect(await field.inputValue()).toBe(PROMO);

  // A reply for later never leaves now because its date was mistaken.
  await field.fill("À demain");
  await ana!.page.locator(".later summary").click();
  await ana!.page.locator("#at").fill("2025-11-24T10:00");
  await ana!.page.locator("#verdict").getByText("This time has passed").waitFor();
  await ana!.page.evaluate(`document.querySelector("#verdict button").disabled = false`);
  await ana!.page.locator("#verdict button").click();
  await ana!.page.getByRole("alert").getByText("This time has passed").waitFor();
  expect(await ana!.page.locator("#at").inputValue()).toBe("2025-11-24T10:00");
  expect(await ana!.page.locator("#messages").getByText("À demain").count()).toBe(0);
  expect([...ana!.complaints, ...bo!.complaints]).toEqual([]);

  // Without the gateway nothing seems sent, and nothing typed is lost.
  await ana!.page.locator("#at").fill("");
  await ana!.page.route("**/reply", (route) => route.abort());
  await expect.poll(() => outcome(ana!.page), PATIENT).toBe("queued");
  await field.press("Control+Enter");
  await ana!.page.getByText("The gateway cannot be reached.").waitFor();
  expect(await field.inputValue()).toBe("À demain");
  await ana!.page.unroute("**/reply");
  await field.press("Control+Enter");
  await ana!.page.locator("#messages .outbound").getByText("À demain").waitFor();
  expect(await ana!.page.getByText("The gateway cannot be reached.").count()).toBe(0);
});

test("a reply that is half typed waits in its thread while one looks into another, until it is sent or one signs out", async () => {
  const { g, origins } = await desks(["Ana"]);
  await g.mo(FR, "36105", "Bonjour, où est mon colis ?");
  await g.mo(OTHER, "36105", "Merci");
  const { page } = await opened(origins[0]!);
  await page.goto("/console/inbox");
  const field = page.locator("#text");
  const open = async (words: string) => {
    await page.locator("#thread-list").getByText(words).click();
    await page.locator("#messages .inbound").getByText(words).waitFor();
    await live(page);
  };
  await open("Bonjour");
  await field.fill("Il arrive de");
  await open("Merci");
  expect(await field.inputValue()).toBe("");
  await field.fill("Avec plaisir");
  await open("Bonjour");
  expect(await field.inputValue()).toBe("Il arrive de");
  await expect.poll(() => outcome(page), PATIENT).toBe("queued");
  await field.fill("Il arrive demain");
  await field.press("Control+Enter");
  await page.locator("#messages .outbound").getByText("Il arrive demain").waitFor();
  await page.reload();
  await live(page);
  expect(await field.inputValue()).toBe("");
  await open("Merci");
  expect(await field.inputValue()).toBe("Avec plaisir");
  const drafts = () =>
    page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('parley_draft')).length");
  expect(await drafts()).toBe(1);
  await page.locator(".menu summary").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForLoadState();
  await expect.poll(drafts).toBe(0);
});

test("a reply that was sent is not sent again by its draft, and one for later keeps its time", async () => {
  const { g, origins } = await desks(["Ana"]);
  await g.mo(FR, "36105", "Bonjour, où est mon colis ?");
  const { page } = await opened(origins[0]!);
  await page.goto("/console/inbox");
  await page.locator("#thread-list a").click();
  await live(page);
  const field = page.locator("#text");
  await field.fill("Il arrive demain");
  await expect.poll(() => outcome(page), PATIENT).toBe("queued");
  const answered = Promise.withResolvers<void>();
  await page.route("**/reply", async (route) => {
    await route.fetch();
    answered.resolve();
  });
  await field.press("Control+Enter");
  await answered.promise;
  // Gone before the answer has come.
  const thread = page.url();
  await page.goto("/console/inbox");
  await page.unroute("**/reply");
  await page.goto(thread);
  await live(page);
  expect(await field.inputValue()).toBe("Il arrive demain");
  await expect.poll(() => outcome(page), PATIENT).toBe("queued");
  await field.press("Control+Enter");
  await expect.poll(() => field.inputValue(), PATIENT).toBe("");
  expect(await page.locator("#messages .outbound").count()).toBe(1);

  await page.locator("details.later summary").click();
  await page.locator("#at").fill("2099-01-05T10:00");
  await field.fill("Je vous rappelle");
  await page.reload();
  await live(page);
  expect([await field.inputValue(), await page.locator("#at").inputValue()]).toEqual([
    "Je vous rappelle",
    "2099-01-05T10:00",
  ]);
  expect(await page.locator("#at").isVisible()).toBe(true);
});

const HOSTILE = [
  `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`,
  `"><svg onload=alert(1)> {{constructor}} </textarea></li></ol><form action=https://evil.example>`,
  "\u202Eevil \u202E\u2066 gnp.exe",
  "😀".repeat(2_500),
];

test("whatever a person or a colleague writes stays text, and what it says stays in its place", async () => {
  const { g, origins } = await desks(["Ana"]);
  await g.call("POST", "/v1/contacts", { msisdn: FR, name: HOSTILE[0]!.slice(0, 99) });
  await g.call("POST", "/v1/canned_replies", { title: `<b>${"x".repeat(60)}`, language: "en", text: HOSTILE[0] });
  for (const text of HOSTILE) await g.mo(FR, "36105", text);
  const { data } = (await g.call("GET", "/v1/conversations")).body;
  await g.call("POST", `/v1/conversations/${data[0].id}/notes`, { text: HOSTILE[1] });
  const { page, complaints } = await opened(origins[0]!);
  await page.goto(`/console/inbox/${data[0].id}`);
  await live(page);
  expect(await page.locator("#messages .said").allTextContents()).toEqual(HOSTILE);
  // The same again as it arrives while the page is open.
  for (const text of HOSTILE) await g.mo(OTHER, "36105", text);
  for (const text of HOSTILE.slice(0, 2)) await g.mo(FR, "36105", `${text} again`);
  await expect.poll(() => page.locator("#messages .said").count(), PATIENT).toBe(6);
  expect(await page.locator("#notes .said").allTextContents()).toEqual([HOSTILE[1]]);
  expect(await page.title()).toContain("Inbox");
  expect(await page.locator("#messages :is(img, svg, script), #notes form, .threads :is(img, script)").count()).toBe(0);
  expect(await tooWide(page, 320)).toEqual([]);
  expect(complaints).toEqual([]);
});

describe.each(
  [
    { language: "en", size: "phone", theme: "light" },
    { language: "fr", size: "desktop", theme: "dark" },
  ] as const,
)("$language, $size, $theme", ({ language, size, theme }) => {
  test("list, thread, person, canned replies and one message are usable by everybody", async () => {
    const { g, origins } = await desks(["Ana"]);
    await g.call("POST", "/v1/contacts", { msisdn: FR, name: "Camille" });
    await g.call("POST", "/v1/canned_replies", { title: "Hours", language: "fr", text: "Bonjour {name}, dès 9 h." });
    await g.mo(FR, "36105", "Bonjour");
    await g.mo(OTHER, "36105", "STOP");
    const { page, complaints } = await opened(origins[0]!, {
      viewport: SIZES[size],
      isMobile: size === "phone",
      hasTouch: size === "phone",
      locale: language,
      colorScheme: theme,
      timezoneId: "Europe/Paris",
    });
    const check = async (name: string) => {
      expect([name, await accessibilityFaults(page)]).toEqual([name, []]);
      expect([name, await smallTargets(page)]).toEqual([name, []]);
      await keepPicture(page, `${name}-${language}-${size}-${theme}`);
    };
    await page.goto("/console/inbox");
    await live(page);
    expect(await page.locator("html").getAttribute("lang")).toBe(language);
    await check("inbox");
    await page.getByText("Camille").click();
    await live(page);
    await check("thread");
    expect(await page.locator("#thread-list").isVisible()).toBe(size === "desktop");
    await page.locator("#text").fill("Soldes : -50% sur tout le magasin !");
    await page.locator("#verdict[data-outcome=consent_missing]").waitFor();
    await check("thread-refused");
    await page.locator("#text").fill("");
    // A question that another one overtakes is called off, which browsers count as an error.
    await page.locator('#verdict[data-outcome=""]').waitFor();
    await page.locator("#open-canned").click();
    await check("canned-dialog");
    await page.locator("#canned [data-text]").click();
    expect(await page.locator("#text").inputValue()).toBe("Bonjour Camille, dès 9 h.");
    await page.locator("#verdict[data-outcome=queued]").waitFor();
    if (size === "phone") {
      await page.locator(".to-person").click();
      await check("person");
      await page.locator(".person .back").click();
    }
    await page.locator("#messages a").last().click();
    await page.waitForURL(/console\/messages\//);
    await check("message");
    await page.goto("/console/inbox/canned");
    await check("canned");
    expect(complaints).toEqual([]);
  });
});

test("without scripts a reply, a note and an assignment go through forms; a viewer only reads", async () => {
  const { g, origins } = await desks(["Ana"]);
  await g.mo(FR, "36105", "Bonjour");
  const { page } = await opened(origins[0]!, { ...DESK, javaScriptEnabled: false });
  await page.goto("/console/inbox?q=bonjour&show=unread");
  await g.dispatcher.tick();
  await page.reload();
  await page.getByText(FR).click();
  await page.getByRole("button", { name: "Mark as read" }).click();
  await page.locator("#text").fill("Soldes : -50% sur tout le magasin !");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("nothing was sent").waitFor();
  expect(await page.locator("#text").inputValue()).toContain("Soldes");
  await page.locator("#text").fill("Rendez-vous demain à 9 h.");
  await page.locator(".later summary").click();
  await page.locator("#at").fill("2026-11-25T10:00");
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator("#messages").getByText("scheduled").waitFor();
  const { data } = (await g.call("GET", `/v1/messages?msisdn=${encodeURIComponent(FR)}`)).body;
  // Scripts tell the zone; without them it is UTC.
  expect(data[0]).toMatchObject({ status: "held", scheduled_at: "2026-11-25T10:00:00.000Z" });
  await page.getByRole("button", { name: "Cancel it" }).click();
  await page.locator("#messages").getByText("Canceled").waitFor();
  await page.locator("#note").fill("Asked about tomorrow");
  await page.getByRole("button", { name: "Add note" }).click();
  await page.locator("#notes").getByText("Asked about tomorrow").waitFor();
  await page.getByRole("button", { name: "Assign to me" }).click();
  await page.locator("#assigned option[selected]", { hasText: "Me" }).waitFor({ state: "attached" });

  const { url, stop } = serveApp(consoleFetch(g, () => staff("viewer")));
  onTestFinished(stop);
  const viewer = await opened(url);
  await viewer.page.goto(new URL(page.url()).pathname);
  await viewer.page.locator("#messages").getByText("Bonjour").waitFor();
  expect(
    await viewer.page.locator("main form:not([method=get]):not([method=dialog])").count(),
  ).toBe(0);
});
