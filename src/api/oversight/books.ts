import { createRoute, z } from "@hono/zod-openapi";
import { instant } from "../../gateway/message_view.ts";
import { ACCOUNTS, type Books, DISCREPANCIES, type Discrepancy, readBooks } from "../../store/oversight/books.ts";
import { type Api, router } from "../http/context.ts";
import { invalidField } from "../http/problem.ts";
import { Instant, json, problems } from "../http/schemas.ts";

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 31;

const counts = Object.fromEntries(ACCOUNTS.map((name) => [name, z.int()])) as Record<
  (typeof ACCOUNTS)[number],
  z.ZodInt
>;
const Sums = z.object({
  accepted: z.int(),
  ...counts,
  unaccounted: z.int().openapi({ description: "`accepted` less all the others: 0 when the books balance" }),
});

export const Discrepancies = z.array(z.object({
  message_id: z.string(),
  problem: z.enum(Object.keys(DISCREPANCIES) as [Discrepancy, ...Discrepancy[]]),
  detail: z.string(),
})).openapi({ description: "The first hundred messages that are counted nowhere, oldest first" });

export function discrepancyViews(found: Books["discrepancies"]): z.infer<typeof Discrepancies> {
  return found.map((one) => ({ ...one, detail: DISCREPANCIES[one.problem] }));
}

const BooksView = z.object({
  from: z.string(),
  to: z.string(),
  balanced: z.boolean(),
  totals: Sums,
  data: z.array(
    Sums.extend({
      carrier_id: z.string().nullable(),
      hour: z.string().openapi({ description: "Beginning of the hour, UTC" }),
    }),
  ),
  discrepancies: Discrepancies,
}).openapi("Books");

const Period = z.object({
  from: Instant.optional().openapi({ description: "Default: a day before `to`" }),
  to: Instant.optional().openapi({ description: "Default: now" }),
});

/** accepted = sent + failed + held + refused + canceled + expired + in flight + unknown, per carrier and hour. */
export function bookRoutes({ deps }: Api) {
  const routes = router();
  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/books",
      summary: "Accounting: what became of every message accepted in a period",
      description:
        `Per carrier account and hour of acceptance. Each message is counted once, where its row and the journal of its ` +
        `changes agree; those that are counted nowhere are named. A period has at most ${LONGEST_DAYS} days.`,
      tags: ["Operations"],
      request: { query: Period },
      responses: { 200: json(BooksView, "The books"), ...problems },
    }),
    async (c) => {
      const query = c.req.valid("query");
      const now = deps.now();
      // What was accepted this very moment is in it.
      const to = query.to === undefined ? now + 1 : Date.parse(query.to);
      const from = query.from === undefined ? to - DAY_MS : Date.parse(query.from);
      if (from >= to) throw invalidField("from", "must be before `to`", "invalid_period");
      if (to - from > LONGEST_DAYS * DAY_MS) {
        throw invalidField("from", `at most ${LONGEST_DAYS} days at once; ask for less`, "invalid_period");
      }
      const books = await readBooks(deps.db.client, { from, to, now });
      return c.json({ from: instant(from), to: instant(to), ...viewOf(books) }, 200);
    },
  );
  return routes;
}

function viewOf({ entries, discrepancies, unaccounted }: Books) {
  const data = entries.map(({ carrier_id, hour, accepted, accounts }) => ({
    carrier_id,
    hour: instant(hour),
    ...sums(accepted, accounts),
  }));
  const add = (pick: (one: Books["entries"][number]) => number) => entries.reduce((sum, one) => sum + pick(one), 0);
  const totals = sums(
    add((one) => one.accepted),
    Object.fromEntries(ACCOUNTS.map((name) => [name, add((one) => one.accounts[name])])) as Record<
      (typeof ACCOUNTS)[number],
      number
    >,
  );
  return {
    balanced: unaccounted === 0,
    totals,
    data,
    discrepancies: discrepancyViews(discrepancies),
  };
}

function sums(accepted: number, accounts: Record<(typeof ACCOUNTS)[number], number>) {
  const accounted = Object.values(accounts).reduce((sum, one) => sum + one, 0);
  return { accepted, ...accounts, unaccounted: accepted - accounted };
}
