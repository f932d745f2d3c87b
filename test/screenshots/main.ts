import type { BrowserContextOptions, Page } from "playwright-core";
import { accessibilityFaults, launchBrowser, SIZES } from "../support/browser.ts";
import { type caller, gatewayFolder, startGateway } from "../support/child.ts";
import { walkConsole } from "../support/console_walk.ts";
import { taskOptions } from "../support/task_options.ts";
import { type Cast, START, tellStory } from "./story.ts";

/** `deno task screenshots`: every page of the console as people see it, from a real gateway with a week behind it. */

const HELP = `Takes pictures of every page of the console, in light and dark, on a desk and on a telephone.

deno task screenshots [--readme] [--check]

  --readme  takes those of docs/images anew as well
  --check   tells what axe-core finds wrong with any page, and which are wider than their window

Starts a gateway of its own in a temporary folder. Needs Chromium (apt-get install chromium). The pictures are in
screenshots/, which is not committed.`;

const FOLDER = "screenshots";
const LOOKS: Readonly<Record<string, BrowserContextOptions>> = {
  "desk-light": { viewport: SIZES.desktop, colorScheme: "light" },
  "desk-dark": { viewport: SIZES.desktop, colorScheme: "dark" },
  "phone-light": { viewport: SIZES.phone, colorScheme: "light" },
  "phone-dark": { viewport: SIZES.phone, colorScheme: "dark" },
};

type Call = ReturnType<typeof caller>;

/** What nobody finds by following links: pages in the middle of their work. `readme`: the look in which the README shows them. */
interface Scene {
  name: string;
  path: string;
  readme: string;
  act?: (page: Page) => Promise<void>;
}

async function scenesOf(cast: Cast, call: Call): Promise<Scene[]> {
  const { body } = await call("GET", `/v1/conversations?msisdn=${encodeURIComponent(cast.left)}`);
  const open = [cast.left, cast.stranger].map((number) => `n=${encodeURIComponent(number)}`).join("&");
  return [
    { name: "overview", path: "/console?range=week", readme: "desk-light" },
    {
      name: "inbox",
      path: `/console/inbox/${body.data[0].id}`,
      readme: "desk-light",
      act: async (page) => {
        await page.locator("textarea[name=text]").first().fill("Soldes : -30% sur tout le magasin jusqu'à dimanche !");
        await page.waitForTimeout(1_500);
      },
    },
    {
      name: "handsets",
      path: `/console/handsets?${open}`,
      readme: "desk-dark",
      act: async (page) => {
        await page.evaluate(`for (const one of document.querySelectorAll("main *")) one.scrollTop = one.scrollHeight`);
      },
    },
    {
      name: "rules",
      path: "/console/rules/try",
      readme: "desk-light",
      act: async (page) => {
        await page.locator("textarea[name=text]").fill("Soldes : -50% sur tout le magasin !");
        await page.locator("input[name=at]").fill("2026-11-22T21:30");
        await page.locator("select[name=consent]").selectOption({ index: 1 });
        await page.locator("main form button[type=submit]").last().click();
        await page.waitForTimeout(1_500);
      },
    },
  ];
}
const README_WIDTH = 960;
const README_BYTES = 60_000;

const KEY = "pk_screenshots_0123456789";
const USER = { name: "Front desk", email: "desk@shop.example", password: "a long enough passphrase" };

const print = (line: string) => {
  // deno-lint-ignore no-console
  console.log(line);
};

const { readme, check } = taskOptions(
  HELP,
  {
    readme: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
  },
  0,
  ({ values }) => values,
);
await takePictures(readme, check);

