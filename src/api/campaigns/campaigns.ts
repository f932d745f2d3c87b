import { createRoute, z } from "@hono/zod-openapi";
import { CAMPAIGN_STATES } from "../../core/campaign.ts";
import { previewCampaign } from "../../gateway/campaigns/preview.ts";
import { campaignView } from "../../gateway/campaigns/view.ts";
import {
  type CampaignRow,
  type CampaignText,
  changeDraft,
  countsOf,
  createCampaign,
  deleteDraft,
  listCampaigns,
} from "../../store/campaigns/campaigns.ts";
import { listsGone } from "../../store/campaigns/lists.ts";
import { type Api, router } from "../http/context.ts";
import { Id } from "../http/fields.ts";
import { invalidField } from "../http/problem.ts";
import { Instant, json, notFound, pageOf, pageOfIds, problems } from "../http/schemas.ts";
import { declarationOf, senderOf, timesOf } from "../messages/wishes.ts";
import { requireMembers } from "../contacts/filter_lists.ts";
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
import { Campaign, NewCampaign, Preview } from "./schemas.ts";

const SAMPLES = 10;
/** Decided for a preview of what is not stored yet: fast enough to be asked for while somebody writes. */
const DECIDED = 2_000;
const PreviewWishes = {
  at: Instant.optional(),
  samples: z.number().int().min(0).max(100).default(SAMPLES),
};

