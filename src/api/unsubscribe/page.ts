import { html } from "hono/html";
import type { LinkedPerson } from "../../store/unsubscribe/unsubscribe.ts";
import { UNSUBSCRIBE_WORDS, type UnsubscribeWords } from "./words.ts";

/** The unsubscribe page as HTML: made on the server, without a script, a picture or anything from another host. */

type Html = ReturnType<typeof html>;

/** What a request did, to be told first. */
export type Notice =
  | { kind: "stopped" | "resumed" | "again" }
  | { kind: "left"; list: string }
  | { kind: "withdrew"; purpose: string };

/** How somebody who left can come back. */
export type Return = { way: "page" } | { way: "start"; number: string } | { way: "contact"; contact: string };

export interface Shown {
  language: string;
  /** Of the number; tells how days are written. */
  country: string | null;
  brand: string;
  sender: string;
  /** The law of the country ends everything from the sender, and not advertising alone. */
  everything: boolean;
  /** Since when (ms) what the button does stands; null while it does not. */
  stopped_at: number | null;
  /** What is stored; null when the link is too old to show it. */
  held: LinkedPerson | null;
  /** Parts that may be ended by themselves: lists, and purposes other than the brand's own advertising. */
  parts: { lists: LinkedPerson["lists"]; purposes: string[] };
  back: Return;
  /** Number to which abuse is reported. */
  reporting: string | null;
  /** What the buttons carry (`link_tokens.ts`). */
  check: string;
  notice: Notice | null;
  now: number;
}

/** The page of somebody whose link works. */
export function personPage(shown: Shown): Html {
  const { language, notice, held, reporting, stopped_at } = shown;
  const words = wordsOf(language);
  const stopped = stopped_at !== null;
  const [title, heading] = stopped
    ? [words.stopped_title, words.stopped_title]
    : notice?.kind === "resumed"
    ? [words.resumed_title, words.resumed_title]
    : [words.title, words.question(shown.brand)];
  return frame(
    language,
    title,
    html`
      <h1>${heading}</h1>
      ${notice === null ? "" : told(notice, shown, words)} ${stopped
        ? stoppedPart(stopped_at, shown, words)
        : stopPart(shown, words)} ${partsOf(shown, words)} ${held === null
        ? html`<p>${words.too_old}</p>`
        : heldPart(held, shown, words)} ${reporting === null ? "" : html`
        <section>
          <h2>${words.report_title}</h2>
          <p>${words.report(reporting)}</p>
        </section>
      `}
    `,
  );
}

/** The same for a token that never was, one that was altered, and one whose message is gone: it tells nothing. */
export function strangerPage(language: string, tooMany: boolean): Html {
  const { unknown_title, unknown, wait } = wordsOf(language);
  return plainPage(language, unknown_title, tooMany ? wait : unknown);
}

/** When the gateway fails: a person is not told in JSON. */
export function troublePage(language: string): Html {
  const { trouble_title, trouble } = wordsOf(language);
  return plainPage(language, trouble_title, trouble);
}

function plainPage(language: string, title: string, text: string): Html {
  return frame(
    language,
    title,
    html`
      <h1>${title}</h1>
      <p>${text}</p>
    `,
  );
}

function wordsOf(language: string): UnsubscribeWords {
  return UNSUBSCRIBE_WORDS[language]!;
}

function told(notice: Notice, { brand, sender, everything }: Shown, words: UnsubscribeWords): Html {
  switch (notice.kind) {
    case "again":
      return html`<p class="notice" role="alert">${words.again}</p>`;
    case "stopped": {
      const done = everything ? words.done_everything(brand, sender) : words.done(brand);
      return html`<p class="notice" role="status">${done} ${words.close}</p>`;
    }
    case "resumed":
      return html`<p class="notice" role="status">${words.resumed(brand)}</p>`;
    case "left":
      return html`<p class="notice" role="status">${words.left(notice.list)}</p>`;
    case "withdrew":
      return html`<p class="notice" role="status">${words.withdrew(purposeOf(notice.purpose, words))}</p>`;
  }
}

function stopPart({ everything, sender, check, language }: Shown, words: UnsubscribeWords): Html {
  return html`
    <p>${everything ? words.explanation_everything(sender) : words.explanation}</p>
    ${form(language, "stop", check, words.button, "main")}
  `;
}

function stoppedPart(at: number, shown: Shown, words: UnsubscribeWords): Html {
  const { notice, brand, back, check, language } = shown;
  return html`
    ${notice?.kind === "stopped" ? "" : html`<p>${words.stopped(brand, dateOf(at, shown))}</p>`}
    <section>
      <h2>${words.resume_title}</h2>
      ${back.way === "page"
        ? html`<p>${words.resume_wording(brand)}</p>${form(language, "resume", check, words.resume_button)}`
        : html`<p>${back.way === "start" ? words.resume_start(back.number) : words.resume_contact(back.contact)}</p>`}
    </section>
  `;
}

function partsOf({ parts: { lists, purposes }, check, language }: Shown, words: UnsubscribeWords): Html | "" {
  if (lists.length + purposes.length === 0) return "";
  return html`<section>
    <h2>${words.only_title}</h2>
    ${lists.map(({ id, name }) => form(language, `leave ${id}`, check, words.leave(name)))} ${
    purposes.map((purpose) => form(language, `withdraw ${purpose}`, check, words.withdraw(purposeOf(purpose, words))))
  }
  </section>`;
}

