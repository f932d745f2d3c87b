import type { Context } from "hono";
import { html } from "hono/html";
import type { Settings } from "../gateway/settings.ts";
import { auditedRefusal, suppress } from "../store/suppressions.ts";
import { findByToken, type LinkedMessage } from "../store/unsubscribe.ts";
import { type Api, type Env, router } from "./context.ts";
import { acceptedLanguages, pageLanguage, UNSUBSCRIBE_WORDS, type UnsubscribeWords } from "./unsubscribe_words.ts";

const STYLE = `:root { color-scheme: light dark; font: 1.125rem/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 34rem; padding: 2rem 1.25rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
button { font: inherit; font-weight: 600; width: 100%; min-height: 3rem; border: 0; border-radius: .5rem;
  background: #0b57d0; color: #fff; cursor: pointer; }
button:focus-visible { outline: 3px solid currentColor; outline-offset: 3px; }
`;

/**
 * The page that the link in an advertisement opens. The token (`link_tokens.ts`) is the authority: no login, no number
 * shown or asked for. Opening it changes nothing, because mail scanners and previews open links too; the button posts.
 */
export function unsubscribeRoutes({ deps }: Api) {
  const routes = router();
  const linkedBy = async (token: string) =>
    deps.tokens.genuine(token) ? await findByToken(deps.db.client, token) : null;

  routes.get(
    "/u/style.css",
    (c) => c.body(STYLE, 200, { "content-type": "text/css; charset=utf-8", "cache-control": "public, max-age=86400" }),
  );

  routes.get("/u/:token", async (c) => {
    const message = await linkedBy(c.req.param("token"));
    if (message === null) return unknownPage(c);
    const { language, words, brand, reporting } = speech(c, message, await deps.settings.current());
    return page(
      c,
      language,
      words.title,
      html`
        <h1>${words.question(brand)}</h1>
        <p>${words.explanation}</p>
        <form method="post"><button type="submit">${words.button}</button></form>
        ${reporting === null ? "" : html`<p>${words.report(reporting)}</p>`}
      `,
    );
  });

  // The body is not read, so a one-click request of RFC 8058 works as well as the form.
  routes.post("/u/:token", async (c) => {
    const message = await linkedBy(c.req.param("token"));
    if (message === null) return unknownPage(c);
    const now = deps.now();
    const suppression = {
      id: deps.newId("sup"),
      recipient: message.person,
      // What the page promises, in every country. A STOP ends more in some, where it can be sent to the sender itself.
      scope: "commercial",
      source: "link",
      message_id: message.message_id,
      created_at: now,
    } as const;
    await suppress(deps.db, auditedRefusal(suppression, "person", deps.newId), now);
    const { language, words, brand } = speech(c, message, await deps.settings.current());
    return page(
      c,
      language,
      words.done_title,
      html`
        <h1>${words.done_title}</h1>
        <p role="status">${words.done(brand)}</p>
      `,
    );
  });

  return routes;
}

/** The person's own language, else that of their country where it has a file, else what the browser asks for. */
function speech(
  c: Context<Env>,
  { person, sender, language }: LinkedMessage,
  { rulebook, senders }: Settings,
): { language: string; words: UnsubscribeWords; brand: string; reporting: string | null } {
  const { country } = rulebook.locate(person);
  const ofCountry = country !== null && rulebook.countries.includes(country)
    ? rulebook.country(country).table.languages
    : [];
  const chosen = pageLanguage([
    ...(language === null ? [] : [language]),
    ...ofCountry,
    ...acceptedLanguages(c.req.header("accept-language")),
  ]);
  return {
    language: chosen,
    words: UNSUBSCRIBE_WORDS[chosen]!,
    brand: senders.get(sender)?.brand ?? rulebook.deployment.brand,
    reporting: rulebook.country(country).table.reporting?.number ?? null,
  };
}

/** The same for a token that never was and one that was mistyped: it tells nothing. */
function unknownPage(c: Context<Env>): Response | Promise<Response> {
  const language = pageLanguage(acceptedLanguages(c.req.header("accept-language")));
  const words = UNSUBSCRIBE_WORDS[language]!;
  return page(
    c,
    language,
    words.unknown_title,
    html`
      <h1>${words.unknown_title}</h1>
      <p>${words.unknown}</p>
    `,
    404,
  );
}

function page(
  c: Context<Env>,
  language: string,
  title: string,
  content: ReturnType<typeof html>,
  status: 200 | 404 = 200,
): Response | Promise<Response> {
  c.header("cache-control", "no-store");
  c.header("x-robots-tag", "noindex, nofollow");
  c.header("content-language", language);
  return c.html(
    html`
      <!doctype html>
      <html lang="${language}">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>${title}</title>
          <link rel="stylesheet" href="/u/style.css">
        </head>
        <body>
          <main>
            ${content}
          </main>
        </body>
      </html>
    `,
    status,
  );
}
