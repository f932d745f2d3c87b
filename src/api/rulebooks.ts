import { createRoute, z } from "@hono/zod-openapi";
import type { Rulebook } from "../core/rulebook.ts";
import { Scenario } from "../core/rulebook_schema.ts";
import { instant, instantOrNull } from "../gateway/message_view.ts";
import { checkRulebook, hashSources } from "../rules/check.ts";
import { diffSources } from "../rules/diff/mod.ts";
import {
  draft,
  type LifeFailure,
  type LifeResult,
  resolveVersion,
  rollback,
  stateOf,
  usable,
  VERSION_STATES,
} from "../rules/life.ts";
import type { Problem, Sources } from "../rules/parse.ts";
import { simulateScenarios, simulateStored } from "../rules/simulate/mod.ts";
import { type Activation, activationsOf, findVersion, listVersions, type Version } from "../store/rulebooks.ts";
import { readSources } from "../store/settings.ts";
import { requireAdmin } from "./auth.ts";
import { type Api, router } from "./context.ts";
import { forbidden, lines } from "./fields.ts";
import { problem, ProblemError } from "./problem.ts";
import { Category, json, notFound, pageOf, PageQuery, problems, RuleTrace } from "./schemas.ts";

const MAX_FILES = 500;

/** `active`, or the name of a stored version. */
export const Ref = z.string().regex(
  /^(active|rb_[0-9a-f]{20})$/,
  "must be `active` or a version such as rb_9be4277ea07a9dbda11b",
);
export const RefParam = z.object({ hash: Ref.openapi({ example: "active" }) });

const VersionSchema = z.object({
  hash: z.string(),
  state: z.enum(VERSION_STATES).openapi({
    description: "`draft`: stored and checked. `superseded`: was active, another version is now",
  }),
  created_at: z.string(),
  activated_at: z.string().nullable().openapi({ description: "When it last became active" }),
  proposal_id: z.string().nullable().openapi({ description: "Its latest proposal" }),
}).openapi("RulebookVersion");

const ActivationSchema = z.object({
  at: z.string(),
  by: z.string().openapi({ description: "An API key, or `files` for the rules folder" }),
  way: z.enum(["files", "publish", "rollback"]),
  proposal_id: z.string().nullable(),
  note: z.string().nullable(),
});

const FileMap = z.record(z.string().max(200), z.string().max(4_000_000));

const VersionWithFiles = VersionSchema.extend({
  activations: z.array(ActivationSchema).openapi({ description: "Newest first" }),
  files: FileMap.openapi({ description: "Path under the rules folder to content" }),
}).openapi("Rulebook");

const RuleProblem = z.object({
  file: z.string(),
  line: z.number().int().nullable(),
  rule: z.string().nullable(),
  problem: z.string(),
}).openapi("RuleProblem");

/** A path that a folder can hold: no way out of it, nothing hidden, and the ending of a rule file. */
const RULE_PATH = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\.(ya?ml|json)$/;

const Files = z.strictObject({
  base: Ref.optional().openapi({
    description: "Version that `files` changes. Without it, `files` are all files that there are",
  }),
  files: z.record(z.string(), z.string().max(4_000_000).nullable())
    .superRefine((files, context) => {
      const paths = Object.keys(files);
      if (paths.length > MAX_FILES) {
        context.addIssue({ code: "custom", message: `at most ${MAX_FILES} files are taken` });
      }
      for (const path of paths) {
        if (path.length > 200 || !RULE_PATH.test(path)) {
          const message = `${JSON.stringify(path.slice(0, 200))} is no path of a rule file, such as countries/fr.yaml`;
          context.addIssue({ code: "custom", message });
        }
      }
    })
    .openapi({
      description: "Path to content; with `base`, null deletes a file",
      example: { "deployment.yaml": "kind: deployment\nbrand: ACME\ncontact: help@acme.example\n" },
    }),
}).openapi("RuleFiles");

