import type { Condition, Event, Source } from "../../core/rulebook/rulebook_schema.ts";
import { plain, type RawChange } from "./changes.ts";
import { sayCondition, sayConditionChange, sayEvent } from "./conditions_words.ts";
import { isRecord, Items, type Subject } from "./model.ts";
import { sayDays, sayWeek } from "./week.ts";

/** Words for a change. A path without words of its own is told as it stands, so that no change goes without a sentence. */

export interface WordsContext {
  /** Quiet-hours profile that a deployment chooses for a country, in the older and the newer rulebook. */
  chosen: { before: Readonly<Record<string, string>>; after: Readonly<Record<string, string>> };
  /** The newer country file of a code. */
  country(code: string): Subject | null;
}

/** One sentence, without a full stop: `France: quiet hours on Saturday now start at 18:00 (20:00 before)`. */
export function wordsOf(change: RawChange, context: WordsContext): string {
  const subject = (change.after ?? change.before)!;
  if (change.path.length === 0) return sayWhole(change, subject);
  if (subject.kind === "rule") return `${subject.name}: ${sayRule(change)}`;
  if (subject.kind === "country") return sayCountry(change, subject, context);
  if (subject.kind === "deployment" && change.path[0] === "quiet_hours") return sayChosen(change, context);
  return `${subject.name}: ${sayList(change) ?? sayPlain(change)}`;
}

function sayWhole({ what }: RawChange, { kind, name, content, file }: Subject): string {
  const is = what === "added" ? "is new" : "is gone";
  if (kind === "country" && what === "removed") {
    return `${name} ${is} (${file}): the file for any other country counts there`;
  }
  if (kind !== "rule") return `${name} ${is} (${file})`;
  const { description, conditions, event } = content as { description: string; conditions: Condition; event: Event };
  return `${name} ${is}: ${sayEvent(event)} when ${sayCondition(conditions)} (${oneLine(description)})`;
}

function sayRule(change: RawChange): string {
  const { path: [field], from, to, what, items } = change;
  switch (field) {
    case "conditions":
      return sayConditionChange(from as Condition, to as Condition);
    case "event":
      return `now ${sayEvent(to as Event)}; before, ${sayEvent(from as Event)}`;
    case "matches":
    case "does_not_match": {
      const which = field === "matches" ? "must match" : "must not match";
      return `${count(items.length, "example")} that ${which} ${what === "added" ? "added" : "taken away"}`;
    }
    case "effective_from":
      return to === undefined ? `counts from the start, not only from ${from}` : `counts from ${to}${formerly(from)}`;
    case "effective_to":
      return to === undefined ? `does not end any more on ${from}` : `counts until ${to}${formerly(from)}`;
    default:
      return sayPlain(change);
  }
}

function sayCountry(change: RawChange, subject: Subject, context: WordsContext): string {
  const { path, from, to } = change;
  const say = (sentence: string) => `${subject.name}: ${sentence}`;
  switch (path[0]) {
    case "quiet_hours":
      return sayHours(change, subject, context);
    case "consent":
      if (path[1] !== "commercial") break;
      return say(`advertising ${to === "required" ? "now needs" : "no longer needs"} consent`);
    case "opt_out":
      if (path[1] !== "scope") break;
      return say(
        to === "commercial"
          ? "STOP now ends advertising only, no longer everything from that sender"
          : "STOP now ends everything from that sender, not advertising alone",
      );
    case "frequency":
      if (path[1] !== "max" && path[1] !== "hours") break;
      return say(
        path[1] === "max"
          ? `at most ${to} advertisements in ${hoursOf(change.after)} hours (${from} before)`
          : `the cap on advertisements now counts over ${to} hours (${from} before)`,
      );
    case "senders":
      if (!Array.isArray(from) || !Array.isArray(to)) break;
      return say(`${path[1] === "commercial" ? "advertising" : "information"} ${sayKinds(from, to)}`);
    case "mention":
      if (path[1] === "link_allowed") {
        return say(`a link as the way out is ${to === true ? "now" : "no longer"} allowed`);
      }
      if (path[1] === "short_code") {
        return say(
          `the mention of a short code now ${to === "reply" ? "asks for an answer to it" : "gives its number"}`,
        );
      }
      if (path[1] === "languages") break;
      if (!Array.isArray(to)) break;
      return say(`wordings of the mention (${path[1]}) are now ${quoted(to)}; before, ${quoted(from as string[])}`);
  }
  return say(sayList(change) ?? sayPlain(change));
}

