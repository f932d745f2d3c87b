import { z } from "@hono/zod-openapi";
import { instant, instantOrNull } from "../../gateway/message_view.ts";
import { deliveryId, EVENT_PATTERNS, eventId } from "../../gateway/webhooks/events.ts";
import { DELIVERY_STATUSES, type DeliveryRow } from "../../store/webhooks/deliveries.ts";
import { type EndpointRow, signingSecrets } from "../../store/webhooks/webhooks.ts";
import { line } from "../http/fields.ts";
import { Instant } from "../http/schemas.ts";

export const EventPatterns = z.array(z.enum(EVENT_PATTERNS)).min(1).max(EVENT_PATTERNS.length);

const settings = {
  url: z.string().max(2_000).openapi({ example: "https://app.example.com/parley" }),
  description: line(200).nullable(),
  events: EventPatterns.openapi({ description: "Types of events, or patterns for them", example: ["message.*"] }),
  ordered: z.boolean().openapi({
    description: "An event waits until the one before it in its conversation was taken or given up",
  }),
};

export const NewWebhook = z.strictObject({
  url: settings.url,
  description: settings.description.default(null),
  events: settings.events.default(["*"]),
  ordered: settings.ordered.default(false),
}).openapi("NewWebhook");

export const WebhookChange = z.strictObject({
  ...settings,
  state: z.enum(["enabled", "disabled"]).openapi({
    description: "Enabling begins with what happens next; what happened meanwhile can be replayed",
  }),
}).partial().openapi("WebhookChange");

export const Webhook = z.object({
  id: z.string(),
  url: z.string(),
  description: z.string().nullable(),
  events: z.array(z.string()),
  ordered: z.boolean(),
  state: z.enum(["enabled", "disabled"]),
  disabled_at: z.string().nullable(),
  disabled_reason: z.enum(["by_hand", "gone", "failing"]).nullable().openapi({
    description: "`gone`: it answered 410. `failing`: it took nothing for days, and notice was given",
  }),
  failing_since: z.string().nullable().openapi({ description: "Nothing was taken since; null when all is well" }),
  warned_at: z.string().nullable().openapi({ description: "When notice was given that it will be disabled" }),
  quiet_until: z.string().nullable().openapi({ description: "It asked for silence (Retry-After)" }),
  previous_secret_until: z.string().nullable().openapi({ description: "Until then the secret before signs as well" }),
  created_at: z.string(),
  updated_at: z.string(),
}).openapi("Webhook");

export const WebhookWithSecret = Webhook.extend({
  secret: z.string().openapi({ description: "Shown only now", example: "whsec_…" }),
}).openapi("WebhookWithSecret");

export const Delivery = z.object({
  id: z.string(),
  webhook_id: z.string(),
  event: z.object({
    id: z.string().openapi({ description: "`webhook-id`" }),
    type: z.string(),
    timestamp: z.string(),
    subject: z.string().openapi({ description: "Id of the message, suppression or review" }),
  }),
  status: z.enum(DELIVERY_STATUSES).openapi({
    description:
      "`waiting`: behind an earlier event of its conversation. `failed`: given up, until somebody replays it",
  }),
  next_attempt_at: z.string().nullable(),
  attempts: z.array(z.object({
    at: z.string(),
    duration_ms: z.number().int(),
    http_status: z.number().int().nullable(),
    error: z.string().nullable().openapi({ description: "Why no answer came" }),
    answer: z.string().nullable().openapi({ description: "Its beginning" }),
  })).openapi({ description: "The last 50, oldest first" }),
  created_at: z.string(),
  finished_at: z.string().nullable(),
}).openapi("WebhookDelivery");

export const NewReplay = z.strictObject({
  since: Instant,
  until: Instant.optional().openapi({ description: "Not itself included. Now when left out" }),
  types: EventPatterns.optional().openapi({ description: "What the webhook listens to when left out" }),
  undelivered_only: z.boolean().default(false),
}).openapi("NewReplay");

export const Replayed = z.object({
  replayed: z.number().int().openapi({ description: "Events" }),
  next_since: z.string().nullable().openapi({
    description: "Where to go on, when there were more than one request replays",
  }),
}).openapi("Replayed");

export function webhookView(row: EndpointRow, now: number): z.infer<typeof Webhook> {
  const until = signingSecrets(row, now).flatMap((one) => one.until ?? []);
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    events: row.events,
    ordered: row.ordered,
    state: row.state === "enabled" ? "enabled" : "disabled",
    disabled_at: instantOrNull(row.disabled_at),
    disabled_reason: row.disabled_reason,
    failing_since: instantOrNull(row.failing_since),
    warned_at: instantOrNull(row.warned_at),
    quiet_until: row.quiet_until !== null && row.quiet_until > now ? instant(row.quiet_until) : null,
    previous_secret_until: until.length === 0 ? null : instant(Math.max(...until)),
    created_at: instant(row.created_at),
    updated_at: instant(row.updated_at),
  };
}

export function deliveryView(row: DeliveryRow): z.infer<typeof Delivery> {
  return {
    id: deliveryId(row.n),
    webhook_id: row.endpoint_id,
    event: {
      id: eventId({ seq: row.event_seq, nonce: row.nonce }),
      type: row.type,
      timestamp: instant(row.at),
      subject: row.subject,
    },
    status: row.status,
    next_attempt_at: row.status === "pending" ? instantOrNull(row.due_at) : null,
    attempts: row.attempts.map((one) => ({ ...one, at: instant(one.at) })),
    created_at: instant(row.created_at),
    finished_at: instantOrNull(row.finished_at),
  };
}
