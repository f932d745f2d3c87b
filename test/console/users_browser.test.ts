import type { BrowserContextOptions, Page, Route } from "playwright-core";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { withConsole } from "../../src/console/serve.ts";
import { signIn as signInWith } from "../../src/gateway/access/sign_in.ts";
import { firstStartToken } from "../../src/gateway/access/welcome.ts";
import { accessibilityFaults, keepPicture, serveApp, SIZES, smallTargets } from "../support/browser.ts";
import { stagedConsole } from "../support/console_browser.ts";
import { type TestDatabase } from "../support/database.ts";
import { consent, PROMO, type TestGateway } from "../support/gateway.ts";
import { shippedRules } from "../support/rulebook.ts";
import { FR, frenchSaturday } from "../support/rulebook_life.ts";
import { type Member, member, PASSWORD } from "../support/staff.ts";

/** Signing in, users and one's own account in a real Chromium, with real sessions. */

let db: TestDatabase;
let gateway: TestGateway;
let origin: string;

const opened = stagedConsole(
  ({ app, api }) => withConsole(app as never, api),
  (staged) => Promise.resolve({ gateway, db, origin } = staged),
  { gateway: { publicUrl: "http://127.0.0.1" } },
);
beforeEach(async () => {
  await db.client.batch(["users", "sessions", "user_links", "sign_in_failures"].map((table) => `delete from ${table}`));
  gateway.api.sessions.forget();
  gateway.logged.length = 0;
  onTestFinished(() => expect(gateway.logged.filter(({ event }) => event === "console.failed")).toEqual([]));
});

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

async function signIn(page: Page, { email }: { email: string }, password = PASSWORD, next = "/console/account") {
  await page.goto(next);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await button(page, "Sign in").click();
}

/** A browser that somebody has signed in with before. */
async function signedIn({ email }: Member, options: BrowserContextOptions = {}) {
  const one = await opened(options);
  const { deps, passwords, realClock } = gateway.api;
  const userAgent = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36";
  const session = await signInWith({ ...deps, passwords, realClock }, {
    email,
    password: PASSWORD,
    address: "127.0.0.1",
    userAgent,
  });
  if (!session.ok) throw new Error(session.code);
  const cookie = { name: "parley_session", value: session.token, domain: "127.0.0.1", path: "/console" };
  await one.page.context().addCookies([cookie]);
  return one;
}

test("from the first start to a colleague who works here", async () => {
  const token = await firstStartToken(gateway.db, gateway.api.realClock);
  const { page, complaints } = await opened();
  await page.goto("/console");
  expect(await page.getByText("Nobody has an account yet").count()).toBe(1);
  // A preview opens it before its owner does.
  await (await opened()).page.goto(`/console/welcome/${token}`);
  await page.goto(`/console/welcome/${token}`);
  await page.getByLabel("Your name").fill("Front desk");
  await page.getByLabel("E-mail address").fill("Ana@Example.com");
  await page.getByLabel("New password").fill(PASSWORD);
  await keepPicture(page, "console-welcome");
  await button(page, "Begin").click();
  await page.waitForURL("**/console");
  // No script reads the session.
  expect(await page.evaluate("document.cookie")).not.toContain("session");

  await page.getByRole("link", { name: "Users" }).click();
  expect(await page.getByText("You are the only one here").count()).toBe(1);
  await page.getByLabel("Name", { exact: true }).fill("Bea <b>Costa</b>");
  await page.getByLabel("E-mail address").fill("bea@example.com");
  await page.getByRole("radio", { name: /^Viewer/ }).check();
  await button(page, "Invite").click();
  const link = await page.getByLabel("One-time link").inputValue();
  expect(await page.getByRole("table").getByText("Bea <b>Costa</b>").count()).toBe(1);
  expect(await page.getByRole("table").getByText("Invited").count()).toBe(1);

  const bea = await opened({ locale: "fr-FR" });
  await bea.page.goto(new URL(link).pathname);
  expect(await bea.page.getByRole("heading", { level: 1 }).innerText()).toBe("Bienvenue dans Parley");
  expect(await bea.page.getByLabel("Adresse e-mail").inputValue()).toBe("bea@example.com");
  await bea.page.getByLabel("Nouveau mot de passe").fill("cheval correct agrafe");
  await button(bea.page, "Commencer").click();
  await bea.page.waitForURL("**/console");
  expect(await bea.page.locator("html").getAttribute("lang")).toBe("fr");
  expect(await bea.page.getByRole("link", { name: "Utilisateurs" }).count()).toBe(0);
  const refused = await bea.page.goto("/console/users");
  expect(refused!.status()).toBe(403);

  await page.goto("/console/users");
  expect(await page.getByRole("table").getByText("Active").count()).toBe(2);
  expect([...complaints, ...bea.complaints.filter((one) => !one.includes("403"))]).toEqual([]);
});