function hoursOf(subject: Subject | null): unknown {
  return (subject?.content["frequency"] as { hours?: number } | undefined)?.hours;
}

function sayKinds(from: readonly string[], to: readonly string[]): string {
  const gained = to.filter((kind) => !from.includes(kind)), lost = from.filter((kind) => !to.includes(kind));
  const parts = [
    ...(gained.length > 0 ? [`may now come from ${readable(gained)}`] : []),
    ...(lost.length > 0 ? [`may no longer come from ${readable(lost)}`] : []),
  ];
  return parts.join(" and ") || "lists its senders in another order";
}

const readable = (kinds: readonly string[]) =>
  listed(kinds.map((kind) => kind === "alphanumeric" ? "names" : `${kind.replaceAll("_", " ")}s`));

function sayHours(change: RawChange, subject: Subject, { chosen }: WordsContext): string {
  const { path: [, part, name = "", field], from, to, items, what } = change;
  const { name: country, id } = subject;
  if (part === "profile") {
    const overruled = chosen.after[id] === undefined
      ? ""
      : ` (this deployment chooses ${chosen.after[id]}, so nothing changes here)`;
    return `${country}: the usual advertising hours are now ${profileWords(change.after, String(to))}; ` +
      `before, ${profileWords(change.before, String(from))}${overruled}`;
  }
  const inForce = part === "regions" || (chosen.after[id] ?? profileOf(change.after)) === name;
  const where = part === "regions"
    ? `${country}, ${name}`
    : inForce
    ? country
    : `${country}, hours ${name} (not in force)`;
  if (field === undefined) return `${where}: the hours "${name}" are ${what === "added" ? "new" : "gone"}`;
  if (field === "holidays") {
    return `${where}: advertising on public holidays is ${to === "open" ? "now allowed" : "no longer allowed"}`;
  }
  if (field !== "open") return `${where}: ${sayPlain(change)}`;
  return `${where}: ${sayDay(sayDays(items), String(from), String(to))}`;
}

function sayDay(days: string, from: string, to: string): string {
  if (to === "closed") return `no advertising on ${days} any more (${from} before)`;
  if (from === "closed") return `advertising on ${days} is now allowed, ${to}`;
  const [opened, closed] = from.split("-"), [opens, closes] = to.split("-");
  if (opened === opens) return `quiet hours on ${days} now start at ${closes} (${closed} before)`;
  if (closed === closes) return `quiet hours on ${days} now end at ${opens} (${opened} before)`;
  return `advertising on ${days} is now allowed ${to} (${from} before)`;
}

/** A deployment chooses other hours than the usual ones of a country. */
function sayChosen({ path, from, to }: RawChange, { country }: WordsContext): string {
  const [before, after] = path.length > 1 ? [{ [path[1]!]: from }, { [path[1]!]: to }] : [from ?? {}, to ?? {}];
  const chosen = after as Record<string, string | undefined>;
  const codes = [...new Set([...Object.keys(before as object), ...Object.keys(chosen)])];
  return codes.map((code) => {
    const subject = country(code);
    const profile = chosen[code] ?? String(profileOf(subject));
    const whose = chosen[code] === undefined ? "the usual ones again" : "this deployment's own choice";
    return `${subject?.name ?? code}: the advertising hours are now ${whose}, ${profileWords(subject, profile)}`;
  }).join("; ");
}

function profileOf(subject: Subject | null): unknown {
  return (subject?.content["quiet_hours"] as { profile?: string } | undefined)?.profile;
}

function profileWords(subject: Subject | null, profile: string): string {
  const hours = subject?.content["quiet_hours"] as { profiles: Record<string, { open: Items }> } | undefined;
  const open = hours?.profiles[profile]?.open;
  return open === undefined ? profile : `${profile} (${sayWeek(open.members)})`;
}

/** Members of a set that came, went, or changed alike. */
function sayList(change: RawChange): string | null {
  const { path, what, items, from, to } = change;
  if (items.length === 0) return null;
  const many = path.at(-1) === "examples" ? count(items.length, "example") : quoted(items);
  const list = path.map((part) => part.replaceAll("_", " ")).join(" ");
  const meaning = path[0] === "keywords" || isIntent(change)
    ? `as ${list.split(" ").slice(path[0] === "keywords" ? 1 : 0).join(" ")}`
    : `in ${list}`;
  const own = sayOwn(change, many);
  if (own !== null) return own;
  const gone = meaning.replace(/^in /, "from ");
  if (what === "added") return path.at(-1) === "examples" ? `${many} added` : `${many} added ${meaning}`;
  if (what === "removed") return path.at(-1) === "examples" ? `${many} taken away` : `${many} taken away ${gone}`;
  if (path.at(-1) === "weight") return `${many} now ${count(items.length, "weighs", "weigh")} ${to} (${from} before)`;
  return `${sayPlain({ ...change, items: [] })}, for ${many}`;
}

