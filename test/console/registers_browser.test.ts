import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { accessibilityFaults, keepPicture, SIZES } from "../support/browser.ts";
import { stagedConsole } from "../support/console_browser.ts";
import { consoleFetch, staff } from "../support/console.ts";
import { consent, PROMO, type TestGateway } from "../support/gateway.ts";

/** The registers in a real Chromium, as compliance staff work with them. One gateway with a story that all tests read. */

const FR = "+33612000001";
const DOUBTFUL = ["+33612000002", "+33612000003", "+33612000004", "+33612000005"] as const;
const HOSTILE =
  `Je vais porter plainte <script>alert("x")</script><img src=x onerror=alert(1)> \u202e auprès de la CNIL`;
const first = staff("compliance", "usr_first", "First clerk");
const second = staff("compliance", "usr_second", "Second clerk");

let gateway: TestGateway;
let origin: string;
let viewer = first;

const opened = stagedConsole((started) => consoleFetch(started, () => viewer), async (staged) => {
  ({ gateway, origin } = staged);
  await consent(gateway, FR);
  await gateway.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO });
  await gateway.dispatcher.tick();
  await gateway.mo(FR, "36105", "Stop svp");
  // The STOP took them out of the address book; staff may put them back.
  await gateway.call("POST", "/v1/contacts", { msisdn: FR, name: "<b>Client</b>", tags: ["club"] });
  for (const person of DOUBTFUL) await gateway.mo(person, "36105", "Il faut stopper le bazar");
  await gateway.mo("+33612000009", "36105", HOSTILE);
  await gateway.call("POST", "/v1/suppressions", { recipient: "+33612000010", note: "letter of 3 March" });
});
const openReviews = async () => (await gateway.call("GET", "/v1/reviews?state=open")).body.data.length as number;

test("reviews are settled with one key each, the next one comes at once, and the count is true", async () => {
  viewer = first;
  const before = await openReviews();
  expect(before).toBe(DOUBTFUL.length + 1);
  const { page, complaints } = await opened();
  await page.goto("/console/registers/reviews");
  const left = page.locator("#left");
  const settledBefore = async (n: number) => await left.filter({ hasText: new RegExp(`^${n} `) }).waitFor();
  await settledBefore(before);
  // What a person wrote is only ever text.
  expect(await page.locator("blockquote").innerText()).toContain(HOSTILE.slice(0, 40));
  expect(await page.locator("#desk script, #desk img").count()).toBe(0);
  await page.keyboard.press("2");
  await settledBefore(before - 1);
  expect(await page.locator("blockquote").innerText()).toBe("Il faut stopper le bazar");
  // In a field a digit is a digit.
  await page.getByLabel("Note").fill("about a party, no. ");
  await page.keyboard.type("2");
  // And Enter is a line: it takes no answer.
  await page.keyboard.press("Enter");
  await page.waitForLoadState("networkidle");
  expect(await openReviews()).toBe(before - 1);
  await page.locator("h2").click();
  const person = await page.locator("article a").first().innerText();
  await page.waitForTimeout(450);
  await page.keyboard.press("1");
  await settledBefore(before - 2);
  const { body } = await gateway.call("GET", `/v1/reviews?person=${encodeURIComponent(person)}`);
  expect(body.data[0]).toMatchObject({
    settlement: "opt_out",
    settled_by: "usr_first",
    note: "about a party, no. 2\n",
  });
  // Somebody else settles one meanwhile.
  const next = (await gateway.call("GET", "/v1/reviews?state=open")).body.data[0];
  await gateway.call("POST", `/v1/reviews/${next.id}/settle`, { settlement: "not_opt_out" });
  await page.waitForTimeout(450);
  await page.keyboard.press("2");
  await page.getByRole("alert").filter({ hasText: "Somebody settled this before you." }).waitFor();
  expect(complaints.filter((line) => !line.includes("409"))).toEqual([]);
});

test("without scripts a review is settled with its button", async () => {
  viewer = first;
  const before = await openReviews();
  const { page } = await opened({ javaScriptEnabled: false, locale: "fr-FR" });
  await page.goto("/console/registers/reviews");
  await page.getByRole("button", { name: "Pas une opposition" }).click();
  await page.getByRole("status").filter({ hasText: "ce qui attendait reprend" }).waitFor();
  expect(await openReviews()).toBe(before - 1);
});

