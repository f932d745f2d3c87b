import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { importQuery } from "../../src/console/pages/contacts/import_query.ts";
import { accessibilityFaults, keepPicture, SIZES } from "../support/browser.ts";
import { consoleFetch, staff } from "../support/console.ts";
import { stagedConsole } from "../support/console_browser.ts";
import { type TestGateway } from "../support/gateway.ts";

/** Contacts, lists and their imports in a real Chromium. */

const FILE = [
  "Mobile;Nom;Ville;Note",
  "06 12 34 56 02;<script>alert(1)</script>;Lyon;x",
  '06 12 34 56 03;"=HYPERLINK(""https://x.example"")";Paris;',
  "0612345602;;Villeurbanne;",
  "12;<img src=x onerror=alert(1)>;;",
  "0612345609;Stopped;;",
].join("\r\n");
const csv = (text: string) => ({ name: "fair.csv", mimeType: "text/csv", buffer: Buffer.from(text) });

let gateway: TestGateway;

const opened = stagedConsole((started) => consoleFetch(started, () => staff("agent")), async (staged) => {
  ({ gateway } = staged);
  await gateway.mo("+33612345609", "36105", "STOP");
});
const contacts = async (query = "") => (await gateway.call("GET", `/v1/contacts?${query}`)).body.data;

