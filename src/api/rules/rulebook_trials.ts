import { createRoute, z } from "@hono/zod-openapi";
import type { Sender } from "../../core/message.ts";
import { parseAddress } from "../../core/msisdn.ts";
import type { Rulebook } from "../../core/rulebook/rulebook.ts";
import { Scenario } from "../../core/rulebook/rulebook_schema.ts";
import { instantOrNull } from "../../gateway/message_view.ts";
import { findSender } from "../../gateway/pipeline/receive.ts";
import type { Settings } from "../../gateway/settings.ts";
import { type ScenarioInput, scenarioInput } from "../../rules/scenario.ts";
import { type InboundTrial, type OutboundTrial, tryInbound, tryOutbound } from "../../rules/trial/mod.ts";
import { loadFacts } from "../../store/messages/facts.ts";
import { may } from "../access/roles.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden } from "../http/fields.ts";
import { invalidField, problem } from "../http/problem.ts";
import { Category, Instant, json, notFound, problems, RuleTrace } from "../http/schemas.ts";
import { recipientOf } from "../messages/messages.ts";
import { compiledRulebook } from "./rulebook_files.ts";
import { conflict } from "./rulebook_problem.ts";
import { Files, Ref } from "./rulebook_schemas.ts";

const LONGEST = 5_000;

const TryRequest = z.strictObject({
  ...Scenario.shape,
  direction: z.enum(["outbound", "inbound"]),
  at: Instant.optional(),
  text: z.string().max(LONGEST).refine((text) => !text.includes("\0"), "must not contain U+0000"),
  known: z.boolean().default(false).openapi({
    description: "Decide with what is on record about the number today, instead of what the request says of the person",
  }),
  files: Files.shape.files.optional().openapi({
    description:
      "Try a change: path to content, null deletes. This, and any version but the active one, needs a role that may check rule files",
  }),
}).openapi("TryRequest");

const AskedFact = z.object({
  fact: z.string(),
  path: z.string().nullable(),
  operator: z.string(),
  value: z.unknown(),
  other: z.string().nullable().openapi({ description: "The fact that it is compared with, whose value `value` is" }),
  actual: z.unknown(),
  negated: z.boolean().openapi({ description: "Under a `not`: the rule holds because this does not" }),
});

const TrialSchema = z.object({
  rulebook: z.string(),
  direction: z.enum(["outbound", "inbound"]),
  at: z.string(),
  person: z.object({
    address: z.string(),
    country: z.string().nullable(),
    file: z.string().openapi({ description: "Code of the country file that counts: `FR`, or `default`" }),
    name: z.string(),
    region: z.string().nullable(),
    zones: z.array(z.string()).openapi({ description: "Every zone that the person may be in" }),
  }),
  sender: z.object({
    address: z.string(),
    kind: z.string(),
    brand: z.string(),
    configured: z.boolean(),
  }).nullable(),
  outbound: z.object({
    outcome: z.enum(["allow", "hold", "refuse"]),
    code: z.string().nullable(),
    category: Category,
    category_source: z.enum(["declared", "rules"]),
    hold_until: z.string().nullable(),
    hold_reason: z.string().nullable(),
    review: z.boolean().openapi({ description: "It would wait for somebody to settle what it is" }),
    allowed_until: z.string().nullable(),
    text: z.string().openapi({ description: "As it would leave" }),
    encoding: z.enum(["GSM-7", "UCS-2"]),
    segments: z.number().int(),
    content: z.object({
      category: z.string(),
      score: z.number(),
      commercial: z.number().openapi({ description: "From this score on it is advertising" }),
      informative: z.number().openapi({ description: "Down from this score it is information" }),
      traits: z.array(z.object({ trait: z.string(), weight: z.number() })),
    }),
  }).nullable(),
  inbound: z.object({
    intent: z.string(),
    keyword: z.object({ intent: z.string(), tier: z.string(), language: z.string(), words: z.string() }).nullable(),
    suppression: z.object({
      scope: z.enum(["commercial", "all"]),
      sender: z.string().nullable().openapi({ description: "Null: from whatever sender" }),
    }).nullable(),
    reply: z.object({
      kind: z.string(),
      text: z.string(),
      language: z.string().nullable(),
      encoding: z.enum(["GSM-7", "UCS-2"]),
      segments: z.number().int(),
    }).nullable(),
    review: z.string().nullable(),
    effects: z.array(z.string()),
  }).nullable(),
  rules: z.array(RuleTrace.extend({ stage: z.string(), description: z.string(), facts: z.array(AskedFact) })).openapi({
    description: "Every rule that held, in the order in which they ran",
  }),
  marks: z.array(z.object({
    start: z.number().int(),
    end: z.number().int(),
    kind: z.string().openapi({
      description:
        "`advertising`, `information`; inbound `keyword`, `whole`, `guard`, `reported`, or a sign such as `opt_out`",
    }),
    weight: z.number().nullable(),
  })).openapi({ description: "Places in the text that counted, in UTF-16 units" }),
}).openapi("Trial");
export type TrialRead = z.infer<typeof TrialSchema>;

