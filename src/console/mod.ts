import { Hono } from "hono";
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { matchedRoutes } from "hono/route";
import { NONCE, secureHeaders } from "hono/secure-headers";
import type { Log } from "../gateway/gateway.ts";
import { apiClient, ApiProblem, type Fetch } from "./api_client.ts";
import { assets } from "./assets.ts";
import { type Console, type ConsoleEnv, viewerOf } from "./console.ts";
import { renderPage } from "./layout.tsx";
import { accountRoutes } from "./pages/access/account.tsx";
import { usersRoutes } from "./pages/access/users.tsx";
import { campaignPages } from "./pages/campaigns/mod.ts";
import { choiceRoutes } from "./pages/choices.ts";
import { contactPages } from "./pages/contacts/mod.ts";
import { handsetRoutes } from "./pages/handsets/handsets.tsx";
import { cannedRoutes } from "./pages/inbox/canned.tsx";
import { inboxRoutes } from "./pages/inbox/inbox.tsx";
import { liveStreamRoutes } from "./pages/live.ts";
import { messagePageRoutes } from "./pages/messages/message.tsx";
import { overviewRoutes } from "./pages/overview/overview.tsx";
import { problemRoutes } from "./pages/overview/problems.tsx";
import { registerRoutes } from "./pages/registers/mod.ts";
import { rulesRoutes } from "./pages/rules/mod.ts";
import { problemPage } from "./problem_page.tsx";
import { knowReader } from "./reader.ts";
import { ownFormsOnly } from "./same_origin.ts";

/** Where the console is. */
export const CONSOLE = "/console";

const KIB = 1024;
/** Forms. */
const FORM_BODY = 256 * KIB;
/** Lists of refusals and consents, and rule files: as much as the API takes, and what a form puts around it. */
const FILE_BODY = 8 * KIB * KIB + 64 * KIB;
const FILES = /^\/console\/(registers\/[a-z]+\/import|contacts\/imports\/form|rules\/drafts\/[^/]+\/file)$/;
/** Goes through to the API while it arrives, which bounds each line of it. */
const STREAMED = "/console/contacts/imports/file";

const PAGES: readonly ((console: Console) => Hono<ConsoleEnv>)[] = [
  choiceRoutes,
  campaignPages,
  liveStreamRoutes,
  // Before the inbox, of which no thread is called `canned`.
  cannedRoutes,
  inboxRoutes,
  messagePageRoutes,
  handsetRoutes,
  contactPages,
  overviewRoutes,
  problemRoutes,
  registerRoutes,
  rulesRoutes,
  usersRoutes,
  accountRoutes,
];

export interface ConsoleOptions {
  /** The public API (`src/app.ts`). */
  api: Fetch;
  /** Sets `viewer` to whom the request's session belongs, or null. */
  signIn: MiddlewareHandler<ConsoleEnv>;
  /** Pages for signing in and out. */
  entrance?: (console: Console) => Hono<ConsoleEnv>;
  /** Where people reach the console. */
  publicUrl?: string;
  now: () => number;
  log: Log;
}

/** Whether an address is one of the console's; everything else is the API's. */
export function isConsole(url: string): boolean {
  const path = url.indexOf("/", url.indexOf("//") + 2);
  return path === -1 || url.length === path + 1 || /^\/console(?:[/?#]|$)/.test(url.slice(path, path + 9));
}

/** The web console: pages over the public API for people who are signed in. */
export function createConsole({ api, signIn, entrance, publicUrl, now, log }: ConsoleOptions): Hono<ConsoleEnv> {
  const files = assets(CONSOLE);
  const shared: Console = {
    api: (c) => apiClient(api, viewerOf(c)),
    now,
    page: async (c, props, content, status = 200) => await c.html(await renderPage(c, files, props, content), status),
  };

  const pages = new Hono<ConsoleEnv>();
  pages.route("/", files.routes);
  pages.use(signIn);
  const [forms, whole] = [bodyLimit({ maxSize: FORM_BODY }), bodyLimit({ maxSize: FILE_BODY })];
  pages.use((c, next) => c.req.path === STREAMED ? next() : (FILES.test(c.req.path) ? whole : forms)(c, next));
  if (entrance !== undefined) pages.route("/", entrance(shared));
  for (const routes of PAGES) pages.route("/", routes(shared));

  const root = new Hono<ConsoleEnv>();
  root.use(headers);
  root.use(knowReader());
  root.use(ownFormsOnly(publicUrl));
  root.get("/", (c) => c.redirect(CONSOLE));
  root.route(CONSOLE, pages);
  root.notFound((c) => problemPage(c, shared, 404));
  root.onError((error, c) => {
    if (error instanceof ApiProblem) return problemPage(c, shared, error.status, error);
    if (error instanceof HTTPException) return problemPage(c, shared, error.status);
    log("error", "console.failed", {
      method: c.req.method,
      // Not the address itself: there are numbers of people and one-time links in it.
      route: matchedRoutes(c).find(({ method }) => method !== "ALL")?.path ?? "",
      error: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    });
    return problemPage(c, shared, 500);
  });
  return root;
}

/** The page of the rule editor, whose styles a script makes, and the addresses to which it answers with that page again. */
const EDITOR = /^\/console\/rules\/drafts\/[^/]+(?:\/(?:file|revert|rebase))?$/;

const strict = headersWith([]);
const withNonce = headersWith([NONCE]);
const headers: MiddlewareHandler<ConsoleEnv> = (c, next) => (EDITOR.test(c.req.path) ? withNonce : strict)(c, next);

/** Nothing from elsewhere, no script or style inside a page but those of `styles`: what a person wrote can never run. */
function headersWith(styles: (typeof NONCE)[]): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", ...styles],
      connectSrc: ["'self'"],
      imgSrc: ["'self'", "data:"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
    },
    xFrameOptions: "DENY",
    referrerPolicy: "same-origin",
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
}
