import { describe, expect, test } from "vitest";
import { checkRulebook } from "../../../src/rules/check.ts";
import { CHECK_NAMES, type Finding, lint } from "../../../src/rules/lint/mod.ts";
import type { Sources } from "../../../src/rules/parse.ts";
import { shippedRules } from "../../support/rulebook.ts";

const { sources: shipped } = await shippedRules();
const NOW = Date.parse("2026-11-24T12:00:00Z");

/** The shipped rules without some countries and the bulk of the signals and area codes, so that a lint takes little time. */
const SMALL: Sources = Object.fromEntries(
  Object.entries(shipped).filter(([file]) =>
    !/^numbering\/|countries\/(at|be|ca|es|gb|nl)\.yaml|phrases\/(es|it|nl|pt)/.test(file)
  ).map(
    ([file, text]) => {
      const language = /^lexicons\/signals\/(\w+)\.yaml$/.exec(file)?.[1];
      if (language === undefined || language === "und") return [file, text];
      const sign = `{ why: a sign, weight: 5, patterns: [sale ${language}] }`;
      return [file, `kind: signals\nlanguage: ${language}\nsignals:\n  - ${sign}\n`];
    },
  ),
);

const FR = "countries/fr.yaml";
const DE = "countries/de.yaml";
const KEYWORDS = "lexicons/keywords.yaml";
const HOUSE = "outbound/house.yaml";
const INBOUND = "inbound/house.yaml";

type Change = Readonly<Record<string, string | [from: string | RegExp, to: string] | null>>;

/** `SMALL` with files replaced, removed (null), or changed in one place. */
function changed(change: Change): Sources {
  const result: Record<string, string> = { ...SMALL };
  for (const [file, what] of Object.entries(change)) {
    if (what === null) delete result[file];
    else if (typeof what === "string") result[file] = what;
    else {
      const text = result[file]!;
      result[file] = text.replace(what[0], what[1]);
      expect(result[file], `${file} holds ${what[0]}`).not.toBe(text);
    }
  }
  return result;
}

const SOURCE = "{ text: our own, confidence: design, reviewed: 2026-11-22 }";
const EXAMPLES = "{ matches: [{ text: a }], does_not_match: [{ text: b }] }";

/** A rule; `conditions` and `event` as YAML in one line. */
function rule(id: string, conditions: string, event: string, more = ""): string {
  return `  - id: house.${id}\n    description: d\n    source: ${SOURCE}\n    reason: r\n${more}    conditions: ${conditions}\n` +
    `    event: ${event}\n    examples: ${EXAMPLES}\n`;
}

function house(stage: string, ...rules: string[]): string {
  return `kind: rules\nconcern: house\nstage: ${stage}\nrules:\n${rules.join("")}`;
}

function flow(word: string, reply: string): string {
  return `kind: flows\nflows:\n  - id: house.flow\n    description: d\n    source: ${SOURCE}\n    words: { fr: [${word}] }\n` +
    `    reply: { fr: ${reply} }\n    examples: ${EXAMPLES}\n`;
}

const REFUSE = "{ type: refuse, params: { code: content_refused } }";
const HOLD = "{ type: hold, params: { reason: needs_review } }";
const COMMERCIAL = "{ type: classify, params: { category: commercial } }";
const INFORMATIVE = "{ type: classify, params: { category: informative } }";
const priority = (value: number) => `    priority: ${value}\n`;
const to = (country: string) => `{ all: [{ fact: to_country, operator: equal, value: ${country} }] }`;

const priced = (country: string) =>
  `kind: deployment\nbrand: A\ncontact: a@example.com\nprices:\n  currency: EUR\n  per_segment:\n    ${country}: 0.04\n  elsewhere: 0.09\n`;

interface Case {
  name: string;
  check: string;
  broken: Change;
  finds: { file: string; rule?: string; says: RegExp; severity: Finding["severity"]; at?: string };
  near: Change;
}