test("a suppression shows its evidence; one person asks to lift it, another approves", async () => {
  viewer = first;
  const { page, complaints } = await opened();
  await page.goto("/console/registers/suppressions");
  // As one knows the number.
  await page.getByLabel("Telephone number").fill("06 12 00 00 01");
  await page.getByRole("button", { name: "Filter" }).click();
  const row = page.getByRole("row").filter({ hasText: FR });
  expect(await row.innerText()).toContain("Stop svp");
  await row.getByRole("link", { name: "Open" }).click();
  expect(await page.locator("blockquote").innerText()).toBe("Stop svp");
  expect(await page.getByRole("link", { name: /opt_out/ }).count()).toBeGreaterThan(0);
  await page.getByLabel("Reason").fill("She asks to be put back; ticket 812");
  await page.getByLabel("What proves").fill("Signed form, archive/812.pdf");
  await page.getByRole("button", { name: "Ask for it to be lifted" }).click();
  await page.getByRole("status").filter({ hasText: "Somebody else has to approve it" }).waitFor();

  await page.goto("/console/registers/overrides");
  expect(await page.getByText("You asked for this; somebody else decides.").count()).toBe(1);
  expect(await page.getByRole("button", { name: "Approve" }).count()).toBe(0);
  viewer = second;
  await page.reload();
  // Enter in the note is a line, no decision.
  await page.getByLabel("Note").fill("Seen");
  await page.getByLabel("Note").press("Enter");
  await page.waitForLoadState("networkidle");
  expect((await gateway.call("GET", "/v1/overrides")).body.data[0].state).toBe("requested");
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("status").filter({ hasText: "the suppression is lifted" }).waitFor();
  const { body } = await gateway.call(
    "GET",
    `/v1/suppressions?recipient=${encodeURIComponent(FR)}&include_lifted=true`,
  );
  expect(body.data[0].lifted_at).not.toBeNull();
  const { data } = (await gateway.call("GET", "/v1/audit?action=override.approved")).body;
  expect(data[0].actor).toBe("usr_second");

  // What staff entered, one person lifts.
  await page.goto("/console/registers/suppressions?recipient=%2B33612000010");
  await page.getByRole("link", { name: "Open" }).click();
  await page.getByLabel("Reason").fill("entered by mistake");
  await page.getByRole("button", { name: "Lift it" }).click();
  await page.getByRole("status").filter({ hasText: "is lifted" }).waitFor();
  expect(complaints).toEqual([]);
});

test("a dossier is found by any spelling, printed, and exported as one file; an erasure says first what stays", async () => {
  viewer = second;
  const { page, complaints } = await opened();
  await page.goto("/console/registers");
  await page.getByRole("searchbox").fill("06.12.00.00.01");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: `Dossier of ${FR}` }).waitFor();
  expect(await page.getByText("<b>Client</b>").count()).toBe(1);
  expect(await page.locator("blockquote").allInnerTexts()).toContain("Stop svp");
  const pdf = await page.pdf({ format: "A4" });
  expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
  await page.emulateMedia({ media: "print" });
  expect(await page.getByRole("link", { name: "Erase" }).count()).toBe(0);
  expect(await page.getByRole("navigation", { name: "Main" }).count()).toBe(0);
  // Black on white, whoever works in the dark.
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  await page.evaluate(`document.documentElement.dataset.theme = "dark"`);
  expect(await page.evaluate(`getComputedStyle(document.querySelector("blockquote")).backgroundColor`))
    .toBe("rgb(236, 239, 240)");
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.emulateMedia({ media: "screen", colorScheme: "light" });
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export as one file" }).click(),
  ]);
  const file = JSON.parse(await Deno.readTextFile((await download.path())!));
  expect([download.suggestedFilename(), file.msisdn, file.suppressions.length]).toEqual(["person.json", FR, 1]);

  await page.getByRole("link", { name: "Erase" }).click();
  expect(await page.getByText("an opt-out holds for good").count()).toBe(1);
  await page.getByLabel("Reason").fill("Article 17 GDPR, letter of +33 6 12 00 00 01");
  await page.getByLabel("I have read").check();
  await page.getByRole("button", { name: "Erase for good" }).click();
  expect(await page.locator("#reason-error").innerText()).toContain("must not hold a number");
  await page.getByLabel("Reason").fill("Article 17 GDPR, letter of 20 November");
  await page.getByLabel("I have read").check();
  await page.getByRole("button", { name: "Erase for good" }).click();
  await page.getByText("Under way").waitFor();
  expect(page.url()).toContain("/console/registers/erasures/era_");
  expect(complaints.filter((line) => !line.includes("422"))).toEqual([]);
});

