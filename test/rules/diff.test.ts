import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { type Change, diffSources } from "../../src/rules/diff/mod.ts";
import type { Sources } from "../../src/rules/parse.ts";
import { switchedOn } from "../support/flows.ts";
import { shippedRules } from "../support/rulebook.ts";

const { sources } = await shippedRules();
const FR = "countries/fr.yaml";

function changed(file: string, from: string | RegExp, to: string, base: Sources = sources): Sources {
  const next = base[file]!.replace(from, to);
  expect(next, `${file} holds ${from}`).not.toBe(base[file]);
  return { ...base, [file]: next };
}

function changes(before: Sources, after: Sources): Change[] {
  const result = diffSources(before, after);
  expect(result).toHaveProperty("changes");
  return "changes" in result ? result.changes : [];
}

const words = (before: Sources, after: Sources) => changes(before, after).map((one) => one.words);

describe("diffSources() in plain language", () => {
  const HOURS = 'open: { mon-sat: "08:00-20:00", sun: closed }';
  const week = (open: string) => changed(FR, HOURS, `open: ${open}`);
  test.each<[string, Sources, string[]]>([
    [
      "an earlier end on Saturdays",
      week('{ mon-fri: "08:00-20:00", sat: "08:00-18:00", sun: closed }'),
      ["France: quiet hours on Saturday now start at 18:00 (20:00 before)"],
    ],
    [
      "a later start on all working days",
      week('{ mon-fri: "10:00-20:00", sat: "08:00-20:00", sun: closed }'),
      ["France: quiet hours on Monday to Friday now end at 10:00 (08:00 before)"],
    ],
    [
      "another window, and days that open and close",
      week('{ mon-fri: "09:00-19:00", sat: closed, sun: "10:00-12:00" }'),
      [
        "France: advertising on Monday to Friday is now allowed 09:00-19:00 (08:00-20:00 before)",
        "France: no advertising on Saturday any more (08:00-20:00 before)",
        "France: advertising on Sunday is now allowed, 10:00-12:00",
      ],
    ],
    [
      "hours that nobody chose",
      changed(FR, 'sat: "10:00-18:00"', 'sat: "10:00-17:00"'),
      ["France, hours fr-strict (not in force): quiet hours on Saturday now start at 17:00 (18:00 before)"],
    ],
    [
      "other usual hours",
      changed(FR, "profile: fr-common", "profile: fr-strict"),
      [
        "France: the usual advertising hours are now fr-strict (Monday to Friday 10:00-20:00, Saturday 10:00-18:00, Sunday closed); " +
        "before, fr-common (Monday to Saturday 08:00-20:00, Sunday closed)",
      ],
    ],
    [
      "other hours of this deployment",
      { ...sources, "deployment.yaml": `${sources["deployment.yaml"]}\nquiet_hours: { FR: fr-strict }\n` },
      [
        "France: the advertising hours are now this deployment's own choice, fr-strict (Monday to Friday 10:00-20:00, " +
        "Saturday 10:00-18:00, Sunday closed)",
      ],
    ],
    [
      "consent",
      changed(FR, "commercial: required", "commercial: not_required"),
      ["France: advertising no longer needs consent"],
    ],
    [
      "the scope of STOP",
      changed(FR, "scope: commercial", "scope: everything_from_sender"),
      ["France: STOP now ends everything from that sender, not advertising alone"],
    ],
    ["the cap", changed(FR, "max: 10", "max: 4"), ["France: at most 4 advertisements in 24 hours (10 before)"]],
    [
      "senders",
      changed(FR, "commercial: [short_code, alphanumeric]", "commercial: [short_code, long_code]"),
      ["France: advertising may now come from long codes and may no longer come from names"],
    ],
    [
      "the mention",
      changed(FR, 'number: ["STOP au {number}", "STOP {number}"]', 'number: ["STOP au {number}"]'),
      ['France: wordings of the mention (number) are now "STOP au {number}"; before, "STOP au {number}" and "STOP {number}"'],
    ],
    [
      "a keyword of a country",
      changed(FR, "words: [CONTACT]", "words: [CONTACT, INFOS]"),
      ['France: "INFOS" added as help'],
    ],
    [
      "a source that was read again",
      changed(FR, /(commercial: required\n[^]*?reviewed: )2026-11-22/, "$12027-01-10"),
      ['France: consent, lapse, source: reviewed is now "2027-01-10" ("2026-11-22" before)'],
    ],
    [
      "a condition",
      changed(
        "outbound/4_consent.yaml",
        "operator: notEqual, value: granted",
        "operator: in, value: [withdrawn, none]",
      ),
      [
        "Rule consent.advertising_needs_consent: now asks that consent is one of withdrawn, none, no longer that consent " +
        "is not granted",
      ],
    ],
    [
      "a condition less",
      changed("outbound/4_consent.yaml", "        - { fact: consent, operator: notEqual, value: granted }\n", ""),
      [
        "Rule consent.advertising_needs_consent: no longer asks that consent is not granted, so it counts for more messages",
      ],
    ],
    [
      "a condition more",
      changed(
        "outbound/4_consent.yaml",
        "        - { fact: consent, operator: notEqual, value: granted }\n",
        "$&        - { fact: to_country, operator: equal, value: FR }\n",
      ),
      ["Rule consent.advertising_needs_consent: now also asks that to_country is FR, so it counts for fewer messages"],
    ],
    ["a link", changed(FR, "link_allowed: false", "link_allowed: true"), [
      "France: a link as the way out is now allowed",
    ]],
    ["a territory", changed(FR, "BL, MF]", "BL, MF, NC]"), ['France: territories: "NC" added']],
    ["a language", changed(FR, "languages: [fr]", "languages: [en]"), [
      'France: languages: "en" added, "fr" taken away',
    ]],
    [
      "a word to leave",
      changed("lexicons/keywords.yaml", "words: [STOP]", "words: [STOP, HALTE]"),
      ['Keywords, any language: "HALTE" added as opt out'],
    ],
    [
      "a guard less",
      changed("lexicons/guards.yaml", "      - stop|stops|stopped|stopping by\n", ""),
      ['Guards, English: "stop|stops|stopped|stopping by" taken away: a keyword in it counts again'],
    ],
    [
      "a sign of advertising less",
      changed("lexicons/signals/fr.yaml", "      - demarque\n", ""),
      [expect.stringMatching(
        /^Signs of advertising, French: "demarque" no longer counts \(\d+ towards advertising before\)$/,
      ) as unknown as string],
    ],
    [
      "signs of different weight",
      changed(
        "lexicons/signals/fr.yaml",
        /$/,
        "\n  - { why: one, weight: -4, patterns: [aaa bbb] }\n  - { why: two, weight: 3, patterns: [bbb ccc] }\n",
      ),
      [
        'Signs of advertising, French: "aaa bbb" now counts 4 towards information',
        'Signs of advertising, French: "bbb ccc" now counts 3 towards advertising',
      ],
    ],
    [
      "a threshold",
      changed("lexicons/signals/und.yaml", /commercial: [\d.]+/, "commercial: 2.5"),
      [expect.stringMatching(
        /^Signs of advertising, any language: thresholds, commercial is now 2\.5 \([\d.]+ before\)$/,
      ) as unknown as string],
    ],
    [
      "a learned word",
      changed("lexicons/weights/nl.yaml", /"hond": [\d.-]+/, '"hond": -1'),
      [expect.stringMatching(/^Learned words, Dutch: "hond" now weighs -1 \([\d.-]+ before\)$/) as unknown as string],
    ],
    [
      "an effect",
      changed(
        "outbound/4_consent.yaml",
        "event: { type: refuse, params: { code: consent_missing } }",
        "event: { type: hold, params: { reason: needs_review } }",
      ),
      ["Rule consent.advertising_needs_consent: now hold needs review; before, refuse consent missing"],
    ],
    [
      "an answer",
      changed("replies/fr.yaml", /opt_out_commercial: "?/, "$&Au revoir. "),
      [expect.stringMatching(
        /^Answers, French: the answer "opt out commercial" is now "Au revoir\. /,
      ) as unknown as string],
    ],
    [
      "rows of keys in another order, in which other keys are neighbours",
      changed("lexicons/typing_errors.yaml", '"1234567890", "qwertyuiop"', '"qwertyuiop", "1234567890"'),
      [
        'lexicons/typing_errors.yaml: keyboards, qwerty is now "qwertyuiop 1234567890 asdfghjkl zxcvbnm" ("1234567890 qwertyuiop asdfghjkl zxcvbnm" before)',
      ],
    ],
    [
      "only a comment",
      { ...sources, [FR]: `# Read by counsel.\n${sources[FR]}` },
      ["countries/fr.yaml: only comments or layout changed"],
    ],
  ])("%s", (_name, after, expected) => {
    expect(words(sources, after)).toEqual(expected);
  });

  test("a new rule, and the same one gone again", () => {
    const house = {
      ...sources,
      "outbound/house.yaml": stringify({
        kind: "rules",
        concern: "house",
        stage: "permit",
        rules: [{
          id: "house.no_brazil",
          description: "Nobody in Brazil.",
          source: { text: "Ours", confidence: "design", reviewed: "2026-11-22" },
          reason: "Not yet.",
          conditions: { all: [{ fact: "to_country", operator: "equal", value: "BR" }] },
          event: { type: "refuse", params: { code: "content_refused" } },
          examples: { matches: [{ text: "x" }], does_not_match: [{ text: "y" }] },
        }],
      }),
    };
    const what = "refuse content refused when to_country is BR (Nobody in Brazil.)";
    expect(words(sources, house)).toEqual([`Rule house.no_brazil is new: ${what}`]);
    expect(words(house, sources)).toEqual([`Rule house.no_brazil is gone: ${what}`]);
  });

  test("a country that is gone is one change, and a file that was only renamed changes no meaning", () => {
    const { "countries/be.yaml": belgium, ...rest } = sources;
    expect(words(sources, rest)).toEqual([
      "Belgium is gone (countries/be.yaml): the file for any other country counts there",
    ]);
    const renamed = changes(sources, { ...rest, "countries/belgium.yaml": belgium! });
    expect(renamed.map(({ kind, file, what }) => [kind, file, what])).toEqual([
      ["layout", "countries/be.yaml", "removed"],
      ["layout", "countries/belgium.yaml", "added"],
    ]);
  });

  test("a change is data as well", () => {
    const after = week('{ mon-fri: "08:00-20:00", sat: "08:00-18:00", sun: closed }');
    expect(changes(sources, after)).toEqual([{
      kind: "country",
      id: "FR",
      name: "France",
      file: FR,
      what: "changed",
      path: ["quiet_hours", "profiles", "fr-common", "open"],
      items: ["sat"],
      before: "08:00-20:00",
      after: "08:00-18:00",
      words: "France: quiet hours on Saturday now start at 18:00 (20:00 before)",
    }]);
  });

  test("files that do not fit the schema are told with their side", () => {
    const broken = changed(FR, "kind: country", "kind: land");
    expect(diffSources(sources, broken)).toMatchObject({ unreadable: { which: "after", problems: [{ file: FR }] } });
    expect(diffSources(broken, sources)).toMatchObject({ unreadable: { which: "before" } });
  });
});

test("the same rules, written in another way, do not differ", () => {
  const rewritten = Object.fromEntries(
    Object.entries(sources).map(([file, text]) => [file, JSON.stringify(parse(text))]).reverse(),
  );
  expect(new Set(changes(sources, rewritten).map(({ kind }) => kind))).toEqual(new Set(["layout"]));
  expect(changes(sources, sources)).toEqual([]);
});

test("whatever value of a file changes, a sentence says so", () => {
  // The shipped flows are a comment.
  const all: Sources = { ...sources, "flows.yaml": switchedOn(sources["flows.yaml"]!) };
  const files = Object.keys(all).filter((file) => !file.startsWith("numbering/"));
  let compared = 0;
  fc.assert(
    fc.property(fc.constantFrom(...files), fc.nat(), (file, pick) => {
      const content = parse(all[file]!) as Record<string, unknown>;
      const leaves = leavesOf(content).filter(({ key }) => key !== "kind");
      const { holder, key, value } = leaves[pick % leaves.length]!;
      holder[key] = typeof value === "number" ? value + 1 : typeof value === "boolean" ? !value : `${value}x`;
      const result = diffSources({ [file]: all[file]! }, { [file]: stringify(content) });
      if ("unreadable" in result) return;
      compared++;
      const told = result.changes.filter(({ kind }) => kind !== "layout");
      expect(told.length, `${file}: ${key} from ${value} to ${holder[key]}`).toBeGreaterThan(0);
      for (const { words } of told) expect(words).toMatch(/^\S.{10,}[^.\s]$/s);
    }),
    { numRuns: 150 },
  );
  expect(compared).toBeGreaterThan(30);
});

interface LeafAt {
  holder: Record<string, unknown>;
  key: string;
  value: unknown;
}

function leavesOf(value: unknown): LeafAt[] {
  if (typeof value !== "object" || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.entries(holder).flatMap(([key, one]) =>
    typeof one === "object" && one !== null ? leavesOf(one) : [{ holder, key, value: one }]
  );
}
