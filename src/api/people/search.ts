import { createRoute, z } from "@hono/zod-openapi";
import { parseMsisdn } from "../../core/msisdn.ts";
import { knownAmong } from "../../store/messages/known_people.ts";
import { type Api, router } from "../http/context.ts";
import { invalidField } from "../http/problem.ts";
import { json, problems } from "../http/schemas.ts";

/** Countries that a number in national form is tried in, when none is given. */
const TRIED = 20;

export const Spelled = z.object({
  data: z.array(z.object({
    msisdn: z.string(),
    country: z.string().nullable(),
    known: z.boolean().openapi({ description: "Something is stored of this number" }),
  })),
}).openapi("SpelledNumber");

/** Whom a number means, however somebody wrote it. */
export function peopleSearchRoutes({ deps }: Api) {
  const routes = router();
  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/people",
      summary: "Whom a spelling of a number means",
      description:
        "With `+` or `00` there is one answer. A number in national form is read as one of `country`, else of each country that a " +
        "sender belongs to; those of which something is stored come first.",
      tags: ["Evidence"],
      request: {
        query: z.object({
          number: z.string().min(1).max(60).openapi({ example: "06 12 34 56 78" }),
          country: z.string().regex(/^[A-Z]{2}$/, "must be a country such as FR").optional(),
        }),
      },
      responses: { 200: json(Spelled, "The numbers that it may mean"), ...problems },
    }),
    async (c) => {
      const { number, country } = c.req.valid("query");
      const { senders } = await deps.settings.current();
      const own = senders.values().flatMap((sender) => sender.country === null ? [] : [sender.country]);
      const countries = country === undefined ? [...new Set(own)].slice(0, TRIED) : [country];
      const international = parseMsisdn(number);
      const read = international.ok ? [international] : countries.map((one) => parseMsisdn(number, one));
      const found = new Map(read.flatMap((one) => one.ok ? [[one.e164, one.country] as const] : []));
      if (found.size === 0) throw invalidField("number", international.ok ? "" : international.detail);
      const known = await knownAmong(deps, [...found.keys()]);
      const data = [...found].map(([msisdn, country]) => ({ msisdn, country, known: known.has(msisdn) }));
      return c.json({ data: data.toSorted((a, b) => Number(b.known) - Number(a.known)) }, 200);
    },
  );
  return routes;
}
