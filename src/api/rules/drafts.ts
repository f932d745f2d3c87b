import { createRoute, z } from "@hono/zod-openapi";
import { instant } from "../../gateway/message_view.ts";
import { resolveVersion } from "../../rules/life.ts";
import { mergeSources } from "../../rules/merge.ts";
import type { Sources } from "../../rules/parse.ts";
import { activeRulebook, readSources } from "../../store/carriers/settings.ts";
import {
  addDraft,
  deleteDraft,
  findDraft,
  listDrafts,
  type ListedDraft,
  MOST_DRAFTS,
  type RuleDraft,
  saveDraft,
} from "../../store/rules/drafts.ts";
import { type Api, router } from "../http/context.ts";
import { digits, forbidden, Id, line } from "../http/fields.ts";
import { problem } from "../http/problem.ts";
import { json, notFound, pageOf, pageOfIds, problems } from "../http/schemas.ts";
import type { FileChanges } from "./rulebook_files.ts";
import { conflict, orProblem } from "./rulebook_problem.ts";
import { Files, Ref } from "./rulebook_schemas.ts";

const DraftSchema = z.object({
  id: z.string(),
  name: z.string(),
  base: z.string().openapi({ description: "The version that it changes" }),
  base_active: z.boolean().openapi({
    description: "False: another version became active since; `rebase` brings it up to date",
  }),
  changed: z.array(z.string()).openapi({ description: "Paths of the files that it changes" }),
  revision: z.number().int(),
  created_at: z.string(),
  updated_at: z.string(),
}).openapi("RuleDraft");

const DraftWithFiles = DraftSchema.extend({
  files: z.record(z.string(), z.string().nullable()).openapi({
    description: "What it changes; null for a file that goes",
  }),
  conflicts: z.array(z.string()).openapi({
    description:
      "After `rebase`: files that others changed too. They stay as the draft has them: look at what that would take back",
  }),
}).openapi("RuleDraftWithFiles");
export type DraftRead = z.infer<typeof DraftWithFiles>;

/** Longer than any set of rule files is, and far below what a row may hold. */
const MOST_BYTES = 6_000_000;

