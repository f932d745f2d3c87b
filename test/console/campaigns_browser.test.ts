import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import type { Campaign } from "../../src/console/api_types.ts";
import { eventData } from "../../src/console/event_data.ts";
import { fieldsOf } from "../../src/console/form.ts";
import { campaignOf, formOfCampaign } from "../../src/console/pages/campaigns/form.ts";
import { filterText } from "../../src/console/pages/contacts/filter_words.ts";
import { addAudience } from "../support/audience.ts";
import { accessibilityFaults, keepPicture, SIZES } from "../support/browser.ts";
import { consoleFetch, staff } from "../support/console.ts";
import { stagedConsole } from "../support/console_browser.ts";
import { type TestGateway } from "../support/gateway.ts";

/** Campaigns in a real Chromium: written with a live preview, started, watched, paused, resumed, and what came of them. */

const SALE = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !";
const HOSTILE = "<img src=x onerror=alert(1)>";
const PEOPLE = 12;

let gateway: TestGateway;
let viewer = staff("compliance");

const opened = stagedConsole((started) => consoleFetch(started, () => viewer), async (staged) => {
  ({ gateway } = staged);
  await addAudience(staged.db, {
    count: PEOPLE,
    now: gateway.clock.now(),
    name: (index) => index === 0 ? HOSTILE : `Client ${index}`,
    number: (index) => `+336120001${String(index).padStart(2, "0")}`,
    consents: (index) => index < PEOPLE - 2,
    list: "lst_club",
  });
}, { page: { reducedMotion: "reduce" } });
const tile = (page: Page, label: string) =>
  page.locator("#preview .tile").filter({ hasText: label }).locator(".figure");