const ChangeSchema = z.object({
  kind: z.string().openapi({ description: "`country`, `rule`, `keywords` …; `layout` where only comments changed" }),
  id: z.string(),
  name: z.string(),
  file: z.string(),
  what: z.enum(["added", "removed", "changed"]),
  path: z.array(z.string()).openapi({ description: "Empty when all of it is new or gone" }),
  items: z.array(z.string()).openapi({ description: "Days, words or patterns that changed alike" }),
  before: z.unknown(),
  after: z.unknown(),
  words: z.string().openapi({ example: "France: quiet hours on Saturday now start at 18:00 (20:00 before)" }),
}).openapi("RulebookChange");

/** Messages of a simulation unless said otherwise, and of each of its groups. */
export const LAST = 1_000;
const SAMPLES = 20;

const SimulationRequest = z.strictObject({
  base: Ref.optional().openapi({ description: "Compare with this version; `active` unless given" }),
  last: z.int().min(1).max(20_000).optional().openapi({ description: `The last so many stored messages; ${LAST}` }),
  samples: z.int().min(0).max(1_000).optional().openapi({ description: `Messages shown of each group; ${SAMPLES}` }),
  messages: z.array(Scenario).min(1).max(10_000).optional().openapi({
    description: "These instead of stored ones, written as the examples of a rule are",
  }),
}).openapi("SimulationRequest");

const SimulatedOutcomeSchema = z.object({
  outcome: z.string().openapi({
    description: "`allow`, `hold quiet_hours`, `refuse consent_missing` …; inbound: the intent",
  }),
  category: Category.nullable(),
  hold_until: z.string().nullable(),
  text: z.string().nullable().openapi({ description: "Outbound: as it would leave. Inbound: the automatic answer" }),
  effects: z.array(z.string()),
  rules: z.array(RuleTrace),
}).openapi("SimulatedOutcome");

const OutcomeChangeFields = {
  change: z.string().openapi({ example: "allow -> hold quiet_hours" }),
  rules: z.array(z.object({ id: z.string(), now: z.enum(["matches", "no longer matches", "differs"]) })).openapi({
    description: "The rules behind it; `differs`: the same rule, with another table or word list",
  }),
  count: z.number().int(),
};

const SimulationSchema = z.object({
  base: z.string(),
  candidate: z.string(),
  messages: z.number().int(),
  changed: z.number().int(),
  left_out: z.number().int().openapi({ description: "Their sender is no longer configured" }),
  outcomes: z.record(z.string(), z.object({ before: z.number().int(), after: z.number().int() })),
  groups: z.array(z.object({
    ...OutcomeChangeFields,
    messages: z.array(z.object({
      id: z.string().nullable(),
      direction: z.enum(["outbound", "inbound"]),
      at: z.string(),
      from: z.string(),
      to: z.string(),
      text: z.string(),
      before: SimulatedOutcomeSchema,
      after: SimulatedOutcomeSchema,
    })),
  })),
  facts: z.object({
    as_they_stood: z.array(z.string()),
    as_of_now: z.array(z.string()),
    not_known: z.array(z.string()),
  }),
}).openapi("Simulation");

/** What a proposal keeps of its simulation. */
export const SimulationSummarySchema = SimulationSchema.omit({ outcomes: true, facts: true }).extend({
  groups: z.array(z.object(OutcomeChangeFields)),
}).openapi("SimulationSummary");

const Counts = {
  rules: z.number().int(),
  countries: z.number().int(),
  examples: z.number().int().openapi({ description: "How many were run; 0 when the files could not be read" }),
};

export const conflict = {
  409: { description: "Somebody else was faster, or it does not stand in that state" },
} as const;

