import type { Context, Next } from "hono";
import type { Env } from "../http/context.ts";
import { strangerPage, troublePage } from "./page.ts";
import { acceptedLanguages, pageLanguage } from "./words.ts";

/** Answers to people who opened a link in a message. */

/** One and the same for every token that is none; `tooMany`: somebody guesses. */
export async function strangerAnswer(c: Context<Env>, tooMany: boolean): Promise<Response> {
  const language = languageOf(c, { language: null }, []);
  if (tooMany) c.header("retry-after", "60");
  return await send(c, language, strangerPage(language, tooMany), tooMany ? 429 : 404);
}

/** Tells of a failure on a page, not in JSON. */
export async function troubleOnPage(c: Context<Env>, next: Next): Promise<void> {
  await next();
  if (c.error === undefined || c.res.status < 500) return;
  const language = languageOf(c, { language: null }, []);
  c.res = await send(c, language, troublePage(language), c.res.status as 500 | 503);
}

/** Chosen on the page, else the person's own, else that of their country where it has a file, else what the browser asks for. */
export function languageOf(
  c: Context<Env>,
  { language }: { language: string | null },
  ofCountry: readonly string[],
): string {
  return pageLanguage([
    ...c.req.queries("lang")?.slice(0, 1) ?? [],
    ...(language === null ? [] : [language]),
    ...ofCountry,
    ...acceptedLanguages(c.req.header("accept-language")),
  ]);
}

/** A page that nothing keeps a copy of, and no search engine finds. */
export async function send(
  c: Context<Env>,
  language: string,
  page: ReturnType<typeof strangerPage>,
  status: 200 | 403 | 404 | 429 | 500 | 503,
): Promise<Response> {
  c.header("cache-control", "no-store");
  c.header("x-robots-tag", "noindex, nofollow");
  c.header("content-language", language);
  return await c.html(page, status);
}