function heldPart(held: LinkedPerson, shown: Shown, words: UnsubscribeWords): Html {
  const { person, senders, consents, lists } = held;
  return html`
    <section>
      <h2>${words.held_title}</h2>
      <dl>
          <dt>${words.number}</dt><dd>${words.ending(person.slice(-2))}</dd>
          ${senders.length === 0 ? "" : html`<dt>${words.senders}</dt>${senders.map((one) => html`<dd>${one}</dd>`)}`}
          <dt>${words.consent}</dt>
          ${consents.length === 0
            ? html`<dd>${words.no_consent}</dd>`
            : consents.map((one) =>
              html`<dd>${purposeOf(one.purpose, words)}: ${consentState(one, shown, words)}</dd>`
            )}
          ${lists.length === 0 ? "" : html`<dt>${words.lists}</dt>${lists.map(({ name }) => html`<dd>${name}</dd>`)}`}
        </dl>
    </section>
  `;
}

function consentState(
  { status, source, granted_at, expires_at }: LinkedPerson["consents"][number],
  shown: Shown,
  words: UnsubscribeWords,
): string {
  if (status === "disputed") return words.disputed;
  if (status === "withdrawn") return words.withdrawn(dateOf(granted_at, shown));
  if (expires_at !== null && expires_at <= shown.now) return words.expired(dateOf(expires_at, shown));
  // What an app calls its source is its own word; those that are usual are said in the person's language.
  const known = (words.sources as Record<string, string>)[source];
  return words.granted(dateOf(granted_at, shown), known ?? source.replaceAll("_", " "));
}

function purposeOf(purpose: string, words: UnsubscribeWords): string {
  const [kind, ...name] = purpose.split(":");
  if (kind === "partner") return words.partner(name.join(":"));
  if (kind === "informative") return words.informative(name.join(":"));
  return words.advertising;
}

/** The day in Coordinated Universal Time: which clock the person lives by is not known for every number. */
function dateOf(at: number, { language, country }: Pick<Shown, "language" | "country">): string {
  const locale = country === null ? language : `${language}-${country}`;
  return new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" }).format(at);
}

/** One button, which names what it does and carries the check: no field to fill in, and none that could be sent by accident. */
function form(language: string, act: string, check: string, label: string, look = "part"): Html {
  return html`
    <form method="post"
      action="?lang=${language}"><button class="${look}" name="${act}" value="${check}">${label}</button></form>
  `;
}

function frame(language: string, title: string, content: Html): Html {
  return html`
    <!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex, nofollow">
        <meta name="color-scheme" content="light dark">
        <title>${title}</title>
        <link rel="stylesheet" href="/u/style.css">
      </head>
      <body>
        <main>
              ${content}
            </main>
        <footer>
          <nav aria-label="${wordsOf(language).languages}">
            <ul>
                  ${Object.entries(UNSUBSCRIBE_WORDS).map(([code, { name }]) =>
                    html`<li><a href="?lang=${code}" lang="${code}" hreflang="${code}" rel="nofollow"${
                      code === language
                        ? html`
                          aria-current="true"
                        `
                        : ""
                    }>${name}</a></li>`
                  )}
                </ul>
          </nav>
        </footer>
      </body>
    </html>
  `;
}

/** Contrast of at least 4.5 for every text and 3 for every edge, in light and in dark; targets are at least 44 px high. */
export const STYLE =
  `:root { color-scheme: light dark; --paper: #fff; --ink: #1b1b1f; --quiet: #45464f; --link: #0b57d0;
  --button: #0b57d0; --on-button: #fff; --note: #e7f0ff; font: 1.125rem/1.5 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { :root { --paper: #121316; --ink: #e3e2e6; --quiet: #c6c6d0; --link: #a8c7fa;
  --button: #a8c7fa; --on-button: #062e6f; --note: #1d2b45; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); overflow-wrap: anywhere; }
main, footer { max-width: 36rem; margin: 0 auto; padding: 1.5rem 1.25rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.125rem; line-height: 1.3; margin: 2rem 0 .5rem; }
p { margin: 0 0 1rem; }
form { margin: 0 0 .75rem; }
button { font: inherit; font-weight: 600; width: 100%; min-height: 3rem; padding: .5rem 1rem; border-radius: .5rem;
  border: 2px solid var(--button); cursor: pointer; }
button.main { background: var(--button); color: var(--on-button); }
button.part { background: transparent; color: var(--link); }
.notice { background: var(--note); border-inline-start: .25rem solid var(--button); padding: .75rem 1rem; }
dl { margin: 0; }
dt { color: var(--quiet); margin-top: .5rem; }
dd { margin: 0; }
a { color: var(--link); }
button:focus-visible, a:focus-visible { outline: 3px solid var(--ink); outline-offset: 3px; }
nav ul { display: flex; flex-wrap: wrap; gap: 0 1rem; margin: 0; padding: 1rem 0 0; list-style: none;
  border-top: 1px solid var(--quiet); }
nav a { display: inline-block; min-height: 2.75rem; line-height: 2.75rem; }
nav a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none; }
`;
