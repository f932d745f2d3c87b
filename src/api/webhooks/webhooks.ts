import { createRoute } from "@hono/zod-openapi";
import ipaddr from "ipaddr.js";
import { addressAllowed } from "../../gateway/network/outgoing_http.ts";
import { newWebhookSecret } from "../../gateway/webhooks/signature.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import {
  createEndpoint,
  deleteEndpoint,
  findEndpoint,
  listEndpoints,
  MAX_ENDPOINTS,
  rotateSecret,
  updateEndpoint,
} from "../../store/webhooks/webhooks.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden, Id } from "../http/fields.ts";
import { invalidField, problem } from "../http/problem.ts";
import { json, notFound, pageOf, problems } from "../http/schemas.ts";
import { NewWebhook, Webhook, WebhookChange, webhookView, WebhookWithSecret } from "./schemas.ts";

/** Addresses of apps that are told what happens. */
export function webhookRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/webhooks",
      summary: "Register an address that receives events",
      description: "Signed as Standard Webhooks describe. `secret` is shown only now.",
      tags: ["Webhooks"],
      request: { body: { required: true, content: { "application/json": { schema: NewWebhook } } } },
      responses: {
        201: json(WebhookWithSecret, "Registered"),
        409: { description: `There are ${MAX_ENDPOINTS} already` },
        ...problems,
        ...forbidden,
      },
    }),
    async (c) => {
      const settings = c.req.valid("json");
      checkUrl(settings.url, deps.privateWebhooks);
      const [id, at, secret] = [deps.newId("we"), deps.now(), newWebhookSecret()];
      const audit = auditRow({
        at,
        actor: c.get("principal").actor,
        action: "webhook.saved",
        subject: id,
        details: audited(settings),
      }, deps.newId);
      if (!await createEndpoint(deps.db, { id, ...settings }, { secret, at }, audit)) {
        throw problem(
          409,
          "too_many_webhooks",
          "Too many webhooks",
          `There may be ${MAX_ENDPOINTS}; delete one first.`,
        );
      }
      return c.json({ ...webhookView((await findEndpoint(deps.db, id))!, at), secret }, 201);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/webhooks",
      summary: "List webhooks, newest first",
      description: "All of them on one page, without their secrets.",
      tags: ["Webhooks"],
      responses: { 200: json(pageOf(Webhook), "The webhooks"), ...problems, ...forbidden },
    }),
    async (c) => {
      const now = deps.now();
      return c.json(
        { data: (await listEndpoints(deps.db)).map((row) => webhookView(row, now)), next_cursor: null },
        200,
      );
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/webhooks/{id}",
      summary: "One webhook",
      tags: ["Webhooks"],
      request: { params: Id },
      responses: { 200: json(Webhook, "The webhook"), ...problems, ...notFound, ...forbidden },
    }),
    async (c) => {
      const row = await findEndpoint(deps.db, c.req.valid("param").id);
      if (row === null) throw noSuchWebhook();
      return c.json(webhookView(row, deps.now()), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "patch",
      path: "/v1/webhooks/{id}",
      summary: "Change, disable or enable a webhook",
      tags: ["Webhooks"],
      request: {
        params: Id,
        body: { required: true, content: { "application/json": { schema: WebhookChange } } },
      },
      responses: { 200: json(Webhook, "Changed"), ...problems, ...notFound, ...forbidden },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const { url, description, events, ordered, state } = c.req.valid("json");
      if (url !== undefined) checkUrl(url, deps.privateWebhooks);
      const change = {
        ...(url === undefined ? {} : { url }),
        ...(description === undefined ? {} : { description }),
        ...(events === undefined ? {} : { events }),
        ...(ordered === undefined ? {} : { ordered }),
        ...(state === undefined ? {} : { state }),
      };
      const [at, actor] = [deps.now(), c.get("principal").actor];
      const audit = auditRow({ at, actor, action: "webhook.saved", subject: id, details: audited(change) }, deps.newId);
      const row = await updateEndpoint(deps.db, id, change, at, audit);
      if (row === null) throw noSuchWebhook();
      return c.json(webhookView(row, at), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "delete",
      path: "/v1/webhooks/{id}",
      summary: "Delete a webhook with its deliveries",
      tags: ["Webhooks"],
      request: { params: Id },
      responses: { 204: { description: "Deleted" }, ...problems, ...notFound, ...forbidden },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const [at, actor] = [deps.now(), c.get("principal").actor];
      const audit = auditRow({ at, actor, action: "webhook.deleted", subject: id }, deps.newId);
      if (!await deleteEndpoint(deps.db, id, audit)) throw noSuchWebhook();
      return c.body(null, 204);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/webhooks/{id}/rotate",
      summary: "Replace the secret",
      description: "The old one signs beside the new one for 24 hours. `secret` is shown only now.",
      tags: ["Webhooks"],
      request: { params: Id },
      responses: { 200: json(WebhookWithSecret, "Replaced"), ...problems, ...notFound, ...forbidden },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const [at, actor, secret] = [deps.now(), c.get("principal").actor, newWebhookSecret()];
      const audit = auditRow({ at, actor, action: "webhook.secret_rotated", subject: id }, deps.newId);
      const rotated = await rotateSecret(deps.db, id, { secret, at }, audit);
      const row = rotated ? await findEndpoint(deps.db, id) : null;
      if (row === null) throw noSuchWebhook();
      return c.json({ ...webhookView(row, at), secret }, 200);
    },
  );

  return routes;
}

export const noSuchWebhook = () => problem(404, "not_found", "No such webhook");

/** What the audit log, which more people read, keeps of settings: path and query of an address may hold a secret of the receiver's. */
function audited<T extends { url?: string }>(settings: T): T {
  return settings.url === undefined ? settings : { ...settings, url: `${new URL(settings.url).origin}/…` };
}

/**
 * Refuses what would never be called, so that it is told now and not by failing deliveries. What a name means is looked at when
 * it is called: it may change. @throws ProblemError.
 */
function checkUrl(address: string, allowPrivate: boolean): void {
  const url = URL.parse(address);
  const wrong = (detail: string) => invalidField("url", detail);
  if (url === null || !/^https?:$/.test(url.protocol)) throw wrong("must be an https:// address");
  if (url.protocol === "http:" && !allowPrivate) {
    throw wrong("must be an https:// address; PARLEY_PRIVATE_WEBHOOKS=true allows http:// for development");
  }
  if (url.username !== "" || url.password !== "") throw wrong("must not hold credentials; events are signed instead");
  if (url.hash !== "") throw wrong("must not have a fragment, which is never sent");
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (ipaddr.isValid(host) && !addressAllowed(host, allowPrivate)) throw wrong(`${host} is a private address`);
}
