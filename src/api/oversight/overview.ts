import { createRoute, z } from "@hono/zod-openapi";
import { isKnownZone } from "../../core/time/zone_clock.ts";
import { instant } from "../../gateway/message_view.ts";
import {
  BECAME,
  deliveriesOf,
  distribution,
  fullHours,
  handedOver,
  percent,
  slotsOf,
  startOfDays,
  together,
} from "../../gateway/oversight/overview.ts";
import { type BooksCheck, readBooksCheck } from "../../store/oversight/books.ts";
import { ATTENTION, MOST_COUNTED, readOverview } from "../../store/oversight/overview.ts";
import { type Api, router } from "../http/context.ts";
import { digits } from "../http/fields.ts";
import { invalidField } from "../http/problem.ts";
import { Instant, json, problems } from "../http/schemas.ts";
import { Discrepancies, discrepancyViews } from "./books.ts";

const DAY_MS = 86_400_000;
const LONGEST_DAYS = { hour: 31, day: 92 } as const;
/** Up to here an hour is a good step. */
const HOURS_UNTIL_MS = 2 * DAY_MS;
/** What is due leaves within seconds unless something is wrong. */
const OVERDUE_MS = 5 * 60_000;

const Outbound = z.object(
  { accepted: z.int(), ...Object.fromEntries(BECAME.map((name) => [name, z.int()])) } as Record<
    (typeof BECAME)[number] | "accepted",
    z.ZodInt
  >,
).openapi({
  description:
    "`accepted` is the sum of the others. `queued`: also what is being handed over. `sent`: no report came yet",
});
const Inbound = z.object({
  messages: z.int(),
  opt_outs: z.int().openapi({ description: "Those that asked to stop" }),
  left_by_link: z.int().openapi({
    description: "People who left by the page of an unsubscribe link, without a message",
  }),
});
const Percent = z.number().nullable();

const Overview = z.object({
  from: z.string(),
  to: z.string(),
  by: z.enum(["hour", "day"]),
  time_zone: z.string(),
  as_of: z.string().openapi({ description: "Everything until then is counted; mostly this very moment" }),
  outbound: Outbound,
  inbound: Inbound,
  data: z.array(z.object({
    at: z.string().openapi({ description: "Beginning of the hour or day" }),
    outbound: Outbound,
    inbound: Inbound,
  })).openapi({ description: "By the time at which messages were accepted or received; what they are now" }),
  handed_over: z.int(),
  delivery_percent: Percent,
  opt_out_percent: Percent.openapi({
    description: "Opt-outs, by message and by link, for a hundred messages that were handed over",
  }),
  deliveries: z.array(z.object({
    carrier_id: z.string().nullable(),
    country: z.string().nullable(),
    handed_over: z.int(),
    delivered: z.int(),
    delivery_percent: Percent,
    reasons: z.array(z.object({ code: z.string(), count: z.int() })).openapi({
      description: "Why others did not arrive: codes of errors, `unreported` where no report came yet",
    }),
  })),
  barrier: z.object({
    measured: z.int(),
    median_ms: z.int().nullable(),
    p95_ms: z.int().nullable(),
    max_ms: z.int().nullable(),
  }).openapi({
    description: "From the arrival of a STOP to the commit that stops everything; rounded up to two digits",
  }),
  now: z.object({
    queued: z.int(),
    held: z.int(),
    due: z.int(),
    oldest_due_at: z.string().nullable(),
    campaigns_running: z.int(),
  }).openapi({ description: `The queue at this moment; of more than ${MOST_COUNTED} as many are counted` }),
  books: z.object({
    checked_at: z.string(),
    from: z.string(),
    to: z.string(),
    accepted: z.int(),
    unaccounted: z.int(),
    balanced: z.boolean(),
    discrepancies: Discrepancies,
  }).nullable().openapi({
    description:
      "The last check of the books of a day, made every five minutes; null before the first. `GET /v1/books` names what is missing",
  }),
  attention: z.array(z.object({
    kind: z.enum([...ATTENTION, "queue_overdue", "books_unbalanced"]),
    subject: z.string().nullable().openapi({ description: "Id of what it is about; null where it is about several" }),
    since: z.string().nullable(),
    count: z.int(),
  })).openapi({ description: "What needs somebody" }),
}).openapi("Overview");

export type OverviewView = z.infer<typeof Overview>;

