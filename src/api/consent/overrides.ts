import { createRoute, z } from "@hono/zod-openapi";
import { instant, instantOrNull } from "../../gateway/message_view.ts";
import {
  decideOverride,
  type DecisionFailure,
  findOverride,
  listOverrides,
  type OverrideRow,
  type RequestFailure,
  requestOverride,
} from "../../store/consent/overrides.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden, Id, lines } from "../http/fields.ts";
import { problem, type ProblemError } from "../http/problem.ts";
import { json, notFound, pageOf, pageOfIds, problems } from "../http/schemas.ts";

const STATES = ["requested", "approved", "rejected"] as const;

export const Override = z.object({
  id: z.string(),
  suppression_id: z.string(),
  state: z.enum(STATES),
  reason: z.string(),
  evidence: z.string(),
  requested_by: z.string().openapi({ description: "API key or user" }),
  requested_at: z.string(),
  decided_by: z.string().nullable().openapi({ description: "API key or user: another person" }),
  decided_at: z.string().nullable(),
  decision_note: z.string().nullable(),
}).openapi("Override");

const NewOverride = z.strictObject({
  reason: lines(1_000).openapi({ example: "She asks to be put back; ticket 812" }),
  evidence: lines(5_000).openapi({
    description: "What proves that the person wants it, and where it is kept",
    example: "Signed form of 2026-11-20, archive/812.pdf, SHA-256 9f86d081…",
  }),
}).openapi("NewOverride");

const Note = z.strictObject({ note: lines(1_000).optional() });

const DECISIONS = [
  {
    decision: "approve",
    summary: "Approve an override, which lifts the suppression",
    description:
      "By another person than asked: neither the same key or user nor a key that this user made. It brings no consent back: advertising needs a new one. When the person has " +
      "refused again since the request, that holds and nothing is lifted.",
  },
  { decision: "reject", summary: "Reject an override", description: "By another person than asked." },
] as const;

/** What a person said themselves is lifted by hand only with a reason, evidence and a second person (compliance.md 7.3). */
export function overrideRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/suppressions/{id}/overrides",
      summary: "Ask for a suppression to be lifted by hand",
      description:
        "For what the person themselves said. Somebody else approves or rejects it. A block that stands at the carrier " +
        "or the toll-free network is refused with `only_the_person`: only their START lifts that.",
      tags: ["Suppressions"],
      request: { params: Id, body: { required: true, content: { "application/json": { schema: NewOverride } } } },
      responses: {
        201: json(Override, "Asked for"),
        409: { description: "`already_lifted`, `only_the_person`, or `override_pending`: one is open already" },
        ...problems,
        ...notFound,
        ...forbidden,
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const actor = c.get("principal").actor;
      const asked = { suppression_id: id, ...c.req.valid("json"), actor, at: deps.now() };
      const result = await requestOverride(deps.db, asked, deps.newId);
      if (!result.ok) throw notByHand(result.code);
      return c.json(overrideView(result.row), 201);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/overrides",
      summary: "List overrides, newest first",
      tags: ["Suppressions"],
      request: {
        query: z.object({
          ...pageOfIds("ovr"),
          state: z.enum(STATES).optional(),
          suppression_id: z.string().max(100).optional(),
        }),
      },
      responses: { 200: json(pageOf(Override), "A page"), ...problems, ...forbidden },
    }),
    async (c) => {
      const { rows, next } = await listOverrides(deps.db, c.req.valid("query"));
      return c.json({ data: rows.map(overrideView), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/overrides/{id}",
      summary: "One override",
      tags: ["Suppressions"],
      request: { params: Id },
      responses: { 200: json(Override, "The override"), ...problems, ...notFound, ...forbidden },
    }),
    async (c) => {
      const row = await findOverride(deps.db, c.req.valid("param").id);
      if (row === null) throw problem(404, "not_found", "No such override");
      return c.json(overrideView(row), 200);
    },
  );

  for (const { decision, summary, description } of DECISIONS) {
    routes.openapi(
      createRoute({
        method: "post",
        path: `/v1/overrides/{id}/${decision}`,
        summary,
        description,
        tags: ["Suppressions"],
        request: { params: Id, body: { required: true, content: { "application/json": { schema: Note } } } },
        responses: {
          200: json(Override, "Decided"),
          403: { description: "`forbidden`: not with your role; `second_person_needed`: somebody else than asked" },
          409: { description: "`already_decided`, `already_lifted`, or `refused_again`" },
          ...problems,
          ...notFound,
        },
      }),
      async (c) => {
        const { note = null } = c.req.valid("json");
        const actor = c.get("principal").actor;
        const decided = { approve: decision === "approve", actor, note, at: deps.now() };
        const result = await decideOverride(deps.db, c.req.valid("param").id, decided, deps.newId);
        if (!result.ok) throw notByHand(result.code);
        return c.json(overrideView(result.row), 200);
      },
    );
  }

  return routes;
}

type Failure = RequestFailure | DecisionFailure | "override_needed";

const FAILURES: Record<Failure, [status: 403 | 404 | 409, title: string, detail?: string]> = {
  not_found: [404, "Not found", "There is no such suppression or override."],
  already_lifted: [409, "Lifted before", "This suppression does not stand any more."],
  only_the_person: [
    409,
    "Only the person",
    "The carrier or the toll-free network blocks this number as well; only START from the number itself lifts that.",
  ],
  override_needed: [
    409,
    "Override needed",
    "The person said this themselves: POST /v1/suppressions/{id}/overrides, and somebody else approves.",
  ],
  override_pending: [409, "Override pending", "Somebody asked for this before; it waits for a decision."],
  second_person_needed: [
    403,
    "Second person needed",
    "Somebody else than asked must decide, who is not behind the same key.",
  ],
  already_decided: [409, "Decided before", "This override was approved or rejected before."],
  refused_again: [
    409,
    "Refused again",
    "The person refused again after this was asked for; what they said last holds.",
  ],
};

/** Why a suppression is not lifted by hand, as problem details. */
export function notByHand(code: Failure): ProblemError {
  const [status, title, detail] = FAILURES[code];
  return problem(status, code, title, detail);
}

export function overrideView({ subject_id, requested_at, decided_at, kind: _kind, ...row }: OverrideRow): z.infer<
  typeof Override
> {
  return {
    ...row,
    suppression_id: subject_id,
    requested_at: instant(requested_at),
    decided_at: instantOrNull(decided_at),
  };
}
