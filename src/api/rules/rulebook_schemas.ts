import { z } from "@hono/zod-openapi";
import { Scenario } from "../../core/rulebook/rulebook_schema.ts";
import { VERSION_STATES } from "../../rules/life.ts";
import { Category, RuleTrace } from "../http/schemas.ts";

/** What the routes of rulebooks and proposals take and answer. */

const MAX_FILES = 500;

/** `active`, or the name of a stored version. */
export const Ref = z.string().regex(
  /^(active|rb_[0-9a-f]{20})$/,
  "must be `active` or a version such as rb_9be4277ea07a9dbda11b",
);
export const RefParam = z.object({ hash: Ref.openapi({ example: "active" }) });

export const VersionSchema = z.object({
  hash: z.string(),
  state: z.enum(VERSION_STATES).openapi({
    description: "`draft`: stored and checked. `superseded`: was active, another version is now",
  }),
  created_at: z.string(),
  activated_at: z.string().nullable().openapi({ description: "When it last became active" }),
  proposal_id: z.string().nullable().openapi({ description: "Its latest proposal" }),
}).openapi("RulebookVersion");

export const ActivationSchema = z.object({
  at: z.string(),
  by: z.string().openapi({ description: "An API key, or `files` for the rules folder" }),
  way: z.enum(["files", "publish", "rollback"]),
  proposal_id: z.string().nullable(),
  note: z.string().nullable(),
});

const FileMap = z.record(z.string().max(200), z.string().max(4_000_000));

export const VersionWithFiles = VersionSchema.extend({
  activations: z.array(ActivationSchema).openapi({ description: "Newest first" }),
  files: FileMap.openapi({ description: "Path under the rules folder to content" }),
}).openapi("Rulebook");

export const RuleProblem = z.object({
  file: z.string(),
  line: z.number().int().nullable(),
  rule: z.string().nullable(),
  problem: z.string(),
}).openapi("RuleProblem");

/** A path that a folder can hold: no way out of it, nothing hidden, and the ending of a rule file. */
const RULE_PATH = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\.(ya?ml|json)$/;

export const Files = z.strictObject({
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
        // What a folder leaves aside (files.ts) would be in the version and not in the folder that it is pulled to.
        if (path.length > 200 || !RULE_PATH.test(path) || path.endsWith(".schema.json")) {
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

// Not extensions of `Files`: the document would ask that they fit both, and either refuses what it does not know.
export const ValidateRequest = z.strictObject({
  ...Files.shape,
  examples: z.boolean().default(true),
  lint: z.boolean().default(false).openapi({ description: "Also tell what a reviewer would miss" }),
}).openapi("ValidateRuleFiles");
export const DiffRequest = z.strictObject({ ...Files.shape, from: Ref.default("active") }).openapi("DiffRuleFiles");

export const RuleFinding = RuleProblem.extend({
  check: z.string(),
  severity: z.enum(["error", "warning"]),
  advice: z.string(),
}).openapi("RuleFinding");

export const ChangeSchema = z.object({
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
export const SAMPLES = 20;

export const SimulationRequest = z.strictObject({
  base: Ref.optional().openapi({ description: "Compare with this version; `active` unless given" }),
  last: z.int().min(1).max(20_000).optional().openapi({ description: `The last so many stored messages; ${LAST}` }),
  samples: z.int().min(0).max(1_000).optional().openapi({ description: `Messages shown of each group; ${SAMPLES}` }),
  files: Files.shape.files.optional().openapi({
    description: "Files of the version changed: path to content, null deletes",
  }),
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

export const SimulationSchema = z.object({
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

export const Counts = {
  rules: z.number().int(),
  countries: z.number().int(),
  examples: z.number().int().openapi({ description: "How many were run; 0 when the files could not be read" }),
};
