/** Finds the pages of the console as a reader does: by following links. */

export interface WalkedPage {
  /** With `{id}` in the place of what differs between things of one kind. */
  pattern: string;
  /** The first of its pattern that a link led to. */
  path: string;
}

/** Files, streams and what is no page. */
const NO_PAGE = /\/(assets|export|live|events|file|progress|choices|sign-out)\b/;
const LINK = /\s(?:href|hx-get)="(\/console[^"#]*)/g;

/** One page of each pattern, from the home on. `read`: the HTML at a path, or null where it is none. */
export async function* walkConsole(
  read: (path: string) => Promise<string | null>,
  start = "/console",
): AsyncGenerator<WalkedPage, void> {
  const met = new Set([patternOf(start)]);
  const queue = [start];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const html = await read(path);
    if (html === null) continue;
    yield { pattern: patternOf(path), path };
    for (const [, found] of html.matchAll(LINK)) {
      const link = found!.replaceAll("&amp;", "&");
      const pattern = patternOf(link);
      if (met.has(pattern) || NO_PAGE.test(link)) continue;
      met.add(pattern);
      queue.push(link);
    }
  }
}

/** What is in a query makes no other page, but for a longer period; ids, numbers of people, addresses of senders and hashes are in the place of any other. */
export function patternOf(path: string): string {
  const [place, query] = path.split("?") as [string, string?];
  const named = place.split("/").map((part) => /[_.+%:\d]|^[A-Z]{2}$/.test(part) ? "{id}" : part).join("/");
  const range = new URLSearchParams(query).get("range");
  return range === null || range === "today" ? named : `${named}?range=${range}`;
}
