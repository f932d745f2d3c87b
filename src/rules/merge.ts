import type { Sources } from "./parse.ts";

/**
 * Two changes of the same files put together, file by file: what only one of them changed is taken from it. A file that both changed,
 * each in its own way, is a conflict and stays as `mine`: whoever merges decides what becomes of it.
 */
export function mergeSources(base: Sources, theirs: Sources, mine: Sources): { sources: Sources; conflicts: string[] } {
  const sources: Record<string, string> = {};
  const conflicts: string[] = [];
  const own = (files: Sources, path: string) => Object.hasOwn(files, path) ? files[path] : undefined;
  for (const path of [...new Set([...Object.keys(theirs), ...Object.keys(mine), ...Object.keys(base)])].sort()) {
    const [before, there, here] = [own(base, path), own(theirs, path), own(mine, path)];
    if (there !== here && there !== before && here !== before) conflicts.push(path);
    const text = here === before ? there : here;
    if (text !== undefined) sources[path] = text;
  }
  return { sources, conflicts };
}