const Query = z.object({
  from: Instant.optional().openapi({ description: "Default: the beginning of the day of `to`" }),
  to: Instant.optional().openapi({ description: "Default: now" }),
  days: digits(1, LONGEST_DAYS.day).optional().openapi({
    description: "In place of `from`: so many whole days, that of `to` among them",
  }),
  by: z.enum(["hour", "day"]).optional().openapi({ description: "Default: hours up to two days, days beyond" }),
  time_zone: z.string().max(64).refine(isKnownZone, "must be an IANA time zone").default("UTC").openapi({
    description: "Whose days are meant",
    example: "Europe/Paris",
  }),
});

/** Delivery, queue and opt-outs at a glance. */
export function overviewRoutes({ deps }: Api) {
  const routes = router();
  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/overview",
      summary: "What became of messages over time, by carrier and country; the queue, and what needs somebody",
      description:
        "From totals that the gateway keeps by the full hour (UTC), so that it answers at once however many messages are " +
        "stored. They hold nothing of any person and outlast the messages. `from` is rounded down and `to` up to the full hour. " +
        `At most ${LONGEST_DAYS.hour} days by hour and ${LONGEST_DAYS.day} by day.`,
      tags: ["Operations"],
      request: { query: Query },
      responses: { 200: json(Overview, "The overview"), ...problems },
    }),
    async (c) => {
      const query = c.req.valid("query");
      const zone = query.time_zone;
      const now = deps.now();
      // What was accepted this very moment is in it.
      const end = query.to === undefined ? now + 1 : Date.parse(query.to);
      if (query.from !== undefined && query.days !== undefined) {
        throw invalidField("days", "give `from` or `days`, not both", "invalid_period");
      }
      const begin = query.from === undefined ? startOfDays(end - 1, query.days ?? 1, zone) : Date.parse(query.from);
      if (begin >= end) throw invalidField("from", "must be before `to`", "invalid_period");
      const by = query.by ?? (end - begin <= HOURS_UNTIL_MS ? "hour" : "day");
      if (end - begin > LONGEST_DAYS[by] * DAY_MS) {
        const field = query.days === undefined ? "from" : "days";
        throw invalidField(field, `at most ${LONGEST_DAYS[by]} days by ${by}; ask for less`, "invalid_period");
      }
      const { from, to } = fullHours(begin, end);
      const [rows, { check }] = await Promise.all([
        readOverview(deps.db.client, { from, to, now }),
        readBooksCheck(deps.db.client),
      ]);
      const slots = slotsOf(rows, { from, to, by, zone });
      const { outbound, inbound } = together(slots);
      const handed_over = handedOver(outbound);
      const { attention, oldest_due_at, ...queue } = rows.now;
      return c.json({
        from: instant(from),
        to: instant(to),
        by,
        time_zone: zone,
        as_of: instant(Math.min(rows.uncounted_at ?? now, now)),
        outbound,
        inbound,
        data: slots.map(({ at, ...sums }) => ({ at: instant(at), ...sums })),
        handed_over,
        delivery_percent: percent(outbound.delivered, handed_over),
        opt_out_percent: percent(inbound.opt_outs + inbound.left_by_link, handed_over),
        deliveries: deliveriesOf(rows.deliveries),
        barrier: distribution(rows.barriers),
        now: { ...queue, oldest_due_at: oldest_due_at === null ? null : instant(oldest_due_at) },
        books: booksView(check),
        attention: [
          ...(oldest_due_at !== null && now - oldest_due_at > OVERDUE_MS
            ? [{ kind: "queue_overdue" as const, subject: null, since: instant(oldest_due_at), count: queue.due }]
            : []),
          ...(check.done !== null && check.done.unaccounted > 0
            ? [{ kind: "books_unbalanced" as const, subject: null, since: null, count: check.done.unaccounted }]
            : []),
          ...attention.map(([kind, subject, since, count]) => ({
            kind,
            subject,
            since: since === null ? null : instant(since),
            count,
          })),
        ],
      }, 200);
    },
  );
  return routes;
}

function booksView({ done }: BooksCheck) {
  if (done === null) return null;
  const { at, from, to, accepted, unaccounted, problems } = done;
  return {
    checked_at: instant(at),
    from: instant(from),
    to: instant(to),
    accepted,
    unaccounted,
    balanced: unaccounted === 0,
    discrepancies: discrepancyViews(problems.map(([message_id, problem]) => ({ message_id, problem }))),
  };
}