async function takePictures(readme: boolean, check: boolean): Promise<void> {
  const folder = await gatewayFolder();
  const { child, url, call } = await startGateway(folder, KEY, { PARLEY_TEST_CLOCK: START });
  const browser = await launchBrowser();
  try {
    const [, welcome] = await child.printed(/Console +(\S+)/);
    print("telling the story …");
    const scenes = await scenesOf(await tellStory(call), call);
    const state = await signIn(await browser.newContext({ baseURL: url }).then((one) => one.newPage()), welcome!);
    const context = (look: string) =>
      browser.newContext({
        ...LOOKS[look],
        baseURL: url,
        storageState: state,
        locale: "en-GB",
        timezoneId: "Europe/Paris",
      });
    const reader = await context("desk-light");
    const pages = await Array.fromAsync(walkConsole(async (path) => {
      const answer = await reader.request.get(path);
      return answer.ok() && answer.headers()["content-type"]?.startsWith("text/html") ? await answer.text() : null;
    }));
    await reader.close();
    await Deno.mkdir(FOLDER, { recursive: true });
    for (const look of Object.keys(LOOKS)) {
      const here = await context(look);
      const page = await here.newPage();
      for (const { pattern, path } of pages) {
        if (!await show(page, path)) continue;
        const name = pattern.slice(1).replaceAll(/[{}]/g, "").replaceAll(/[/?=]/g, "-");
        await page.screenshot({ path: `${FOLDER}/${name}-${look}.png`, fullPage: true });
        if (check) { for (const fault of await faultsOf(page)) print(`${look} ${path}: ${fault}`); }
      }
      for (const { name, path, readme: chosen, act } of scenes) {
        await show(page, path);
        await act?.(page);
        await page.screenshot({ path: `${FOLDER}/scene-${name}-${look}.png`, fullPage: true });
        if (readme && chosen === look) await keepSmall(page, `docs/images/${name}.webp`);
      }
      await here.close();
      print(`${look}: ${pages.length} pages`);
    }
  } finally {
    await browser.close();
    child.kill("SIGTERM");
    await child.ended;
    await Deno.remove(folder, { recursive: true });
  }
}

/** Makes the first user, as somebody does who has just started a gateway. Resolves with what the browser keeps of it. */
async function signIn(page: Page, welcome: string) {
  await page.goto(welcome);
  for (const [name, value] of Object.entries(USER)) await page.locator(`[name=${name}]`).fill(value);
  await page.locator("main form button[type=submit]").click();
  await page.waitForURL(/\/console(\?.*)?$/);
  const state = await page.context().storageState();
  await page.context().close();
  return state;
}

/** False for what is no page of its own, but a part of one. */
async function show(page: Page, path: string): Promise<boolean> {
  await page.goto(path);
  if (await page.locator("body > header").count() === 0) return false;
  // Charts are drawn, and what is asked for at once has come.
  await page.waitForTimeout(400);
  return true;
}

async function faultsOf(page: Page): Promise<string[]> {
  const [width, window] = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]") as [number, number];
  return [
    ...(width > window ? [`${width} wide in a window of ${window}`] : []),
    ...(await accessibilityFaults(page)).map((fault) => fault.slice(0, 200)),
  ];
}

/** The window as a WebP, which the browser makes itself, as good as fits. */
async function keepSmall(page: Page, path: string): Promise<void> {
  const png = (await page.screenshot()).toString("base64");
  const blank = await page.context().newPage();
  for (const quality of [0.8, 0.65, 0.5, 0.35]) {
    const webp: string = await blank.evaluate(`(async () => {
      const image = new Image();
      image.src = "data:image/png;base64,${png}";
      await image.decode();
      const canvas = document.createElement("canvas");
      canvas.width = ${README_WIDTH};
      canvas.height = Math.round(image.height * ${README_WIDTH} / image.width);
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
      return canvas.toDataURL("image/webp", ${quality}).split(",")[1];
    })()`);
    const bytes = Uint8Array.fromBase64(webp);
    if (bytes.length > README_BYTES) continue;
    await Deno.mkdir("docs/images", { recursive: true });
    await Deno.writeFile(path, bytes);
    print(`${path}: ${bytes.length} bytes`);
    break;
  }
  await blank.close();
}
