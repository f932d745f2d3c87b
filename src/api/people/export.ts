import { createRoute, z } from "@hono/zod-openapi";
import { clickView, instant, instantOrNull, messageView } from "../../gateway/message_view.ts";
import { suppressionView } from "../../gateway/suppression_view.ts";
import { auditRow, auditStatements } from "../../store/oversight/audit.ts";
import { auditView } from "../../store/oversight/audit_read.ts";
import { exportOf, type PersonExport } from "../../store/people/export.ts";
import { consentView } from "../consent/consent_schemas.ts";
import { overrideView } from "../consent/overrides.ts";
import { contactView } from "../contacts/contacts.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden } from "../http/fields.ts";
import { problems } from "../http/schemas.ts";
import { numberInUrl } from "../http/url_number.ts";
import { download } from "../messages/bulk.ts";

/** All that is held about a person, for the person (GDPR art. 15 and 20): machine-readable, however much it is. */
export function peopleExportRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/people/{msisdn}/export",
      summary: "Export all that is held about a person",
      description:
        "One JSON document that is made while it is read: address book and lists, consents, suppressions, overrides, reviews, " +
        "conversations with notes, messages with their decisions and timelines, campaigns, audit entries. Oldest first, messages by conversation. That it was asked " +
        "for has an entry in the audit log.",
      tags: ["Evidence"],
      request: {
        params: z.object({ msisdn: z.string().max(40).openapi({ description: "E.164", example: "+33612345678" }) }),
      },
      responses: {
        200: {
          description: "JSON, as a file",
          content: { "application/json": { schema: z.record(z.string(), z.unknown()) } },
        },
        ...problems,
        ...forbidden,
      },
    }),
    async (c) => {
      const msisdn = numberInUrl(c.req.valid("param").msisdn, "msisdn");
      const at = deps.now();
      const { rulebook } = await deps.settings.current();
      const entry = auditRow({
        at,
        actor: c.get("principal").actor,
        action: "person.exported",
        subject: deps.newId("exp"),
        person: msisdn,
      }, deps.newId);
      await deps.db.client.batch(auditStatements([entry]));
      const head = { msisdn, generated_at: instant(at), country: rulebook.locate(msisdn).country };
      return download(c, "person.json", "application/json", documentOf(head, exportOf(deps, msisdn))) as never;
    },
  );

  return routes;
}

async function* documentOf(head: Record<string, unknown>, data: PersonExport): AsyncGenerator<string, void> {
  const contact = await data.contact();
  const lists = (await data.lists()).map(({ added_at, left_at, ...list }) => ({
    ...list,
    added_at: instantOrNull(added_at),
    left_at: instantOrNull(left_at),
  }));
  yield JSON.stringify({ ...head, contact: contact === null ? null : contactView(contact), lists }).slice(0, -1);
  yield* arrayOf("consents", data.consents(), consentView);
  yield* arrayOf("suppressions", data.suppressions(), suppressionView);
  yield* arrayOf("overrides", data.overrides(), overrideView);
  yield* arrayOf("reviews", data.reviews(), ({ created_at, settled_at, ...row }) => ({
    ...row,
    created_at: instant(created_at),
    settled_at: instantOrNull(settled_at),
  }));
  yield* arrayOf(
    "conversations",
    data.conversations(),
    ({ id, sender, created_at, last_message_at, last_inbound_at }) => ({
      id,
      sender,
      created_at: instant(created_at),
      last_message_at: instant(last_message_at),
      last_inbound_at: instantOrNull(last_inbound_at),
    }),
  );
  yield* arrayOf("notes", data.notes(), ({ created_at, ...note }) => ({ ...note, created_at: instant(created_at) }));
  const campaigns = new Set<string>();
  yield* arrayOf("messages", data.messages(), ({ timeline, clicks, ...row }) => {
    if (row.campaign_id) campaigns.add(row.campaign_id);
    return {
      ...messageView(row),
      clicks: clicks.map(clickView),
      timeline: timeline.map(({ at, status, detail }) => ({ at: instant(at), status, detail })),
    };
  });
  yield* arrayOf("audit", data.audit(), auditView);
  yield `,"campaigns":${JSON.stringify(await data.campaigns([...campaigns]))}}`;
}

/** A list as it is read, page by page. */
async function* arrayOf<T>(
  name: string,
  pages: AsyncGenerator<T[], void>,
  view: (row: T) => unknown,
): AsyncGenerator<string, void> {
  let lead = `,"${name}":[`;
  for await (const page of pages) {
    yield lead + page.map((row) => JSON.stringify(view(row))).join(",\n");
    lead = ",\n";
  }
  yield lead.startsWith(',"') ? `${lead}]` : "]";
}
