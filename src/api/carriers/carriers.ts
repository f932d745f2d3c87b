import { createRoute, z } from "@hono/zod-openapi";
import { type Carrier, carrierOf, carriers } from "../../carriers/mod.ts";
import { reconcile } from "../../gateway/dispatch/reconcile.ts";
import { instant, instantOrNull } from "../../gateway/message_view.ts";
import { reachableFromPhones, UNREACHABLE_PUBLIC_URL } from "../../gateway/network/public_url.ts";
import {
  type CarrierRow,
  deleteCarrier,
  findCarrier,
  listCarriers,
  saveCarrier,
} from "../../store/carriers/carriers.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden } from "../http/fields.ts";
import { invalidField, invalidInput, problem } from "../http/problem.ts";
import { json, notFound, pageOf, PageQuery, problems } from "../http/schemas.ts";
import { type CarrierConfig, withSecrets } from "./carrier_secrets.ts";

const CarrierId = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, "must be lower-case letters, digits, - and _, at most 40")
    .openapi({ description: "Stands in the webhook addresses", example: "twilio-eu" }),
});

const CarrierBody = z.strictObject({
  kind: z.string().max(40).openapi({ description: `One of: ${carriers.map(({ kind }) => kind).join(", ")}` }),
  config: z.record(z.string(), z.unknown()).default({}).openapi({
    description: "As the kind asks for. A secret that is left out, or null, stays as it was; it must be given again " +
      "when an address leads to another host",
  }),
  remove_secrets: z.array(z.string().max(40)).max(10).default([]).openapi({
    description: "Secrets to forget, where the kind can do without",
    example: ["webhook_secret"],
  }),
  rate_per_second: z.number().min(0.01).max(10_000).nullable().optional().openapi({
    description: "Of the account, all its senders and all instances together; left out: only the senders' rates count",
  }),
}).openapi("CarrierBody");

const Health = z.object({
  state: z.enum(["in_service", "out_of_service", "paused"]),
  failures: z.number().int().openapi({ description: "Hand-overs in a row that nobody answered properly" }),
  out_of_service_since: z.string().nullable(),
  next_try_at: z.string().nullable().openapi({ description: "When one message tries whether the account is back" }),
  paused_until: z.string().nullable().openapi({ description: "It asked to send more slowly" }),
}).openapi("CarrierHealth");

export const CarrierView = z.object({
  id: z.string(),
  kind: z.string(),
  config: z.record(z.string(), z.unknown()).openapi({ description: "Secrets are null" }),
  secrets_set: z.array(z.string()),
  webhooks: z.object({ inbound: z.string(), status: z.string() }).openapi({
    description: "Addresses to enter at the provider",
  }),
  rate_per_second: z.number().nullable(),
  health: Health,
  warnings: z.array(z.string()).openapi({ description: "What the operator should mend; empty when all is well" }),
  created_at: z.string(),
  updated_at: z.string(),
}).openapi("Carrier");

const People = z.object({
  count: z.int(),
  recipients: z.array(z.string()).openapi({ description: "The first hundred" }),
});
const Reconcile = z.strictObject({
  dry_run: z.boolean().default(false),
  most: z.int().min(0).optional().openapi({
    description: "How many people may be suppressed; 100, or 1 % of the people with a thread, when left out",
  }),
});
const DriftView = z.object({
  carrier_id: z.string(),
  listed: z.int().openapi({ description: "Entries of the provider's list" }),
  agreed: z.int().openapi({ description: "Of them, suppressed here too" }),
  missing_here: People.openapi({ description: "Blocked there and not here; suppressed now unless `applied` is false" }),
  returned_here: People.openapi({
    description:
      "Blocked there, and came back here since: ask the provider to lift its block, or messages to them will fail",
  }),
  only_here: People.openapi({
    description:
      "Suppressed by a carrier's word and not on this list, of the people whom this account's senders write to; stays so",
  }),
  other_senders: z.int().openapi({
    description: "Blocks of a sender that no sender of this account here is: they say nothing about those that are",
  }),
  unreadable: z.int().openapi({ description: "Entries without a phone number" }),
  applied: z.boolean(),
}).openapi("Drift");

