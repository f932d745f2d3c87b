/** @jsxImportSource hono/jsx */
import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { Assets } from "./assets.ts";
import type { ConsoleContext, Reader, Viewer } from "./console.ts";
import { layoutWords } from "./layout_words.ts";
import { LANGUAGE_NAMES, LANGUAGES } from "./words.ts";

/** The frame around every page: navigation, who is signed in, language and theme. */

/** Places of the navigation, and the roles that have something to do there. */
const PLACES = {
  overview: { href: "/console", roles: ["admin", "compliance", "agent", "viewer"] },
  inbox: { href: "/console/inbox", roles: ["admin", "compliance", "agent", "viewer"] },
  handsets: { href: "/console/handsets", roles: ["admin", "compliance", "agent", "viewer"] },
  rules: { href: "/console/rules", roles: ["admin", "compliance", "agent", "viewer"] },
  campaigns: { href: "/console/campaigns", roles: ["admin", "compliance", "agent", "viewer"] },
  contacts: { href: "/console/contacts", roles: ["admin", "compliance", "agent", "viewer"] },
  registers: { href: "/console/registers", roles: ["admin", "compliance", "agent", "viewer"] },
  users: { href: "/console/users", roles: ["admin"] },
} as const satisfies Record<string, { href: string; roles: readonly string[] }>;
export type Place = keyof typeof PLACES;

export interface PageProps {
  title: string;
  /** Where in the navigation one is; none on pages of nobody (sign-in, errors). */
  place?: Place | undefined;
  /** Our own style sheets and scripts (ES modules) beside those of every page, by name (`assets.ts`). */
  styles?: readonly string[];
  scripts?: readonly string[];
  /** Fills the window, its parts scroll by themselves (inbox, handsets); else a page that scrolls. */
  full?: boolean;
}

/** htmx under a strict content policy: no `eval`, no style of its own; answers that refuse are shown as well. */
const HTMX = JSON.stringify({
  allowEval: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "[45]..", swap: true, error: true },
  ],
});

/** A whole page. */
export async function renderPage(c: ConsoleContext, assets: Assets, props: PageProps, content: Child) {
  const { title, styles = [], scripts = [] } = props;
  const reader = c.get("reader");
  const viewer = c.get("viewer");
  const words = layoutWords(reader.language);
  const [css, libraries, modules] = await Promise.all([
    Promise.all(["console.css", ...styles].map(assets.url)),
    Promise.all(["htmx.js", "htmx-sse.js"].map(assets.url)),
    Promise.all(["console.js", "typed.js", ...scripts].map(assets.url)),
  ]);
  return (
    <>
      {raw("<!doctype html>")}
      <html lang={reader.language} data-theme={reader.theme}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="robots" content="noindex" />
          <meta name="htmx-config" content={HTMX} />
          <title>{`${title} · Parley`}</title>
          <link rel="icon" href={await assets.url("icon.svg")} type="image/svg+xml" />
          {css.map((href) => <link rel="stylesheet" href={href} />)}
          {libraries.map((src) => <script src={src} defer></script>)}
          {modules.map((src) => <script src={src} type="module"></script>)}
        </head>
        <body class={props.full === true ? "full" : ""} data-viewer={viewer?.actor}>
          <a class="skip" href="#content">{words.skip}</a>
          <Header c={c} viewer={viewer} reader={reader} place={props.place} />
          <main id="content" tabindex={-1}>
            <div id="notices" aria-live="polite" data-unsent={words.unsent}></div>
            {content}
          </main>
        </body>
      </html>
    </>
  );
}

interface HeaderProps {
  c: ConsoleContext;
  viewer: Viewer | null;
  reader: Reader;
  place: Place | undefined;
}

function Header({ c, viewer, reader, place }: HeaderProps) {
  const words = layoutWords(reader.language);
  const places = viewer === null
    ? []
    : Object.entries(PLACES).filter(([, { roles }]) => (roles as readonly string[]).includes(viewer.role));
  return (
    <header class="top">
      <a class="brand" href="/console">Parley</a>
      {places.length === 0 ? null : (
        <nav aria-label={words.navigation}>
          <ul>
            {places.map(([name, { href }]) => (
              <li>
                <a href={href} {...(name === place ? { "aria-current": "page" } : {})}>{words[name as Place]}</a>
              </li>
            ))}
          </ul>
        </nav>
      )}
      <details class="menu">
        <summary>{viewer?.name ?? words.menu}</summary>
        <div class="menu-body">
          {viewer === null ? null : (
            <form method="post" action="/console/sign-out" class="stack">
              <a href="/console/account">{words.account}</a>
              <button type="submit" class="quiet">{words.sign_out}</button>
            </form>
          )}
          <Choices reader={reader} back={c.req.path} />
          <p>
            <a href="/docs">{words.docs}</a>
          </p>
        </div>
      </details>
    </header>
  );
}

function Choices({ reader, back }: { reader: Reader; back: string }) {
  const words = layoutWords(reader.language);
  return (
    <form method="post" action="/console/choices" class="stack">
      <input type="hidden" name="back" value={back} />
      <label for="choice-language">{words.language}</label>
      <select id="choice-language" name="language">
        {LANGUAGES.map((one) => (
          <option value={one} selected={one === reader.language} lang={one}>{LANGUAGE_NAMES[one]}</option>
        ))}
      </select>
      <label for="choice-theme">{words.theme}</label>
      <select id="choice-theme" name="theme">
        {(["auto", "light", "dark"] as const).map((one) => (
          <option value={one} selected={one === reader.theme}>{words.themes[one]}</option>
        ))}
      </select>
      <button type="submit" class="quiet">{words.apply}</button>
    </form>
  );
}
