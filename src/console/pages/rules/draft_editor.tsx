/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { Child } from "hono/jsx";
import type { DraftRead } from "../../../api/rules/drafts.ts";
import type { SettingsRead } from "../../../api/rules/rulebook_reading.ts";
import { ApiProblem } from "../../api_client.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { attempt, formOf } from "../../form.ts";
import { Empty, Notice } from "../../parts.tsx";
import { draftOf, draftPath, stepPage, stepPath } from "./draft_frame.tsx";
import { draftWords } from "./draft_words.ts";
import { type Problem, ProblemItem, type Validation } from "./results.tsx";

/** The files of a draft, one of them in an editor; a text field with the same fields where no scripts run. */
export function draftEditorRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  const page = async (c: ConsoleContext, shown: Shown) => {
    const { draft, path } = shown;
    const { files } = await console.api(c).get<SettingsRead>(`/v1/rulebooks/${draft.base}/settings`);
    const words = draftWords(c.get("reader").language);
    return await stepPage(
      console,
      c,
      { draft, step: "edit", scripts: path === null ? [] : ["rule_editor.js"] },
      <>
        {shown.notice}
        <div class="workbench">
          <FileList c={c} draft={draft} paths={files.map(({ path }) => path)} at={path} />
          {path === null
            ? (
              <Empty title={words.choose_file}>
                <p>{words.choose_file_text}</p>
              </Empty>
            )
            : <Editor c={c} shown={{ ...shown, path }} />}
        </div>
      </>,
      shown.status ?? 200,
    );
  };

  /** The draft as it is stored, with one of its files open. */
  const stored = async (c: ConsoleContext, told: Pick<Shown, "notice" | "status">, file?: string) => {
    const draft = await draftOf(console, c);
    const path = file ?? draft.changed[0] ?? null;
    if (path === null) return await page(c, { draft, path, text: "", problems: [], ...told });
    const text = draft.files[path] ?? (Object.hasOwn(draft.files, path) ? "" : await inBase(c, draft, path));
    const { problems } = draft.changed.length === 0 ? { problems: [] } : await validated(c, draft);
    return await page(c, { draft, path, text, problems, ...told });
  };

  /** Why nothing was done, above the draft as another window may have left it. @throws ApiProblem 404 for one that is gone. */
  const refused = async (c: ConsoleContext, problem: ApiProblem, file?: string) => {
    const words = draftWords(c.get("reader").language);
    const changed = problem.code === "draft_changed";
    const notice = <Notice tone="bad">{changed ? words.changed_meanwhile : problem.message}</Notice>;
    return await stored(c, { notice, status: changed ? 409 : 422 }, file);
  };

  routes.get("/rules/drafts/:id", async (c) => {
    const words = draftWords(c.get("reader").language);
    const conflicts = c.req.queries("conflict") ?? [];
    const notice = c.req.query("rebased") === undefined
      ? null
      : conflicts.length > 0
      ? <Notice tone="warn">{words.conflicts(conflicts.join(", "))}</Notice>
      : <Notice tone="good">{words.rebased}</Notice>;
    return await stored(c, { notice }, c.req.query("file"));
  });

  routes.post("/rules/drafts/:id/file", async (c) => {
    const form = await formOf(c);
    const path = form.text("file") ?? "";
    const text = form.lines("text");
    const scripted = c.req.header("accept")?.includes("application/json") ?? false;
    const api = console.api(c);
    const words = draftWords(c.get("reader").language);
    const draft = await draftOf(console, c).catch((error) => {
      if (scripted && error instanceof ApiProblem && error.status === 404) return null;
      throw error;
    });
    if (draft === null) return c.json({ problem: words.gone }, 404);
    try {
      const saved = await api.patch<DraftRead>(draftPath(draft.id), {
        revision: Number(form.text("revision")),
        files: { [path]: text },
      });
      if (!scripted) return c.redirect(`${stepPath(draft.id, "edit")}?file=${encodeURIComponent(path)}`, 303);
      const { problems } = await validated(c, saved);
      return c.json({ revision: saved.revision, changed: saved.changed, problems });
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status === 404) throw error;
      const elsewhere = error.code === "draft_changed";
      if (scripted) {
        return c.json(
          { problem: elsewhere ? "elsewhere" : error.message, revision: draft.revision },
          elsewhere ? 409 : 422,
        );
      }
      return await page(c, {
        draft,
        path,
        text,
        problems: [],
        over: elsewhere,
        status: elsewhere ? 409 : 422,
        notice: <Notice tone="bad">{elsewhere ? words.elsewhere : error.message}</Notice>,
      });
    }
  });

  routes.post("/rules/drafts/:id/revert", async (c) => {
    const form = await formOf(c);
    const [path, what] = [form.text("file") ?? "", form.text("what")];
    const done = await attempt(
      console.api(c).patch(draftPath(c.req.param("id")), {
        revision: Number(form.text("revision")),
        ...(what === "delete" ? { files: { [path]: null } } : { revert: [path] }),
      }),
    );
    if (!done.ok) return await refused(c, done.problem, path);
    const edit = stepPath(c.req.param("id"), "edit");
    return c.redirect(what === "delete" ? edit : `${edit}?file=${encodeURIComponent(path)}`, 303);
  });

  routes.post("/rules/drafts/:id/rebase", async (c) => {
    const rebased = await attempt(
      console.api(c).patch<DraftRead>(draftPath(c.req.param("id")), {
        revision: Number((await formOf(c)).text("revision")),
        rebase: true,
      }),
    );
    if (!rebased.ok) return await refused(c, rebased.problem);
    const told = rebased.value.conflicts.map((file) => `&conflict=${encodeURIComponent(file)}`).join("");
    return c.redirect(`${stepPath(rebased.value.id, "edit")}?rebased=1${told}`, 303);
  });

  routes.get(
    "/rules/schemas/:kind{[a-z_]+\\.json}",
    async (c) =>
      c.json(await console.api(c).get(`/v1/rulebooks/schemas/${c.req.param("kind").replace(".json", "")}`), 200, {
        "cache-control": "private, max-age=3600",
      }),
  );

  function validated(c: ConsoleContext, { base, files }: DraftRead): Promise<Validation> {
    return console.api(c).post<Validation>("/v1/rulebooks/validate", { base, files, examples: false });
  }

  /** A new file is empty. */
  async function inBase(c: ConsoleContext, { base }: DraftRead, path: string): Promise<string> {
    try {
      return (await console.api(c).get<{ text: string }>(`/v1/rulebooks/${base}/file`, { path })).text;
    } catch (error) {
      if (error instanceof ApiProblem && error.code === "no_such_file") return "";
      throw error;
    }
  }

  return routes;
}

