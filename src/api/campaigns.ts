import { createRoute, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import { CAMPAIGN_STATES } from "../core/campaign.ts";
import { STATUSES } from "../core/message.ts";
import { parseTemplate } from "../core/template.ts";
import { COPIES, countAudience, previewCampaign } from "../gateway/campaign_preview.ts";
import { campaignResults } from "../gateway/campaign_results.ts";
import { campaignView } from "../gateway/campaign_view.ts";
import type { Deps } from "../gateway/gateway.ts";
import { messageView } from "../gateway/message_view.ts";
import { reachableFromPhones } from "../gateway/public_url.ts";
import type { ConfiguredSender } from "../gateway/settings.ts";
import type { SavedAudience } from "../store/campaign_audience.ts";
import { audienceIsGone, listsGone } from "../store/campaign_lists.ts";
import {
  type CampaignRow,
  type CampaignText,
  changeDraft,
  countsOf,
  createCampaign,
  deleteDraft,
  findCampaign,
  listCampaigns,
  listMessagesOf,
  settleCampaign,
  type Step,
  step,
} from "../store/campaigns.ts";
import { auditEntries } from "./audit_entries.ts";
import { Campaign, NewCampaign, Preview, Results } from "./campaign_schemas.ts";
import { type Api, router } from "./context.ts";
import { forbidden, Id, lines } from "./fields.ts";
import { declarationOf, senderOf, timesOf } from "./message_wishes.ts";
import { invalidField, problem } from "./problem.ts";
import { Category, Instant, json, Message, notFound, pageOf, PageQuery, problems } from "./schemas.ts";

const SAMPLES = 10;
/** Decided for a preview of what is not stored yet: fast enough to be asked for while somebody writes. */
const DECIDED = 2_000;
const PreviewWishes = {
  at: Instant.optional(),
  samples: z.number().int().min(0).max(100).default(SAMPLES),
};
/** Between two looks at a campaign whose progress somebody watches. */
const PROGRESS_MS = 500;

const conflict = { 409: { description: "`wrong_state`: not possible in the state in which it is" } } as const;
const cannotStart = {
  409: {
    description: "`wrong_state`; `nobody`: the audience means no contact; `list_gone`: a list of it was deleted; " +
      "`too_late`: its `valid_until` has passed",
  },
} as const;
const noSuchCampaign = () => problem(404, "not_found", "No such campaign");

/** One text for an audience: written, previewed, started, watched, stopped, and what came of it. */
export function campaignRoutes({ deps }: Api) {
  const routes = router();
  const { db } = deps;

  const entryOf = auditEntries(deps);
  const found = async (id: string): Promise<CampaignRow> => {
    const row = await findCampaign(db, id);
    if (row === null) throw noSuchCampaign();
    return row;
  };
  const view = async (row: CampaignRow) => campaignView(row, (await countsOf(db, [row.id])).get(row.id));
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
    const named = { lists, exclude_lists, "filter.lists": filter.lists ?? [] };
    for (const [field, ids] of Object.entries(named)) {
      const [gone] = await listsGone(db, ids);
      if (gone !== undefined) throw invalidField(`audience.${field}`, `there is no list "${gone}"`);
    }
    return text;
  };
  /** @throws ProblemError 409 when the audience would not be the one that was meant. */
  const requireLists = async ({ id }: CampaignRow) => {
    if (!await audienceIsGone(db, id)) return;
    throw problem(409, "list_gone", "A list is gone", "The audience names a list that was deleted; write it anew.");
  };
  const wrongState = ({ state }: CampaignRow, detail: string) =>
    problem(409, "wrong_state", "Not in this state", `The campaign is ${state}. ${detail}`);

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
      return c.json(campaignView(row), 201);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/campaigns",
      summary: "Campaigns, newest first",
      tags: ["Campaigns"],
      request: { query: z.object({ ...PageQuery, state: z.enum(CAMPAIGN_STATES).optional() }) },
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
    async (c) => c.json(await view(await found(c.req.valid("param").id)), 200),
  );

  routes.openapi(
    createRoute({
      method: "put",
      path: "/v1/campaigns/{id}",
      summary: "Write a draft anew",
      tags: ["Campaigns"],
      request: { params: Id, body: { required: true, content: { "application/json": { schema: NewCampaign } } } },
      responses: { 200: json(Campaign, "Changed"), ...conflict, ...problems, ...notFound },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const row = await found(id);
      const text = await campaignText(c.req.valid("json"));
      const entry = entryOf(c.get("principal").actor, "campaign.saved", id);
      if (!await changeDraft(db, id, text, deps.now(), entry)) throw wrongState(row, "Only a draft can be changed.");
      return c.json(await view(await found(id)), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "delete",
      path: "/v1/campaigns/{id}",
      summary: "Delete a draft",
      tags: ["Campaigns"],
      request: { params: Id },
      responses: { 204: { description: "Deleted" }, ...conflict, ...problems, ...notFound },
    }),
    async (c) => {
      const row = await found(c.req.valid("param").id);
      const entry = entryOf(c.get("principal").actor, "campaign.deleted", row.id);
      if (!await deleteDraft(db, row.id, entry)) throw wrongState(row, "What was started stays on record; cancel it.");
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
      const row = await found(c.req.valid("param").id);
      const { at, samples = SAMPLES } = c.req.valid("json") ?? {};
      const begins = at === undefined ? Math.max(deps.now(), row.scheduled_at ?? 0) : Date.parse(at);
      senderOf(row.sender, await deps.settings.current());
      await requireLists(row);
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

  const steps = {
    start: {
      summary: "Start a draft, at once or at its time",
      description:
        "A time that has passed means at once. Until everybody has their message, the lists of its audience " +
        "cannot be deleted.",
      action: "campaign.started",
      wrong: "Only a draft can be started.",
      step: async (row: CampaignRow): Promise<Step> => {
        requireOpenLinks(row.template, senderOf(row.sender, await deps.settings.current()), deps);
        if (row.valid_until !== null && row.valid_until <= deps.now()) {
          throw problem(409, "too_late", "Too late", "Its valid_until has passed; nothing of it could leave.");
        }
        await requireLists(row);
        const copies = await countAudience(deps, JSON.parse(row.audience) as SavedAudience, COPIES);
        if (copies === 0) throw problem(409, "nobody", "Nobody to send to", "The audience means no contact.");
        return { to: "scheduled", copies };
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
        request: { params: Id },
        responses: {
          200: json(Campaign, "As it is now"),
          ...(name === "start" ? cannotStart : conflict),
          ...problems,
          ...notFound,
        },
      }),
      async (c) => {
        const row = await found(c.req.valid("param").id as string);
        const entry = entryOf(c.get("principal").actor, one.action, row.id);
        const [taken] = await db.client.batch(step(row.id, await one.step(row), deps.now(), entry));
        if (taken!.rowsAffected === 0) throw wrongState(row, one.wrong);
        return c.json(await view(await found(row.id)), 200);
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
      const row = await found(c.req.valid("param").id);
      const { category, note } = c.req.valid("json");
      const entry = entryOf(c.get("principal").actor, "campaign.settled", row.id, { category, note });
      if (!await settleCampaign(db, row.id, category, deps.now(), entry)) {
        throw wrongState(row, "Nothing about its words is open.");
      }
      return c.json(await view(await found(row.id)), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/campaigns/{id}/messages",
      summary: "Messages of a campaign, newest first",
      tags: ["Campaigns"],
      request: { params: Id, query: z.object({ ...PageQuery, status: z.enum(STATUSES).optional() }) },
      responses: {
        200: json(pageOf(Message), "A page; with a status it may be short, with more to come"),
        ...problems,
        ...notFound,
      },
    }),
    async (c) => {
      const { id } = await found(c.req.valid("param").id);
      const { rows, next } = await listMessagesOf(db, id, c.req.valid("query"));
      return c.json({ data: rows.map((row) => messageView(row)), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/campaigns/{id}/results",
      summary: "What came of it: by carrier, country and hour, with the reasons for what did not arrive",
      tags: ["Campaigns"],
      request: { params: Id },
      responses: { 200: json(Results, "The results so far"), ...problems, ...notFound },
    }),
    async (c) => {
      return c.json(await campaignResults(await found(c.req.valid("param").id), deps), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/campaigns/{id}/progress",
      summary: "Watch a campaign live",
      description:
        "Server-sent events: `progress` with the campaign whenever something has changed, until it is done or canceled.",
      tags: ["Campaigns"],
      request: { params: Id },
      responses: {
        200: { description: "The stream", content: { "text/event-stream": { schema: z.string() } } },
        ...problems,
        ...notFound,
      },
    }),
    async (c) => {
      const { id } = await found(c.req.valid("param").id);
      return streamSSE(c, async (stream) => {
        let sent = "";
        while (!stream.aborted) {
          const row = await findCampaign(db, id);
          if (row === null) return;
          const data = JSON.stringify(await view(row));
          if (data !== sent) await stream.writeSSE({ event: "progress", data });
          sent = data;
          if (OVER.has(row.state)) return;
          await stream.sleep(PROGRESS_MS);
        }
      });
    },
  );

  return routes;
}

const OVER = new Set(["done", "canceled"]);

/** Short links are addresses of this gateway, which phones must be able to open. @throws ProblemError 422. */
function requireOpenLinks(text: string, sender: ConfiguredSender, { publicUrl }: Pick<Deps, "publicUrl">): void {
  const parsed = parseTemplate(text);
  if ("problem" in parsed || parsed.template.links.length === 0) return;
  if (!sender.real || reachableFromPhones(publicUrl)) return;
  throw invalidField(
    "text",
    "has a short link, and PARLEY_PUBLIC_URL is not set to an address that phones can open",
    "public_url_unreachable",
  );
}