test("axe finds nothing on the registers, in light and dark, in both languages, and no page is wider than a telephone", async () => {
  viewer = staff("admin", "usr_admin", "Some admin");
  await gateway.call("POST", "/v1/webhooks", { url: "https://app.example.com/parley", description: "Shop" });
  await gateway.dispatcher.tick();
  const { body: hooks } = await gateway.call("GET", "/v1/webhooks");
  const { page, complaints } = await opened({ reducedMotion: "reduce" });
  const pages = [
    "/console/registers",
    `/console/people/${encodeURIComponent("+33612000009")}`,
    `/console/people/${encodeURIComponent("+33612000009")}/erase`,
    "/console/registers/reviews",
    "/console/registers/suppressions?include_lifted=true",
    "/console/registers/consents/new",
    "/console/registers/audit",
    "/console/registers/webhooks",
    `/console/registers/webhooks/${hooks.data[0].id}`,
  ];
  for (const [index, path] of pages.entries()) {
    // Each language and theme on half of the pages.
    const language = index % 2 === 0 ? "en" : "fr";
    await page.context().addCookies([{ name: "parley_language", value: language, url: `${origin}/console` }]);
    await page.emulateMedia({ colorScheme: index % 4 < 2 ? "light" : "dark" });
    await page.setViewportSize(SIZES.desktop);
    const answer = await page.goto(path);
    expect([path, answer?.status()]).toEqual([path, 200]);
    expect([path, await page.locator("html").getAttribute("lang")]).toEqual([path, language]);
    expect([path, await accessibilityFaults(page)]).toEqual([path, []]);
    await keepPicture(page, `registers-${path.replaceAll(/[^a-z]+/g, "-")}`);
    // Tables scroll in boxes of their own; the page itself never sideways.
    await page.setViewportSize({ width: 320, height: 600 });
    expect([path, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([path, 320]);
  }
  expect(complaints).toEqual([]);
});

test("lists are imported with a report for each line, and a file is handed out as it is", async () => {
  viewer = first;
  const { page, complaints } = await opened({ javaScriptEnabled: false });
  await page.goto("/console/registers/suppressions/import");
  await page.getByLabel("CSV file").setInputFiles({
    name: "list.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(`recipient,note\n+33612000020,"<b>bold</b>"\n12,x\n`),
  });
  await page.getByRole("button", { name: "Import" }).click();
  await page.getByText("New: 1 · Known already: 0 · Not understood: 1").waitFor();
  expect(await page.getByRole("row").nth(1).innerText()).toMatch(/^3\s+recipient/);
  await page.goto("/console/registers/suppressions");
  expect(await page.getByText("<b>bold</b>").count()).toBe(1);
  const file = await page.request.get(`${origin}/console/registers/suppressions/export`);
  expect([file.headers()["content-type"], file.headers()["content-disposition"]])
    .toEqual(["text/csv; charset=utf-8", 'attachment; filename="suppressions.csv"']);
  expect(await file.text()).toContain("+33612000020");

  await page.goto("/console/registers/consents/new");
  await page.getByLabel("Telephone number").fill("06 12 00 00 30");
  await page.getByLabel("How it was obtained").fill("paper");
  await page.getByLabel("When").fill("2026-11-20T10:00");
  await page.getByLabel("What the person read").fill("I want offers by SMS");
  await page.getByRole("button", { name: "Record" }).click();
  await page.getByText("I want offers by SMS").waitFor();
  expect((await gateway.call("GET", "/v1/consents?recipient=%2B33612000030")).body.data[0]).toMatchObject({
    granted_at: "2026-11-20T10:00:00.000Z",
    recorded_by: "usr_first",
  });
  await page.getByRole("button", { name: "Withdraw it" }).click();
  await page.getByRole("status").filter({ hasText: "Withdrawn." }).waitFor();
  expect(complaints).toEqual([]);
});

test("who may only read finds nothing to press, and no page that their role may not have", async () => {
  viewer = staff("viewer");
  const get = async (path: string, init: RequestInit = {}) =>
    await consoleFetch(gateway, () => viewer)(new Request(`http://localhost${path}`, init));
  const pressed = /<main[^]*<form method="post"/;
  for (const path of ["suppressions", "consents", "reviews", "overrides", "audit", "retention", "erasures"]) {
    const answer = await get(`/console/registers/${path}`);
    expect([path, answer.status, pressed.test(await answer.text())])
      .toEqual([path, 200, false]);
  }
  expect((await get("/console/registers/webhooks")).status).toBe(403);
  expect((await get("/console/registers/suppressions/export")).status).toBe(403);
  const forged = await get("/console/registers/suppressions", {
    method: "POST",
    body: new URLSearchParams({ recipient: FR }),
    headers: { origin: "https://elsewhere.example" },
  });
  expect(forged.status).toBe(403);
});
