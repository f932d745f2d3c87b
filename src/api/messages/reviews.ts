import { createRoute, z } from "@hono/zod-openapi";
import { ALL_REVIEW_KINDS } from "../../core/message.ts";
import { type SettleFailure, SETTLEMENTS, settleReview } from "../../gateway/pipeline/settle.ts";
import { reviewView } from "../../gateway/review_view.ts";
import { findReview, listReviews, type ReviewRow } from "../../store/messages/reviews.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden, Id, lines } from "../http/fields.ts";
import { problem } from "../http/problem.ts";
import { json, notFound, pageOf, pageQuery, problems } from "../http/schemas.ts";
import { personInUrl } from "../http/url_number.ts";

const ALL_SETTLEMENTS = [...new Set(Object.values(SETTLEMENTS).flat())] as [string, ...string[]];

export const Review = z.object({
  id: z.string(),
  kind: z.enum(ALL_REVIEW_KINDS),
  state: z.enum(["open", "settled"]),
  person: z.string(),
  sender: z.string().nullable(),
  message_id: z.string(),
  text: z.string().openapi({ description: "Of the message" }),
  message_status: z.string(),
  rule: z.string().nullable().openapi({ description: "That opened it" }),
  words: z.string().nullable().openapi({ description: "What made it doubtful, as written" }),
  settlements: z.array(z.string()).openapi({ description: "How a review of this kind can be settled" }),
  created_at: z.string(),
  settled_at: z.string().nullable(),
  settled_by: z.string().nullable().openapi({ description: "API key" }),
  settlement: z.string().nullable(),
  note: z.string().nullable(),
}).openapi("Review");

const NewSettlement = z.strictObject({
  settlement: z.enum(ALL_SETTLEMENTS).openapi({
    description: Object.entries(SETTLEMENTS).map(([kind, ways]) => `${kind}: ${ways.join(", ")}`).join("; "),
    example: "opt_out",
  }),
  note: lines(1_000).optional(),
}).openapi("NewSettlement");

/** What the rules leave to a person: doubtful replies, complaints, wrong numbers, health, and what a message of ours is. */
export function reviewRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/reviews",
      summary: "List reviews, open ones first, the newest of each first",
      description: "While a review about a person is open, advertising to them is held with the reason `needs_review`.",
      tags: ["Reviews"],
      request: {
        query: z.object({
          ...pageQuery(/^(open|settled)\.rev_\w+$/),
          kind: z.enum(ALL_REVIEW_KINDS).optional(),
          person: z.string().max(100).optional(),
          state: z.enum(["open", "settled"]).optional(),
        }),
      },
      responses: { 200: json(pageOf(Review), "A page"), ...problems },
    }),
    async (c) => {
      const { person, ...query } = c.req.valid("query");
      const { rows, next } = await listReviews(deps.db, {
        ...query,
        person: person === undefined ? undefined : await personInUrl(deps, person, "person"),
      });
      return c.json({ data: rows.map(reviewView), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/reviews/{id}",
      summary: "One review, with the message that it is about",
      tags: ["Reviews"],
      request: { params: Id },
      responses: { 200: json(Review, "The review"), ...problems, ...notFound },
    }),
    async (c) => {
      const row = await findReview(deps.db, c.req.valid("param").id);
      if (row === null) throw noSuchReview();
      return c.json(reviewView(row), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/reviews/{id}/settle",
      summary: "Settle a review",
      description:
        "`opt_out` has the consequences of a STOP, with one confirmation where it is not too late for it. `not_opt_out` lifts what the " +
        "message had suppressed on suspicion. With every settlement what was held because of the review is decided again. `commercial`, " +
        "`informative` and `refuse` hold for every copy of the text from the same sender. A doubtful reply is settled with the " +
        "person's others: after `opt_out` all of them, after `not_opt_out` those with the same text.",
      tags: ["Reviews"],
      request: { params: Id, body: { required: true, content: { "application/json": { schema: NewSettlement } } } },
      responses: {
        200: json(Review, "Settled"),
        409: {
          description: "`already_settled`, or `returned_since`: the person sent a START after what would be an opt-out",
        },
        ...problems,
        ...notFound,
        ...forbidden,
      },
    }),
    async (c) => {
      const { settlement, note } = c.req.valid("json");
      const actor = c.get("principal").actor;
      const result = await settleReview(deps, c.req.valid("param").id, { settlement, note: note ?? null, actor });
      if (!result.ok) throw notSettled(result.code, result.review);
      return c.json(reviewView(result.review), 200);
    },
  );

  return routes;
}

const noSuchReview = () => problem(404, "not_found", "No such review");

function notSettled(code: SettleFailure, review: ReviewRow | null) {
  switch (code) {
    case "not_found":
      return noSuchReview();
    case "already_settled":
      return problem(409, code, "Settled before", `It was settled as ${review?.settlement} by ${review?.settled_by}.`);
    case "returned_since":
      return problem(
        409,
        code,
        "Came back since",
        "The person sent a START after this message, and what they said last holds. Settle it otherwise; POST /v1/suppressions suppresses by hand.",
      );
    case "settlement_not_possible":
      return problem(
        422,
        code,
        "Not a settlement of this kind",
        `settlement: a ${review!.kind} can be settled as ${SETTLEMENTS[review!.kind].join(", ")}.`,
      );
  }
}