const CASES: Case[] = [
  {
    name: "an answer with a placeholder that does not exist",
    check: "unknown_placeholder",
    broken: { "replies/fr.yaml": ["SMS de {sender}. Contact", "SMS de {sendr}. Contact"] },
    finds: { file: "replies/fr.yaml", says: /nothing is filled in for \{sendr\}/, severity: "error", at: "  help:" },
    near: { "replies/fr.yaml": ["SMS de {sender}. Contact", "SMS de {brand}. Contact"] },
  },
  {
    name: "a flow that a wish to leave would win over",
    check: "flow_word",
    broken: { "flows.yaml": flow("STOP ALL", "Bien recu.") },
    finds: { file: "flows.yaml", rule: "house.flow", says: /"STOP ALL" is understood as opt_out/, severity: "error" },
    near: { "flows.yaml": flow("BONUS", "Bien recu.") },
  },
  {
    name: "a flow that answers in another language than it is started in",
    check: "flow_language",
    broken: { "flows.yaml": flow("BONUS", "Bien recu.").replace("reply: { fr", "reply: { de") },
    finds: { file: "flows.yaml", rule: "house.flow", says: /the words are in fr as well/, severity: "warning" },
    near: { "flows.yaml": flow("BONUS", "Bien recu.") },
  },
  {
    name: "a reason with a placeholder that does not exist",
    check: "unknown_placeholder",
    broken: { "outbound/4_consent.yaml": ["Advertising in {country}", "Advertising in {Country}"] },
    finds: {
      file: "outbound/4_consent.yaml",
      rule: "consent.advertising_needs_consent",
      says: /\{Country\}/,
      severity: "error",
      at: "reason: Advertising in",
    },
    near: { "outbound/4_consent.yaml": ["Advertising in {country}", "Advertising from {sender} in {country}"] },
  },
  {
    name: "a sentence on abuse with a placeholder of another one",
    check: "unknown_placeholder",
    broken: { [FR]: ["SMS abusif : {number}.", "SMS abusif ({link}) : {number}."] },
    finds: { file: FR, says: /nothing is filled in for \{link\}/, severity: "error", at: "  help: {" },
    near: { [FR]: ["SMS abusif : {number}.", "Abus : {number}."] },
  },
  {
    name: "two conditions that exclude each other",
    check: "unreachable",
    broken: {
      [HOUSE]: house(
        "permit",
        rule(
          "never",
          "{ all: [{ fact: category, operator: equal, value: commercial }, { fact: category, operator: notEqual, value: commercial }] }",
          REFUSE,
        ),
      ),
    },
    finds: {
      file: HOUSE,
      rule: "house.never",
      says: /no message can ever/,
      severity: "error",
      at: "conditions: { all",
    },
    near: {
      [HOUSE]: house(
        "permit",
        rule(
          "sometimes",
          "{ all: [{ fact: category, operator: equal, value: commercial }, { fact: consent, operator: notEqual, value: granted }] }",
          HOLD,
        ),
      ),
    },
  },
  {
    name: "numbers between which there is none",
    check: "unreachable",
    broken: {
      [HOUSE]: house(
        "release",
        rule(
          "never",
          "{ all: [{ fact: segments, operator: greaterThan, value: 2 }, { fact: segments, operator: lessThan, value: 3 }] }",
          HOLD,
        ),
      ),
    },
    finds: { file: HOUSE, rule: "house.never", says: /no message can ever/, severity: "error" },
    near: {
      [HOUSE]: house(
        "release",
        rule(
          "sometimes",
          "{ all: [{ fact: segments, operator: greaterThan, value: 2 }, { fact: segments, operator: lessThanInclusive, value: 3 }] }",
          HOLD,
        ),
      ),
    },
  },
  {
    name: "facts that are never so together",
    check: "unreachable",
    broken: {
      [INBOUND]: house(
        "respond",
        rule(
          "never",
          "{ all: [{ fact: may_return, operator: equal, value: true }, { fact: opted_out, operator: equal, value: false }] }",
          "{ type: note }",
        ),
      ),
    },
    finds: { file: INBOUND, rule: "house.never", says: /no message can ever/, severity: "error" },
    near: {
      [INBOUND]: house(
        "respond",
        rule(
          "sometimes",
          "{ all: [{ fact: may_return, operator: equal, value: false }, { fact: opted_out, operator: equal, value: true }] }",
          "{ type: note }",
        ),
      ),
    },
  },
  {
    name: "a country whose file says otherwise",
    check: "unreachable",
    broken: {
      [HOUSE]: house(
        "permit",
        rule(
          "never",
          "{ all: [{ fact: to_country, operator: equal, value: RE }, { fact: country, path: $.opt_out.scope, operator: equal, value: everything_from_sender }] }",
          HOLD,
        ),
      ),
    },
    finds: { file: HOUSE, rule: "house.never", says: /with the country files as they are/, severity: "warning" },
    near: {
      [HOUSE]: house(
        "permit",
        rule(
          "sometimes",
          "{ all: [{ fact: to_country, operator: equal, value: PR }, { fact: country, path: $.opt_out.scope, operator: equal, value: everything_from_sender }] }",
          HOLD,
        ),
      ),
    },
  },
  {
    name: "a country's own rule that speaks of another country",
    check: "unreachable",
    broken: {
      [FR]: [/\nnotes:/, `\nrules:\n${rule("german", to("DE"), HOLD, "    stage: permit\n")}\nnotes:`],
    },
    finds: { file: FR, rule: "house.german", says: /no message can ever/, severity: "error" },
    near: {
      [FR]: [/\nnotes:/, `\nrules:\n${rule("reunion", to("RE"), HOLD, "    stage: permit\n")}\nnotes:`],
    },
  },
  {
    name: "a weaker rule of the same outcome",
    check: "shadowed",
    broken: {
      [HOUSE]: house(
        "permit",
        rule("wide", "{ any: [{ fact: to_country, operator: in, value: [BR, MX] }] }", REFUSE, priority(20)),
        rule("narrow", to("BR"), "{ type: refuse, params: { code: recipient_invalid } }", priority(10)),
      ),
    },
    finds: {
      file: HOUSE,
      rule: "house.narrow",
      says: /"house\.wide".*stronger/,
      severity: "warning",
      at: "house.narrow",
    },
    near: {
      [HOUSE]: house(
        "permit",
        rule("wide", "{ any: [{ fact: to_country, operator: in, value: [BR, MX] }] }", REFUSE, priority(20)),
        rule("other", to("AR"), "{ type: refuse, params: { code: recipient_invalid } }", priority(10)),
        rule("stronger", to("BR"), "{ type: refuse, params: { code: recipient_invalid } }", priority(30)),
      ),
    },
  },
  {
    name: "rules that leave nothing over together",
    check: "shadowed",
    broken: {
      [HOUSE]: house(
        "classify",
        rule(
          "yes",
          "{ all: [{ fact: sender_serves_country, operator: equal, value: true }] }",
          COMMERCIAL,
          priority(990),
        ),
        rule(
          "no",
          "{ all: [{ fact: sender_serves_country, operator: equal, value: false }] }",
          COMMERCIAL,
          priority(980),
        ),
        rule("last", to("BR"), INFORMATIVE, priority(970)),
      ),
    },
    finds: { file: HOUSE, rule: "house.last", says: /"house\.yes".*"house\.no".*are stronger/, severity: "warning" },
    near: {
      [HOUSE]: house("classify", rule("last", to("BR"), INFORMATIVE, priority(970))),
    },
  },
  {
    name: "the same rule twice",
    check: "shadowed",
    broken: {
      [INBOUND]: house(
        "respond",
        rule("again", "{ any: [{ fact: intent, operator: in, value: [opt_out] }] }", "{ type: remove_contact }"),
      ),
    },
    finds: { file: "inbound/house.yaml", rule: "house.again", says: /says the same as "opt_out/, severity: "warning" },
    near: {
      [INBOUND]: house(
        "respond",
        rule("again", "{ any: [{ fact: intent, operator: in, value: [help] }] }", "{ type: remove_contact }"),
      ),
    },
  },
  {
    name: "a hold where a refusal always holds too",
    check: "shadowed",
    broken: {
      [HOUSE]: house(
        "release",
        rule("held", "{ all: [{ fact: sender_serves_country, operator: equal, value: false }] }", HOLD),
      ),
    },
    finds: { file: HOUSE, rule: "house.held", says: /"sender\.not_for_this_country"/, severity: "warning" },
    near: {
      [HOUSE]: house(
        "release",
        rule("held", "{ all: [{ fact: sender_serves_country, operator: equal, value: true }] }", HOLD),
      ),
    },
  },
  {
    name: "two categories for one message",
    check: "contradiction",
    broken: {
      [HOUSE]: house(
        "classify",
        rule("one", to("BR"), COMMERCIAL, priority(350)),
        rule("two", "{ all: [{ fact: sender_kind, operator: equal, value: long_code }] }", INFORMATIVE, priority(350)),
      ),
    },
    finds: {
      file: HOUSE,
      rule: "house.two",
      says: /"house\.one".*one says commercial, the other informative, both with priority 350/,
      severity: "error",
    },
    near: {
      [HOUSE]: house(
        "classify",
        rule("one", to("BR"), COMMERCIAL, priority(350)),
        rule("two", to("MX"), INFORMATIVE, priority(350)),
        rule("three", to("BR"), INFORMATIVE, priority(351)),
      ),
    },
  },
  {
    name: "two intents for one message",
    check: "contradiction",
    broken: {
      [INBOUND]: house(
        "understand",
        rule(
          "complaint",
          "{ all: [{ fact: from_country, operator: equal, value: FR }, { fact: keyword_intent, operator: equal, value: opt_out }] }",
          "{ type: intent, params: { intent: complaint } }",
          priority(300),
        ),
      ),
    },
    finds: { file: INBOUND, rule: "house.complaint", says: /one says opt_out, the other complaint/, severity: "error" },
    near: {
      [INBOUND]: house(
        "understand",
        rule(
          "complaint",
          "{ all: [{ fact: from_country, operator: equal, value: FR }, { fact: keyword_intent, operator: equal, value: none }] }",
          "{ type: intent, params: { intent: complaint } }",
          priority(300),
        ),
      ),
    },
  },
  {
    name: "a STOP that is lifted as it is made",
    check: "contradiction",
    broken: {
      [INBOUND]: house(
        "respond",
        rule(
          "lift",
          "{ all: [{ fact: may_return, operator: equal, value: true }] }",
          "{ type: lift_suppression }",
          priority(9),
        ),
      ),
    },
    finds: { file: "inbound/house.yaml", rule: undefined!, says: /does what the other undoes/, severity: "error" },
    near: {
      [INBOUND]: house(
        "respond",
        rule(
          "lift",
          "{ all: [{ fact: may_return, operator: equal, value: true }, { fact: intent, operator: equal, value: help }] }",
          "{ type: lift_suppression }",
          priority(9),
        ),
      ),
    },
  },
  {
    name: "two answers to one message",
    check: "contradiction",
    broken: {
      [INBOUND]: house(
        "respond",
        rule("answer", "{ all: [] }", "{ type: reply, params: { kind: help } }"),
      ),
    },
    finds: { file: INBOUND, rule: "house.answer", says: /two answers/, severity: "error" },
    near: {
      [INBOUND]: house(
        "respond",
        rule(
          "answer",
          "{ all: [{ fact: intent, operator: equal, value: none }] }",
          "{ type: reply, params: { kind: help } }",
        ),
      ),
    },
  },
  {
    name: "two codes for one refusal",
    check: "contradiction",
    broken: { [HOUSE]: house("permit", rule("ours", to("FR"), REFUSE, priority(600))) },
    finds: { file: HOUSE, rule: undefined!, says: /consent_missing .*depends on their names/, severity: "warning" },
    near: { [HOUSE]: house("permit", rule("ours", to("FR"), REFUSE, priority(601))) },
  },
  {
    name: "a value that the fact never has",
    check: "impossible_value",
    broken: {
      [HOUSE]: house("permit", rule("typo", "{ all: [{ fact: consent, operator: notEqual, value: grantd }] }", HOLD)),
    },
    finds: {
      file: HOUSE,
      rule: "house.typo",
      says: /"consent" is never "grantd"/,
      severity: "error",
      at: "value: grantd",
    },
    near: {
      [HOUSE]: house("permit", rule("right", "{ all: [{ fact: consent, operator: notEqual, value: expired }] }", HOLD)),
    },
  },
  {
    name: "a word where yes or no is meant",
    check: "impossible_value",
    broken: {
      [HOUSE]: house("permit", rule("typo", '{ all: [{ fact: zones_known, operator: equal, value: "true" }] }', HOLD)),
    },
    finds: { file: HOUSE, rule: "house.typo", says: /"zones_known" is never "true"/, severity: "error" },
    near: {
      [HOUSE]: house("permit", rule("right", "{ all: [{ fact: zones_known, operator: equal, value: true }] }", HOLD)),
    },
  },
  {
    name: "a country code in lower case",
    check: "impossible_value",
    broken: { [HOUSE]: house("permit", rule("typo", to("br"), HOLD)) },
    finds: { file: HOUSE, rule: "house.typo", says: /"to_country" is never "br"/, severity: "error" },
    near: { [HOUSE]: house("permit", rule("right", to("unknown"), HOLD)) },
  },
  {
    name: "an intent that no rule gives",
    check: "impossible_value",
    broken: {
      [INBOUND]: house(
        "respond",
        rule("complaint", "{ all: [{ fact: intent, operator: equal, value: grumble }] }", "{ type: note }"),
      ),
    },
    finds: { file: INBOUND, rule: "house.complaint", says: /"intent" is never "grumble"/, severity: "error" },
    near: {
      [INBOUND]: house(
        "respond",
        rule("complaint", "{ all: [{ fact: intent, operator: equal, value: grumble }] }", "{ type: note }"),
      ),
      "inbound/grumble.yaml": house(
        "understand",
        rule(
          "grumble",
          "{ all: [{ fact: from_kind, operator: equal, value: machine }] }",
          "{ type: intent, params: { intent: grumble } }",
        ),
      ),
    },
  },
  {
    name: "a path that no country file has",
    check: "impossible_value",
    broken: {
      [HOUSE]: house(
        "permit",
        rule(
          "typo",
          "{ all: [{ fact: country, path: $.consents.commercial, operator: notEqual, value: required }] }",
          HOLD,
        ),
      ),
    },
    finds: {
      file: HOUSE,
      rule: "house.typo",
      says: /no country file can have \$\.consents\.commercial/,
      severity: "error",
    },
    near: {
      [HOUSE]: house(
        "permit",
        rule(
          "right",
          "{ all: [{ fact: country, path: $.frequency.regions.FL.max, operator: equal, value: 3 }] }",
          HOLD,
        ),
      ),
    },
  },
  {
    name: "a part that senders do not have",
    check: "impossible_value",
    broken: {
      [HOUSE]: house(
        "permit",
        rule("typo", "{ all: [{ fact: sender, path: $.name, operator: equal, value: A }] }", HOLD),
      ),
    },
    finds: { file: HOUSE, rule: "house.typo", says: /"sender" has no \$\.name/, severity: "error" },
    near: {
      [HOUSE]: house(
        "permit",
        rule("right", "{ all: [{ fact: sender, path: $.brand, operator: equal, value: A }] }", HOLD),
      ),
    },
  },
  {
    name: "a comparison by size of what is no number",
    check: "impossible_value",
    broken: {
      [HOUSE]: house("permit", rule("typo", "{ all: [{ fact: consent, operator: lessThan, value: 3 }] }", HOLD)),
    },
    finds: { file: HOUSE, rule: "house.typo", says: /"consent" is no number/, severity: "error" },
    near: {
      [HOUSE]: house(
        "permit",
        rule("right", "{ all: [{ fact: content_score, operator: lessThan, value: -3.5 }] }", HOLD),
      ),
    },
  },
  {
    name: "one keyword with two meanings in one country",
    check: "keyword_meanings",
    broken: {
      [KEYWORDS]: [
        "entries:\n",
        `entries:\n  - { intent: help, language: it, words: [Basta], source: ${SOURCE} }\n`,
      ],
    },
    finds: {
      file: KEYWORDS,
      says: /"BASTA" means opt_out \(it\) and help \(it, lexicons\/keywords\.yaml\) in .*Italy/,
      severity: "error",
      at: "words: [BASTA, CANCELLA",
    },
    // A Dutch word with another meaning in Spanish harms nobody while it stays at home and no country reads both.
    near: {
      "countries/default.yaml": ["languages: [en, es, fr, pt, de, it, nl]", "languages: [en, fr]"],
      [KEYWORDS]: [
        "entries:\n",
        `entries:\n  - { intent: help, language: nl, words: [Alto], abroad: false, source: ${SOURCE} }\n`,
      ],
    },
  },
  {
    name: "a keyword listed twice, once narrower",
    check: "keyword_twice",
    broken: {
      [KEYWORDS]: [
        "entries:\n",
        `entries:\n  - { intent: opt_out, language: fr, words: [arrêter], tail: false, source: ${SOURCE} }\n`,
      ],
    },
    finds: {
      file: KEYWORDS,
      says: /"ARRETER" .* as "arrêter".*another `tail`/,
      severity: "warning",
      at: "words: [ARRETER",
    },
    near: {
      [KEYWORDS]: [
        "entries:\n",
        `entries:\n  - { intent: opt_out, language: fr, words: [arrêtons], tail: false, source: ${SOURCE} }\n`,
      ],
    },
  },
  {
    name: "a guard inside a keyword",
    check: "keyword_guarded",
    broken: {
      [KEYWORDS]: [
        "entries:\n",
        `entries:\n  - { intent: opt_out, language: en, words: [stop working], source: ${SOURCE} }\n`,
      ],
    },
    finds: { file: KEYWORDS, says: /a guard .* stands in the keyword "stop working"/, severity: "warning" },
    near: {
      [KEYWORDS]: [
        "entries:\n",
        `entries:\n  - { intent: opt_out, language: en, words: [stop working], tail: false, source: ${SOURCE} }\n`,
      ],
    },
  },
  {
    name: "a mention with a word that nobody understands",
    check: "mention_word",
    broken: { [DE]: ['reply: ["Abmelden: STOPP"]', 'reply: ["Zum Abschied: SCHLUSS"]'] },
    finds: { file: DE, says: /"Zum Abschied: SCHLUSS" names no opt-out keyword/, severity: "error", at: "reply:" },
    near: { [DE]: ['reply: ["Abmelden: STOPP"]', 'reply: ["Zum Ende: ABMELDEN"]'] },
  },
  {
    name: "an answer that does not say how to stop",
    check: "reply_word",
    broken: { "replies/de.yaml": ["Abmelden: STOPP. Es gilt", "Es gilt"] },
    finds: { file: "replies/de.yaml", says: /help does not say/, severity: "warning", at: "help:" },
    near: { "replies/de.yaml": ["Abmelden: STOPP. Es gilt", "Ende mit ABMELDEN. Es gilt"] },
  },
  {
    name: "a language without answers",
    check: "missing_translation",
    broken: { "replies/pt.yaml": null },
    finds: {
      file: "countries/pt.yaml",
      says: /Portugal write and read "pt", in which there is no: replies/,
      severity: "warning",
      at: "languages: [pt]",
    },
    near: {
      "replies/pt.yaml": null,
      "countries/pt.yaml": [/^languages: \[pt\]/m, "languages: [es]"],
      "countries/default.yaml": ["fr, pt, de", "fr, de"],
    },
  },
  {
    name: "a language without a keyword for help",
    check: "missing_translation",
    broken: { [KEYWORDS]: ["words: [HULP]", "words: [hulplijn]"], [DE]: ["languages: [de]", "languages: [de, fi]"] },
    finds: { file: DE, says: /"fi".*replies, signals, tails, guards, a keyword for opt_out/, severity: "warning" },
    near: { [KEYWORDS]: ["words: [HULP]", "words: [hulplijn]"] },
  },
  {
    name: "a mention in one of two languages",
    check: "missing_translation",
    broken: { "countries/ch.yaml": ["  languages: [de, fr]\n", ""] },
    finds: { file: "countries/ch.yaml", says: /no wording of the mention is in "it"/, severity: "warning" },
    near: {
      "countries/ch.yaml": [
        'link: ["Abmelden/désinscription: {link}", "Stop SMS: {link}"]\n  languages: [de, fr]\n',
        'link: ["Abmelden/désinscription: {link}", "STOP, grazie: {link}"]\n',
      ],
    },
  },
  {
    name: "a country that promises nothing of inbound messages",
    check: "no_example",
    broken: {
      "countries/ie.yaml": [/\nexamples:[^]*$/, "\nexamples:\n  - { text: a, expect: { outcome: refuse } }\n"],
    },
    finds: { file: "countries/ie.yaml", says: /no example of Ireland is a message from a person/, severity: "warning" },
    near: {
      "countries/ie.yaml": [
        /\nexamples:[^]*$/,
        "\nexamples:\n  - { text: a, expect: { outcome: refuse } }\n  - { text: STOP, expect: { intent: opt_out } }\n",
      ],
    },
  },
  {
    name: "a mention with a letter that GSM-7 lacks",
    check: "mention_encoding",
    broken: { [FR]: ['"STOP au {number}"', '"ARRÊT STOP au {number}"'] },
    finds: { file: FR, says: /holds "Ê", which GSM-7 lacks/, severity: "warning", at: "number: [" },
    near: { [FR]: ['"STOP au {number}"', '"RÉPONDEZ STOP au {number}"'] },
  },
  {
    name: "a mention that costs typical messages a segment",
    check: "mention_length",
    broken: { [DE]: ['reply: ["Abmelden: STOPP"]', 'reply: ["Abmelden bitte: STOPPEN"]'] },
    finds: {
      file: DE,
      says: /takes 24 characters with its space: texts of 137 to 160 characters/,
      severity: "warning",
      at: "reply:",
    },
    near: { [DE]: ['reply: ["Abmelden: STOPP"]', 'reply: ["Abmelden bitte: STOPPEN", "Abmelden bitte: STOP!"]'] },
  },
  {
    name: "a wording that comes after a shorter one",
    check: "unused_wording",
    broken: { [FR]: ['["STOP au {number}", "STOP {number}"]', '["STOP {number}", "STOP au {number}"]'] },
    finds: { file: FR, says: /"STOP au \{number\}" is never used/, severity: "warning" },
    near: { [FR]: ['["STOP au {number}", "STOP {number}"]', '["STOP SMS au {number}", "STOP au {number}"]'] },
  },
  {
    name: "an answer of two segments",
    check: "reply_cost",
    broken: { "deployment.yaml": ["brand: Parley", `brand: ${"Example Shop ".repeat(6)}`] },
    finds: {
      file: "replies/fr.yaml",
      says: /help takes \d+ characters .* 2 segments/,
      severity: "warning",
      at: "help:",
    },
    near: { "deployment.yaml": ["brand: Parley", "brand: Example Shop"] },
  },
  {
    name: "a brand with a letter that GSM-7 lacks",
    check: "reply_cost",
    broken: { "deployment.yaml": ["brand: Parley", "brand: Forêt"] },
    finds: { file: "replies/en.yaml", says: /holds "ê"/, severity: "warning" },
    near: { "deployment.yaml": ["brand: Parley", "brand: Été"] },
  },
  {
    name: "a country whose zones nobody knows",
    check: "no_zone",
    broken: { [DE]: [/code: DE\n([^]*)zones: \[Europe\/Berlin\]\n/, "code: XK\n$1"] },
    finds: { file: DE, says: /no time zone is known for XK/, severity: "error", at: "quiet_hours:" },
    near: { [DE]: [/zones: \[Europe\/Berlin\]\n/, ""] },
  },
  {
    name: "a country that numbers do not know",
    check: "unknown_country",
    broken: { [DE]: ["code: DE\n", "code: EN\n"] },
    finds: { file: DE, says: /EN is no country/, severity: "error", at: "code: EN" },
    near: { [DE]: ["code: DE\n", "code: LU\n"] },
  },
  {
    name: "a territory that numbers do not know",
    check: "unknown_country",
    broken: { [FR]: ["territories: [GP,", "territories: [UK,"] },
    finds: { file: FR, says: /UK is no country/, severity: "error", at: "territories" },
    near: { [FR]: ["territories: [GP,", "territories: [GP, WF,"] },
  },
  {
    name: "a price for a country that numbers do not know",
    check: "unknown_country",
    broken: { "deployment.yaml": priced("UK") },
    finds: { file: "deployment.yaml", says: /UK is no country/, severity: "error", at: "UK: 0.04" },
    near: { "deployment.yaml": priced("GB") },
  },
  {
    name: "a condition on a country that numbers do not know",
    check: "impossible_value",
    broken: { [HOUSE]: house("permit", rule("uk", to("UK"), HOLD)) },
    finds: { file: HOUSE, rule: "house.uk", says: /"to_country" is never "UK"/, severity: "error", at: "value: UK" },
    near: { [HOUSE]: house("permit", rule("uk", to("GB"), HOLD)) },
  },
  {
    name: "a zone that does not exist",
    check: "no_zone",
    broken: { [DE]: ["[Europe/Berlin]", "[Europe/Bonn]"] },
    finds: { file: DE, says: /"Europe\/Bonn" is no time zone/, severity: "error", at: "zones:" },
    near: { [DE]: ["[Europe/Berlin]", "[Europe/Busingen]"] },
  },
  {
    name: "holidays without a calendar",
    check: "no_calendar",
    broken: { [FR]: ["holidays: { country: FR }\n", ""] },
    finds: { file: FR, says: /closes on public holidays, but no calendar/, severity: "warning", at: "fr-common:" },
    near: { [FR]: ["holidays: { country: FR }", 'holidays: { country: FR, region: "67" }'] },
  },
  {
    name: "a calendar that nobody has",
    check: "no_calendar",
    broken: { [FR]: ["holidays: { country: FR }", "holidays: { country: ZZ }"] },
    finds: { file: FR, says: /no calendar of holidays for ZZ/, severity: "error", at: "holidays: { country" },
    near: { [FR]: ["holidays: { country: FR }", "holidays: { country: BE }"] },
  },
  {
    name: "a rule that ends before it begins",
    check: "empty_period",
    broken: {
      [HOUSE]: house(
        "permit",
        rule("period", to("BR"), HOLD, "    effective_from: 2026-12-01\n    effective_to: 2026-12-01\n"),
      ),
    },
    finds: { file: HOUSE, rule: "house.period", says: /before it begins/, severity: "error", at: "effective_to" },
    near: {
      [HOUSE]: house(
        "permit",
        rule("period", to("BR"), HOLD, "    effective_from: 2026-12-01\n    effective_to: 2026-12-02\n"),
      ),
    },
  },
  {
    name: "a rule whose time is over",
    check: "expired",
    broken: { [HOUSE]: house("permit", rule("old", to("BR"), HOLD, "    effective_to: 2026-11-24\n")) },
    finds: {
      file: HOUSE,
      rule: "house.old",
      says: /has not counted since 2026-11-24/,
      severity: "warning",
      at: "effective_to",
    },
    near: { [HOUSE]: house("permit", rule("last_day", to("BR"), HOLD, "    effective_to: 2026-11-25\n")) },
  },
  {
    name: "a source that nobody read for more than a year",
    check: "review",
    broken: { "replies/nl.yaml": [/reviewed: .*/, "reviewed: 2025-11-23"] },
    finds: {
      file: "replies/nl.yaml",
      says: /last read on 2025-11-23, 366 days ago/,
      severity: "warning",
      at: "reviewed:",
    },
    near: { "replies/nl.yaml": [/reviewed: .*/, "reviewed: 2025-11-24"] },
  },
  {
    name: "a source read on a day to come",
    check: "review",
    broken: { "replies/nl.yaml": [/reviewed: .*/, "reviewed: 2027-11-22"] },
    finds: { file: "replies/nl.yaml", says: /a day that has not come/, severity: "warning" },
    near: { "replies/nl.yaml": [/reviewed: .*/, "reviewed: 2026-11-25"] },
  },
  {
    name: "a regular expression among patterns",
    check: "regular_expression",
    broken: { "lexicons/guards.yaml": ["- nonstop", '- "non.*stop"'] },
    finds: {
      file: "lexicons/guards.yaml",
      says: /"non\.\*stop" is written as a regular expression/,
      severity: "error",
    },
    near: { "lexicons/guards.yaml": ["- nonstop", '- "nonstop*"\n      - "[e-mail|a-z] ou 100$"'] },
  },
  {
    name: "a regular expression as the value of a condition",
    check: "regular_expression",
    broken: {
      [HOUSE]: house(
        "permit",
        rule("name", "{ all: [{ fact: sender, path: $.brand, operator: equal, value: ^ACME$ }] }", HOLD),
      ),
    },
    finds: { file: HOUSE, says: /"\^ACME\$" is written as a regular expression/, severity: "error" },
    near: {
      [HOUSE]: house(
        "permit",
        rule("name", '{ all: [{ fact: sender, path: $.brand, operator: equal, value: "Acme (Paris)" }] }', HOLD),
      ),
    },
  },
  {
    name: "an operator for regular expressions",
    check: "regular_expression",
    broken: {
      [HOUSE]: house("permit", rule("name", "{ all: [{ fact: to_country, operator: matchesRegex, value: A }] }", HOLD)),
    },
    finds: {
      file: HOUSE,
      rule: "house.name",
      says: /operator "matchesRegex" does not exist/,
      severity: "error",
      at: "conditions:",
    },
    near: {
      [HOUSE]: house("permit", rule("name", "{ all: [{ fact: to_country, operator: equals, value: AR }] }", HOLD)),
    },
  },
  {
    name: "a rule without an example",
    check: "no_example",
    broken: { "outbound/4_consent.yaml": [/ {6}does_not_match:[^]*?\n\n/, "\n"] },
    finds: {
      file: "outbound/4_consent.yaml",
      rule: "consent.advertising_needs_consent",
      says: /has no example under does_not_match/,
      severity: "error",
      at: "examples:",
    },
    near: { "outbound/4_consent.yaml": [/ {6}does_not_match:[^]*?\n\n/, "      does_not_match: [{ text: a }]\n"] },
  },
  {
    name: "a rule without a source",
    check: "no_source",
    broken: { "outbound/4_consent.yaml": ["    source: country.consent\n", ""] },
    finds: {
      file: "outbound/4_consent.yaml",
      rule: "consent.advertising_needs_consent",
      says: /has no source/,
      severity: "error",
    },
    near: { "outbound/4_consent.yaml": ["source: country.consent", `source: ${SOURCE}`] },
  },
  {
    name: "a key that does not exist",
    check: "schema",
    broken: { "outbound/4_consent.yaml": ["    priority: 600", "    priorty: 600"] },
    finds: { file: "outbound/4_consent.yaml", says: /priorty/, severity: "error" },
    near: { "outbound/4_consent.yaml": ["    priority: 600", "    priority: 601"] },
  },
  {
    name: "a fact of a later stage",
    check: "schema",
    broken: { "outbound/4_consent.yaml": ["{ fact: consent, operator", "{ fact: over_budget, operator"] },
    finds: {
      file: "outbound/4_consent.yaml",
      rule: "consent.advertising_needs_consent",
      says: /no fact "over_budget"/,
      severity: "error",
    },
    near: { "outbound/4_consent.yaml": ["    priority: 600", "    priority: 602"] },
  },
  {
    name: "a guard that a shorter one makes needless",
    check: "unused_guard",
    broken: { "lexicons/guards.yaml": ["- nonstop", "- nonstop\n      - big|long nonstop flight"] },
    finds: {
      file: "lexicons/guards.yaml",
      says: /"big\|long nonstop flight" says nothing new: "nonstop"/,
      severity: "warning",
      at: "big|long nonstop flight",
    },
    near: { "lexicons/guards.yaml": ["- nonstop", "- nonstop\n      - big|long stoppage"] },
  },
  {
    name: "a tail that others make needless",
    check: "unused_tail",
    broken: { "lexicons/tails.yaml": ["- svp", "- svp\n      - sms svp [merci]"] },
    finds: {
      file: "lexicons/tails.yaml",
      says: /"sms svp \[merci\]" says nothing new: "sms" and "svp"/,
      severity: "warning",
    },
    near: { "lexicons/tails.yaml": ["- svp", "- svp\n      - sms svp stp quoi"] },
  },
  {
    name: "a sign that stands there twice",
    check: "signal_twice",
    broken: { "lexicons/signals/fr.yaml": ["[sale fr]", '[sale fr, "[grand] solde|soldes", Soldes]'] },
    finds: { file: "lexicons/signals/fr.yaml", says: /all of "Soldes".*add up to 10/, severity: "warning" },
    near: { "lexicons/signals/fr.yaml": ["[sale fr]", '[sale fr, "[grand] solde|soldes", "petit|[grand] soldes"]'] },
  },
  {
    name: "a sign that advertises and informs",
    check: "signal_twice",
    broken: {
      "lexicons/signals/fr.yaml": [
        /$/,
        "  - { why: b, weight: 5, patterns: [votre carte] }\n  - { why: c, weight: -2, patterns: [votre compte|carte] }\n",
      ],
    },
    finds: { file: "lexicons/signals/fr.yaml", says: /weighs -2 and "votre carte".*, 5/, severity: "warning" },
    near: {
      "lexicons/signals/fr.yaml": [
        /$/,
        "  - { why: b, weight: -3, patterns: [votre carte] }\n  - { why: c, weight: -2, patterns: [votre compte|carte] }\n",
      ],
    },
  },
];

function lineOf(text: string, words: string): number {
  return text.split("\n").findIndex((line) => line.includes(words)) + 1;
}

describe("lint()", () => {
  test("finds nothing in the shipped rules", () => {
    expect(lint(shipped, NOW)).toEqual([]);
    expect(lint(SMALL, NOW)).toEqual([]);
  });

  test.each(CASES)("$check: finds $name", ({ check, broken, finds }) => {
    const sources = changed(broken);
    const findings = lint(sources, NOW);
    const shown = JSON.stringify(findings, null, 1);
    const found = findings.find((one) =>
      one.check === check && finds.says.test(one.problem) && one.file === finds.file
    );
    expect(found, shown).toBeDefined();
    expect(found!.severity).toBe(finds.severity);
    if (finds.rule !== undefined) expect(found!.rule).toBe(finds.rule);
    expect(found!.advice).toMatch(/\.$/);
    if (finds.at !== undefined) expect(sources[finds.file]!.split("\n")[found!.line! - 1]).toContain(finds.at);
  });

  test.each(CASES)("$check: does not mistake for $name what only looks like it", ({ check, near }) => {
    expect(lint(changed(near), NOW).filter((one) => one.check === check)).toEqual([]);
  });

  test("every check has a case", () => {
    expect([...new Set(CASES.map(({ check }) => check))].sort()).toEqual([...CHECK_NAMES].sort());
  });

  test("errors come first", () => {
    const findings = lint(
      changed({
        "replies/nl.yaml": [/reviewed: .*/, "reviewed: 2020-01-01"],
        [DE]: ["[Europe/Berlin]", "[Europe/Bonn]"],
      }),
      NOW,
    );
    expect(findings.map(({ severity }) => severity)).toEqual(["error", "warning"]);
  });
});

describe("the gate of activation", () => {
  test("an error of the lint keeps a rulebook from becoming active, and is told with its line", async () => {
    const { rulebook, problems } = await checkRulebook({
      ...shipped,
      [DE]: shipped[DE]!.replace('reply: ["Abmelden: STOPP"]', 'reply: ["Abschied: SCHLUSS"]'),
    });
    expect(rulebook).toBeNull();
    expect(problems.find(({ problem }) => problem.startsWith('"Abschied: SCHLUSS" names no opt-out keyword'))).toEqual({
      file: DE,
      line: lineOf(shipped[DE]!, "reply: ["),
      rule: null,
      problem: expect.stringMatching(/Germany\. Name STOP, or add the word to the keywords of this country\.$/),
    });
  });

  test("a warning does not, whatever the day", async () => {
    const { problems } = await checkRulebook({
      ...shipped,
      "replies/nl.yaml": shipped["replies/nl.yaml"]!.replace(/reviewed: .*/, "reviewed: 2001-01-01"),
    });
    expect(problems).toEqual([]);
  });
});
