import { createRoute, z } from "@hono/zod-openapi";
import { COPIES, countAudience } from "../../gateway/campaigns/preview.ts";
import type { SavedAudience } from "../../store/campaigns/audience.ts";
import { type CampaignRow, settleCampaign, type Step, step } from "../../store/campaigns/campaigns.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden, Id, lines } from "../http/fields.ts";
import { problem } from "../http/problem.ts";
import { Category, json, notFound, problems } from "../http/schemas.ts";
import { senderOf } from "../messages/wishes.ts";
import { auditEntries } from "../oversight/audit_entries.ts";
import {
  changed,
  conflict,
  etagOf,
  foundCampaign,
  IfMatch,
  lostTo,
  requireLists,
  requireMatch,
  requireOpenLinks,
  viewOf,
  wrongState,
} from "./parts.ts";
import { Campaign } from "./schemas.ts";

const cannotStart = {
  409: {
    description: "`wrong_state`; `nobody`: the audience means no contact; `list_gone`: a list of it was deleted; " +
      "`too_late`: its `valid_until` has passed",
  },
} as const;

const ONLY_DRAFT = "Only a draft can be started.";

/** What staff do with a campaign that is written: start, pause, resume, cancel, settle. */
export function campaignStepRoutes({ deps }: Api) {
  const routes = router();
  const { db } = deps;
  const entryOf = auditEntries(deps);

  const steps = {
    start: {
      summary: "Start a draft, at once or at its time",
      description:
        "A time that has passed means at once. Until everybody has their message, the lists of its audience " +
        "cannot be deleted. With `If-Match`, it starts only as you saw it.",
      action: "campaign.started",
      wrong: ONLY_DRAFT,
      step: async (row: CampaignRow, ifMatch?: string): Promise<Step> => {
        // First: what else is wrong with one that is over is nothing that anybody could mend.
        if (row.state !== "draft") throw wrongState(row, ONLY_DRAFT);
        requireMatch(row, ifMatch);
        requireOpenLinks(row.template, senderOf(row.sender, await deps.settings.current()), deps);
        if (row.valid_until !== null && row.valid_until <= deps.now()) {
          throw problem(409, "too_late", "Too late", "Its valid_until has passed; nothing of it could leave.");
        }
        await requireLists(db, row);
        const copies = await countAudience(deps, JSON.parse(row.audience) as SavedAudience, COPIES);
        if (copies === 0) throw problem(409, "nobody", "Nobody to send to", "The audience means no contact.");
        return { to: "scheduled", copies, looked: row };
      },
    },
    pause: {
      summary: "Pause: nothing more of it is handed over from the answer on",
      description:
        "What waits is held as long as the pause lasts, also beyond the 72 hours after which a message that waits " +
        "for a decision expires; only `valid_until` ends it. Reports and opt-outs are taken and counted meanwhile.",
      action: "campaign.paused",
      wrong: "Only one that is scheduled or running can be paused.",
      step: (): Promise<Step> => Promise.resolve({ to: "paused", reason: "by_hand" }),
    },
    resume: {
      summary: "Resume: everybody who waits is decided again before they get it",
      description:
        "One that was paused before its time waits for it again. What made the fuse blow is not counted again.",
      action: "campaign.resumed",
      wrong: "Only one that is paused can be resumed.",
      step: (): Promise<Step> => Promise.resolve({ to: "running" }),
    },
    cancel: {
      summary: "Cancel for good: what waits is canceled",
      description: "What is just being handed over is not called back.",
      action: "campaign.canceled",
      wrong: "It is over.",
      step: (): Promise<Step> => Promise.resolve({ to: "canceled" }),
    },
  } as const;
  for (const [name, one] of Object.entries(steps)) {
    routes.openapi(
      createRoute({
        method: "post",
        path: `/v1/campaigns/{id}/${name}`,
        summary: one.summary,
        description: one.description,
        tags: ["Campaigns"],
        request: name === "start" ? { params: Id, headers: IfMatch } : { params: Id },
        responses: {
          200: json(Campaign, "As it is now"),
          ...(name === "start" ? { ...cannotStart, ...changed } : conflict),
          ...problems,
          ...notFound,
        },
      }),
      async (c) => {
        const row = await foundCampaign(db, c.req.valid("param").id as string);
        const entry = entryOf(c.get("principal").actor, one.action, row.id);
        const ifMatch = name === "start" ? c.req.header("if-match") : undefined;
        const [taken] = await db.client.batch(step(row.id, await one.step(row, ifMatch), deps.now(), entry));
        if (taken!.rowsAffected === 0) {
          if (name !== "start") throw wrongState(row, one.wrong);
          await requireLists(db, row);
          throw await lostTo(db, row.id, ifMatch, one.wrong);
        }
        const view = await viewOf(db, await foundCampaign(db, row.id));
        c.header("etag", etagOf(view.revision));
        return c.json(view, 200);
      },
    );
  }

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/campaigns/{id}/settle",
      summary: "Say what a campaign is whose words do not tell, or contradict what was declared",
      description: "For one that is paused with `needs_review`; resume it then.",
      tags: ["Campaigns"],
      request: {
        params: Id,
        body: {
          required: true,
          content: {
            "application/json": { schema: z.strictObject({ category: Category, note: lines(1_000).optional() }) },
          },
        },
      },
      responses: { 200: json(Campaign, "Settled"), ...conflict, ...forbidden, ...problems, ...notFound },
    }),
    async (c) => {
      const row = await foundCampaign(db, c.req.valid("param").id);
      const { category, note } = c.req.valid("json");
      const entry = entryOf(c.get("principal").actor, "campaign.settled", row.id, { category, note });
      if (!await settleCampaign(db, row.id, category, deps.now(), entry)) {
        throw wrongState(row, "Nothing about its words is open.");
      }
      return c.json(await viewOf(db, await foundCampaign(db, row.id)), 200);
    },
  );

  return routes;
}
