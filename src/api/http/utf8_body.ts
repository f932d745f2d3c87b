import type { Context, MiddlewareHandler } from "hono";
import { mayLoseKeys, refuseLostKeys } from "../access/lost_keys.ts";
import { problem, unsupportedType } from "./problem.ts";

const JSON_TYPE = /^\s*application\/([\w.-]+\+)?json\s*(;|$)/i;
const OTHER_CHARSET = /;\s*charset\s*=(?!\s*"?utf-?8"?\s*(;|$))/i;

/** Each item of theirs is answered on its own, and what is wrong with one stops no other. */
const ITEM_BY_ITEM = /\/(batch|import)$/;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a JSON body before the routes do, once, and leaves its text where `c.req.json()` looks. By itself that puts U+FFFD in
 * place of what is no UTF-8, and a person would get a text that nobody wrote.
 */
export const utf8Json: MiddlewareHandler = (c, next) => {
  const type = c.req.header("content-type");
  return type !== undefined && JSON_TYPE.test(type) ? readThen(c, type, next) : next();
};

async function readThen(c: Context, type: string, next: () => Promise<void>): Promise<void> {
  if (OTHER_CHARSET.test(type)) throw unsupportedType("JSON is UTF-8. Send Content-Type: application/json.");
  const text = await utf8Text(c);
  if (mayLoseKeys(text) && !ITEM_BY_ITEM.test(c.req.path)) refuseLostKeys(parsed(text));
  // The cache holds promises, whatever its type says.
  Object.assign(c.req.bodyCache, { text: Promise.resolve(text) });
  await next();
}

/** Null for what is no JSON, of which the routes tell. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The text of a body. @throws ProblemError 400 when it is no UTF-8, or breaks off. */
export async function utf8Text(c: Context): Promise<string> {
  const bytes = await c.req.raw.arrayBuffer().catch(() => {
    throw problem(400, "body_incomplete", "Body incomplete", "The body broke off. Send it again.");
  });
  try {
    return utf8.decode(bytes);
  } catch {
    throw problem(
      400,
      "invalid_encoding",
      "Not UTF-8",
      "The body is not UTF-8. Nothing was stored: encode it and send it again.",
    );
  }
}
