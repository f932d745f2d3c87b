import { parse, stringify } from "yaml";
import { decideInbound, decideOutbound } from "../../src/core/decide.ts";
import type { PersonFacts, Sender } from "../../src/core/message.ts";
import type { Rulebook } from "../../src/core/rulebook/rulebook.ts";
import { loadRulebook } from "../../src/rules/check.ts";
import { readSources } from "../../src/rules/files.ts";
import type { Sources } from "../../src/rules/parse.ts";
import { PROJECT } from "./child.ts";
import { invented } from "./words.ts";

/**
 * `decide` alone, in this process: with the shipped rulebook, and with ten times the countries. The gateway remembers what it found out
 * about words, and people use the same ones again and again; `new words` has a name in every text that was never met before.
 */

export interface DecideResult {
  rulebook: "shipped" | "shipped, new words" | "10 × countries";
  countries: number;
  medianUs: number;
  p99Us: number;
}

/** A Tuesday at 16:00 in Paris: morning in New York, closed hours in California. */
const NOW = Date.parse("2026-11-24T16:00:00+01:00");
const WARM_UP = 20_000;
const TIMES = 10;

export async function measureDecide(decisions: number): Promise<DecideResult[]> {
  const shipped = await readSources(`${PROJECT}rules`);
  const books = [
    { rulebook: "shipped" as const, book: compiled(shipped), name: () => "Camille" },
    { rulebook: "shipped, new words" as const, book: compiled(shipped), name: counting(invented) },
    { rulebook: "10 × countries" as const, book: compiled(withManyCountries(shipped)), name: () => "Camille" },
  ];
  const sources = books.map(({ name, ...one }) => ({ ...one, mix: mixOf(one.book, name), times: [] as number[] }));
  for (const { mix } of sources) timed(mix, WARM_UP);
  // In turns, so that a disturbance of the machine meets both.
  const rounds = 10;
  for (let round = 0; round < rounds; round++) {
    for (const { mix, times } of sources) times.push(...timed(mix, Math.ceil(decisions / rounds)));
  }
  return sources.map(({ rulebook, book, times }) => {
    times.sort((a, b) => a - b);
    const at = (part: number) => times[Math.floor(times.length * part)]!;
    return { rulebook, countries: book.countries.length, medianUs: at(0.5), p99Us: at(0.99) };
  });
}

/** Microseconds of each of `count` decisions. */
function timed(mix: readonly ((index: number) => unknown)[], count: number): number[] {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const decide = mix[index % mix.length]!;
    const started = performance.now();
    decide(index);
    times.push((performance.now() - started) * 1000);
  }
  return times;
}

function compiled(sources: Sources): Rulebook {
  const { rulebook, problems } = loadRulebook(sources);
  if (rulebook === null) throw new Error(`the rulebook does not compile: ${problems[0]?.problem}`);
  return rulebook;
}

/** Nine copies of every country under codes that nothing uses, their rules renamed. */
function withManyCountries(sources: Sources): Sources {
  const files = Object.entries(sources).filter(([path]) => path.startsWith("countries/"));
  const contents = files.map(([path, text]) => ({ path, content: parse(text) as CountryFile }));
  const used = new Set(contents.flatMap(({ content }) => [content.code, ...(content.territories ?? [])]));
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const free = letters.flatMap((a) => letters.map((b) => a + b)).filter((code) => !used.has(code));
  const many: Record<string, string> = { ...sources };
  for (const { path, content } of contents) {
    if (content.code === "default") continue;
    for (let copy = 1; copy < TIMES; copy++) {
      const { territories: _, rules, ...rest } = content;
      const renamed = rules?.map((rule) => ({ ...rule, id: `${rule.id}_${copy}` }));
      many[path.replace(".yaml", `_${copy}.yaml`)] = stringify({
        ...rest,
        code: free.pop()!,
        ...(renamed === undefined ? {} : { rules: renamed }),
      });
    }
  }
  return many;
}