async function looksWell(page: Page, name: string, colorScheme: "light" | "dark"): Promise<void> {
  await page.emulateMedia({ colorScheme });
  expect([name, await accessibilityFaults(page)]).toEqual([name, []]);
  await keepPicture(page, `campaigns-${name}`);
  await page.setViewportSize({ width: 320, height: 600 });
  expect([name, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([name, 320]);
  await page.setViewportSize(SIZES.desktop);
}

/** What the processes of a gateway do by themselves. */
async function work(advanceMs = 0): Promise<void> {
  gateway.clock.advance(advanceMs);
  for (let turn = 0; turn < 3; turn++) {
    await gateway.campaigns.tick();
    await gateway.dispatcher.tick();
  }
}

/** Opens the question behind a step, and answers it. */
async function take(page: Page, label: string): Promise<void> {
  await page.locator("summary", { hasText: `${label}…` }).click();
  await page.getByRole("button", { name: label, exact: true }).click();
}

test("a campaign is written with its preview beside it, started, paused, resumed and watched to its end", async () => {
  const { page, complaints } = await opened();
  await page.goto("/console/campaigns");
  await page.getByRole("link", { name: "Write a campaign" }).click();
  await page.getByLabel("Sender").selectOption("36105");
  await page.getByLabel("Text").fill(`{name|Bonjour} ! ${SALE}`);
  // As one writes, with nothing stored.
  await tile(page, "Recipients").filter({ hasText: /^12$/ }).waitFor();
  expect(await tile(page, "Would be sent").innerText()).toBe("10");
  expect(await tile(page, "Get nothing").innerText()).toBe("2");
  expect(await page.locator("#preview").innerText()).toContain("No consent");
  expect(await page.locator("#preview .bubble").first().innerText()).toContain(`${HOSTILE} ! Soldes`);
  expect(await page.locator("#preview img").count()).toBe(0);
  expect(await page.evaluate("document.activeElement.id")).toBe("text");
  await looksWell(page, "compose", "light");
  await page.getByLabel("Text").fill("{name");
  await page.locator("#preview .notice.warn").waitFor();
  await page.getByLabel("Text").fill(`{name|Bonjour} ! ${SALE}`);
  await page.getByText("When, limits").click();
  await page.getByLabel("Messages a second").fill("1");
  await page.getByLabel("Hours at the recipient").fill("mon-fri 13:00-18:00");
  await tile(page, "Would wait").filter({ hasText: /^10$/ }).waitFor();
  await page.getByLabel("Hours at the recipient").fill("mon-fri 09:00-18:00");
  await tile(page, "Would be sent").filter({ hasText: /^10$/ }).waitFor();
  expect((await gateway.call("GET", "/v1/campaigns")).body.data).toEqual([]);
  await page.getByLabel("Name", { exact: true }).fill("Winter <b>sale</b>");
  await page.getByRole("button", { name: "Save the draft" }).click();
  await page.getByRole("heading", { level: 1, name: "Winter <b>sale</b>" }).waitFor();

  await page.getByRole("button", { name: "Preview the whole audience" }).click();
  await tile(page, "Recipients").filter({ hasText: /^12$/ }).waitFor();
  await take(page, "Start");
  await page.waitForURL(/told=start/);
  await work();
  await work(3_000);
  const sent = page.getByText(/^[3-6] of 12 messages are through$/);
  await sent.waitFor();

  await take(page, "Pause");
  await page.waitForURL(/told=pause/);
  expect(await page.getByText("Paused by hand").count()).toBe(1);
  await work(3_000);
  await looksWell(page, "paused", "dark");
  await take(page, "Resume");
  await page.waitForURL(/told=resume/);
  // One who got it leaves.
  await gateway.mo("+33612000100", "36105", "STOP");
  await work(60_000);
  await work(2_000);
  // Without a reload: the state, the numbers and the results.
  await page.getByText("12 of 12 messages are through").waitFor();
  await page.locator(".badge", { hasText: "Done" }).waitFor();
  await page.getByRole("region", { name: "By hour, country and carrier" }).waitFor();
  const results = await page.locator("#results").innerText();
  expect(results).toMatch(/10\s*Handed over/);
  expect(results).toMatch(/1\s*Opted out/);
  expect(results).toContain("No consent");
  await looksWell(page, "done", "light");
  await page.getByRole("link", { name: "Its messages" }).click();
  await page.getByLabel("Status").selectOption("refused");
  await page.getByRole("button", { name: "Filter" }).click();
  expect(await page.getByRole("row").count()).toBe(3);
  expect(complaints).toEqual([]);
});

test("without scripts a campaign is previewed on the page, saved, changed and deleted; who may not start it cannot", async () => {
  viewer = staff("agent");
  const { page } = await opened({ javaScriptEnabled: false, locale: "fr-FR" });
  await page.goto("/console/campaigns/new");
  await page.getByLabel("Nom", { exact: true }).fill("Soldes");
  await page.getByLabel("Émetteur").selectOption("36105");
  await page.getByLabel("Texte").fill(SALE);
  await page.getByLabel("lst_club").first().check();
  await page.getByRole("button", { name: "Aperçu" }).click();
  // Without the one who left.
  expect(await tile(page, "Destinataires").innerText()).toBe("11");
  expect(await page.getByLabel("lst_club").first().isChecked()).toBe(true);
  await page.getByRole("button", { name: "Enregistrer le brouillon" }).click();
  await page.getByRole("heading", { level: 1, name: "Soldes" }).waitFor();
  expect(await page.getByText("Lancer…").count()).toBe(0);
  await page.getByRole("link", { name: "Modifier" }).click();
  await page.getByLabel("Texte").fill("{name");
  await page.getByRole("button", { name: "Enregistrer le brouillon" }).click();
  await page.locator("#text-error").waitFor();
  await page.getByLabel("Texte").fill(`${SALE} Vite !`);
  await page.getByRole("button", { name: "Enregistrer le brouillon" }).click();
  await page.getByText(`${SALE} Vite !`).waitFor();
  const { body } = await gateway.call("GET", "/v1/campaigns?state=draft");
  expect(body.data[0].audience).toEqual({ lists: ["lst_club"], filter: {}, exclude_lists: [] });
  await take(page, "Supprimer le brouillon");
  await page.getByText("Le brouillon est supprimé.").waitFor();
  expect((await gateway.call("GET", "/v1/campaigns?state=draft")).body.data).toEqual([]);
});

test("a draft comes back from its form as it was, with what the form cannot show", () => {
  const campaign = {
    name: "Sale",
    from: "36105",
    text: "Bonjour\n{name|vous}",
    category: "commercial",
    purpose: null,
    audience: {
      lists: ["lst_a", "lst_b"],
      exclude_lists: ["lst_c"],
      filter: {
        tags: ["vip", "lyon"],
        fields: { city: "Lyon", shoe: "42" },
        created_from: "2026-01-01T00:00:00Z",
        time_zone: "Europe/Paris",
      },
    },
    scheduled_at: "2026-11-25T09:00:00.000Z",
    valid_until: "2026-07-01T08:30:00.000Z",
    sending_window: { "mon-fri": "10:00-18:00", sat: "10:00-12:00,14:00-16:00" },
    rate_per_second: 0.5,
    max_segments: 2,
    fuse: { opt_out_percent: 0, failure_percent: 25, after: 7 },
  } as unknown as Campaign;
  const back = campaignOf(fieldsOf(formOfCampaign(campaign, "Europe/Paris")), "Europe/Paris");
  const { purpose, ...rest } = campaign;
  expect(JSON.parse(JSON.stringify(back))).toEqual(rest);
  expect(purpose).toBeNull();
});

test.each([
  ["field_value=Lyon", { fields: { "": "Lyon" } }],
  ["tag=,", { tags: [] }],
  ["filter_kept={", { kept: "{" }],
])(
  "what is filled in by halves reaches the API, which refuses it, and means nobody more: %s",
  async (typed, filter) => {
    const campaign = campaignOf(fieldsOf(new URLSearchParams(`name=Sale&from=36105&text=Bonjour&${typed}`)), "UTC");
    expect(campaign).toMatchObject({ audience: { filter } });
    expect((await gateway.call("POST", "/v1/campaigns", campaign)).status).toBe(422);
  },
);

test.each(
  [
    [{}, ""],
    [{ tags: ["vip", "lyon"], fields: { city: "Lyon" }, language: "fr" }, "Tags: vip, lyon; city: Lyon; Language: fr"],
    [{ lists: ["lst_gone"], q: "+336" }, "Lists: lst_gone; Number or name: +336"],
    [{ created_from: "2026-01-01T00:00:00Z" }, "created_from: 2026-01-01T00:00:00Z"],
  ] as const,
)("a filter is said in words, and none of it is left out: %j", (filter, said) => {
  expect(filterText(filter as Campaign["audience"]["filter"], "en")).toBe(said);
});

test.each([
  [["data: a\n\nda", "ta: b\n\n"], ["a", "b"]],
  [["event: progress\ndata: a\ndata: b\nid: 1\n\n"], ["a\nb"]],
  [[": heartbeat\n\n", "data:x\n\nda"], ["x"]],
])("events are read however the network cuts them: %j", async (chunks, expected) => {
  const bytes = ReadableStream.from(chunks.map((chunk) => new TextEncoder().encode(chunk)));
  expect(await Array.fromAsync(eventData(bytes.getReader()))).toEqual(expected);
});
