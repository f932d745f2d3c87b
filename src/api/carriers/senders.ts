import { createRoute, z } from "@hono/zod-openapi";
import { isSupportedCountry } from "libphonenumber-js/max";
import type { SenderKind } from "../../core/message.ts";
import { parseMsisdn } from "../../core/msisdn.ts";
import type { Route as SenderRoute } from "../../gateway/dispatch/routes.ts";
import { instant } from "../../gateway/message_view.ts";
import { findCarrier } from "../../store/carriers/carriers.ts";
import { deleteSender, findSender, listSenders, saveSender, type SenderRow } from "../../store/carriers/senders.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden, line } from "../http/fields.ts";
import { invalidField, problem } from "../http/problem.ts";
import { json, notFound, pageOf, PageQuery, problems } from "../http/schemas.ts";

const KINDS = ["short_code", "long_code", "toll_free", "alphanumeric"] as const satisfies SenderKind[];
/** Messages a second that carriers commonly grant; Twilio gives a US long code one and toll-free three. */
const RATES: Record<SenderKind, number> = { long_code: 1, toll_free: 3, short_code: 30, alphanumeric: 30 };
/** Toll-free codes of the North American plan. */
const TOLL_FREE = /^\+18(00|33|44|55|66|77|88)/;

const Country = z.string().regex(/^[A-Z]{2}$/, "must be an ISO 3166 code such as FR")
  .refine((code) => isSupportedCountry(code), "is not a country");

const CarrierId = z.string().min(1).max(40);
const Route = z.strictObject({
  carrier_id: CarrierId,
  countries: z.array(Country).max(250).default([]).openapi({ description: "Of recipients; empty: all of the sender" }),
}).openapi("Route");

const SenderBody = z.strictObject({
  carrier_id: CarrierId.optional().openapi({
    description: "The account it leaves through; with `routes` the first of them, and may be left out",
    example: "sandbox",
  }),
  routes: z.array(z.union([CarrierId, Route]))
    .min(1).max(10).optional().openapi({
      description:
        "Accounts that may carry it, in order, each an id or `{carrier_id, countries}`. A message goes to the next one when the " +
        "account before it turns it away for now or is out of service, and never after an outcome that is not known",
    }),
  kind: z.enum(KINDS).optional().openapi({ description: "Told by the shape of the address when left out" }),
  country: Country.nullable().optional().openapi({
    description: "Country the number, or the STOP number of a name, belongs to. A short code needs one",
  }),
  countries: z.array(Country).max(250).default([]).openapi({ description: "It may be used for; empty: all" }),
  stop_number: z.string().regex(/^(\d{3,8}|\+\d{7,15})$/, "must be a short code or a number with +").nullable()
    .optional().openapi({ description: "Where people in `country` text STOP when they cannot answer the sender" }),
  brand: line(50).nullable().optional().openapi({ description: "Name that replies speak in" }),
  rate_per_second: z.number().min(0.01).max(1_000).optional(),
}).openapi("SenderBody");

export const Sender = z.object({
  address: z.string(),
  kind: z.enum(KINDS),
  country: z.string().nullable(),
  countries: z.array(z.string()),
  carrier_id: z.string(),
  stop_number: z.string().nullable(),
  brand: z.string().nullable(),
  rate_per_second: z.number(),
  routes: z.array(z.object({ carrier_id: z.string(), countries: z.array(z.string()) })),
  created_at: z.string(),
}).openapi("Sender");

const Address = z.object({
  address: z.string().max(20).openapi({ description: "Percent-encoded: `%2B15005550006`", example: "36105" }),
});

/** What messages come from. */
export function senderRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/senders",
      summary: "List senders",
      tags: ["Senders"],
      request: { query: z.object(PageQuery) },
      responses: { 200: json(pageOf(Sender), "A page"), ...problems },
    }),
    async (c) => {
      const { rows, next } = await listSenders(deps.db, c.req.valid("query"));
      return c.json({ data: rows.map(senderView), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/senders/{address}",
      summary: "One sender",
      tags: ["Senders"],
      request: { params: Address },
      responses: { 200: json(Sender, "The sender"), ...problems, ...notFound },
    }),
    async (c) => {
      const row = await findSender(deps.db, c.req.valid("param").address);
      if (row === null) throw noSuchSender();
      return c.json(senderView(row), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "put",
      path: "/v1/senders/{address}",
      summary: "Create or replace a sender",
      tags: ["Senders"],
      request: { params: Address, body: { required: true, content: { "application/json": { schema: SenderBody } } } },
      responses: { 201: json(Sender, "Created"), 200: json(Sender, "Replaced"), ...problems, ...forbidden },
    }),
    async (c) => {
      const { address } = c.req.valid("param");
      const body = c.req.valid("json");
      const { kind, country } = shapeOf(address, body);
      const routes = routesOf(body);
      const row = {
        address,
        kind,
        country,
        countries: JSON.stringify(body.countries),
        carrier_id: routes[0]!.carrier_id,
        routes: JSON.stringify(body.routes === undefined ? [] : routes),
        stop_number: body.stop_number ?? null,
        brand: body.brand ?? null,
        rate_per_second: body.rate_per_second ?? RATES[kind],
        created_at: deps.now(),
      };
      const { address: subject, created_at: at, ...details } = row;
      const fact = { at, actor: c.get("principal").actor, action: "sender.saved", subject, details } as const;
      const saved = await saveSender(deps.db, row, auditRow(fact, deps.newId));
      if (saved === null) {
        const known = await Promise.all(routes.map(({ carrier_id }) => findCarrier(deps.db, carrier_id)));
        const missing = routes.find((_, index) => known[index] === null) ?? routes[0]!;
        const field = body.routes === undefined ? "carrier_id" : "routes";
        throw invalidField(field, `there is no carrier "${missing.carrier_id}"`);
      }
      await deps.settings.refresh();
      return saved.created ? c.json(senderView(saved.row), 201) : c.json(senderView(saved.row), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "delete",
      path: "/v1/senders/{address}",
      summary: "Delete a sender",
      tags: ["Senders"],
      request: { params: Address },
      responses: {
        204: { description: "Deleted" },
        409: { description: "Messages wait to leave from it" },
        ...problems,
        ...notFound,
        ...forbidden,
      },
    }),
    async (c) => {
      const { address } = c.req.valid("param");
      const fact = { at: deps.now(), actor: c.get("principal").actor, action: "sender.deleted" } as const;
      if (!await deleteSender(deps.db, address, auditRow({ ...fact, subject: address }, deps.newId))) {
        if (await findSender(deps.db, address) === null) throw noSuchSender();
        throw problem(409, "sender_in_use", "Sender in use", "Messages wait to leave from it; cancel them first.");
      }
      await deps.settings.refresh();
      return c.body(null, 204);
    },
  );

  return routes;
}