test("without scripts all of it works: wrong password, way back, sign out; Back shows nothing afterwards", async () => {
  const boss = await member(gateway, "admin", "Boss");
  const { page } = await opened({ javaScriptEnabled: false });
  await signIn(page, boss, "not this one at all", "/console/users");
  expect(await page.getByRole("alert").innerText()).toBe("The e-mail address or the password is not right.");
  expect(await page.getByLabel("E-mail address").inputValue()).toBe(boss.email);
  expect(await page.getByLabel("Password").inputValue()).toBe("");
  await page.getByLabel("Password").fill(PASSWORD);
  await button(page, "Sign in").click();
  await page.waitForURL("**/console/users");
  await page.locator("header summary").click();
  await button(page, "Sign out").click();
  await page.waitForURL("**/console/sign-in?told=signed_out");
  expect(await page.getByRole("status").innerText()).toBe("You are signed out.");
  await page.goBack();
  expect(await page.getByText(boss.email).count()).toBe(0);
  expect(new URL(page.url()).pathname).toBe("/console/sign-in");
});

test("a role counts at once, the last administrator stays, and whoever is disabled is out", async () => {
  const [boss, ana] = [await member(gateway, "admin", "Boss"), await member(gateway, "admin", "Ana")];
  const [{ page: theirs }, { page }] = [await signedIn(ana), await signedIn(boss)];
  await page.goto(`/console/users/${ana.id}`);
  await page.getByRole("radio", { name: /^Agent/ }).check();
  await button(page, "Change").click();
  expect(await page.getByRole("status").first().innerText()).toBe("Changed.");
  // Signed out by it, and in again with less.
  await theirs.goto("/console/users");
  expect(new URL(theirs.url()).search).toBe("?next=%2Fconsole%2Fusers");
  await signIn(theirs, ana);
  expect(await theirs.getByRole("link", { name: "Users" }).count()).toBe(0);

  await page.goto(`/console/users/${boss.id}`);
  await button(page, "Disable").click();
  expect(await page.getByRole("alert").innerText()).toContain("Nobody else could administer the console");
  await page.goto(`/console/users/${ana.id}`);
  await button(page, "Disable").click();
  expect(await page.getByText("Disabled, and signed out everywhere.").count()).toBe(1);
  await signIn(theirs, ana);
  expect(await theirs.getByRole("alert").innerText()).toBe("The e-mail address or the password is not right.");
  await button(page, "Enable").click();
  await signIn(theirs, ana);
  await theirs.waitForURL("**/console/account");
});

