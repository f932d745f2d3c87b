import type { Reply } from "./call.ts";
import type { TestGateway } from "./gateway.ts";

/** A visitor has no key. */
export const NOBODY = { authorization: "" };
const FORM = { ...NOBODY, "content-type": "application/x-www-form-urlencoded" };
export const OFFER = "Sale: 50% off everything in store until Sunday!";
export const LINK = /https:\/\/sms\.example\.com(\/u\/[\w-]{22})(?![\w-])/;

/** Sends an advertisement to a person with a consent; resolves with the path of its link. */
export async function advertise(gateway: TestGateway, to: string, from = "PARLEY"): Promise<string> {
  const sent = await gateway.call("POST", "/v1/messages", { to, from, text: OFFER });
  const path = LINK.exec(sent.body.text)?.[1];
  if (path === undefined) throw new Error(`no link: ${sent.text}`);
  return path;
}

/** The buttons of a page: what each does, and what it carries. */
export function buttons(page: string): Map<string, string> {
  return new Map(
    [...page.matchAll(/<button[^>]* name="([^"]+)" value="([^"]+)"/g)].map(([, act, check]) => [act!, check!]),
  );
}

/** Opens the page and presses a button, as a browser does without a script. */
export async function press(
  gateway: TestGateway,
  path: string,
  act = "stop",
  headers: Record<string, string> = {},
): Promise<Reply> {
  const { text } = await gateway.call("GET", path, undefined, { ...NOBODY, ...headers });
  const check = buttons(text).get(act);
  if (check === undefined) throw new Error(`no button ${act}: ${[...buttons(text).keys()]}`);
  return await post(gateway, path, [[act, check]], headers);
}

export function post(
  gateway: TestGateway,
  path: string,
  fields: [string, string][],
  headers: Record<string, string> = {},
): Promise<Reply> {
  return gateway.call("POST", path, new URLSearchParams(fields).toString(), { ...FORM, ...headers });
}

/** Presses the main button, also where the page no longer shows it: one that was left open, or pressed twice. */
export function stopAgain(gateway: TestGateway, path: string): Promise<Reply> {
  return post(gateway, path, [["stop", gateway.api.deps.tokens.formCheck(path.slice("/u/".length))]]);
}