/** What somebody is writing: kept for them alone, checked by nobody until they store it as a version. */
export function ruleDraftRoutes({ deps }: Api) {
  const routes = router();
  const { db } = deps;

  const found = async (owner: string, id: string): Promise<RuleDraft> => {
    const draft = await findDraft(db, owner, id);
    if (draft === null) throw problem(404, "no_such_draft", "No such draft", "It is gone, or somebody else's.");
    return draft;
  };
  const view = async (draft: RuleDraft, conflicts: string[] = []) => ({
    ...listed({ ...draft, changed: Object.keys(draft.files) }, (await activeRulebook(db.client)).active),
    files: draft.files,
    conflicts,
  });

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks/drafts",
      summary: "Your drafts of changes, newest first",
      tags: ["Rulebooks"],
      request: { query: z.object(pageOfIds("rdr")) },
      responses: { 200: json(pageOf(DraftSchema), "A page"), ...problems, ...forbidden },
    }),
    async (c) => {
      const { rows, next } = await listDrafts(db, c.get("principal").actor, c.req.valid("query"));
      const { active } = await activeRulebook(db.client);
      return c.json({ data: rows.map((draft) => listed(draft, active)), next_cursor: next }, 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "post",
      path: "/v1/rulebooks/drafts",
      summary: "Begin a draft of a change",
      description:
        "On the active version. With `from`, it begins with what that version says otherwise, to take up a change again. " +
        "Nothing in a draft decides anything: store it as a version (POST /v1/rulebooks) to propose it.",
      tags: ["Rulebooks"],
      request: {
        body: {
          required: true,
          content: { "application/json": { schema: z.strictObject({ name: line(100), from: Ref.optional() }) } },
        },
      },
      responses: { 201: json(DraftWithFiles, "Begun"), ...conflict, ...problems, ...forbidden, ...notFound },
    }),
    async (c) => {
      const { name, from } = c.req.valid("json");
      const base = orProblem(await resolveVersion(db, "active"));
      const files = from === undefined ? {} : difference(
        await readSources(db.client, base),
        await readSources(db.client, orProblem(await resolveVersion(db, from))),
      );
      const now = deps.now();
      const { actor: owner } = c.get("principal");
      const draft = { id: deps.newId("rdr"), owner, name, base, files, revision: 1, created_at: now, updated_at: now };
      if (!await addDraft(db, draft)) {
        throw problem(409, "too_many_drafts", "Too many drafts", `At most ${MOST_DRAFTS} are kept; delete one first.`);
      }
      return c.json(await view(draft), 201);
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/v1/rulebooks/drafts/{id}",
      summary: "One draft, with what it changes",
      tags: ["Rulebooks"],
      request: { params: Id },
      responses: { 200: json(DraftWithFiles, "The draft"), ...problems, ...forbidden, ...notFound },
    }),
    async (c) => c.json(await view(await found(c.get("principal").actor, c.req.valid("param").id)), 200),
  );

  routes.openapi(
    createRoute({
      method: "patch",
      path: "/v1/rulebooks/drafts/{id}",
      summary: "Change a draft",
      description:
        "`files` holds what changes now: a text, null to delete the file. `revert` names files that shall be as in the base again. " +
        "409 `draft_changed` when it does not stand at `revision` any more: nothing was written.",
      tags: ["Rulebooks"],
      request: {
        params: Id,
        body: {
          required: true,
          content: {
            "application/json": {
              schema: z.strictObject({
                revision: z.int(),
                name: line(100).optional(),
                files: Files.shape.files.optional(),
                revert: z.array(z.string().max(200)).max(500).optional(),
                rebase: z.literal(true).optional().openapi({
                  description:
                    "Put what others published since into it; files that both changed are told in `conflicts`",
                }),
              }),
            },
          },
        },
      },
      responses: { 200: json(DraftWithFiles, "Changed"), ...conflict, ...problems, ...forbidden, ...notFound },
    }),
    async (c) => {
      const { revision, name, files, revert = [], rebase } = c.req.valid("json");
      const before = await found(c.get("principal").actor, c.req.valid("param").id);
      const base = await readSources(db.client, before.base);
      const changes = { ...before.files, ...files };
      for (const path of revert) delete changes[path];
      let draft: RuleDraft = {
        ...before,
        name: name ?? before.name,
        files: difference(base, applied(base, changes)),
        updated_at: deps.now(),
      };
      let conflicts: string[] = [];
      if (rebase) {
        const active = orProblem(await resolveVersion(db, "active"));
        const theirs = await readSources(db.client, active);
        const merged = mergeSources(base, theirs, applied(base, draft.files));
        conflicts = merged.conflicts;
        draft = { ...draft, base: active, files: difference(theirs, merged.sources) };
      }
      if (new TextEncoder().encode(JSON.stringify(draft.files)).length > MOST_BYTES) {
        throw problem(
          422,
          "draft_too_large",
          "Draft too large",
          `The changes of a draft may hold ${MOST_BYTES} bytes.`,
        );
      }
      if (!await saveDraft(db, draft, revision)) {
        throw changedElsewhere(await found(draft.owner, draft.id), revision);
      }
      return c.json(await view({ ...draft, revision: revision + 1 }, conflicts), 200);
    },
  );

  routes.openapi(
    createRoute({
      method: "delete",
      path: "/v1/rulebooks/drafts/{id}",
      summary: "Delete a draft",
      tags: ["Rulebooks"],
      description:
        "With `revision`, only as it stands there: 409 `draft_changed` when it was changed since, and it is kept.",
      request: { params: Id, query: z.object({ revision: digits(1, 1_000_000_000).optional() }) },
      responses: { 204: { description: "Gone" }, ...conflict, ...problems, ...forbidden, ...notFound },
    }),
    async (c) => {
      const { id } = c.req.valid("param");
      const { revision } = c.req.valid("query");
      const { actor } = c.get("principal");
      if (!await deleteDraft(db, actor, id, revision)) throw changedElsewhere(await found(actor, id), revision);
      return c.body(null, 204);
    },
  );

  return routes;
}

function changedElsewhere(now: RuleDraft, revision: number | undefined) {
  return problem(
    409,
    "draft_changed",
    "The draft was changed elsewhere",
    `It stands at revision ${now.revision}, not ${revision}: in another window, perhaps. Nothing was written.`,
  );
}

function listed(draft: ListedDraft, active: string | null): z.infer<typeof DraftSchema> {
  const { id, name, base, changed, revision } = draft;
  return {
    id,
    name,
    base,
    base_active: base === active,
    changed: changed.toSorted(),
    revision,
    created_at: instant(draft.created_at),
    updated_at: instant(draft.updated_at),
  };
}

function applied(base: Sources, changes: FileChanges): Sources {
  return Object.fromEntries(
    Object.entries({ ...base, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

/** What has to be done to `before` to get `after`. */
function difference(before: Sources, after: Sources): Record<string, string | null> {
  const paths = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries(
    [...paths].filter((path) => before[path] !== after[path]).map((path) => [path, after[path] ?? null]),
  );
}