test("what somebody was typing when their session ended comes back, for them alone", async () => {
  const [ana, bo] = [await member(gateway, "agent", "Ana"), await member(gateway, "agent", "Bo")];
  const { page } = await signedIn(ana);
  const out = () => page.context().clearCookies({ name: "parley_session" });
  const signInHere = async ({ email }: Member) => {
    // Not `waitForURL`: two answers may lead out at once, of which the first is given up for the second.
    await expect.poll(() => page.url()).toContain("/console/sign-in?next=");
    await signIn(page, { email }, PASSWORD, page.url());
  };
  // A form that the browser sends, folded parts and choices too.
  await page.goto("/console/registers/suppressions/new");
  const refusing = "+33639980199";
  await page.getByLabel("Telephone number").fill(refusing);
  await page.getByLabel("Scope").selectOption("all");
  await page.getByLabel("Note").fill("Said so on the telephone");
  await out();
  await button(page, "Save").click();
  await signInHere(ana);
  await page.waitForURL("**/registers/suppressions/new");
  await expect.poll(() => page.getByLabel("Note").inputValue()).toBe("Said so on the telephone");
  expect(await page.getByLabel("Telephone number").inputValue()).toBe(refusing);
  expect(await page.getByLabel("Scope").inputValue()).toBe("all");
  await button(page, "Save").click();
  await page.waitForURL((url) => !url.pathname.endsWith("/new"));
  await page.goto("/console/registers/suppressions/new");
  expect(await page.getByLabel("Note").inputValue()).toBe("");

  // A reply, which asks by itself while it is typed; what it would become is asked again.
  await gateway.mo("+33639980198", "36105", "Bonjour");
  const thread = (await gateway.call("GET", "/v1/conversations")).body.data[0].id;
  for (const [who, text] of [[ana, "À demain"], [bo, ""]] as const) {
    await page.goto(`/console/inbox/${thread}`);
    await page.locator("[data-live=on]").waitFor();
    await page.locator("#text").fill("À dem");
    await page.locator("#verdict[data-outcome=queued]").waitFor();
    // What the page asks for by itself waits until the text is typed; else that could lead out before.
    const asked: Route[] = [];
    await page.route("**", (route) => void asked.push(route));
    await out();
    await page.locator("#text").fill("À demain");
    await page.unroute("**");
    for (const route of asked) await route.continue();
    await signInHere(who);
    await page.locator("[data-live=on]").waitFor();
    await expect.poll(() => page.locator("#text").inputValue()).toBe(text);
    await expect.poll(() => page.locator("#verdict").getAttribute("data-outcome")).toBe(text === "" ? "" : "queued");
  }
}, 90_000);

test("a forgotten password: an administrator's link, once; then everything before it is signed out", async () => {
  const [boss, ana] = [await member(gateway, "admin", "Boss"), await member(gateway, "agent", "Ana")];
  const { page: theirs } = await signedIn(ana);
  await theirs.goto("/console/account");
  const { page } = await signedIn(boss);
  await page.goto(`/console/users/${ana.id}`);
  await button(page, "Make a link").click();
  const path = new URL(await page.getByLabel("One-time link").inputValue()).pathname;
  const { page: elsewhere } = await opened();
  await elsewhere.goto(path);
  await elsewhere.getByLabel("New password").fill("a new long password");
  await button(elsewhere, "Save").click();
  await elsewhere.waitForURL("**/console");
  // What htmx would put into the page leads out of it.
  await theirs.evaluate("void htmx.ajax('GET', '/console/account', 'main')");
  await theirs.waitForURL("**/console/sign-in?next=%2Fconsole%2Faccount");
  await elsewhere.goto(path);
  expect(await elsewhere.getByRole("heading", { level: 1 }).innerText()).toBe("This link holds no more");
});

