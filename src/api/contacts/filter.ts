import { z } from "@hono/zod-openapi";
import { isKnownZone } from "../../core/time/zone_clock.ts";
import { type ContactFilter as StoredFilter, readFilter } from "../../store/contacts/filter.ts";
import { LOST, lostKey, WHY } from "../access/lost_keys.ts";
import { Language, line, lines, TURNING, turnsNothing } from "../http/fields.ts";
import { invalidInput } from "../http/problem.ts";
import { Instant, pageOfIds } from "../http/schemas.ts";
import { numberInUrl } from "../http/url_number.ts";

/** What may be said of a contact, by hand, by an import or by a filter. */
export const MAX_FIELDS = 50;
export const MAX_TAGS = 50;
export const ContactName = line(200);
export const FieldName = line(40).refine((name) => name !== LOST, WHY);
export const FieldValue = lines(500).refine(turnsNothing, TURNING);
export const TimeZone = z.string().max(60).refine(isKnownZone, "must be an IANA time zone such as Europe/Paris")
  .openapi({ example: "Europe/Paris" });
// A comma separates the tags of one cell.
export const Tag = line(40).regex(/^[^,]*$/, "must not hold a comma").openapi({ example: "vip" });
export const ListId = z.string().regex(/^lst_[0-9a-z]{1,40}$/, "must be the id of a list").openapi({
  example: "lst_01kb3…",
});

/** One schema for the address book's query, its export, and saved filters. All that is given must hold. */
export const ContactFilter = z.strictObject({
  tags: z.array(Tag).min(1).max(10).optional().openapi({ description: "Has each of them" }),
  lists: z.array(ListId).min(1).max(10).optional().openapi({ description: "Is on each of these lists with members" }),
  fields: z.record(FieldName, FieldValue).refine((fields) => Object.keys(fields).length <= 10, "at most 10").optional()
    .openapi({ description: "Each of these custom fields has this value", example: { city: "Lyon" } }),
  language: Language.optional(),
  time_zone: TimeZone.optional(),
  created_from: Instant.optional(),
  created_before: Instant.optional(),
  q: line(100).optional().openapi({
    description: "The beginning of a number, or a part of a name (in either case for letters without accents)",
  }),
}).openapi("ContactFilter");
export type ContactFilter = z.infer<typeof ContactFilter>;

const several = <T extends z.ZodType<unknown, string>>(one: T) => z.union([one, z.array(one)]).optional();

/** The same in a query: `tag` and `list` may be repeated, a custom field is `field.NAME=VALUE`. */
export const FilterQuery = {
  tag: several(Tag),
  list: several(ListId),
  "field.NAME": z.string().optional().openapi({ description: "The custom field NAME has this value" }),
  language: Language.optional(),
  time_zone: z.string().optional(),
  created_from: z.string().optional(),
  created_before: z.string().optional(),
  q: z.string().optional(),
};

/**
 * The filter of a query; `others` are the parameters of the route that are none of it. A parameter that nobody knows is refused:
 * overlooked, it would mean more people than were meant.
 * @throws ProblemError 422.
 */
export function filterOfQuery(query: Record<string, string[]>, others: readonly string[]): ContactFilter {
  const given: Record<string, unknown> = {};
  const fields: Record<string, string> = {};
  const single = ["language", "time_zone", "created_from", "created_before", "q"];
  for (const [name, values] of Object.entries(query)) {
    if (name === "tag") given.tags = values;
    else if (name === "list") given.lists = values;
    else if (name.startsWith("field.")) fields[fieldIn(name)] = values.at(-1)!;
    else if (single.includes(name)) given[name] = values.at(-1);
    else if (!others.includes(name)) {
      throw invalidInput([{ code: "custom", path: [name], message: "is no filter", input: undefined }]);
    }
  }
  if (Object.keys(fields).length > 0) given.fields = fields;
  const parsed = ContactFilter.safeParse(given);
  if (!parsed.success) throw invalidInput(parsed.error.issues);
  return parsed.data;
}

/** The custom field that a parameter `field.NAME` means. @throws ProblemError 422 for one that a record would lose. */
export function fieldIn(parameter: string): string {
  const name = parameter.slice("field.".length);
  if (name === LOST) throw lostKey(parameter);
  return name;
}

/** Query of the address book: the filter, one number, and the page. */
export const ContactQuery = z.looseObject({
  ...pageOfIds("con"),
  msisdn: z.string().max(40).optional(),
  ...FilterQuery,
});

/** Whom a query means; `others` are parameters that are none of it. @throws ProblemError 422. */
export function contactsOfQuery(query: Record<string, string[]>, others: readonly string[] = []): StoredFilter {
  const msisdn = query.msisdn?.at(-1);
  return {
    ...readFilter(filterOfQuery(query, ["msisdn", ...others])),
    ...(msisdn === undefined ? {} : { msisdn: numberInUrl(msisdn, "msisdn") }),
  };
}
