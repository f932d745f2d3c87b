import { createRoute, z } from "@hono/zod-openapi";
import { messageView } from "../../gateway/message_view.ts";
import { OUTCOMES, settleUnknown } from "../../store/dispatch/unknown.ts";
import { findMessage } from "../../store/messages/messages.ts";
import { auditRow } from "../../store/oversight/audit.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden, Id, lines } from "../http/fields.ts";
import { problem } from "../http/problem.ts";
import { json, Message, notFound, problems } from "../http/schemas.ts";

const NewOutcome = z.strictObject({
  outcome: z.enum(OUTCOMES).openapi({ description: "`resend` lets it leave again: the person may get it twice" }),
  note: lines(1_000).optional().openapi({ description: "How it was found out; kept in the audit log" }),
}).openapi("NewOutcome");

const MAY_ARRIVE_TWICE = "It leaves again. If the carrier had taken it the first time, the person gets it twice.";

/** What staff find out about messages of which nobody knows whether the carrier took them. */
export function messageSettlementRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/messages/{id}/settle",
      summary: "Settle a message of unknown outcome",
      description:
        "`GET /v1/messages?status=unknown` lists them. A delivery report that comes first settles it by itself. One that comes later still " +
        "moves a message that was settled as `sent`, and saves the second copy of one that waits to leave again.",
      tags: ["Messages"],
      request: { params: Id, body: { required: true, content: { "application/json": { schema: NewOutcome } } } },
      responses: {
        200: json(Message.extend({ warning: z.string().nullable() }), "Settled"),
        409: {
          description:
            "`outcome_known`: its status is not `unknown`; `sender_missing`, `text_missing`: it cannot leave again",
        },
        ...problems,
        ...notFound,
        ...forbidden,
      },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const { outcome, note = null } = c.req.valid("json");
      const before = await findMessage(deps.db, id);
      if (before === null) throw problem(404, "not_found", "No such message");
      const at = deps.now();
      const fact = {
        at,
        actor: c.get("principal").actor,
        action: "message.settled",
        subject: id,
        person: before.person,
        details: { outcome, note, carrier_id: before.carrier_id ?? null },
      } as const;
      const settled = await settleUnknown(deps.db, { id, outcome, at }, auditRow(fact, deps.newId));
      const row = (await findMessage(deps.db, id))!;
      if (!settled && row.status === "unknown" && row.text === "") {
        throw problem(
          409,
          "text_missing",
          "Its text is gone",
          "It was erased, or kept for as long as the retention file says.",
        );
      }
      if (!settled && row.status === "unknown") {
        throw problem(409, "sender_missing", "Its sender is gone", `There is no sender "${row.sender}" any more.`);
      }
      if (!settled) throw problem(409, "outcome_known", "Its outcome is known", `The message is ${row.status}.`);
      return c.json({ ...messageView(row), warning: outcome === "resend" ? MAY_ARRIVE_TWICE : null }, 200);
    },
  );

  return routes;
}