/** What keeps an account from working as it stands. */
function warningsOf(kind: string, config: unknown, publicUrl: string): string[] {
  const adapter = carrierOf(kind);
  if (adapter === null) return [`This release knows no carrier of the kind ${kind}: nothing is sent through it.`];
  const { error } = adapter.config.safeParse(config);
  const unfit = error?.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; ");
  return [
    ...unfit === undefined ? [] : [`Nothing is sent through it until its settings are mended: ${unfit}`],
    ...kind === "sandbox" || reachableFromPhones(publicUrl) ? [] : [UNREACHABLE_PUBLIC_URL],
  ];
}

/** Accounts at providers. */
export function carrierRoutes({ deps }: Api) {
  const routes = router();

  const view = (row: CarrierRow): z.infer<typeof CarrierView> => {
    const { id, kind, config, created_at, updated_at } = row;
    const webhook = (name: string) => `${deps.publicUrl}/carriers/${id}/${name}`;
    return {
      id,
      kind,
      ...shown(JSON.parse(config) as CarrierConfig, carrierOf(kind)),
      webhooks: { inbound: webhook("inbound"), status: webhook("status") },
      rate_per_second: row.rate_per_second,
      health: healthOf(row, deps.now()),
      warnings: warningsOf(kind, JSON.parse(config), deps.publicUrl),
      created_at: instant(created_at),
      updated_at: instant(updated_at),
    };
  };

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/carriers",
      summary: "List carrier accounts",
      tags: ["Carriers"],
      request: { query: z.object(PageQuery) },
      responses: { 200: json(pageOf(CarrierView), "A page"), ...problems },
    }),
    async (c) => {
      const { rows, next } = await listCarriers(deps.db, c.req.valid("query"));
      return c.json({ data: rows.map(view), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/carriers/{id}",
      summary: "One carrier account",
      tags: ["Carriers"],
      request: { params: CarrierId },
      responses: { 200: json(CarrierView, "The account"), ...problems, ...notFound },
    }),
    async (c) => {
      const row = await findCarrier(deps.db, c.req.valid("param").id);
      if (row === null) throw noSuchCarrier();
      return c.json(view(row), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "put",
      path: "/v1/carriers/{id}",
      summary: "Create or replace a carrier account",
      tags: ["Carriers"],
      request: {
        params: CarrierId,
        body: { required: true, content: { "application/json": { schema: CarrierBody } } },
      },
      responses: {
        201: json(CarrierView, "Created"),
        200: json(CarrierView, "Replaced"),
        409: {
          description:
            "Of real carriers. `test_clock`: the clock is a test clock. `approved_alone`: the rules in force " +
            "were approved by whoever proposed them; somebody else approves them first",
        },
        ...problems,
        ...forbidden,
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const { kind, config, remove_secrets, rate_per_second = null } = c.req.valid("json");
      const adapter = carrierOf(kind);
      if (adapter === null) {
        throw invalidField("kind", `there is no "${kind}"; choose ${carriers.map((one) => one.kind).join(", ")}`);
      }
      if (deps.testClock && kind !== "sandbox") {
        throw problem(409, "test_clock", "Test clock", "PARLEY_TEST_CLOCK is set: real people must not get messages.");
      }
      const existing = await findCarrier(deps.db, id);
      const complete = withSecrets(config, remove_secrets, adapter, existing);
      checkConfig(complete, adapter);
      const now = deps.now();
      const fact = {
        at: now,
        actor: c.get("principal").actor,
        action: "carrier.saved",
        subject: id,
        details: { kind, rate_per_second, ...shown(complete, adapter) },
      } as const;
      const saved = { id, kind, config: JSON.stringify(complete), rate_per_second, created_at: now, updated_at: now };
      const result = await saveCarrier(deps.db, saved, auditRow(fact, deps.newId));
      if (!result.ok && result.proposal !== null) {
        const detail =
          `Whoever made the proposal ${result.proposal} approved it alone, and it is in the rules in force: real ` +
          "people must not get messages by them. Let somebody else approve it " +
          `(POST /v1/rulebooks/proposals/${result.proposal}/approve), or publish or bring back another version.`;
        throw problem(409, "approved_alone", "The rules in force were approved by one person alone", detail);
      }
      if (!result.ok) {
        const detail =
          "A test clock is set (DELETE /v1/sandbox/clock takes it away): real people must not get messages.";
        throw problem(409, "test_clock", "Test clock", detail);
      }
      await deps.settings.refresh();
      return existing === null ? c.json(view(result.row), 201) : c.json(view(result.row), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/carriers/{id}/reconcile",
      summary: "Compare the provider's own opt-out list with the suppressions",
      description:
        "Reads the whole list (AWS, Telnyx: other APIs do not tell it). Who is blocked there and not here is suppressed here, with " +
        "the source `carrier`; with `dry_run` it is only told. Repeating it changes nothing more.",
      tags: ["Carriers"],
      request: {
        params: CarrierId,
        body: { content: { "application/json": { schema: Reconcile } } },
      },
      responses: {
        200: json(DriftView, "How they differ"),
        409: {
          description:
            "`no_list`: the API of this kind of carrier does not tell its list. `too_many_missing`: more people than " +
            "`most` would be suppressed, and none was",
        },
        502: { description: "`list_unreadable`: what was read before is applied" },
        ...problems,
        ...notFound,
        ...forbidden,
      },
    }),
    async (c) => {
      const { dry_run, most } = c.req.valid("json");
      const result = await reconcile(c.req.valid("param").id, deps, { apply: !dry_run, most });
      if (result.ok) return c.json(result.drift, 200);
      const { code, detail } = result.failure;
      if (code === "carrier_unknown") throw noSuchCarrier();
      if (code === "too_many_missing") throw problem(409, code, "Too many to suppress unasked", detail);
      throw problem(code === "no_list" ? 409 : 502, code, "Nothing to compare with", detail);
    },
  );

  routes.openapi(
    createRoute({
      method: "delete",
      path: "/v1/carriers/{id}",
      summary: "Delete a carrier account",
      tags: ["Carriers"],
      request: { params: CarrierId },
      responses: {
        204: { description: "Deleted" },
        409: { description: "Senders use it, or messages wait to leave through it" },
        ...problems,
        ...notFound,
        ...forbidden,
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const fact = {
        at: deps.now(),
        actor: c.get("principal").actor,
        action: "carrier.deleted",
        subject: id,
      } as const;
      if (!await deleteCarrier(deps.db, id, auditRow(fact, deps.newId))) {
        if (await findCarrier(deps.db, id) === null) throw noSuchCarrier();
        throw problem(
          409,
          "carrier_in_use",
          "Carrier in use",
          "Senders use it, or messages wait to leave through it.",
        );
      }
      await deps.settings.refresh();
      return c.body(null, 204);
    },
  );

  return routes;
}

function healthOf(row: CarrierRow, now: number): z.infer<typeof Health> {
  const { failures, opened_at, probe_at, paused_until } = row;
  const paused = paused_until > now;
  return {
    state: opened_at !== null ? "out_of_service" : paused ? "paused" : "in_service",
    failures,
    out_of_service_since: instantOrNull(opened_at),
    next_try_at: opened_at === null ? null : instant(Math.max(probe_at ?? now, now)),
    paused_until: paused ? instant(paused_until) : null,
  };
}

const noSuchCarrier = () => problem(404, "not_found", "No such carrier");

/** @throws ProblemError naming `config.<field>`. */
function checkConfig(config: CarrierConfig, adapter: Carrier): void {
  const parsed = adapter.config.safeParse(config);
  if (parsed.success) return;
  const issues: z.core.$ZodIssue[] = [];
  for (const issue of parsed.error.issues) {
    if (issue.code !== "unrecognized_keys") issues.push({ ...issue, path: ["config", ...issue.path] });
    else {
      const message = `${adapter.kind} has no such setting`;
      const place = ["config", ...issue.path];
      issues.push(
        ...issue.keys.map((key) => ({ code: "custom" as const, path: [...place, key], message, input: undefined })),
      );
    }
  }
  throw invalidInput(issues);
}

/** What may be shown. Of a kind that this build does not know nothing is: it cannot tell what is secret. */
function shown(config: CarrierConfig, adapter: Carrier | null): { config: CarrierConfig; secrets_set: string[] } {
  if (adapter === null) return { config: {}, secrets_set: [] };
  const secrets = new Set(adapter.secrets);
  return {
    config: Object.fromEntries(Object.entries(config).map(([key, value]) => [key, secrets.has(key) ? null : value])),
    secrets_set: adapter.secrets.filter((secret) => config[secret] !== undefined),
  };
}
