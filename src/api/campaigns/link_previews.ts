import { isbot } from "isbot";

/** What iPhone apps and Viber fetch by themselves, and `isbot` takes for a browser. */
const ALSO = /CFNetwork\/|^Viber\//;
const LONGEST_NAME = 1_000;

/**
 * True when a request that opened a link is no person's, as far as it says so itself: previews in messengers, scanners, search engines,
 * a browser that fetches ahead (Sec-Purpose of the Fetch standard, and its older names). Who calls itself a browser is taken for one.
 */
export function isPreview(method: string, header: (name: string) => string | undefined): boolean {
  if (method !== "GET") return true;
  if (["sec-purpose", "purpose", "x-purpose", "x-moz"].some((name) => /prefetch|preview/i.test(header(name) ?? ""))) {
    return true;
  }
  const agent = header("user-agent")?.slice(0, LONGEST_NAME) ?? "";
  // Every browser has a name.
  return agent === "" || ALSO.test(agent) || isbot(agent);
}
