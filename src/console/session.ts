import type { Context, MiddlewareHandler } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Sessions } from "../gateway/access/sessions.ts";
import { SESSION_LIFE_MS } from "../store/access/sessions.ts";
import type { ConsoleContext, ConsoleEnv } from "./console.ts";
import { wantsPart } from "./form.ts";

/** Who is signed in: a random token in a cookie that scripts cannot read, looked up with every request. */

/** Where the console may be without signing in. */
const OPEN = /^\/console\/(sign-in|choices|welcome\/[\w-]+)$/;
/** What pages ask for by themselves, again and again: nobody need be there, so none of it keeps a session alive. */
const BY_ITSELF =
  /^\/console\/(live|inbox\/parts|handsets\/parts|overview\/now|registers\/reviews\/count|contacts\/imports\/running|campaigns\/[^/]+\/live)$/;
export const SIGN_IN = "/console/sign-in";
/** How often a stream asks whether its session still holds: as exactly as instances know it of each other. */
const STREAM_CHECK_MS = 5_000;

/** The cookie of sessions. `secure`: only ever sent over https, which its name promises to the browser as well. */
export interface SessionCookie {
  read(c: Context): string | undefined;
  write(c: Context, token: string): void;
  clear(c: Context): void;
}

/** `publicUrl`: where people reach the console; behind a proxy the request itself does not tell whether that is https. */
export function sessionCookie(publicUrl: string): SessionCookie {
  const secure = publicUrl.startsWith("https:");
  const name = secure ? "__Secure-parley_session" : "parley_session";
  const place = { path: "/console", secure, httpOnly: true, sameSite: "Lax" } as const;
  return {
    read: (c) => getCookie(c, name),
    write: (c, token) => setCookie(c, name, token, { ...place, maxAge: SESSION_LIFE_MS / 1000 }),
    clear: (c) => void deleteCookie(c, name, place),
  };
}

/** Tells pages who is signed in, and leads whoever is not to the sign-in page; streams end with their session. */
export function signedIn(
  sessions: Sessions,
  cookie: SessionCookie,
  streamCheckMs = STREAM_CHECK_MS,
): MiddlewareHandler<ConsoleEnv> {
  return async function signedIn(c, next) {
    const token = cookie.read(c);
    const session = token === undefined ? null : await sessions.of(token, !BY_ITSELF.test(c.req.path));
    if (session !== null) {
      const { id: actor, name, role } = session.user;
      c.set("viewer", { actor, name, role });
      c.set("session", session.id);
    } else if (!OPEN.test(c.req.path)) {
      return toSignIn(c);
    }
    await next();
    // Somebody else may press Back at the same machine after this one signed out.
    if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store");
    if (token !== undefined && c.res.body !== null && isStream(c.res)) {
      const live = async () => await sessions.of(token, false) !== null;
      c.res = new Response(whileLive(c.res.body, live, streamCheckMs), c.res);
    }
  };
}

function isStream({ headers }: Response): boolean {
  return headers.get("content-type")?.startsWith("text/event-stream") === true;
}

/** Pages lead back to where they were asked for; a part of a page makes the browser leave, and a stream does not come again. */
function toSignIn(c: ConsoleContext): Response {
  if (wantsPart(c)) {
    const page = URL.parse(c.req.header("hx-current-url") ?? "");
    return c.body(null, 401, { "hx-redirect": signInFor(page === null ? "" : page.pathname + page.search) });
  }
  if (c.req.header("accept") === "text/event-stream") return c.body(null, 401);
  if (c.req.method !== "GET" && c.req.method !== "HEAD") {
    // Back to the form, which gets back what was typed (`typed.js`).
    const page = URL.parse(c.req.header("referer") ?? "");
    return c.redirect(signInFor(page === null ? "" : page.pathname + page.search), 303);
  }
  const { pathname, search } = new URL(c.req.url);
  return c.redirect(signInFor(pathname + search), 303);
}

function signInFor(path: string): string {
  return path === "" || path === "/console" ? SIGN_IN : `${SIGN_IN}?${new URLSearchParams({ next: path })}`;
}

/** Passes on what comes until `live` says no, or until the reader is gone. */
function whileLive(
  source: ReadableStream<Uint8Array>,
  live: () => Promise<boolean>,
  checkMs: number,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let timer: ReturnType<typeof setInterval> | undefined;
  return new ReadableStream<Uint8Array>({
    start(controller) {
      timer = setInterval(async () => {
        // While the database cannot be asked, nothing is known: nothing new is shown either.
        if (await live().catch(() => false)) return;
        clearInterval(timer);
        await reader.cancel().catch(() => {});
        try {
          controller.close();
        } catch {
          // The reader was faster.
        }
      }, checkMs);
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(value);
      clearInterval(timer);
      try {
        controller.close();
      } catch {
        // The check was faster.
      }
    },
    async cancel(reason) {
      clearInterval(timer);
      await reader.cancel(reason);
    },
  });
}