/** One text for an audience: written, changed and previewed. Started and stopped in `steps.ts`, watched in `progress.ts`. */
export function campaignRoutes({ deps }: Api) {
  const routes = router();
  const { db } = deps;
  const entryOf = auditEntries(deps);

  /** @throws ProblemError 422. */
  const campaignText = async (body: NewCampaign): Promise<CampaignText> => {
    const { audience } = body;
    const { category, purpose } = declarationOf(body);
    const sender = senderOf(body.from, await deps.settings.current());
    requireOpenLinks(body.text, sender, deps);
    const text = {
      name: body.name,
      sender: sender.address,
      template: body.text,
      declared_category: category,
      purpose,
      max_segments: body.max_segments ?? null,
      audience: JSON.stringify(audience),
      ...timesOf(body, deps.now()),
      sending_window: body.sending_window === undefined ? null : JSON.stringify(body.sending_window),
      rate_per_second: body.rate_per_second ?? null,
      fuse: JSON.stringify(body.fuse),
    };
    const { lists, exclude_lists, filter } = audience;
    const named = { lists, exclude_lists };
    for (const [field, ids] of Object.entries(named)) {
      const [gone] = await listsGone(db, ids);
      if (gone !== undefined) throw invalidField(`audience.${field}`, `there is no list "${gone}"`);
    }
    await requireMembers(db, "audience.filter.lists", filter.lists);
    return text;
  };
  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/campaigns",
      summary: "Write a campaign",
      description: "A draft: nothing is sent before it is started.",
      tags: ["Campaigns"],
      request: { body: { required: true, content: { "application/json": { schema: NewCampaign } } } },
      responses: { 201: json(Campaign, "The draft"), ...problems },
    }),
    async (c) => {
      const text = await campaignText(c.req.valid("json"));
      const id = deps.newId("cmp");
      const by = c.get("principal").actor;
      const row = await createCampaign(db, text, { id, by, now: deps.now() }, entryOf(by, "campaign.saved", id));
      const view = campaignView(row);
      c.header("etag", etagOf(view.revision));
      return c.json(view, 201);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/campaigns",
      summary: "Campaigns, newest first",
      tags: ["Campaigns"],
      request: { query: z.object({ ...pageOfIds("cmp"), state: z.enum(CAMPAIGN_STATES).optional() }) },
      responses: { 200: json(pageOf(Campaign), "A page"), ...problems },
    }),
    async (c) => {
      const { rows, next } = await listCampaigns(db, c.req.valid("query"));
      const counts = await countsOf(db, rows.map(({ id }) => id));
      return c.json({ data: rows.map((row) => campaignView(row, counts.get(row.id))), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/campaigns/{id}",
      summary: "One campaign, with the number of its messages by status",
      tags: ["Campaigns"],
      request: { params: Id },
      responses: { 200: json(Campaign, "The campaign"), ...problems, ...notFound },
    }),
    async (c) => {
      const view = await viewOf(db, await foundCampaign(db, c.req.valid("param").id));
      c.header("etag", etagOf(view.revision));
      return c.json(view, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "put",
      path: "/v1/campaigns/{id}",
      summary: "Write a draft anew",
      description: "With `If-Match`, only as you saw it; without, over whatever somebody else wrote meanwhile.",
      tags: ["Campaigns"],
      request: {
        params: Id,
        headers: IfMatch,
        body: { required: true, content: { "application/json": { schema: NewCampaign } } },
      },
      responses: { 200: json(Campaign, "Changed"), ...conflict, ...changed, ...problems, ...notFound },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const ifMatch = c.req.valid("header")["if-match"];
      const row = await foundCampaign(db, id);
      const only = "Only a draft can be changed.";
      if (row.state !== "draft") throw wrongState(row, only);
      const looked = requireMatch(row, ifMatch);
      const text = await campaignText(c.req.valid("json"));
      const entry = entryOf(c.get("principal").actor, "campaign.saved", id);
      if (!await changeDraft(db, id, { text, looked, now: deps.now() }, entry)) {
        throw await lostTo(db, id, ifMatch, only);
      }
      const view = await viewOf(db, await foundCampaign(db, id));
      c.header("etag", etagOf(view.revision));
      return c.json(view, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "delete",
      path: "/v1/campaigns/{id}",
      summary: "Delete a draft",
      description: "With `If-Match`, only as you saw it.",
      tags: ["Campaigns"],
      request: { params: Id, headers: IfMatch },
      responses: { 204: { description: "Deleted" }, ...conflict, ...changed, ...problems, ...notFound },
    }),
    async (c) => {
      const ifMatch = c.req.valid("header")["if-match"];
      const row = await foundCampaign(db, c.req.valid("param").id);
      if (row.state !== "draft") throw wrongState(row, keptBecause(row));
      const looked = requireMatch(row, ifMatch);
      const entry = entryOf(c.get("principal").actor, "campaign.deleted", row.id);
      if (!await deleteDraft(db, row.id, looked, entry)) {
        throw await lostTo(db, row.id, ifMatch, "What was started stays on record.");
      }
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/campaigns/{id}/preview",
      summary: "What the campaign would do, recipient by recipient, without sending anything",
      description:
        "Decides everybody of the audience as it would if it began at `at` (its own time when left out, else now): how many would " +
        "leave, wait and be refused, and why, the segments, what they cost, and the first messages whole. Takes a second " +
        "for some 20,000 recipients.",
      tags: ["Campaigns"],
      request: {
        params: Id,
        body: {
          required: false,
          content: {
            "application/json": {
              schema: z.strictObject(PreviewWishes).default({ samples: SAMPLES }),
            },
          },
        },
      },
      responses: {
        200: json(Preview, "The preview"),
        409: { description: "`list_gone`: a list of its audience was deleted" },
        ...problems,
        ...notFound,
      },
    }),
    async (c) => {
      const row = await foundCampaign(db, c.req.valid("param").id);
      const { at, samples = SAMPLES } = c.req.valid("json") ?? {};
      const begins = at === undefined ? Math.max(deps.now(), row.scheduled_at ?? 0) : Date.parse(at);
      senderOf(row.sender, await deps.settings.current());
      await requireLists(db, row);
      const preview = await previewCampaign(row, { at: begins, samples }, deps);
      return c.json(preview, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/campaigns/preview",
      summary: "What a campaign would do that is not written yet",
      description:
        `The same for a campaign as it would be written; nothing is stored. Decides ${DECIDED} recipients of the audience or a few ` +
        "more; `complete` says whether that is everybody. One preview of the stored draft decides all.",
      tags: ["Campaigns"],
      request: {
        body: {
          required: true,
          content: {
            "application/json": { schema: z.strictObject({ campaign: NewCampaign, ...PreviewWishes }) },
          },
        },
      },
      responses: { 200: json(Preview, "The preview"), ...problems },
    }),
    async (c) => {
      const { campaign, at, samples } = c.req.valid("json");
      const text = await campaignText(campaign);
      const begins = at === undefined ? Math.max(deps.now(), text.scheduled_at ?? 0) : Date.parse(at);
      const draft = { ...text, id: "cmp_preview", settled_category: null, copies: null };
      return c.json(await previewCampaign(draft, { at: begins, samples, most: DECIDED }, deps), 200);
    },
  );

  return routes;
}

/** Why one that is no draft is not deleted, and what can be done instead. */
function keptBecause({ state }: CampaignRow): string {
  return state === "done" || state === "canceled"
    ? "What was started stays on record, and nothing more of it leaves."
    : "What was started stays on record; cancel it.";
}
