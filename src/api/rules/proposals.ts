import { createRoute, z } from "@hono/zod-openapi";
import { instant, instantOrNull } from "../../gateway/message_view.ts";
import { decideProposal, type ProposalDecision, propose, publish, resolveVersion, usable } from "../../rules/life.ts";
import { simulateStored } from "../../rules/simulate/mod.ts";
import { type SimulationSummary, summaryOf } from "../../rules/simulate/summary.ts";
import { readSources } from "../../store/carriers/settings.ts";
import { standingOf } from "../../store/rules/approved_alone.ts";
import { findProposal, listProposals, type Proposal } from "../../store/rules/rulebooks.ts";
import { may } from "../access/roles.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden, Id, lines } from "../http/fields.ts";
import { problem } from "../http/problem.ts";
import { json, notFound, orNull, pageOf, pageOfIds, problems } from "../http/schemas.ts";
import { conflict, orProblem } from "./rulebook_problem.ts";
import { LAST, Ref, RefParam, SimulationSummarySchema } from "./rulebook_schemas.ts";

const STATES = ["proposed", "approved", "rejected", "withdrawn", "published"] as const;

const ProposalSchema = z.object({
  id: z.string(),
  rulebook: z.string(),
  base: z.string().nullable().openapi({ description: "The version that was active when it was proposed" }),
  note: z.string(),
  state: z.enum(STATES),
  proposed_by: z.string().openapi({ description: "API key or user" }),
  proposed_at: z.string(),
  decided_by: z.string().nullable().openapi({ description: "API key or user that approved, rejected or withdrew it" }),
  decided_at: z.string().nullable(),
  decision_note: z.string().nullable(),
  approved_alone: z.boolean().openapi({
    description: "Approved by whoever proposed it, who was alone in the sandbox, and by nobody else since",
  }),
  simulation: orNull(SimulationSummarySchema).openapi({
    description: "What replaying past messages counted when it was proposed",
  }),
}).openapi("Proposal");
export type ProposalRead = z.infer<typeof ProposalSchema>;

const ProposalWithStanding = ProposalSchema.extend({
  yours: z.boolean().openapi({ description: "You proposed it, be it under a key of yours" }),
  you_may_approve: z.boolean(),
  others_may_approve: z.boolean().openapi({
    description: "Somebody on the staff other than who proposed it may approve proposals; keys are not counted",
  }),
}).openapi("ProposalWithStanding");
export type ProposalStanding = z.infer<typeof ProposalWithStanding>;

const Note = z.strictObject({ note: lines(1_000).optional() });

const DECISIONS: { decision: ProposalDecision; summary: string; description: string }[] = [
  {
    decision: "approve",
    summary: "Approve a proposal",
    description:
      "By another person than proposed it: neither the same key or user nor a key that this user made. It becomes active when " +
      "somebody publishes it. A user may approve their own proposal while nobody else on the staff could and there is no real " +
      "carrier account; somebody else may approve that one too, also when it is published.",
  },
  {
    decision: "reject",
    summary: "Reject a proposal",
    description: "By another person than proposed it; an approved one too, until it is published.",
  },
  {
    decision: "withdraw",
    summary: "Withdraw a proposal",
    description: "By whoever proposed it; an approved one too, until it is published.",
  },
];

