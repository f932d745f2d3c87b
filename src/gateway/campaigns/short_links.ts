import { parseTemplate } from "../../core/text/template.ts";
import { findLinked } from "../../store/campaigns/link_clicks.ts";
import type { Deps } from "../gateway.ts";

/**
 * Short links in the messages of campaigns. Decisions never see the token of anybody's own link: they are given a text with a mark of the
 * same length in its place, so that a message is decided like all others of its text, now and whenever it is decided again.
 */

/** Stands for the token of link number `link`; as long as a token. */
export function linkMark(link: number): string {
  return `OwnLinkOfEach${String(link).padStart(3, "0")}`;
}

export function shortUrl(publicUrl: string, token: string): string {
  return `${publicUrl}/l/${token}`;
}

/** A stored text with marks for its tokens, and how to put the tokens back into what was made of it. */
export function withMarks(text: string, publicUrl: string): { text: string; restore: (decided: string) => string } {
  const beginning = shortUrl(publicUrl, "");
  if (!text.includes(beginning)) return { text, restore: (decided) => decided };
  const [first = "", ...rest] = text.split(beginning);
  // In the order in which they come, as when the text was made.
  const tokens: string[] = [];
  const marked = rest.map((part) => {
    const token = /^[\w-]{16}/.exec(part)?.[0];
    if (token === undefined) return part;
    if (!tokens.includes(token)) tokens.push(token);
    return linkMark(tokens.indexOf(token)) + part.slice(token.length);
  });
  return {
    text: [first, ...marked].join(beginning),
    restore(decided) {
      const [before = "", ...behind] = decided.split(beginning);
      const restored = behind.map((part) => {
        const token = tokens.find((_, link) => part.startsWith(linkMark(link)));
        return token === undefined ? part : token + part.slice(token.length);
      });
      return [before, ...restored].join(beginning);
    },
  };
}

export interface FollowedLink {
  message_id: string;
  /** Place among the links of the campaign's text. */
  link: number;
  /** Where it leads. */
  target: string;
  /** Counted so far. */
  clicks: number;
}

/** The message and the link that a token of a short link means, and where that leads; null when nobody here made it. */
export async function followShortLink(
  token: string,
  { db, tokens }: Pick<Deps, "db" | "tokens">,
): Promise<FollowedLink | null> {
  const ids = tokens.short.idsOf(token);
  if (ids === null) return null;
  for (const { id, template, clicks } of await findLinked(db.client, ids)) {
    const link = tokens.short.linkOf(token, id);
    if (link === null) continue;
    const parsed = parseTemplate(template);
    const target = "problem" in parsed ? undefined : parsed.template.links[link];
    if (target !== undefined) return { message_id: id, link, target, clicks: clicks[link] ?? 0 };
  }
  return null;
}