interface CountryFile {
  code: string;
  territories?: string[];
  rules?: { id: string }[];
}

const NOBODY: PersonFacts = {
  available: true,
  suppressions: [],
  consent: "none",
  consent_given: null,
  question: null,
  open_review: false,
  consent_before_opt_out: false,
  advertising_at: [],
  last_inbound_at: null,
  last_chat_at: null,
  replies: [],
  language: null,
  time_zone: null,
};
const CUSTOMER: PersonFacts = { ...NOBODY, consent: "granted", advertising_at: [NOW - 10 * 86_400_000] };

const BRAND = { brand: "Parley", stop_number: null, countries: [] };
const SHORT: Sender = { ...BRAND, address: "36105", kind: "short_code", country: "FR", countries: ["FR"] };
const LONG: Sender = { ...BRAND, address: "+15005550006", kind: "long_code", country: "US", countries: ["US", "CA"] };
const NAME: Sender = { ...BRAND, address: "PARLEY", kind: "alphanumeric", country: "FR", stop_number: "36105" };

/** A text with a name in it. */
type Text = (name: string) => string;

/** Gives each number once. */
function counting<T>(of: (n: number) => T): () => T {
  let n = 0;
  return () => of(n++);
}

/** Six of ten go out, four come in; every decision is about another number. */
function mixOf(book: Rulebook, name: () => string): ((index: number) => unknown)[] {
  const french = (index: number) => `+336${String(10_000_000 + index).slice(-8)}`;
  const american = (index: number) =>
    `+1${["212", "415", "305", "312"][index % 4]}${String(2_000_000 + index % 7_000_000)}`;
  const german = (index: number) => `+4915${String(100_000_000 + index)}`;
  const out = (to: (index: number) => string, sender: Sender, text: Text, person: PersonFacts) => (index: number) =>
    decideOutbound({
      message: {
        direction: "outbound",
        to: to(index),
        text: text(name()),
        category: null,
        scheduled_at: null,
        max_segments: null,
        reply_kind: null,
        unsubscribe_url: "https://sms.example.com/u/0123456789abcdefghijkl",
      },
      sender,
      person,
      now: NOW,
    }, book);
  const into = (from: (index: number) => string, sender: Sender, text: Text) => (index: number) =>
    decideInbound({
      message: {
        direction: "inbound",
        from: from(index),
        text: text(name()),
        carrier_intent: null,
        stop_reply: "gateway",
      },
      sender,
      person: CUSTOMER,
      now: NOW,
    }, book);
  return [
    out(french, SHORT, (name) => `${name}, votre rendez-vous est confirmé mardi 24 novembre à 15h00.`, NOBODY),
    out(
      american,
      LONG,
      (name) => `${name}, your order 482913 has shipped and arrives on Tuesday between 9am and 12pm.`,
      NOBODY,
    ),
    out(french, SHORT, (name) => `Soldes d'hiver, ${name} : -50% sur tout le magasin jusqu'à dimanche !`, CUSTOMER),
    out(
      american,
      LONG,
      (name) => `Parley: Winter sale, ${name}! 30% off everything in store this weekend only. Reply STOP to opt out`,
      CUSTOMER,
    ),
    out(
      german,
      NAME,
      (name) => `${name}, nur heute: 20 % Rabatt auf alle Winterjacken in unserem Onlineshop!`,
      CUSTOMER,
    ),
    out(german, NAME, (name) => `${name}, Ihr Termin am Dienstag um 15:00 Uhr ist bestätigt.`, NOBODY),
    into(french, SHORT, (name) => `Bonjour ${name}, est-ce que mon colis est arrivé ?`),
    into(american, LONG, (name) => `Thanks ${name}, see you tomorrow at 3`),
    into(french, SHORT, () => "STOP"),
    into(american, LONG, (name) => `Please stop by tomorrow ${name}, I will be home all day`),
  ];
}
