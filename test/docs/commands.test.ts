import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DocumentedCommand, documentedCommands, matcherOf, setupOf } from "../support/documents.ts";
import { type ServedGateway, serveGateway } from "../support/served_gateway.ts";

/**
 * Commands that stand in the documentation are run as they stand, in order, against a gateway started with the task of
 * deno.json, and what they print is compared with what the document shows. Blocks are marked by the word after `sh`: `run`
 * is run, `setup` goes before every later one, `start` gives the environment of the gateway.
 */

const DOCUMENTS: { path: string; clock: string | null }[] = [
  { path: "README.md", clock: "2026-11-24T10:00:00+01:00" },
  { path: "docs/decide.md", clock: "2026-11-24T10:00:00+01:00" },
  { path: "docs/api.md", clock: "2026-11-24T10:00:00+01:00" },
  { path: "docs/contacts.md", clock: "2026-11-24T10:00:00+01:00" },
  { path: "docs/campaigns.md", clock: "2026-11-24T10:00:00+01:00" },
  { path: "docs/unsubscribe.md", clock: "2026-11-24T10:00:00+01:00" },
  { path: "docs/rules.md", clock: "2026-11-24T10:00:00+01:00" },
  { path: "docs/operations.md", clock: "2026-11-24T10:00:00+01:00" },
  { path: "docs/webhooks.md", clock: "2026-11-24T10:00:00+01:00" },
  { path: "docs/evidence.md", clock: "2026-11-24T10:00:00+01:00" },
  { path: "docs/inbox.md", clock: null },
  { path: "docs/console.md", clock: null },
  // Real carriers cannot be configured under a test clock.
  { path: "docs/carriers.md", clock: null },
];

describe.each(DOCUMENTS)("the commands of $path", ({ path, clock }) => {
  const text = Deno.readTextFileSync(path);
  const setup = setupOf(text);
  let gateway: ServedGateway;
  beforeAll(async () => {
    gateway = await serveGateway(clock === null ? {} : { PARLEY_TEST_CLOCK: clock });
  });
  afterAll(async () => {
    await gateway?.stop();
  });

  test.each(documentedCommands(text))("line $line: $title", async ({ script, expected }) => {
    await expectOutput({ script, expected }, setup, gateway);
    // A block may start several processes that each check all rules, beside other tests.
  }, 60_000);
});

test("README starts the gateway as this test does", () => {
  const start = /```sh start\n(.*)\n```/.exec(Deno.readTextFileSync("README.md"))?.[1];
  expect(start).toBe(`PARLEY_TEST_CLOCK=${DOCUMENTS[0]!.clock} deno task start`);
});

/** What is only looked at may take a moment to be there: the dispatcher works beside the request that asked for it. */
const SOON_MS = 10_000;

async function expectOutput(
  { script, expected }: Pick<DocumentedCommand, "script" | "expected">,
  setup: string,
  gateway: ServedGateway,
): Promise<void> {
  const changes = /\s(-d|-X|--data\S*|-T)\s|\bdeno\b/.test(script);
  const deadline = Date.now() + SOON_MS;
  let printed: string;
  do {
    printed = await gateway.bash(`${setup}\n${script}`);
    if (expected === null || matcherOf(expected).test(squeezed(printed))) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (!changes && Date.now() < deadline);
  expect(printed).toBe(expected);
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, "");
}
