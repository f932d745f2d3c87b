import { de } from "./words/de.ts";
import { en } from "./words/en.ts";
import { es } from "./words/es.ts";
import { fr } from "./words/fr.ts";
import { it } from "./words/it.ts";
import { nl } from "./words/nl.ts";
import { pt } from "./words/pt.ts";

/** Words of the unsubscribe page. Plain and short: somebody wants to be left alone. */
export interface UnsubscribeWords {
  /** The language, in itself. */
  name: string;
  languages: string;
  title: string;
  question: (brand: string) => string;
  explanation: string;
  /** Where the law ends everything from the sender. */
  explanation_everything: (sender: string) => string;
  button: string;
  /** Nothing happened: the request did not come from the page. */
  again: string;

  stopped_title: string;
  /** What has just been done. */
  done: (brand: string) => string;
  done_everything: (brand: string, sender: string) => string;
  /** What stands since a day. */
  stopped: (brand: string, date: string) => string;
  close: string;

  resume_title: string;
  /** What the person agrees to: recorded as the wording of their consent. */
  resume_wording: (brand: string) => string;
  resume_button: string;
  resume_start: (number: string) => string;
  resume_contact: (contact: string) => string;
  resumed_title: string;
  resumed: (brand: string) => string;

  held_title: string;
  number: string;
  ending: (digits: string) => string;
  senders: string;
  consent: string;
  no_consent: string;
  granted: (date: string, source: string) => string;
  expired: (date: string) => string;
  withdrawn: (date: string) => string;
  disputed: string;
  lists: string;
  /** Of consents to something else than advertising from the brand. */
  partner: (name: string) => string;
  informative: (type: string) => string;
  advertising: string;
  sources: Readonly<
    Record<
      "web_form" | "keyword" | "link" | "import" | "paper" | "phone" | "operator" | "customer_relationship",
      string
    >
  >;
  /** Links go on to stop advertising when they are too old to show anything. */
  too_old: string;

  only_title: string;
  leave: (list: string) => string;
  left: (list: string) => string;
  withdraw: (purpose: string) => string;
  withdrew: (purpose: string) => string;

  report_title: string;
  /** Where abusive messages are reported in the person's country. */
  report: (number: string) => string;

  unknown_title: string;
  unknown: string;
  wait: string;

  /** The gateway failed; what was asked for may or may not be done. */
  trouble_title: string;
  trouble: string;
}

/** In the order in which the page offers them. */
export const UNSUBSCRIBE_WORDS: Readonly<Record<string, UnsubscribeWords>> = { de, en, es, fr, it, nl, pt };

/** Languages a browser asks for, most wanted first, as two-letter codes. */
export function acceptedLanguages(header: string | undefined): string[] {
  if (header === undefined) return [];
  return header.slice(0, 500).split(",")
    .map((part) => {
      const [tag = "", ...parameters] = part.trim().split(";");
      const quality = parameters.map((one) => /^\s*q=([\d.]+)$/.exec(one)?.[1]).find((one) => one !== undefined);
      return { language: tag.slice(0, 2).toLowerCase(), quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ language }) => language);
}

/** The first of `languages` that the page speaks; English when there is none. */
export function pageLanguage(languages: readonly string[]): string {
  return languages.find((language) => Object.hasOwn(UNSUBSCRIBE_WORDS, language)) ?? "en";
}
