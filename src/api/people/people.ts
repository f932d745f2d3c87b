import { createRoute, z } from "@hono/zod-openapi";
import type { Decision } from "../../core/message.ts";
import { clickView, instant, instantOrNull, messageView } from "../../gateway/message_view.ts";
import { suppressionView } from "../../gateway/suppression_view.ts";
import { type RuleText, ruleTexts } from "../../rules/rule_text.ts";
import { readSourcesOf } from "../../store/carriers/settings.ts";
import type { SuppressionRow } from "../../store/consent/suppressions.ts";
import { barrierMs } from "../../store/libsql/barrier.ts";
import type { MessageRow } from "../../store/messages/writes.ts";
import { auditView } from "../../store/oversight/audit_read.ts";
import { type Dossier, MOST, readDossier, type ReviewRow, type TimelineRow } from "../../store/people/dossier.ts";
import { Consent, consentView } from "../consent/consent_schemas.ts";
import { Override, overrideView } from "../consent/overrides.ts";
import { Suppression } from "../consent/suppressions.ts";
import { Contact, contactView } from "../contacts/contacts.ts";
import { type Api, router } from "../http/context.ts";
import { digits, forbidden } from "../http/fields.ts";
import { json, Message, orNull, pageOfIds, problems } from "../http/schemas.ts";
import { numberInUrl } from "../http/url_number.ts";
import { AuditEntry } from "../oversight/audit.ts";

const MAX_MESSAGES = 1_000;

const TimelineEntry = z.object({ at: z.string(), status: z.string(), detail: z.string().nullable() });
const Clicks = z.object({ link: z.number().int(), clicks: z.number().int(), first_at: z.string() });
const TracedMessage = Message.extend({
  answers: z.string().nullable().openapi({ description: "For an automatic answer: the message that it answers" }),
  timeline: z.array(TimelineEntry),
});
const Excerpt = z.object({ file: z.string(), line: z.number().int(), text: z.string() });

export const Person = z.object({
  msisdn: z.string(),
  generated_at: z.string(),
  country: z.string().nullable().openapi({ description: "To which the number belongs" }),
  contact: orNull(Contact),
  consents: z.array(Consent).openapi({ description: "The whole ledger, latest act first: wording, source and proof" }),
  suppressions: z.array(Suppression.extend({
    cause: TracedMessage.omit({ timeline: true }).nullable().openapi({ description: "The message that caused it" }),
    barrier: z.object({ durable_at: z.string(), ms_after_receipt: z.number().int() }).nullable().openapi({
      description:
        "For a STOP: when its suppression was committed at the latest, and how long after the message was received. Null where it " +
        "was not measured: other ways of refusing, or a process that ended in between",
    }),
    repeated: z.array(z.object({ at: z.string(), actor: z.string(), message_id: z.string().nullable() })).openapi({
      description: "When the same was said again while it stood",
    }),
  })),
  reviews: z.array(z.object({
    id: z.string(),
    kind: z.string(),
    message_id: z.string(),
    rule: z.string().nullable(),
    words: z.string().nullable(),
    created_at: z.string(),
    settled_at: z.string().nullable(),
    settled_by: z.string().nullable(),
    settlement: z.string().nullable(),
    note: z.string().nullable(),
  })),
  overrides: z.array(Override),
  audit: z.array(AuditEntry),
  messages: z.object({
    data: z.array(TracedMessage.extend({
      clicks: z.array(Clicks).openapi({ description: "On its short links, by their place in the campaign's text" }),
    })),
    next_cursor: z.string().nullable(),
  }).openapi({
    description: "Newest first, each with its decision and timeline",
  }),
  rules: z.record(z.string(), z.record(z.string(), Excerpt.extend({ country: z.array(Excerpt) }))).openapi({
    description:
      "By version of the rules and id: the text, as it stood, of every rule that the decisions above name, and of the sections of " +
      "the country's file that it refers to",
  }),
  truncated: z.array(z.string()).openapi({ description: `Lists of which only the newest ${MOST} are given` }),
}).openapi("Person");