test("one's own account: language, theme, browsers, password", async () => {
  const ana = await member(gateway, "agent", "Ana");
  const { page: old } = await signedIn(ana);
  const { page, complaints } = await signedIn(ana);
  await page.goto("/console/account");
  expect(await page.getByRole("table").getByRole("row").count()).toBe(3);
  expect(await page.getByText("Chrome on Linux").count()).toBe(2);
  await page.getByRole("table").getByRole("button").click();
  expect(await page.getByRole("table").getByRole("row").count()).toBe(2);
  await old.goto("/console/account");
  expect(new URL(old.url()).pathname).toBe("/console/sign-in");

  const form = page.getByRole("main");
  await form.getByLabel("Language").selectOption("fr");
  await form.getByLabel("Theme").selectOption("dark");
  await form.getByLabel("Name").fill("Front desk");
  await button(page, "Save").click();
  expect(await page.getByRole("status").first().innerText()).toBe("Enregistré.");
  expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
  // Their language comes along to another browser.
  await signIn(old, ana);
  expect(await old.locator("html").getAttribute("lang")).toBe("fr");

  await page.getByLabel("Mot de passe actuel").fill("pas celui-ci");
  await page.getByLabel("Nouveau mot de passe").fill("cheval correct agrafe");
  await button(page, "Modifier le mot de passe").click();
  expect(await page.getByRole("alert").innerText()).toBe("Le mot de passe actuel n’est pas celui-ci.");
  await page.getByLabel("Mot de passe actuel").fill(PASSWORD);
  await page.getByLabel("Nouveau mot de passe").fill("cheval correct agrafe");
  await button(page, "Modifier le mot de passe").click();
  await page.waitForURL("**/console/sign-in?told=password_changed");
  expect(complaints.filter((one) => !one.includes("422"))).toEqual([]);
});

describe("another site", () => {
  test("signs nobody in or out, and frames nothing", async () => {
    const boss = await member(gateway, "admin", "Boss");
    const { page } = await signedIn(boss);
    const field = (name: string, value: string) => `<input name="${name}" value="${value}">`;
    const hostile = serveApp(() =>
      new Response(
        `<title>Win</title><form method="post" action="${origin}/console/sign-out"><button>Out</button></form>
        <form method="post" action="${origin}/console/sign-in">${field("email", boss.email)}${
          field("password", PASSWORD)
        }
        <button>In</button></form><iframe src="${origin}/console/sign-in"></iframe>`,
        { headers: { "content-type": "text/html", "referrer-policy": "no-referrer" } },
      )
    );
    onTestFinished(hostile.stop);
    // Another name for this machine is another site; another port of it the same site, and another origin.
    for (const elsewhere of [hostile.url.replace("127.0.0.1", "localhost"), hostile.url]) {
      for (const name of ["Out", "In"]) {
        await page.goto(elsewhere);
        expect(await page.frameLocator("iframe").getByRole("button").count()).toBe(0);
        const [answer] = await Promise.all([
          page.waitForResponse((one) => one.request().method() === "POST"),
          button(page, name).click(),
        ]);
        expect([elsewhere, name, answer.status()]).toEqual([elsewhere, name, 403]);
      }
    }
    await page.goto("/console/account");
    expect(await page.getByText(boss.email).count()).toBe(1);
  });
});

test("accessibility: axe finds nothing in light and dark, everything can be hit, nothing is wider than 320 pixels", async () => {
  const boss = await member(gateway, "admin", "Boss With A Rather Long Name");
  await member(gateway, "viewer", "Ana");
  await boss.call("POST", "/v1/keys", { name: "shop", role: "app" });
  const invited = await boss.call("POST", "/v1/users", { name: "Bea", email: "bea@example.com", role: "agent" });
  const { page } = await opened({ viewport: SIZES.phone, reducedMotion: "reduce" });
  const look = async (name: string) => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect([name, colorScheme, await accessibilityFaults(page)]).toEqual([name, colorScheme, []]);
      await keepPicture(page, `console-${name}-${colorScheme}`);
    }
    // The whole label of a choice can be hit, and rows keep their names apart (WCAG 2.2, 2.5.8).
    const small = (await smallTargets(page)).filter((one) => !/type="radio"|href="\/console\/users\/usr_/.test(one));
    expect([name, small]).toEqual([name, []]);
    // Tables scroll in boxes of their own, and so does what is typed.
    await page.setViewportSize({ width: 320, height: 600 });
    expect([name, await page.evaluate("document.documentElement.scrollWidth")]).toEqual([name, 320]);
    await page.setViewportSize(SIZES.phone);
  };
  await page.goto(new URL(invited.body.link.url).pathname);
  await look("invited");
  await signIn(page, boss, "wrong wrong wrong");
  await page.getByRole("alert").waitFor();
  await look("sign-in");
  await page.getByLabel("Password").fill(PASSWORD);
  await button(page, "Sign in").click();
  await page.waitForURL("**/console/account");
  await look("account");
  await page.goto("/console/users");
  await look("users");
  await page.goto(`/console/users/${boss.id}`);
  await button(page, "Make a link").click();
  await look("user");
});