interface Shown {
  draft: DraftRead;
  path: string | null;
  text: string;
  problems: readonly Problem[];
  notice: Child;
  /** Saving again writes over what another window saved. */
  over?: boolean;
  status?: 200 | 409 | 422;
}

function FileList(
  { c, draft, paths, at }: { c: ConsoleContext; draft: DraftRead; paths: readonly string[]; at: string | null },
) {
  const words = draftWords(c.get("reader").language);
  const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));
  // What stands in no folder comes first: it is what an installation chooses for itself.
  const all = [...new Set([...paths, ...draft.changed])].sort((a, b) =>
    folderOf(a).localeCompare(folderOf(b)) || a.localeCompare(b)
  );
  const groups = Map.groupBy(all, folderOf);
  return (
    <nav aria-label={words.files} class="files">
      {[...groups].map(([folder, some]) => (
        <details
          open={folder === "" || folder === "countries" || some.includes(at ?? "") ||
            some.some((one) => draft.changed.includes(one))}
        >
          <summary>{folder === "" ? words.files : `${folder}/`}</summary>
          <ul class="plain">
            {some.map((path) => (
              <li>
                <a
                  class="mono"
                  href={`${stepPath(draft.id, "edit")}?file=${encodeURIComponent(path)}`}
                  {...(path === at ? { "aria-current": "page" as const } : {})}
                >
                  {path.slice(folder === "" ? 0 : folder.length + 1)}
                </a>
                {!draft.changed.includes(path)
                  ? null
                  : <span class="badge info">{draft.files[path] === null ? words.deleted : words.changed}</span>}
              </li>
            ))}
          </ul>
        </details>
      ))}
      <form method="get" action={stepPath(draft.id, "edit")} class="stack">
        <label for="new-file">{words.new_file}</label>
        <input
          id="new-file"
          name="file"
          aria-describedby="new-file-hint"
          required
          pattern="[A-Za-z0-9_\-./]+\.(ya?ml|json)"
        />
        <p class="hint" id="new-file-hint">{words.new_file_hint}</p>
        <button type="submit" class="quiet small">{words.open}</button>
      </form>
    </nav>
  );
}