/** Any text, tried on any version: nothing is stored. */
export function rulebookTrialRoutes({ deps }: Api) {
  const routes = router();

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/rulebooks/{hash}/try",
      summary: "Try a text as a message to or from a person",
      description:
        "The whole decision of a version: every rule that held, what it asked and was told, and the words that counted. " +
        "The person is whom the request describes, as in the examples of rule files. Nothing is stored.",
      tags: ["Rulebooks"],
      request: {
        params: z.object({ hash: Ref.openapi({ example: "active" }) }),
        body: { required: true, content: { "application/json": { schema: TryRequest } } },
      },
      responses: { 200: json(TrialSchema, "What would happen"), ...problems, ...forbidden, ...conflict, ...notFound },
    }),
    async (c) => {
      const { files, known, ...scenario } = c.req.valid("json");
      const settings = await deps.settings.current();
      const { hash } = c.req.valid("param");
      // Every other set of files has to be compiled first, in which time nothing else is done.
      const compiled = files === undefined && (hash === "active" || hash === settings.rulebook.hash);
      if (!compiled && !may(c.get("principal").role, "POST /v1/rulebooks/validate")) {
        throw problem(403, "forbidden", "Forbidden", "Only who may check rule files tries others than those in force.");
      }
      const rulebook = await compiledRulebook(deps, hash, files);
      const { told, configured } = inputOf(scenario, rulebook, settings);
      if (known) await asOnRecord(told);
      const person = told.direction === "outbound" ? told.input.message.to : told.input.message.from;
      const trial = told.direction === "outbound"
        ? tryOutbound(told.input, rulebook)
        : tryInbound(told.input, rulebook);
      const { sender, now } = told.input;
      return c.json({
        ...trialView(trial),
        ...ends(trial, person, sender, configured),
        at: new Date(now).toISOString(),
      }, 200);
    },
  );

  async function asOnRecord(told: ScenarioInput): Promise<void> {
    const { message, now } = told.input;
    const sender = told.input.sender?.address ?? "";
    const person = message.direction === "outbound" ? message.to : message.from;
    const purpose = message.direction === "outbound" ? message.purpose ?? null : null;
    const use = message.direction === "outbound" ? "accepting" : "receiving";
    const [facts] = await loadFacts(deps, [{ person, sender, purpose }], now, use);
    told.input.person = facts!.person;
    if (message.direction === "inbound") told.input.message = { ...message, answered: facts!.answered };
  }

  return routes;
}

/** The scenario with a sender that is configured, where it names one. @throws ProblemError naming the field. */
function inputOf(
  scenario: Scenario & { direction: "outbound" | "inbound" },
  rulebook: Rulebook,
  settings: Settings,
): { told: ScenarioInput; configured: boolean } {
  const { direction } = scenario;
  if (direction === "outbound" && scenario.to !== undefined) {
    scenario = { ...scenario, to: recipientOf(scenario.to, "to") };
  }
  if (direction === "inbound" && scenario.from !== undefined) {
    const { address } = parseAddress(scenario.from);
    if (address === "") throw invalidField("from", "must be a number");
    scenario = { ...scenario, from: address };
  }
  const told = scenarioInput(scenario, rulebook, direction);
  const named = direction === "outbound" ? scenario.from : scenario.to;
  const sender = named === undefined || scenario.sender !== undefined ? null : findSender(named, settings);
  if (sender !== null) told.input.sender = sender;
  return { told, configured: sender !== null };
}

function ends(trial: OutboundTrial | InboundTrial, address: string, sender: Sender | null, configured: boolean) {
  const { zones, ...place } = trial.place;
  return {
    person: { address, ...place, zones: [...zones] },
    sender: sender === null ? null : { address: sender.address, kind: sender.kind, brand: sender.brand, configured },
  };
}

function trialView(trial: OutboundTrial | InboundTrial) {
  const { rulebook, direction, rules, marks } = trial;
  const shared = { rulebook, direction, rules: rules.map((rule) => ({ ...rule })), marks };
  if (trial.direction === "outbound") {
    const { verdict, content } = trial;
    const { outcome, category_source } = verdict.decision;
    const { code, category, text, encoding, segments, hold_reason } = verdict;
    return {
      ...shared,
      inbound: null,
      outbound: {
        ...{ outcome, code, category, category_source, text, encoding, segments, hold_reason, content },
        hold_until: instantOrNull(verdict.hold_until),
        allowed_until: instantOrNull(verdict.allowed_until),
        review: verdict.review !== null,
      },
    };
  }
  const { verdict: { intent, effects }, keyword, reply } = trial;
  const suppression = effects.find((effect) => effect.type === "suppress");
  const review = effects.find((effect) => effect.type === "open_review");
  return {
    ...shared,
    outbound: null,
    inbound: {
      intent,
      keyword,
      suppression: suppression === undefined ? null : { scope: suppression.scope, sender: suppression.sender },
      reply,
      review: review?.kind ?? null,
      effects: effects.map(({ type }) => type),
    },
  };
}
