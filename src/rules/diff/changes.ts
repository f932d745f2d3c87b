import { isRecord, Items, type Subject } from "./model.ts";

/** One difference between two rulebooks, before it is put into words. */
export interface RawChange {
  before: Subject | null;
  after: Subject | null;
  what: "added" | "removed" | "changed";
  /** Where in the subject; empty when the whole subject is new or gone. */
  path: string[];
  /** Days, words, patterns … that all changed in this way; empty when the path says it all. */
  items: string[];
  from: unknown;
  to: unknown;
}

/** Keys whose value is one thing to a reader, however many parts it has. */
const WHOLE = new Set(["source", "conditions", "event"]);

/** Everything in which two rulebooks differ; none exactly when they mean the same. Pure. */
export function changesBetween(
  before: ReadonlyMap<string, Subject>,
  after: ReadonlyMap<string, Subject>,
): RawChange[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [old, now] = [before.get(key) ?? null, after.get(key) ?? null];
    const about = { before: old, after: now, path: [], items: [] };
    if (old === null) return [{ ...about, what: "added" as const, from: undefined, to: now!.content }];
    if (now === null) return [{ ...about, what: "removed" as const, from: old.content, to: undefined }];
    return merged(compare(old.content, now.content, [], []).map((found) => ({ ...about, ...found })));
  });
}

type Found = Pick<RawChange, "what" | "path" | "items" | "from" | "to">;

function compare(from: unknown, to: unknown, path: string[], items: string[]): Found[] {
  if (same(from, to)) return [];
  if (from === undefined) return [{ what: "added", path, items, from, to }];
  if (to === undefined) return [{ what: "removed", path, items, from, to }];
  if (from instanceof Items && to instanceof Items) {
    return [...new Set([...from.members.keys(), ...to.members.keys()])]
      .flatMap((name) => compare(from.members.get(name), to.members.get(name), path, [...items, name]));
  }
  if (isRecord(from) && isRecord(to) && !WHOLE.has(path.at(-1) ?? "")) {
    return [...new Set([...Object.keys(from), ...Object.keys(to)])]
      .flatMap((key) => compare(from[key], to[key], [...path, key], items));
  }
  return [{ what: "changed", path, items, from, to }];
}

/** Members of one set that changed alike are one change. */
function merged(changes: RawChange[]): RawChange[] {
  const groups = new Map<string, RawChange>();
  for (const change of changes) {
    const { what, path, items, from, to } = change;
    // New and lost members differ in their names at least; that they came or went is what they have in common.
    // A weight is part of what is told of them.
    const alike = what === "changed" ? JSON.stringify([plain(from), plain(to)]) : String(weightIn(from ?? to));
    const key = items.length === 0 ? JSON.stringify([what, path]) : JSON.stringify([what, path, alike]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, change);
    else known.items = [...known.items, ...items];
  }
  return [...groups.values()];
}

function weightIn(entry: unknown): unknown {
  return isRecord(entry) ? entry["weight"] : undefined;
}

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

/** Plain JSON with its keys in order: in what order a file names them means nothing. Lists keep theirs. */
export function plain(value: unknown): unknown {
  if (value instanceof Items) return plain(Object.fromEntries(value.members));
  if (Array.isArray(value)) return value.map(plain);
  if (!isRecord(value)) return value ?? null;
  return Object.fromEntries(
    Object.entries(value).filter(([, one]) => one !== undefined).sort(([a], [b]) => a < b ? -1 : 1)
      .map(([key, one]) => [key, plain(one)]),
  );
}