test("a newcomer who is alone goes from the printed link to a rule of their own that decides the next message", {
  timeout: 90_000,
}, async () => {
  gateway.clock.set("2026-11-28T19:00:00+01:00");
  await consent(gateway, "+33612345678");
  const send = async () =>
    (await gateway.call("POST", "/v1/messages", {
      to: "+33612345678",
      from: "36105",
      text: PROMO,
      category: "commercial",
    }))
      .body;
  expect(await send()).toMatchObject({ status: "queued" });

  const { page, complaints } = await opened();
  await page.goto(`/console/welcome/${await firstStartToken(gateway.db, gateway.api.realClock)}`);
  await page.getByLabel("Your name").fill("Front desk");
  await page.getByLabel("E-mail address").fill("desk@example.com");
  await page.getByLabel("New password").fill(PASSWORD);
  await button(page, "Begin").click();
  await page.getByRole("link", { name: "Rules" }).click();
  await page.getByRole("link", { name: "France" }).click();
  await button(page, "Edit this file").click();
  const [hours, shorter] = [(await shippedRules()).sources[FR]!, await frenchSaturday("18:00")].map((text) =>
    text.split("\n")
  );
  const at = hours!.findIndex((line, index) => line !== shorter![index]);
  await page.goto(`${page.url()}&line=${at + 1}`);
  await page.locator(".cm-activeLine", { hasText: hours![at]!.trim() }).waitFor();
  for (const key of ["End", "Shift+Home", "Shift+Home", "Delete"]) await page.keyboard.press(key);
  await page.keyboard.insertText(shorter![at]!);
  // At once, before it was saved by itself.
  await page.locator(".editing").getByRole("link", { name: "Propose" }).click();
  await page.getByLabel("What changes, and why").fill("Shorter Saturdays");
  await button(page, "Propose").click();

  await page.getByText("You are alone here and no message leaves the sandbox").waitFor();
  for (const size of Object.values(SIZES)) {
    await page.setViewportSize(size);
    expect((await button(page, "Approve").boundingBox())!.y).toBeLessThan(size.height - 40);
  }
  await keepPicture(page, "rules_alone_phone");
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.setViewportSize(SIZES.desktop);
  await button(page, "Approve").click();
  await button(page, "Publish").click();
  await page.getByText("Published: this version decides now.").waitFor();
  expect(await page.getByText("no real carrier can be connected until somebody else has approved it too").count())
    .toBe(1);
  expect(await button(page, "Approve").count()).toBe(0);
  expect(await page.getByRole("link", { name: "Invite somebody who may" }).getAttribute("href")).toBe("/console/users");
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(await send()).toMatchObject({ status: "held", hold_reason: "quiet_hours" });

  const { page: theirs } = await signedIn(await member(gateway, "compliance", "Compliance"));
  await theirs.goto("/console");
  await theirs.getByRole("link", { name: "Rules in force that only who proposed them approved" }).click();
  await button(theirs, "Approve").click();
  await theirs.getByText("Compliance,").waitFor();
  expect(await theirs.getByText("no real carrier can be connected").count()).toBe(0);
  await theirs.goto("/console");
  expect(await theirs.getByText("Rules in force that only").count()).toBe(0);
  expect(complaints).toEqual([]);
});
