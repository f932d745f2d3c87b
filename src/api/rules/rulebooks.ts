import { createRoute, z } from "@hono/zod-openapi";
import { streamSSE } from "hono/streaming";
import { instant, instantOrNull } from "../../gateway/message_view.ts";
import { checkRulebook, hashSources, loadRulebook } from "../../rules/check.ts";
import { diffSources } from "../../rules/diff/mod.ts";
import { draft, resolveVersion, rollback, stateOf } from "../../rules/life.ts";
import { lint } from "../../rules/lint/mod.ts";
import type { Sources } from "../../rules/parse.ts";
import { simulateScenarios, simulateStored } from "../../rules/simulate/mod.ts";
import { readSources } from "../../store/carriers/settings.ts";
import {
  type Activation,
  activationsOf,
  findVersion,
  listVersions,
  type Version,
} from "../../store/rules/rulebooks.ts";
import { type Api, router } from "../http/context.ts";
import { forbidden, lines } from "../http/fields.ts";
import { asProblem } from "../http/problem.ts";
import { json, notFound, pageOf, pageQuery, problems } from "../http/schemas.ts";
import { changedSources, compiledRulebook } from "./rulebook_files.ts";
import { conflict, orProblem } from "./rulebook_problem.ts";
import {
  ActivationSchema,
  ChangeSchema,
  Counts,
  DiffRequest,
  Files,
  LAST,
  Ref,
  RefParam,
  RuleFinding,
  RuleProblem,
  SAMPLES,
  SimulationRequest,
  SimulationSchema,
  ValidateRequest,
  VersionSchema,
  VersionWithFiles,
} from "./rulebook_schemas.ts";

/** Versions of the rule files: what stands in them, and which one decides. */
export function rulebookRoutes({ deps }: Api) {
  const routes = router();
  const { db } = deps;

  const sourcesOf = ({ base, files }: z.infer<typeof Files>) => changedSources(deps, base, files);

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks",
      summary: "List versions of the rules, newest first",
      tags: ["Rulebooks"],
      request: { query: z.object(pageQuery(/^\d{1,15}\.rb_\w+$/)) },
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
      description:
        "Schema, compilation and every example. Nothing is stored. With `examples` false, as while somebody types, nothing is run: " +
        "`valid` then says that the files read and compile.",
      tags: ["Rulebooks"],
      request: { body: { required: true, content: { "application/json": { schema: ValidateRequest } } } },
      responses: {
        200: json(
          z.object({
            valid: z.boolean(),
            hash: z.string(),
            problems: z.array(RuleProblem),
            ...Counts,
            findings: z.array(RuleFinding).openapi({ description: "Of the lint, where it was asked for" }),
          }),
          "What is wrong, if anything",
        ),
        ...problems,
        ...forbidden,
        ...notFound,
      },
    }),
    async (c) => {
      const { lint: asked, examples: run, ...files } = c.req.valid("json");
      const sources = await sourcesOf(files);
      const { rulebook, ...checked } = run
        ? await checkRulebook(sources)
        : { ...loadRulebook(sources), rules: 0, countries: 0, examples: 0 };
      const findings = asked ? lint(sources, deps.now()) : [];
      return c.json({ valid: rulebook !== null, hash: hashSources(sources), ...checked, findings }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/rulebooks",
      summary: "Store a version that checks, as a draft",
      description: "The first step of a change. Files that do not check are refused with what is wrong in each.",
      tags: ["Rulebooks"],
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
      const by = c.get("principal").actor;
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
      return c.json({ from, to, changes: changesBetween(before, after, from, to) }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/rulebooks/diff",
      summary: "What a change of files would change, in plain language",
      description: "As GET, for files that are not stored.",
      tags: ["Rulebooks"],
      request: {
        body: {
          required: true,
          content: { "application/json": { schema: DiffRequest } },
        },
      },
      responses: {
        200: json(z.object({ from: z.string(), to: z.string(), changes: z.array(ChangeSchema) }), "The changes"),
        ...problems,
        ...forbidden,
        ...notFound,
      },
    }),
    async (c) => {
      const { from: ref, ...files } = c.req.valid("json");
      const from = orProblem(await resolveVersion(db, ref));
      const [before, after] = await Promise.all([readSources(db.client, from), sourcesOf(files)]);
      const to = hashSources(after);
      return c.json({ from, to, changes: changesBetween(before, after, from, to) }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/rulebooks/{hash}/simulate",
      summary: "Replay past messages under a version, beside another",
      description:
        "Which outcomes would change, grouped by the rule behind it, with the messages. Each message's facts are put together " +
        "once, as they stood when it came, so that differences come from the rules alone; `facts` says which could not be. With " +
        "`Accept: text/event-stream` it tells how far it is: `progress` events with `{messages, of}`, then one `result`, or `problem`.",
      tags: ["Rulebooks"],
      request: {
        params: RefParam,
        body: { content: { "application/json": { schema: SimulationRequest } } },
      },
      responses: {
        200: {
          description: "What would change",
          content: { "application/json": { schema: SimulationSchema }, "text/event-stream": { schema: z.string() } },
        },
        ...problems,
        ...forbidden,
        ...notFound,
      },
    }),
    async (c) => {
      const { base, last = LAST, samples, messages, files } = c.req.valid("json");
      const input = {
        base: await compiledRulebook(deps, base ?? "active"),
        candidate: await compiledRulebook(deps, c.req.valid("param").hash, files),
        samples: samples ?? SAMPLES,
      };
      if (messages !== undefined) return c.json(simulateScenarios(messages, input), 200);
      const { senders } = await deps.settings.current();
      const { publicUrl } = deps;
      const run = (progress: (messages: number) => void) =>
        simulateStored({ client: db.client, senders, publicUrl }, last, { ...input, progress });
      if (!c.req.header("accept")?.includes("text/event-stream")) return c.json(await run(() => {}), 200);
      return streamSSE(c, async (stream) => {
        const tell = (event: string, data: unknown) => stream.writeSSE({ event, data: JSON.stringify(data) });
        try {
          const result = await run((messages) => void tell("progress", { messages, of: last }));
          await tell("result", result);
        } catch (error) {
          await tell("problem", asProblem(error).problem);
        }
      }) as never;
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

/** @throws ProblemError when one of the two cannot be read. */
function changesBetween(before: Sources, after: Sources, from: string, to: string): z.infer<typeof ChangeSchema>[] {
  const difference = diffSources(before, after);
  if ("changes" in difference) return difference.changes;
  const { which, problems } = difference.unreadable;
  const detail = `This build cannot read ${which === "before" ? from : to}.`;
  throw orProblem({ ok: false, failure: { code: "rulebook_invalid", detail, problems } });
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
