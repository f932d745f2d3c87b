import type { MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { acceptedLanguages } from "../api/unsubscribe/words.ts";
import type { ConsoleContext, ConsoleEnv, Reader } from "./console.ts";
import { languageFor } from "./words.ts";

/** How somebody reads: language and theme as chosen, the time zone as their browser told. No secrets, so scripts may write the zone. */

const YEAR_S = 365 * 24 * 3600;
const COOKIES = { language: "parley_language", theme: "parley_theme", zone: "parley_zone" } as const;

/** First of all, for pages that tell of errors too: nobody is signed in yet. */
export function knowReader(): MiddlewareHandler<ConsoleEnv> {
  return async function knowReader(c, next) {
    c.set("reader", readerOf(c));
    c.set("viewer", null);
    await next();
  };
}

function readerOf(c: ConsoleContext): Reader {
  const theme = getCookie(c, COOKIES.theme);
  const chosen = getCookie(c, COOKIES.language);
  return {
    language: languageFor([
      ...(chosen === undefined ? [] : [chosen]),
      ...acceptedLanguages(c.req.header("accept-language")),
    ]),
    theme: theme === "light" || theme === "dark" ? theme : "auto",
    zone: zoneOf(getCookie(c, COOKIES.zone)),
  };
}

/** Keeps what was chosen with the switches of the frame. */
export function keepChoice(c: ConsoleContext, name: "language" | "theme", value: string): void {
  setCookie(c, COOKIES[name], value, { path: "/console", maxAge: YEAR_S, sameSite: "Lax" });
}

function zoneOf(told: string | undefined): string {
  if (told === undefined || told.length > 64) return "UTC";
  try {
    return new Intl.DateTimeFormat("en", { timeZone: told }).resolvedOptions().timeZone;
  } catch {
    return "UTC";
  }
}
