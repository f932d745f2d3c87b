/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { DraftRead } from "../../../api/rules/drafts.ts";
import { ApiProblem, withQuery } from "../../api_client.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { attempt, formOf } from "../../form.ts";
import { described, Empty, Field, Notice, When } from "../../parts.tsx";
import { STYLES } from "./browse.tsx";
import { draftPath, stepPath } from "./draft_frame.tsx";
import { draftWords } from "./draft_words.ts";
import { Tabs } from "./frame.tsx";
import { sayDay } from "./terms_words.ts";

type Listed = Omit<DraftRead, "files" | "conflicts">;

/** One's drafts: begun, listed, deleted. */
export function draftRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  const list = async (c: ConsoleContext, problem?: string) => {
    const reader = c.get("reader");
    const words = draftWords(reader.language);
    const { data } = await console.api(c).get<{ data: Listed[] }>("/v1/rulebooks/drafts", { limit: 50 });
    return await console.page(
      c,
      { title: words.title, place: "rules", styles: STYLES },
      <>
        <h1>{words.title}</h1>
        <Tabs c={c} at="drafts" />
        <p>{words.lead}</p>
        {problem === undefined ? null : <Notice tone="bad">{problem}</Notice>}
        <form method="post" action="/console/rules/drafts" class="filters">
          <div class="grow">
            <Field label={words.name} name="name" hint={words.name_hint}>
              <input {...described("name", { hint: true })} maxlength={100} required />
            </Field>
          </div>
          <button type="submit">{words.begin}</button>
        </form>
        {data.length === 0
          ? (
            <Empty title={words.none}>
              <p>{words.none_text}</p>
            </Empty>
          )
          : (
            <ul class="plain">
              {data.map((draft) => (
                <li class="rule-item row between">
                  <div>
                    <a href={stepPath(draft.id, "edit")}>{draft.name}</a>
                    <p class="hint">
                      {words.changed_files(draft.changed.length)} · {words.updated}{" "}
                      <When at={draft.updated_at} reader={reader} />
                      {draft.base_active ? "" : ` · ${words.stale}`}
                    </p>
                  </div>
                  <form method="post" action={`/console/rules/drafts/${draft.id}/delete`}>
                    <input type="hidden" name="revision" value={String(draft.revision)} />
                    <button type="submit" class="quiet small">
                      {words.delete}
                      <span class="unseen">{draft.name}</span>
                    </button>
                  </form>
                </li>
              ))}
            </ul>
          )}
      </>,
      problem === undefined ? 200 : 409,
    );
  };

  routes.get("/rules/drafts", (c) => list(c));

  routes.post("/rules/drafts", async (c) => {
    const form = await formOf(c);
    const [name, file, from] = [form.text("name"), form.text("file"), form.text("from")];
    const reader = c.get("reader");
    const words = draftWords(reader.language);
    const api = console.api(c);
    const wanted = file === undefined ? "" : `?file=${encodeURIComponent(file)}`;
    if (!form.typed.has("name") && !form.typed.has("from")) {
      // A file that is opened for a change goes into the draft that one is working on.
      const { data } = await api.get<{ data: Listed[] }>("/v1/rulebooks/drafts", { limit: 1 });
      if (data[0] !== undefined) return c.redirect(`${stepPath(data[0].id, "edit")}${wanted}`, 303);
    }
    const today = new Date(console.now()).toISOString().slice(0, 10);
    const told = name ?? words.unnamed(sayDay(today, reader.language));
    try {
      const draft = await api.post<DraftRead>("/v1/rulebooks/drafts", {
        name: told,
        ...(from === undefined ? {} : { from }),
      });
      return c.redirect(`${stepPath(draft.id, "edit")}${wanted}`, 303);
    } catch (error) {
      if (error instanceof ApiProblem && error.code === "too_many_drafts") return await list(c, words.too_many);
      throw error;
    }
  });

  routes.post("/rules/drafts/:id/delete", async (c) => {
    const revision = Number((await formOf(c)).text("revision"));
    const gone = await attempt(console.api(c).delete(withQuery(draftPath(c.req.param("id")), { revision })));
    if (gone.ok) return c.redirect("/console/rules/drafts", 303);
    if (gone.problem.code !== "draft_changed") throw gone.problem;
    return await list(c, draftWords(c.get("reader").language).changed_meanwhile);
  });

  return routes;
}
