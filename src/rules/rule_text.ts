import { isMap, isNode, isSeq } from "yaml";
import { openDocument, type Sources } from "./parse.ts";

/** Lines of a rule file, as they stand there. */
export interface Excerpt {
  file: string;
  /** Of its first line, from 1. */
  line: number;
  text: string;
}

/** A rule, and the sections of the country's file that it refers to. */
export interface RuleText extends Excerpt {
  country: Excerpt[];
}

const SECTIONS = /(?:country\.|\$\.)(opt_out|consent|quiet_hours|mention|frequency|senders)\b/g;

/**
 * What rules said in one version of the files, by id, comments included; ids that it does not hold are left out. `country` is the
 * ISO code of the person the decision was about, null where that is not known.
 */
export function ruleTexts(
  sources: Sources,
  ids: readonly string[],
  country: string | null,
): Record<string, RuleText> {
  // Only where a rule asks for it: reading the files of all countries takes longer than all the rest.
  let sectionsOf: ReturnType<typeof countryFile> | undefined;
  const table = (section: string) => (sectionsOf ??= countryFile(sources, country))(section);
  const found: Record<string, RuleText> = {};
  for (const [file, source] of Object.entries(sources)) {
    // A flow stands for rules whose ids begin with its own.
    const section = /^kind: flows$/m.test(source) ? "flows" : "rules";
    const named = (id: string) => section === "flows" ? id.slice(0, id.lastIndexOf(".")) : id;
    // Most files hold none of them, and reading YAML takes its time.
    const wanted = ids.filter((id) => source.includes(named(id)));
    if (wanted.length === 0) continue;
    const { document, counter } = openDocument(source);
    const rules = document.get(section, true);
    if (!isSeq(rules)) continue;
    const places = rules.items.map((rule) => ({ rule, own: isMap(rule) ? String(rule.get("id")) : "" }));
    for (const id of wanted) {
      const rule = places.find(({ own }) => own === named(id))?.rule;
      if (rule === undefined) continue;
      const excerpt = excerptOf(file, source, rule, counter);
      const sections = new Set([...excerpt.text.matchAll(SECTIONS)].map((match) => match[1]!));
      found[id] = { ...excerpt, country: [...sections].flatMap(table) };
    }
  }
  return found;
}

/** Finds sections of the file of a country, of the one whose territory it is, or else of the default file. */
function countryFile(sources: Sources, country: string | null): (section: string) => Excerpt[] {
  const all = Object.entries(sources).filter(([, source]) => /^kind: country$/m.test(source));
  // Reading all of them takes long. Where files are written as the shipped ones are, the one that is wanted shows.
  const shown = all.find(([, source]) => /^code: *(\S+)/m.exec(source)?.[1] === (country ?? "default")) ??
    all.find(([, source]) =>
      country !== null && /^territories: *\[(.*)\]/m.exec(source)?.[1]?.split(/[\s,]+/).includes(country)
    );
  const candidates = shown === undefined ? all : [shown];
  const open = candidates.map(([file, source]) => ({ file, source, ...openDocument(source) }));
  const content = ({ document }: (typeof open)[number]) => document.toJS() as { code?: string; territories?: string[] };
  const chosen = open.find((one) => content(one).code === country) ??
    open.find((one) => country !== null && content(one).territories?.includes(country)) ??
    open.find((one) => content(one).code === "default");
  if (chosen === undefined) return () => [];
  const { file, source, document, counter } = chosen;
  return (section) => {
    const pair = isMap(document.contents)
      ? document.contents.items.find(({ key }) => String(key) === section)
      : undefined;
    return pair === undefined ? [] : [excerptOf(file, source, pair.key, counter, pair.value)];
  };
}

function excerptOf(
  file: string,
  source: string,
  from: unknown,
  counter: ReturnType<typeof openDocument>["counter"],
  to: unknown = from,
): Excerpt {
  const [start] = isNode(from) && from.range ? from.range : [0];
  const [, end] = isNode(to) && to.range ? to.range : [0, source.length];
  return { file, line: counter.linePos(start).line, text: source.slice(start, end).trimEnd() };
}