function Editor({ c, shown }: { c: ConsoleContext; shown: Shown & { path: string } }) {
  const reader = c.get("reader");
  const words = draftWords(reader.language);
  const { draft, path, text, problems } = shown;
  const here = problems.filter(({ file }) => file === path);
  const others = problems.length - here.length;
  const { unsaved, saving, saved, not_saved, elsewhere, save_over, no_problems, keys } = words;
  const told = { unsaved, saving, saved, not_saved, elsewhere, save_over, no_problems, keys, line: words.line(0) };
  return (
    <section class="editing" aria-label={path}>
      <h2 class="mono wrap">{path}</h2>
      <form
        method="post"
        action={`/console/rules/drafts/${draft.id}/file`}
        id="rule-form"
        data-nonce={c.get("secureHeadersNonce") ?? ""}
        data-words={JSON.stringify(told)}
        data-line={c.req.query("line") ?? ""}
      >
        <input type="hidden" name="file" value={path} />
        <input type="hidden" name="revision" value={String(draft.revision)} />
        <label for="rule-text" class="unseen">{words.text}</label>
        <textarea
          id="rule-text"
          name="text"
          rows={30}
          wrap="off"
          spellcheck={false}
          class="mono"
          aria-describedby="problems"
        >
          {text}
        </textarea>
        <div class="row">
          <button type="submit">{shown.over === true ? words.save_over : words.save}</button>
          <span>{words.next}</span>
          {(["check", "propose"] as const).map((step) => (
            <a class="button quiet" href={stepPath(draft.id, step)}>{words[step]}</a>
          ))}
          <span id="save-state" role="status" class="hint"></span>
        </div>
      </form>
      <div id="problems" aria-live="polite">
        {problems.length === 0 ? draft.changed.length === 0 ? null : <p class="hint">{words.no_problems}</p> : (
          <>
            <h3>{words.problems}</h3>
            <ul class="plain">
              {here.map((one) => <ProblemItem problem={one} draft={draft.id} reader={reader} />)}
              {problems.filter(({ file }) => file !== path).map((one) => (
                <ProblemItem problem={one} draft={draft.id} reader={reader} />
              ))}
            </ul>
            {others > 0 && here.length > 0 ? <p class="hint">{words.elsewhere_problems(others)}</p> : null}
          </>
        )}
      </div>
      <form method="post" action={`/console/rules/drafts/${draft.id}/revert`} class="row">
        <input type="hidden" name="file" value={path} />
        <input type="hidden" name="revision" value={String(draft.revision)} />
        {draft.changed.includes(path)
          ? <button type="submit" name="what" value="revert" class="quiet small">{words.revert}</button>
          : null}
        {draft.files[path] === null
          ? null
          : <button type="submit" name="what" value="delete" class="quiet small">{words.delete_file}</button>}
      </form>
    </section>
  );
}