async function looksWell(page: Page, name: string): Promise<void> {
  expect([name, await accessibilityFaults(page)]).toEqual([name, []]);
  await keepPicture(page, `contacts-${name}`);
  await page.setViewportSize({ width: 320, height: 600 });
  expect([name, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([name, 320]);
  await page.setViewportSize(SIZES.desktop);
}

test("a file is mapped, tried, and imported for real; what stands in it stays text", async () => {
  const { page, complaints } = await opened({ reducedMotion: "reduce" });
  await page.goto("/console/contacts/lists");
  await page.getByLabel("Name").fill("Fair 2026");
  await page.getByRole("button", { name: "Make it" }).click();
  await page.getByRole("heading", { level: 1, name: "Fair 2026" }).waitFor();

  await page.goto("/console/contacts/imports/new");
  await page.getByLabel("CSV file").setInputFiles(csv(FILE));
  await page.getByRole("heading", { name: /Say what/ }).waitFor();
  // The names of the columns tell what they may mean.
  expect(await page.getByLabel("Is: Mobile").inputValue()).toBe("number");
  expect(await page.getByLabel("Is: Nom").inputValue()).toBe("name");
  await page.getByLabel("Is: Ville").selectOption({ label: "A field called" });
  await page.getByLabel("Name of the field: Ville").fill("city");
  await page.getByLabel("Country of numbers").fill("fr");
  await page.getByLabel("Give them the tags").fill("fair, 2026");
  await page.getByLabel("Put them on the list").selectOption("Fair 2026");
  const real = page.getByRole("button", { name: "Import for real" });
  expect(await real.isDisabled()).toBe(true);
  await looksWell(page, "mapping");

  await page.getByRole("button", { name: "Dry run" }).click();
  await page.getByText("Dry run: nothing was stored").waitFor();
  const tiles = async () =>
    (await page.locator("#result .tile").allInnerTexts()).map((tile) => tile.replace(/\s+/g, " "));
  const counts = ["5 Lines", "2 New contacts", "0 Known already", "1 Twice in the file", "1 Opted out", "1 Wrong"];
  expect(await tiles()).toEqual(counts);
  expect(await page.locator("#result tbody tr").count()).toBe(3);
  expect(await contacts()).toEqual([]);
  await looksWell(page, "tried");

  await real.click();
  await page.getByText("Imported", { exact: true }).waitFor();
  expect(await tiles()).toEqual(counts);
  expect(await real.isDisabled()).toBe(true);
  expect(await contacts("field.city=Villeurbanne")).toMatchObject([
    { msisdn: "+33612345602", name: "<script>alert(1)</script>", tags: ["2026", "fair"] },
  ]);

  await page.goto("/console/contacts");
  expect(await page.getByText("<script>alert(1)</script>").count()).toBe(1);
  expect(await page.locator("table script, table img").count()).toBe(0);
  await looksWell(page, "list");
  await page.goto("/console/contacts/imports");
  expect(await page.getByRole("row").count()).toBe(3);
  expect(complaints).toEqual([]);
});

test("an import that the API refuses tells why, in place", async () => {
  const { page } = await opened({ locale: "fr-FR" });
  await page.goto("/console/contacts/imports/new");
  await page.getByLabel("Fichier CSV").setInputFiles(csv("a;b\n1;2\n"));
  await page.getByRole("button", { name: "Essai" }).click();
  await page.getByRole("alert").filter({ hasText: "number" }).waitFor();
  await page.getByLabel("Fichier CSV").setInputFiles(csv(""));
  await page.getByRole("alert").filter({ hasText: "has no header line" }).waitFor();
});

test("without scripts a file is imported by naming its columns", async () => {
  const { page } = await opened({ javaScriptEnabled: false });
  await page.goto("/console/contacts/imports/new");
  await page.getByLabel("CSV file").first().setInputFiles(csv("Tel;Wer\n+33612345650;Somebody\n"));
  await page.getByLabel("Column of the number").fill("Tel");
  await page.getByLabel("Column of the name").fill("Wer");
  await page.getByLabel("Only try it").uncheck();
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("Every line became a contact.").waitFor();
  expect(await contacts("msisdn=%2B33612345650")).toMatchObject([{ name: "Somebody" }]);
});

test("contacts are added, filtered, kept as a filter, changed, listed and deleted", async () => {
  const { page, complaints } = await opened();
  await page.goto("/console/contacts/new");
  await page.getByLabel("Number").fill("06 12 34 56 70");
  await page.getByLabel("Time zone").fill("Mars/Olympus");
  await page.getByRole("button", { name: "Save" }).click();
  await page.locator("#time_zone-error").waitFor();
  expect(await page.getByLabel("Number").inputValue()).toBe("06 12 34 56 70");
  await page.getByLabel("Time zone").fill("Europe/Paris");
  await page.getByLabel("Tags").fill("vip, lyon");
  await page.getByLabel("Field 1").fill("shoe");
  await page.getByLabel("Its value 1").fill("42");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("status").filter({ hasText: "Saved." }).waitFor();
  expect(await contacts("tag=vip")).toMatchObject([{ tags: ["lyon", "vip"], fields: { shoe: "42" } }]);
  await page.getByLabel("Its value 1").fill("43");
  await page.getByLabel("Tags").fill("vip");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(/told=changed/);
  expect(await contacts("field.shoe=43")).toMatchObject([{ tags: ["vip"] }]);

  await page.goto("/console/contacts?tag=vip");
  await page.getByLabel("Save this filter as").fill("All vips");
  await page.getByRole("button", { name: "Save filter" }).click();
  await page.getByRole("heading", { level: 1, name: "All vips" }).waitFor();
  await page.getByRole("link", { name: "+33612345670" }).click();
  await page.getByText("Delete the contact…").click();
  await page.getByRole("button", { name: "Delete the contact" }).click();
  await page.getByRole("status").filter({ hasText: "Deleted." }).waitFor();
  expect(await contacts("tag=vip")).toEqual([]);
  // Of the one form that was refused, as meant.
  expect(complaints).toEqual([expect.stringContaining("422")]);
});

test("a file of any length goes through while it arrives, and how far it is can be asked meanwhile", async () => {
  const fetch = consoleFetch(gateway, () => staff("agent"));
  const own = { "sec-fetch-site": "same-origin" };
  const lines = 12_000;
  let asked = "";
  const body = ReadableStream.from((async function* () {
    const encoder = new TextEncoder();
    yield encoder.encode(`number,note\n`);
    for (let from = 0; from < lines; from += 2_000) {
      const piece = Array.from({ length: 2_000 }, (_, n) => `+336${20_000_000 + from + n},${"x".repeat(20)}\n`).join(
        "",
      );
      yield encoder.encode(piece);
    }
    // The API has stored some of it before the rest is sent: nothing holds the file back.
    for (let tries = 0; tries < 100 && !/[1-9]\d* lines read/.test(asked); tries++) {
      asked = await (await fetch(new Request("http://localhost/console/contacts/imports/running"))).text();
    }
    yield encoder.encode("12,\n");
  })());
  const query = "column=number&is=number&as=number&dry_run=true";
  const answer = await fetch(
    new Request(`http://localhost/console/contacts/imports/file?${query}`, {
      method: "POST",
      body,
      headers: { ...own, "content-type": "text/csv" },
    }),
  );
  expect(answer.status).toBe(200);
  const [newest] = (await gateway.call("GET", "/v1/contacts/imports?limit=1")).body.data;
  expect(newest).toMatchObject({ state: "done", dry_run: true, lines: lines + 1, created: lines, invalid: 1 });
  expect(asked).toMatch(/\d lines read/);
  const forged = await fetch(
    new Request(`http://localhost/console/contacts/imports/file?${query}`, {
      method: "POST",
      body: "number\n+33612345678\n",
      headers: { "sec-fetch-site": "cross-site", "content-type": "text/csv" },
    }),
  );
  expect(forged.status).toBe(403);
});

test.each([
  [
    "column=Mobile&is=number&as=Mobile&column=Ville&is=field&as=city&column=X&is=ignore&as=X&country=fr&tag=a,+b&list=lst_1&dry_run=true",
    "number=Mobile&field.city=Ville&tag=a&tag=b&list=lst_1&country=FR&dry_run=true",
  ],
  ["column=Ville&is=field&as=", "field.Ville=Ville&dry_run=false"],
  ["number=Tel&name=&tag=&list=", "number=Tel&dry_run=false"],
])("the form %s means %s", (typed, query) => {
  expect(String(new URLSearchParams(importQuery(new URLSearchParams(typed))))).toBe(query);
});