/** The accounts in order, from `routes` or `carrier_id`. @throws ProblemError naming the field. */
function routesOf({ carrier_id, routes: given, countries }: z.infer<typeof SenderBody>): SenderRoute[] {
  const routes = given?.map((one): SenderRoute => typeof one === "string" ? { carrier_id: one, countries: [] } : one);
  if (routes === undefined) {
    if (carrier_id === undefined) throw invalidField("carrier_id", "say through which account it leaves");
    return [{ carrier_id, countries: [] }];
  }
  if (carrier_id !== undefined && carrier_id !== routes[0]!.carrier_id) {
    throw invalidField("carrier_id", "must be the first of the routes, or left out");
  }
  if (new Set(routes.map((route) => route.carrier_id)).size < routes.length) {
    throw invalidField("routes", "must name each account once");
  }
  // Otherwise a message that the sender may send could leave through no account.
  if (routes.some((route) => route.countries.length === 0)) return routes;
  const uncovered = countries.filter((country) => !routes.some((route) => route.countries.includes(country)));
  if (countries.length > 0 && uncovered.length === 0) return routes;
  throw invalidField(
    "routes",
    countries.length === 0
      ? "one of them must be for every country, as the sender is"
      : `none of them is for ${uncovered.join(", ")}, where the sender may be used`,
  );
}

const noSuchSender = () => problem(404, "not_found", "No such sender");

/** Kind and country, from the address where they are not given. @throws ProblemError naming the field. */
function shapeOf(
  address: string,
  { kind, country, stop_number }: z.infer<typeof SenderBody>,
): { kind: SenderKind; country: string | null } {
  if (/^\d{3,8}$/.test(address)) {
    expectKind(kind, ["short_code"], "digits alone");
    if (!country) throw invalidField("country", "a short code belongs to a country; say which, for example FR");
    return { kind: "short_code", country };
  }
  if (/^\+/.test(address)) {
    const number = parseMsisdn(address);
    if (!number.ok) throw invalidField("address", number.detail);
    if (number.e164 !== address) throw invalidField("address", `must be written ${number.e164}`);
    expectKind(kind, ["long_code", "toll_free"], "a number");
    return {
      kind: kind ?? (TOLL_FREE.test(address) ? "toll_free" : "long_code"),
      country: country ?? number.country,
    };
  }
  // GSM 03.38 allows a name of 11 characters; at least one letter tells it from a number.
  if (!/^(?=.*[A-Za-z])[A-Za-z0-9 &._-]{1,11}$/.test(address) || address.trim() !== address) {
    throw invalidField(
      "address",
      "must be 3 to 8 digits, a number with + and its country code, or a name of at most 11 letters, digits and & . _ -",
    );
  }
  expectKind(kind, ["alphanumeric"], "a name");
  if (stop_number && !country) throw invalidField("country", "say in which country the stop_number can be reached");
  return { kind: "alphanumeric", country: country ?? null };
}

function expectKind(kind: SenderKind | undefined, fitting: SenderKind[], shape: string): void {
  if (kind !== undefined && !fitting.includes(kind)) {
    throw invalidField("kind", `the address is ${shape}, which can only be ${fitting.join(" or ")}`);
  }
}

function senderView(row: SenderRow): z.infer<typeof Sender> {
  const { address, kind, country, carrier_id, stop_number, brand, rate_per_second } = row;
  const routes = JSON.parse(row.routes) as SenderRoute[];
  return {
    address,
    kind,
    country,
    countries: JSON.parse(row.countries) as string[],
    carrier_id,
    stop_number,
    brand,
    rate_per_second,
    routes: routes.length > 0 ? routes : [{ carrier_id, countries: [] }],
    created_at: instant(row.created_at),
  };
}
