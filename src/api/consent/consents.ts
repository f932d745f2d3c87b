import { createRoute, z } from "@hono/zod-openapi";
import {
  appendConsents,
  cancelRelying,
  type ConsentRow,
  findConsent,
  listConsents,
  type Permission,
  permissionOf,
  purposesInForce,
  withdrawConsents,
} from "../../store/consent/consents.ts";
import { auditIfChanged, auditRow } from "../../store/oversight/audit.ts";
import { type Api, router } from "../http/context.ts";
import { Id, line, lines } from "../http/fields.ts";
import { invalidField, problem, ProblemError } from "../http/problem.ts";
import { json, notFound, pageOf, pageOfIds, problems, Purpose, refusable } from "../http/schemas.ts";
import { numberInUrl } from "../http/url_number.ts";
import { recipientOf } from "../messages/messages.ts";
import { consentFileRoutes } from "./consent_files.ts";
import { entryRow, evidenceOf, MAX_EVIDENCE, stateView, TOO_LONG } from "./consent_record.ts";
import { Consent, ConsentState, consentView, Evidence, NewConsent } from "./consent_schemas.ts";

/** How a withdrawal is told. */
const withdrawal = {
  source: line(100).default("operator").openapi({ description: "How the person said so" }),
  wording: lines(5_000).optional().openapi({ description: "In the person's own words" }),
  evidence: Evidence.refine((data) => JSON.stringify(data).length <= MAX_EVIDENCE, TOO_LONG).optional(),
  evidence_ref: line(500).optional(),
};
type Withdrawal = { [K in keyof typeof withdrawal]?: z.infer<(typeof withdrawal)[K]> } & { source: string };

/**
 * The ledger of consents: append-only, and the latest act of a person for a purpose is what holds. Recording a consent never
 * lifts a suppression (compliance.md 7.3): only the person's own START does, or an administrator with a reason.
 */