/** Changes of the rules on their way: proposed by one person, approved by another, then published. */
export function proposalRoutes({ deps }: Api) {
  const routes = router();
  const { db } = deps;

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks/proposals",
      summary: "List proposals, newest first",
      tags: ["Rulebooks"],
      request: { query: z.object({ ...pageOfIds("prp"), state: z.enum(STATES).optional(), rulebook: Ref.optional() }) },
      responses: { 200: json(pageOf(ProposalSchema), "A page"), ...problems, ...notFound },
    }),
    async (c) => {
      const { rulebook, ...query } = c.req.valid("query");
      const hash = rulebook === undefined ? undefined : orProblem(await resolveVersion(db, rulebook));
      const { rows, next } = await listProposals(db, { ...query, rulebook: hash });
      return c.json({ data: rows.map(proposalView), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks/proposals/{id}",
      summary: "One proposal",
      tags: ["Rulebooks"],
      request: { params: Id },
      responses: { 200: json(ProposalWithStanding, "The proposal"), ...problems, ...notFound },
    }),
    async (c) => {
      const proposal = await findProposal(db, c.req.valid("param").id);
      if (proposal === null) throw problem(404, "no_such_proposal", "No such proposal");
      const { actor, role } = c.get("principal");
      const { yours, alone, others } = await standingOf(db, actor, proposal.proposed_by);
      const open = yours
        ? proposal.state === "proposed" && alone
        : proposal.state === "proposed" || proposal.approved_alone;
      return c.json({
        ...proposalView(proposal),
        yours,
        you_may_approve: open && may(role, "POST /v1/rulebooks/proposals/{id}/approve"),
        others_may_approve: others,
      }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/rulebooks/{hash}/propose",
      summary: "Propose a version in the place of the active one",
      description: "Past messages are replayed first; what changes for them is kept with the proposal.",
      tags: ["Rulebooks"],
      request: {
        params: RefParam,
        body: {
          required: true,
          content: {
            "application/json": {
              schema: z.strictObject({
                note: lines(1_000).openapi({ description: "What changes and why, for whoever approves it" }),
                last: z.int().min(1).max(20_000).optional().openapi({
                  description: `Replay the last so many stored messages; ${LAST}`,
                }),
              }),
            },
          },
        },
      },
      responses: { 201: json(ProposalSchema, "Proposed"), ...conflict, ...problems, ...forbidden, ...notFound },
    }),
    async (c) => {
      const rulebook = orProblem(await resolveVersion(db, c.req.valid("param").hash));
      const { note, last = LAST } = c.req.valid("json");
      const by = c.get("principal").actor;
      const candidate = orProblem(usable(rulebook, await readSources(db.client, rulebook)));
      const { senders, rulebook: base } = await deps.settings.refresh();
      const simulation = await simulateStored(
        { client: db.client, senders, publicUrl: deps.publicUrl },
        last,
        { base, candidate, samples: 0 },
      );
      const proposal = orProblem(await propose(deps, { candidate, note, by, simulation: summaryOf(simulation) }));
      deps.log("info", "rules.proposed", { proposal: proposal.id, rulebook, by });
      return c.json(proposalView(proposal), 201);
    },
  );

  for (const { decision, summary, description } of DECISIONS) {
    routes.openapi(
      createRoute({
        method: "post",
        path: `/v1/rulebooks/proposals/{id}/${decision}`,
        summary,
        description,
        tags: ["Rulebooks"],
        request: { params: Id, body: { content: { "application/json": { schema: Note } } } },
        responses: { 200: json(ProposalSchema, "Done"), ...conflict, ...problems, ...forbidden, ...notFound },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        const by = c.get("principal").actor;
        const { note } = c.req.valid("json");
        const proposal = orProblem(await decideProposal(deps, decision, { id, by, note: note ?? null }));
        deps.log("info", "rules.decided", { proposal: id, state: proposal.state, by });
        return c.json(proposalView(proposal), 200);
      },
    );
  }

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/rulebooks/proposals/{id}/publish",
      summary: "Make an approved proposal the active version",
      description:
        "409 when another version became active since it was proposed: what was approved was another change. `approved_alone`: " +
        "only its proposer approved it, and there is a real carrier account by now.",
      tags: ["Rulebooks"],
      request: { params: Id, body: { content: { "application/json": { schema: Note } } } },
      responses: {
        200: json(
          z.object({ proposal: ProposalSchema, active: z.string(), previous: z.string().nullable() }),
          "It is active; other instances follow within two seconds",
        ),
        ...conflict,
        ...problems,
        ...forbidden,
        ...notFound,
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const by = c.get("principal").actor;
      const { note } = c.req.valid("json");
      const published = orProblem(await publish(deps, { id, by, note: note ?? null }));
      deps.log("info", "rules.active", { rulebook: published.active, way: "publish", proposal: id, by });
      await deps.settings.refresh();
      return c.json({ ...published, proposal: proposalView(published.proposal) }, 200);
    },
  );

  return routes;
}

function proposalView(row: Proposal): z.infer<typeof ProposalSchema> {
  const {
    id,
    rulebook,
    base,
    note,
    state,
    proposed_by,
    proposed_at,
    decided_by,
    decided_at,
    decision_note,
    approved_alone,
    simulation,
  } = row;
  return {
    id,
    rulebook,
    base,
    note,
    state,
    proposed_by,
    proposed_at: instant(proposed_at),
    decided_by,
    decided_at: instantOrNull(decided_at),
    decision_note,
    approved_alone,
    simulation: simulation === null ? null : JSON.parse(simulation) as SimulationSummary,
  };
}