/** Versions of the rule files: what stands in them, and which one decides. */
export function rulebookRoutes({ deps }: Api) {
  const routes = router();
  const { db } = deps;

  const sourcesOf = async ({ base, files }: z.infer<typeof Files>): Promise<Sources> => {
    const before = base === undefined ? {} : await readSources(db.client, orProblem(await resolveVersion(db, base)));
    const after = Object.entries({ ...before, ...files });
    return Object.fromEntries(after.filter((entry): entry is [string, string] => entry[1] !== null));
  };

  const compiled = async (ref: string): Promise<Rulebook> => {
    const hash = orProblem(await resolveVersion(db, ref));
    return orProblem(usable(hash, await readSources(db.client, hash)));
  };

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks",
      summary: "List versions of the rules, newest first",
      tags: ["Rulebooks"],
      request: { query: z.object(PageQuery) },
      responses: { 200: json(pageOf(VersionSchema), "A page"), ...problems },
    }),
    async (c) => {
      const { rows, next } = await listVersions(db.client, c.req.valid("query"));
      return c.json({ data: rows.map(versionView), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/rulebooks/validate",
      summary: "Check rule files",
      description: "Schema, compilation and every example. Nothing is stored.",
      tags: ["Rulebooks"],
      middleware: [requireAdmin()] as const,
      request: { body: { required: true, content: { "application/json": { schema: Files } } } },
      responses: {
        200: json(
          z.object({ valid: z.boolean(), hash: z.string(), problems: z.array(RuleProblem), ...Counts }),
          "What is wrong, if anything",
        ),
        ...problems,
        ...forbidden,
        ...notFound,
      },
    }),
    async (c) => {
      const sources = await sourcesOf(c.req.valid("json"));
      const { rulebook, problems, rules, countries, examples } = await checkRulebook(sources);
      return c.json(
        { valid: rulebook !== null, hash: hashSources(sources), problems, rules, countries, examples },
        200,
      );
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/rulebooks",
      summary: "Store a version that checks, as a draft",
      description: "The first step of a change. Files that do not check are refused with what is wrong in each.",
      tags: ["Rulebooks"],
      middleware: [requireAdmin()] as const,
      request: { body: { required: true, content: { "application/json": { schema: Files } } } },
      responses: {
        201: json(VersionSchema, "Stored"),
        200: json(VersionSchema, "It was stored before"),
        ...problems,
        ...forbidden,
        ...notFound,
      },
    }),
    async (c) => {
      const sources = await sourcesOf(c.req.valid("json"));
      const known = await findVersion(db.client, hashSources(sources));
      if (known !== null) return c.json(versionView(known), 200);
      const { rulebook } = orProblem(await draft(deps, sources));
      const stored = await findVersion(db.client, rulebook.hash);
      return c.json(versionView(stored!), 201);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/rulebooks/rollback",
      summary: "Bring back a version that was active before",
      description:
        "At once and by one person, since it is for when something is wrong. Without `to`, the version before.",
      tags: ["Rulebooks"],
      middleware: [requireAdmin()] as const,
      request: {
        body: {
          required: true,
          content: {
            "application/json": {
              schema: z.strictObject({
                to: Ref.optional(),
                from: Ref.optional().openapi({
                  description: "The version that you believe is active; 409 when it is not any more",
                }),
                note: lines(1_000).openapi({ description: "Why; kept" }),
              }),
            },
          },
        },
      },
      responses: {
        200: json(z.object({ active: z.string(), previous: z.string() }), "It is active again"),
        ...conflict,
        ...problems,
        ...forbidden,
        ...notFound,
      },
    }),
    async (c) => {
      const { to, from, note } = c.req.valid("json");
      const by = c.get("principal").api_key_id;
      const result = orProblem(
        await rollback(deps, {
          to: to === undefined ? null : orProblem(await resolveVersion(db, to)),
          from: from === undefined || from === "active" ? null : from,
          by,
          note,
        }),
      );
      deps.log("info", "rules.active", { rulebook: result.active, way: "rollback", by });
      await deps.settings.refresh();
      return c.json(result, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks/diff",
      summary: "What changes from one version to another, in plain language",
      tags: ["Rulebooks"],
      request: { query: z.object({ from: Ref.default("active"), to: Ref }) },
      responses: {
        200: json(z.object({ from: z.string(), to: z.string(), changes: z.array(ChangeSchema) }), "The changes"),
        ...problems,
        ...notFound,
      },
    }),
    async (c) => {
      const query = c.req.valid("query");
      const [from, to] = [
        orProblem(await resolveVersion(db, query.from)),
        orProblem(await resolveVersion(db, query.to)),
      ];
      const [before, after] = await Promise.all([readSources(db.client, from), readSources(db.client, to)]);
      const difference = diffSources(before, after);
      if ("changes" in difference) return c.json({ from, to, changes: difference.changes }, 200);
      const { which, problems } = difference.unreadable;
      const detail = `This build cannot read ${which === "before" ? from : to} any more.`;
      throw orProblem({ ok: false, failure: { code: "rulebook_invalid", detail, problems } });
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/rulebooks/{hash}/simulate",
      summary: "Replay past messages under a version, beside another",
      description:
        "Which outcomes would change, grouped by the rule behind it, with the messages. Each message's facts are put together " +
        "once, as they stood when it came, so that differences come from the rules alone; `facts` says which could not be.",
      tags: ["Rulebooks"],
      middleware: [requireAdmin()] as const,
      request: {
        params: RefParam,
        body: { content: { "application/json": { schema: SimulationRequest } } },
      },
      responses: { 200: json(SimulationSchema, "What would change"), ...problems, ...forbidden, ...notFound },
    }),
    async (c) => {
      const { base, last, samples, messages } = c.req.valid("json");
      const input = {
        base: await compiled(base ?? "active"),
        candidate: await compiled(c.req.valid("param").hash),
        samples: samples ?? SAMPLES,
      };
      if (messages !== undefined) return c.json(simulateScenarios(messages, input), 200);
      const { senders } = await deps.settings.current();
      const { publicUrl } = deps;
      const simulation = await simulateStored({ client: db.client, senders, publicUrl }, last ?? LAST, input);
      return c.json(simulation, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks/{hash}",
      summary: "One version with its files",
      tags: ["Rulebooks"],
      request: { params: RefParam },
      responses: { 200: json(VersionWithFiles, "The version"), ...problems, ...notFound },
    }),
    async (c) => {
      const hash = orProblem(await resolveVersion(db, c.req.valid("param").hash));
      const [version, activations, files] = await Promise.all([
        findVersion(db.client, hash),
        activationsOf(db, hash),
        readSources(db.client, hash),
      ]);
      return c.json({ ...versionView(version!), activations: activations.map(activationView), files }, 200);
    },
  );

  return routes;
}

