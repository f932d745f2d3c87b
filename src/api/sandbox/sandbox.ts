import { createRoute, z } from "@hono/zod-openapi";
import { instant } from "../../gateway/message_view.ts";
import { carries, findSender } from "../../gateway/pipeline/receive.ts";
import type { Settings } from "../../gateway/settings.ts";
import { handsetOf, listHandsets } from "../../store/sandbox/sandbox.ts";
import { onlySandbox, ownSenders } from "../carriers/inbound.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden } from "../http/fields.ts";
import { problem } from "../http/problem.ts";
import { json, pageOf, PageQuery, problems } from "../http/schemas.ts";
import { numberInUrl, personInUrl } from "../http/url_number.ts";
import { readCursor, writeCursor } from "../inbox/conversations.ts";
import { HANDSET_NUMBERS, numberAt, QUICK_TEXTS } from "./handset_numbers.ts";

export const HandsetMessage = z.object({
  id: z.string(),
  direction: z.enum(["inbound", "outbound"]).openapi({
    description: "As the gateway sees it: `inbound` was typed on the handset",
  }),
  from: z.string(),
  to: z.string(),
  text: z.string(),
  at: z.string(),
});

export const Handset = z.object({
  msisdn: z.string(),
  country: z.string().nullable(),
  last_message_at: z.string(),
}).openapi("Handset");

/** Whatever a network would bring; longer than anybody types. */
const MAX_TYPED = 20_000;
const Typed = z.strictObject({
  to: z.string().min(1).max(40).openapi({ description: "One of your senders, or anything else", example: "36105" }),
  text: z.string().max(MAX_TYPED).transform((text) => text.toWellFormed()),
}).openapi("Typed");

export const Suggestion = z.object({
  country: z.string(),
  language: z.string(),
  number: z.string().openapi({ description: "E.164" }),
  reserved_by: z.string().nullable().openapi({
    description: "The regulator that keeps such numbers for films and examples; null: nobody does in this country",
  }),
  quick_texts: z.array(z.string()).openapi({
    description: "What a person would write: the first stops, the last returns",
  }),
}).openapi("HandsetSuggestion");

/** The virtual handset: what a phone on the sandbox network has sent and received. */
export function sandboxRoutes({ deps, receiver }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/sandbox/handsets",
      summary: "Handsets that have sent or received anything, the last one used first",
      description: "A page may be short, even empty, with more to come.",
      tags: ["Sandbox"],
      request: { query: z.object(PageQuery) },
      responses: { 200: json(pageOf(Handset), "A page"), ...problems },
    }),
    async (c) => {
      const { limit, cursor } = c.req.valid("query");
      const { senders, rulebook } = await deps.settings.current();
      const { rows, next } = await listHandsets(deps.db, {
        real: [...senders.values()].filter((sender) => sender.real).map(({ address }) => address),
        limit,
        after: cursor === undefined ? undefined : readCursor(cursor),
      });
      const data = rows.map(({ person, last_message_at }) => ({
        msisdn: person,
        country: rulebook.locate(person).country,
        last_message_at: instant(last_message_at),
      }));
      return c.json({ data, next_cursor: next && writeCursor(next) }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/sandbox/numbers",
      summary: "Numbers for new handsets, one of each country",
      description: "Numbers that regulators keep for films and examples, where they do. Every time others.",
      tags: ["Sandbox"],
      responses: { 200: json(z.object({ data: z.array(Suggestion) }), "Suggestions"), ...problems },
    }),
    (c) => {
      const data = HANDSET_NUMBERS.map((numbers) => ({
        country: numbers.country,
        language: numbers.language,
        number: numberAt(numbers, Math.floor(deps.random() * 10_000)),
        reserved_by: numbers.reserved_by,
        quick_texts: [...QUICK_TEXTS[numbers.language]!],
      }));
      return c.json({ data }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/sandbox/handsets/{msisdn}",
      summary: "What a sandbox handset has sent and received, oldest first",
      tags: ["Sandbox"],
      request: { params: z.object({ msisdn: z.string() }) },
      responses: { 200: json(z.object({ data: z.array(HandsetMessage) }), "Its messages"), ...problems },
    }),
    async (c) => {
      const person = await personInUrl(deps, c.req.valid("param").msisdn, "msisdn");
      const rows = await handsetOf(deps.db, person);
      return c.json({ data: rows.map(({ at, ...message }) => ({ ...message, at: instant(at) })) }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/sandbox/handsets/{msisdn}/messages",
      summary: "Type a message on a sandbox handset",
      description:
        "The gateway receives it as from a carrier. The answer comes when it is stored, with all that follows from it.",
      tags: ["Sandbox"],
      request: {
        params: z.object({ msisdn: z.string().max(40).openapi({ description: "E.164", example: "+33639980100" }) }),
        body: { required: true, content: { "application/json": { schema: Typed } } },
      },
      responses: {
        200: json(z.object({ message_id: z.string().nullable(), intent: z.string().nullable() }), "Received"),
        409: { description: "`sender_of_another_carrier`, or `no_sandbox`: no account of this kind is configured" },
        ...problems,
        ...forbidden,
      },
    }),
    async (c) => {
      const { to, text } = c.req.valid("json");
      const from = numberInUrl(c.req.valid("param").msisdn, "msisdn");
      if (c.get("principal").role !== "admin") await onlySandbox(deps.settings);
      const carrier_id = accountFor(to, await deps.settings.current());
      if (carrier_id === null) {
        throw problem(409, "no_sandbox", "No sandbox", "No carrier of the kind sandbox is configured.");
      }
      await ownSenders([{ to }], carrier_id, deps.settings);
      const { messageId, intent } = await receiver.submit({
        carrier_id,
        sms: { carrierMessageId: null, from, to, text, carrierIntent: null, alreadyAnswered: false, mediaUrls: [] },
      });
      return c.json({ message_id: messageId, intent }, 200);
    },
  );

  return routes;
}

/** The sandbox account that a sender leaves through, else any; null without one. */
function accountFor(to: string, settings: Settings): string | null {
  const sender = findSender(to, settings);
  const accounts = [...settings.carriers.values()].filter(({ adapter }) => adapter.kind === "sandbox");
  const its = accounts.find(({ id }) => sender !== null && carries(id, sender));
  return (its ?? accounts[0])?.id ?? null;
}
