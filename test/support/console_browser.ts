import type { BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { Fetch } from "../../src/console/api_client.ts";
import { browserOfFile, serveApp, SIZES, type Visit, visit } from "./browser.ts";
import { migratedDatabase, type TestDatabase } from "./database.ts";
import { type TestGateway, testGateway, type TestGatewayOptions } from "./gateway.ts";

export interface Staged {
  gateway: TestGateway;
  db: TestDatabase;
  origin: string;
}

/** One gateway with its console for all tests of a file; `story` is what happened before them. Opens pages on a desk, in English. */
export function stagedConsole(
  serve: (gateway: TestGateway) => Fetch,
  story: (staged: Staged) => Promise<unknown>,
  { gateway: gatewayOptions = {}, page = {} }: { gateway?: TestGatewayOptions; page?: BrowserContextOptions } = {},
): (options?: BrowserContextOptions) => Promise<Visit> {
  const browser = browserOfFile();
  let db: TestDatabase | undefined;
  let server: ReturnType<typeof serveApp> | undefined;
  beforeAll(async () => {
    db = await migratedDatabase();
    const gateway = await testGateway({ ...gatewayOptions, db });
    server = serveApp(serve(gateway));
    await story({ gateway, db, origin: server.url });
  }, 60_000);
  afterAll(async () => {
    await server?.stop();
    await db?.close();
  });
  return async (options = {}) => {
    const visited = await visit(browser(), server!.url, {
      viewport: SIZES.desktop,
      locale: "en-GB",
      ...page,
      ...options,
    });
    onTestFinished(visited.close);
    return visited;
  };
}
