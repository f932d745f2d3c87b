import { createRoute, z } from "@hono/zod-openapi";
import { deliveryNumber, eventId, eventSeq, TEST_EVENT } from "../../gateway/webhooks/events.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import {
  createTest,
  DELIVERY_STATUSES,
  type DeliveryRow,
  findDelivery,
  listDeliveries,
  replayDelivery,
  replayEvents,
} from "../../store/webhooks/deliveries.ts";
import { type EndpointRow, findEndpoint } from "../../store/webhooks/webhooks.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden, Id } from "../http/fields.ts";
import { invalidField, problem } from "../http/problem.ts";
import { json, notFound, pageOf, PageQuery, problems } from "../http/schemas.ts";
import { Delivery, deliveryView, NewReplay, Replayed } from "./schemas.ts";
import { noSuchWebhook } from "./webhooks.ts";

const DeliveryIds = z.object({
  id: z.string().max(100),
  delivery_id: z.string().max(100).openapi({
    description: "`whd_…`, or the `webhook-id` that the receiver got (`evt_…`)",
  }),
});
const disabled = { 409: { description: "`webhook_disabled`: enable it first" } } as const;

/** What webhooks were sent, and sending it again. */
export function webhookDeliveryRoutes({ deps }: Api) {
  const routes = router();

  const endpointOf = async (id: string): Promise<EndpointRow> => {
    const endpoint = await findEndpoint(deps.db, id);
    if (endpoint === null) throw noSuchWebhook();
    return endpoint;
  };
  const enabledEndpoint = async (id: string): Promise<EndpointRow> => {
    const endpoint = await endpointOf(id);
    if (endpoint.state === "enabled") return endpoint;
    throw problem(409, "webhook_disabled", "Disabled", "Nothing is sent to a disabled webhook; enable it first.");
  };
  const deliveryOf = async (id: string, delivery_id: string): Promise<DeliveryRow> => {
    const [n, event_seq] = [deliveryNumber(delivery_id), eventSeq(delivery_id)];
    const key = n !== null ? { n } : event_seq !== null ? { event_seq } : null;
    const row = key === null ? null : await findDelivery(deps.db, id, key);
    if (row === null || (n === null && eventId({ seq: row.event_seq, nonce: row.nonce }) !== delivery_id)) {
      throw problem(404, "not_found", "No such delivery");
    }
    return row;
  };

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/webhooks/{id}/deliveries",
      summary: "List what a webhook was sent, the newest events first, with the attempts",
      tags: ["Webhooks"],
      request: {
        params: Id,
        query: z.object({ ...PageQuery, status: z.enum(DELIVERY_STATUSES).optional() }),
      },
      responses: { 200: json(pageOf(Delivery), "A page"), ...problems, ...notFound, ...forbidden },
    }),
    async (c) => {
      const { id: endpoint_id } = await endpointOf(c.req.valid("param").id);
      const { limit, cursor, status } = c.req.valid("query");
      if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw invalidField("cursor", "is not one of this list");
      const before = cursor === undefined ? undefined : Number(cursor);
      const { rows, next } = await listDeliveries(deps.db, { endpoint_id, status, limit, before });
      return c.json({ data: rows.map(deliveryView), next_cursor: next === null ? null : String(next) }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/webhooks/{id}/deliveries/{delivery_id}",
      summary: "One delivery with its attempts",
      tags: ["Webhooks"],
      request: { params: DeliveryIds },
      responses: { 200: json(Delivery, "The delivery"), ...problems, ...notFound, ...forbidden },
    }),
    async (c) => {
      const { id, delivery_id } = c.req.valid("param");
      await endpointOf(id);
      return c.json(deliveryView(await deliveryOf(id, delivery_id)), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/webhooks/{id}/deliveries/{delivery_id}/replay",
      summary: "Send one event again",
      description: "With the same `webhook-id` and all retries before it.",
      tags: ["Webhooks"],
      request: { params: DeliveryIds },
      responses: { 202: json(Delivery, "It will be sent"), ...disabled, ...problems, ...notFound, ...forbidden },
    }),
    async (c) => {
      const { id, delivery_id } = c.req.valid("param");
      await enabledEndpoint(id);
      const { n } = await deliveryOf(id, delivery_id);
      const [at, actor] = [deps.now(), c.get("principal").actor];
      const details = { delivery_id };
      const audit = auditRow({ at, actor, action: "webhook.replayed", subject: id, details }, deps.newId);
      await replayDelivery(deps.db, id, n, at, audit);
      return c.json(deliveryView(await deliveryOf(id, delivery_id)), 202);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/webhooks/{id}/replay",
      summary: "Send the events of a time again",
      description:
        "Those that were sent and those that were not: because the webhook was disabled, did not listen to them, or did " +
        "not exist beside another one that did. Events are kept for 30 days.",
      tags: ["Webhooks"],
      request: { params: Id, body: { required: true, content: { "application/json": { schema: NewReplay } } } },
      responses: { 202: json(Replayed, "They will be sent"), ...disabled, ...problems, ...notFound, ...forbidden },
    }),
    async (c) => {
      const endpoint = await enabledEndpoint(c.req.valid("param").id);
      const body = c.req.valid("json");
      const [at, actor] = [deps.now(), c.get("principal").actor];
      const since = Date.parse(body.since);
      const until = body.until === undefined ? at + 1 : Date.parse(body.until);
      if (until <= since) throw invalidField("since", body.until === undefined ? "lies ahead" : "must be before until");
      const types = body.types ?? endpoint.events;
      const told = { since: body.since, until: body.until ?? null, types, undelivered_only: body.undelivered_only };
      const { replayed, next } = await replayEvents(
        deps.db,
        { endpoint_id: endpoint.id, since, until, types, undeliveredOnly: body.undelivered_only },
        at,
        (events) =>
          auditRow(
            { at, actor, action: "webhook.replayed", subject: endpoint.id, details: { ...told, events } },
            deps.newId,
          ),
      );
      return c.json({ replayed, next_since: next === null ? null : new Date(next).toISOString() }, 202);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/webhooks/{id}/test",
      summary: "Send a test event",
      description: "Of the type `webhook.test`, to this webhook alone, signed and retried as any other.",
      tags: ["Webhooks"],
      request: { params: Id },
      responses: { 202: json(Delivery, "It will be sent"), ...disabled, ...problems, ...notFound, ...forbidden },
    }),
    async (c) => {
      const { id } = await enabledEndpoint(c.req.valid("param").id);
      const n = await createTest(deps.db, id, TEST_EVENT, deps.now());
      return c.json(deliveryView((await findDelivery(deps.db, id, { n }))!), 202);
    },
  );

  return routes;
}