/** All there is about one person, for whoever has to answer them or a regulator. */
export function peopleRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/people/{msisdn}",
      summary: "The dossier of one person",
      description:
        "One document to keep or to print: consents with their wording and proof, suppressions with the message that caused them and " +
        "how long it took, every message with its decision and the rules as they stood, reviews, overrides, audit entries. Messages " +
        `come ${MAX_MESSAGES} at a time; with \`cursor\` the rest. A number that nothing is known of gives empty lists.`,
      tags: ["Evidence"],
      request: {
        params: z.object({ msisdn: z.string().max(40).openapi({ description: "E.164", example: "+33612345678" }) }),
        query: z.object({
          limit: digits(1, MAX_MESSAGES).default(MAX_MESSAGES),
          cursor: pageOfIds("msg").cursor,
        }),
      },
      responses: { 200: json(Person, "The dossier"), ...problems, ...forbidden },
    }),
    async (c) => {
      const msisdn = numberInUrl(c.req.valid("param").msisdn, "msisdn");
      const dossier = await readDossier(deps, msisdn, c.req.valid("query"));
      const { rulebook } = await deps.settings.current();
      const { country } = rulebook.locate(msisdn);
      c.header("cache-control", "no-store");
      return c.json({
        msisdn,
        generated_at: instant(deps.now()),
        country,
        contact: dossier.contact === null ? null : contactView(dossier.contact),
        consents: dossier.consents.map(consentView),
        suppressions: dossier.suppressions.map((row) => suppressionOf(row, dossier)),
        reviews: dossier.reviews.map(reviewView),
        overrides: dossier.overrides.map(overrideView),
        audit: dossier.audit.map(auditView),
        messages: { data: messagesOf(dossier), next_cursor: dossier.next },
        rules: await rulesOf([...dossier.messages, ...dossier.causes], country),
        truncated: dossier.truncated,
      }, 200);
    },
  );

  async function rulesOf(
    messages: readonly MessageRow[],
    country: string | null,
  ): Promise<Record<string, Record<string, RuleText>>> {
    const named = new Map<string, Set<string>>();
    for (const { decision } of messages) {
      const { rulebook, rules } = JSON.parse(decision) as Decision;
      const ids = named.get(rulebook) ?? new Set();
      named.set(rulebook, ids);
      for (const { id } of rules) ids.add(id);
    }
    const versions = await readSourcesOf(deps.db.client, [...named.keys()]);
    return Object.fromEntries(
      [...versions].map(([hash, sources]) => [hash, ruleTexts(sources, [...named.get(hash)!], country)]),
    );
  }

  return routes;
}

function tracedMessage(row: MessageRow) {
  return { ...messageView(row), answers: row.cause_id ?? null };
}

function messagesOf({ messages, timeline, clicks }: Dossier) {
  const events = Map.groupBy(timeline, ({ message_id }) => message_id);
  const clicked = Map.groupBy(clicks, ({ message_id }) => message_id);
  return messages.map((row) => ({
    ...tracedMessage(row),
    clicks: (clicked.get(row.id) ?? []).map(clickView),
    timeline: [
      { at: instant(row.created_at), status: row.direction === "inbound" ? "received" : "accepted", detail: null },
      ...(events.get(row.id) ?? []).map(({ at, status, detail }: TimelineRow) => ({ at: instant(at), status, detail })),
    ],
  }));
}

function suppressionOf(row: SuppressionRow, { causes, barriers, audit }: Dossier) {
  const cause = causes.find(({ id }) => id === row.message_id);
  const barrier = barriers.find(({ message_id }) => message_id === row.message_id);
  const ms = barrierMs(barrier?.detail ?? null);
  const repeated = audit.filter(({ action, subject }) => action === "suppression.repeated" && subject === row.id);
  return {
    ...suppressionView(row),
    cause: cause === undefined ? null : tracedMessage(cause),
    barrier: barrier === undefined || ms === null ? null : { durable_at: instant(barrier.at), ms_after_receipt: ms },
    repeated: repeated.map(auditView).map(({ at, actor, details }) => ({
      at,
      actor,
      message_id: (details?.["message_id"] as string | null | undefined) ?? null,
    })),
  };
}

function reviewView({ person: _person, sender: _sender, created_at, settled_at, ...row }: ReviewRow) {
  return { ...row, created_at: instant(created_at), settled_at: instantOrNull(settled_at) };
}