const STATUS: Record<LifeFailure["code"], { status: number; title: string }> = {
  no_such_rulebook: { status: 404, title: "No such rulebook" },
  no_such_proposal: { status: 404, title: "No such proposal" },
  rulebook_invalid: { status: 422, title: "The rule files do not check" },
  approval_by_proposer: { status: 403, title: "Somebody else must decide" },
  only_the_proposer: { status: 403, title: "Only the proposer withdraws" },
  already_active: { status: 409, title: "Active already" },
  already_proposed: { status: 409, title: "Proposed already" },
  proposal_state: { status: 409, title: "The proposal does not stand in that state" },
  base_moved: { status: 409, title: "Another version is active now" },
  nothing_to_roll_back: { status: 409, title: "Nothing to roll back to" },
  never_active: { status: 409, title: "Never active" },
};

/** The value of a step in a rulebook's life. @throws ProblemError with the code of the failure. */
export function orProblem<T>(result: LifeResult<T>): T {
  if (result.ok) return result.value;
  const { code, detail, problems = [] } = result.failure;
  const { status, title } = STATUS[code];
  if (problems.length === 0) throw problem(status, code, title, detail);
  throw new ProblemError({
    type: "about:blank",
    title,
    status,
    code,
    detail,
    errors: problems.map(({ file, line, rule, problem }: Problem) => ({
      field: `files.${file}`,
      detail: `${line === null ? "" : `line ${line}: `}${rule === null ? "" : `rule ${rule}: `}${problem}`,
    })),
  });
}

function versionView(version: Version): z.infer<typeof VersionSchema> {
  const { hash, created_at, activated_at, proposal_id } = version;
  return {
    hash,
    state: stateOf(version),
    created_at: instant(created_at),
    activated_at: instantOrNull(activated_at),
    proposal_id,
  };
}

function activationView({ at, by, way, proposal_id, note }: Activation): z.infer<typeof ActivationSchema> {
  return { at: instant(at), by, way, proposal_id, note };
}
