/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { may } from "../../../api/access/roles.ts";
import { ApiProblem } from "../../api_client.ts";
import { type Console, type ConsoleContext, type ConsoleEnv, type Reader, viewerOf } from "../../console.ts";
import { formOf } from "../../form.ts";
import { described, Empty, Field, Notice } from "../../parts.tsx";
import { LANGUAGES } from "../../words.ts";
import type { Page, Reply } from "./data.ts";
import { inboxWords } from "./words.ts";

const PATH = "/console/inbox/canned";
/** What people are answered in, whichever language the console speaks. */
const REPLY_LANGUAGES = [...LANGUAGES, "de", "es", "it", "nl", "pt"];

interface Typed {
  title: string;
  language: string;
  text: string;
}

/** Canned replies: written, changed and deleted. */
export function cannedRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  const page = async (c: ConsoleContext, typed: Typed | null = null, problem: ApiProblem | null = null) => {
    const reader = c.get("reader");
    const words = inboxWords(reader.language);
    const { data } = await console.api(c).get<Page<Reply>>("/v1/canned_replies", { limit: 200 });
    const works = may(viewerOf(c).role, "POST /v1/canned_replies");
    return await console.page(
      c,
      { title: words.canned, place: "inbox" },
      <>
        <h1>{words.canned}</h1>
        {works
          ? (
            <section class="card">
              <h2>{words.canned_new}</h2>
              {problem === null ? null : <Notice tone="bad">{problem.detail ?? problem.title}</Notice>}
              <ReplyForm reader={reader} action={PATH} typed={typed} name="new" />
            </section>
          )
          : null}
        {data.length === 0 ? <Empty title={words.canned_empty} /> : data.map((reply) => (
          <details class="card">
            <summary>
              <strong>{reply.title}</strong> <small>{reply.language}</small>
              <p class="said" dir="auto">{reply.text}</p>
            </summary>
            {works
              ? (
                <>
                  <ReplyForm reader={reader} action={`${PATH}/${reply.id}`} typed={reply} name={reply.id} />
                  <form method="post" action={`${PATH}/${reply.id}/delete`}>
                    <button type="submit" class="danger small">{words.remove}</button>
                  </form>
                </>
              )
              : null}
          </details>
        ))}
      </>,
      problem === null ? 200 : 422,
    );
  };

  const save = async (c: ConsoleContext, write: (typed: Typed) => Promise<unknown>) => {
    const form = await formOf(c);
    const typed = { title: form.lines("title"), language: form.lines("language"), text: form.lines("text") };
    try {
      await write(typed);
    } catch (error) {
      if (!(error instanceof ApiProblem) || ![409, 422].includes(error.status)) throw error;
      return await page(c, typed, error);
    }
    return c.redirect(PATH, 303);
  };
  const one = (id: string) => `/v1/canned_replies/${encodeURIComponent(id)}`;

  routes.get("/inbox/canned", (c) => page(c));
  routes.post("/inbox/canned", (c) => save(c, (typed) => console.api(c).post("/v1/canned_replies", typed)));
  routes.post("/inbox/canned/:id", (c) => save(c, (typed) => console.api(c).patch(one(c.req.param("id")), typed)));
  routes.post("/inbox/canned/:id/delete", async (c) => {
    await console.api(c).delete(one(c.req.param("id")));
    return c.redirect(PATH, 303);
  });
  return routes;
}

function ReplyForm({ reader, action, typed, name }: {
  reader: Reader;
  action: string;
  typed: Typed | null;
  name: string;
}) {
  const words = inboxWords(reader.language);
  const id = (field: string) => `${field}-${name}`;
  return (
    <form method="post" action={action}>
      <Field label={words.canned_title} name={id("title")}>
        <input id={id("title")} name="title" required maxlength={100} value={typed?.title ?? ""} />
      </Field>
      <Field label={words.canned_language} name={id("language")}>
        <select id={id("language")} name="language">
          {REPLY_LANGUAGES.map((one) => <option selected={one === (typed?.language ?? reader.language)}>{one}</option>)}
        </select>
      </Field>
      <Field label={words.canned_text} name={id("text")} hint={words.canned_text_hint}>
        <textarea {...described(id("text"), { hint: true })} name="text" required maxlength={1530}>
          {typed?.text ?? ""}
        </textarea>
      </Field>
      <button type="submit">{words.save}</button>
    </form>
  );
}