/** What it does that a word of a lexicon came or went. */
function sayOwn({ what, items, from, to, after, before }: RawChange, many: string): string | null {
  const [is, was] = [what === "added", what === "removed"];
  if (!is && !was) return null;
  const verb = (one: string, more: string) => count(items.length, one, more);
  switch ((after ?? before)?.kind) {
    case "signals":
    case "weights":
      return is
        ? `${many} now ${verb("counts", "count")} ${pointsOf(to)}`
        : `${many} no longer ${verb("counts", "count")} (${pointsOf(from)} before)`;
    case "guards":
      return is
        ? `${many} added: a keyword in ${verb("it", "them")} counts only as the whole message`
        : `${many} taken away: a keyword in ${verb("it", "them")} counts again`;
    case "tails":
      return `${many} may ${is ? "now" : "no longer"} stand beside a keyword`;
    default:
      return null;
  }
}

/** General keywords stand right under their intent. */
function isIntent({ after, before, path }: RawChange): boolean {
  return (after ?? before)?.kind === "keywords" && path.length === 1;
}

/** `5 towards advertising`; a sign of information has a weight below zero. */
function pointsOf(entry: unknown): string {
  const weight = isRecord(entry) ? Number(entry["weight"]) : 0;
  return `${Math.abs(weight)} towards ${weight < 0 ? "information" : "advertising"}`;
}

function sayPlain({ path, from, to, what, items }: RawChange): string {
  const name = nameOf(path);
  const of = items.length === 0 ? name : `${name} of ${quoted(items)}`;
  if (path.at(-1) === "source") return `${of}: ${saySource(from, to)}`;
  if (what === "added") return `${of} is now ${value(to)}`;
  if (what === "removed") return `${of} is gone (${value(from)} before)`;
  if (isList(from) && isList(to)) return `${of}: ${sayMembers(from, to)}`;
  return `${of} is now ${value(to)} (${value(from)} before)`;
}

function nameOf(path: readonly string[]): string {
  const [first, ...others] = path.map((part) => part.replaceAll("_", " "));
  return first === "templates" && others.length > 0
    ? `the answer "${others.join(" ")}"`
    : [first, ...others].join(", ");
}

function isList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function sayMembers(from: readonly string[], to: readonly string[]): string {
  const gained = to.filter((one) => !from.includes(one)), lost = from.filter((one) => !to.includes(one));
  const parts = [
    ...(gained.length > 0 ? [`${quoted(gained)} added`] : []),
    ...(lost.length > 0 ? [`${quoted(lost)} taken away`] : []),
  ];
  return parts.join(", ") || `now in the order ${quoted(to)}`;
}

/** Which parts of a source changed; a source is often only read again. */
function saySource(from: unknown, to: unknown): string {
  if (!isRecord(from) || !isRecord(to)) return `now ${value(to)} (${value(from)} before)`;
  const parts = (["text", "url", "confidence", "reviewed"] satisfies (keyof Source)[])
    .filter((part) => from[part] !== to[part])
    .map((part) => `${part} is now ${value(to[part])} (${value(from[part])} before)`);
  return parts.join(", ");
}

const LONGEST = 200;
function value(one: unknown): string {
  if (one === undefined || one === null) return "nothing";
  if (typeof one === "boolean") return one ? "yes" : "no";
  if (isList(one) && one.length > 0) return quoted(one);
  const text = typeof one === "string" ? `"${oneLine(one)}"` : JSON.stringify(plain(one));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

const SHOWN = 8;
function quoted(items: readonly string[]): string {
  const more = items.length - SHOWN;
  const shown = items.slice(0, SHOWN).map((item) => `"${oneLine(item)}"`);
  return more > 0 ? `${shown.join(", ")} and ${more} more` : listed(shown);
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

function formerly(before: unknown): string {
  return before === undefined ? "" : ` (${before} before)`;
}

/** `2 examples`; with two words only the fitting one. */
function count(number: number, one: string, many?: string): string {
  if (many !== undefined) return number === 1 ? one : many;
  return `${number} ${one}${number === 1 ? "" : "s"}`;
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}