export function consentRoutes(api: Api) {
  const { deps } = api;
  const routes = router();

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/consents",
      summary: "Record a consent",
      description:
        "With its proof: who, when, how, and the words shown. A person who opted out stays opted out; the answer then says " +
        "`effective: false`.\n\nWith `double_opt_in: true` and `from` the person is asked by one SMS, decided by the rules, and the entry is " +
        "`pending`; their yes to that sender, in the time that the deployment gives, appends the consent, which names the entry in " +
        "`confirms` and the answer in `message_id`.",
      tags: ["Consents"],
      request: { body: { required: true, content: { "application/json": { schema: NewConsent } } } },
      responses: {
        201: json(ConsentState, "Recorded, or asked"),
        ...problems,
        ...refusable,
        409: { description: "The person has just been asked, or has just opted out" },
      },
    }),
    async (c) => {
      const now = deps.now();
      const actor = c.get("principal").actor;
      const { rulebook } = await deps.settings.current();
      const {
        recipient,
        purpose,
        source,
        wording,
        wording_version,
        wording_language,
        granted_at,
        expires_at,
        evidence,
        evidence_ref,
        double_opt_in = false,
        from,
        ...proof
      } = c.req.valid("json");
      const row = entryRow({
        recipient: recipientOf(recipient, "recipient"),
        purpose,
        source,
        wording,
        wording_version,
        wording_language,
        status: "granted",
        granted_at,
        expires_at,
        evidence: { ...proof, ...evidence },
        evidence_ref,
        recorded_by: actor,
      }, { id: deps.newId("cns"), now, rulebook });
      if ("wrong" in row) throw invalidField(row.field, row.wrong);
      if (double_opt_in) {
        const pending = await ask(row, from!, actor);
        return c.json(stateView(pending, await permissionOf(deps, row.recipient, purpose), rulebook, now), 201);
      }
      const fact = {
        at: now,
        actor,
        action: "consent.granted",
        subject: row.id,
        person: row.recipient,
        details: { purpose, source },
      } as const;
      await appendConsents(deps.db, [row], { audit: [auditRow(fact, deps.newId)] });
      return c.json(stateView(row, await permissionOf(deps, row.recipient, row.purpose), rulebook, now), 201);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/consents",
      summary: "The ledger of consents, newest first",
      description: "With `recipient`, the whole history of one person.",
      tags: ["Consents"],
      request: {
        query: z.object({ ...pageOfIds("cns"), recipient: z.string().max(40).optional(), purpose: Purpose.optional() }),
      },
      responses: { 200: json(pageOf(Consent), "A page"), ...problems },
    }),
    async (c) => {
      const { recipient, ...page } = c.req.valid("query");
      const person = recipient === undefined ? undefined : numberInUrl(recipient, "recipient");
      const { rows, next } = await listConsents(deps.db, { recipient: person, ...page });
      return c.json({ data: rows.map(consentView), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/consents/withdraw",
      summary: "Withdraw what a person agreed to",
      description:
        "One purpose, or without `purpose` everything that the person agreed to or was asked. Appends a withdrawal for each that is in " +
        "force and cancels what waits and relied on it; answers with the acts that hold now. To keep all advertising away for good, " +
        "record a suppression.",
      tags: ["Consents"],
      request: {
        body: {
          required: true,
          content: {
            "application/json": {
              schema: z.strictObject({
                recipient: z.string().max(40).openapi({ description: "E.164", example: "+33612345678" }),
                purpose: Purpose.optional(),
                ...withdrawal,
              }),
            },
          },
        },
      },
      responses: { 200: json(z.object({ data: z.array(ConsentState) }), "The acts that hold now"), ...problems },
    }),
    async (c) => {
      const { recipient, purpose, ...said } = c.req.valid("json");
      const person = recipientOf(recipient, "recipient");
      const purposes = purpose === undefined ? await purposesInForce(deps.db, person, deps.now()) : [purpose];
      const { rulebook } = await deps.settings.current();
      const data = [];
      for (const one of purposes) {
        const permission = await withdraw(person, one, said, c.get("principal").actor);
        if (permission.latest !== null) data.push(stateView(permission.latest, permission, rulebook, deps.now()));
      }
      return c.json({ data }, 200);
    },
  );

  routes.route("/", consentFileRoutes(api));

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/consents/{id}",
      summary: "One entry of the ledger, and whether it holds",
      tags: ["Consents"],
      request: { params: Id },
      responses: { 200: json(ConsentState, "The entry"), ...problems, ...notFound },
    }),
    async (c) => {
      const row = await findConsent(deps.db, c.req.valid("param").id);
      if (row === null) throw noSuchConsent();
      const { rulebook } = await deps.settings.current();
      const permission = await permissionOf(deps, row.recipient, row.purpose);
      return c.json(stateView(row, permission, rulebook, deps.now()), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/consents/{id}/withdraw",
      summary: "Withdraw a consent",
      description:
        "Appends a withdrawal for its recipient and purpose, and cancels advertising that relied on it. Repeating it changes " +
        "nothing. To keep all advertising away for good, record a suppression.",
      tags: ["Consents"],
      request: {
        params: Id,
        body: { required: true, content: { "application/json": { schema: z.strictObject(withdrawal) } } },
      },
      responses: { 200: json(ConsentState, "The act that holds now"), ...problems, ...notFound },
    }),
    async (c) => {
      const consent = await findConsent(deps.db, c.req.valid("param").id);
      if (consent === null) throw noSuchConsent();
      const { id, recipient, purpose } = consent;
      const permission = await withdraw(recipient, purpose, c.req.valid("json"), c.get("principal").actor, id);
      const { rulebook } = await deps.settings.current();
      return c.json(stateView(permission.latest ?? consent, permission, rulebook, deps.now()), 200);
    },
  );

  /** Resolves with the pending entry. @throws ProblemError when nobody is asked. */
  async function ask(entry: ConsentRow, from: string, actor: string): Promise<ConsentRow> {
    const sender = (await deps.settings.current()).senders.get(from);
    if (sender === undefined) {
      throw invalidField(
        "from",
        `"${from}" is not one of your senders (GET /v1/senders lists them)`,
        "sender_not_allowed",
      );
    }
    const asked = await api.askConsent({ entry, sender, actor });
    if (asked.ok) return asked.row;
    if (asked.refusal !== null) throw new ProblemError(asked.refusal);
    throw problem(
      409,
      "not_asked",
      "Not asked",
      "The person has just been asked by this sender, or has just opted out.",
    );
  }

  async function withdraw(
    recipient: string,
    purpose: string,
    { source, wording, evidence, evidence_ref }: Withdrawal,
    actor: string,
    consent_id?: string,
  ): Promise<Permission> {
    const now = deps.now();
    const id = deps.newId("cns");
    const details = { purpose, source, ...(consent_id === undefined ? {} : { consent_id }) };
    const fact = { at: now, actor, action: "consent.withdrawn", subject: id, person: recipient, details } as const;
    await deps.db.client.batch([
      withdrawConsents([{
        id,
        recipient,
        purpose,
        source,
        wording: wording ?? null,
        granted_at: now,
        evidence: evidenceOf({ ...evidence, consent_id, recorded_by: actor }),
        evidence_ref: evidence_ref ?? null,
        recorded_by: actor,
        created_at: now,
      }]),
      ...auditIfChanged(auditRow(fact, deps.newId)),
      ...cancelRelying(recipient, purpose, now),
    ]);
    return await permissionOf(deps, recipient, purpose);
  }

  return routes;
}

const noSuchConsent = () => problem(404, "not_found", "No such consent");
