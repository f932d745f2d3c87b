import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ConsoleEnv } from "./console.ts";

const CHANGES_NOTHING = /^(GET|HEAD|OPTIONS)$/;

/**
 * Takes forms of its own pages only, whatever their content type. Browsers say where a request comes from and no page can make them
 * lie: in `Sec-Fetch-Site`, and over plain http, where they leave that out, in `Origin`. Who says nothing is no browser with a page
 * of ours.
 */
export function ownFormsOnly(publicUrl?: string): MiddlewareHandler<ConsoleEnv> {
  const own = publicUrl === undefined ? null : new URL(publicUrl).origin;
  return async function ownFormsOnly(c, next) {
    if (!CHANGES_NOTHING.test(c.req.method)) {
      const site = c.req.header("sec-fetch-site");
      const origin = c.req.header("origin");
      const fine = site === undefined
        ? origin !== undefined && (origin === new URL(c.req.url).origin || origin === own)
        : site === "same-origin";
      if (!fine) throw new HTTPException(403, { message: "This form is not from a page of the console." });
    }
    await next();
  };
}
