import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Env } from "./context.ts";
import { invalidInput, unsupportedType } from "./problem.ts";

const JSON_TYPE = /^application\/([a-z.-]+\+)?json(;\s*[a-z0-9-]+=[^;]+)*$/i;

/**
 * The JSON body of a request, as `schema` reads it, with the answers that the validators of `routes.openapi` give. Those parse
 * asynchronously, past zod's compiled parser, which the busiest route cannot afford (docs/figures.md).
 * @throws HTTPException 400 for what is not JSON, ProblemError 415 for another type and 422 for what does not fit.
 */
export async function jsonBody<T>(c: Context<Env>, schema: z.ZodType<T>): Promise<T> {
  const type = c.req.header("content-type");
  if (type === undefined ? (await c.req.arrayBuffer()).byteLength > 0 : !JSON_TYPE.test(type)) {
    throw unsupportedType();
  }
  const parsed = schema.safeParse(type === undefined ? {} : await read(c));
  if (!parsed.success) throw invalidInput(parsed.error.issues);
  return parsed.data;
}

async function read(c: Context<Env>): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    throw new HTTPException(400, { message: "Malformed JSON in request body" });
  }
}
