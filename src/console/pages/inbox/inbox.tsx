/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { Child } from "hono/jsx";
import { may } from "../../../api/access/roles.ts";
import { ApiProblem } from "../../api_client.ts";
import { type Console, type ConsoleContext, type ConsoleEnv, viewerOf } from "../../console.ts";
import { type Form, formOf, wantsPart } from "../../form.ts";
import { instantOf } from "../../local_time.ts";
import { Empty } from "../../parts.tsx";
import { CannedDialog, Composer, KeysDialog, type Preview, Verdict } from "./composer.tsx";
import {
  type Choice,
  choiceOf,
  inboxPath,
  messagesOf,
  type OwnSender,
  type Page,
  type Reply,
  type Thread,
  threadsOf,
  type ThreadView,
  threadView,
} from "./data.ts";
import { Filters, ThreadList } from "./list.tsx";
import { Assignment, NoteForm, Notes, PersonPanel, Standing } from "./person.tsx";
import { Bubbles, Messages, ThreadHead } from "./thread.tsx";
import { inboxWords } from "./words.ts";

/** Chat threads: the list, one thread, and its person, side by side as far as there is room. */
export function inboxRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  const works = (c: ConsoleContext) => may(viewerOf(c).role, "POST /v1/messages");
  /** The API sends at once what was for earlier, which suits programs that come late; a person mistook the date. */
  const isPast = ({ scheduled_at }: { scheduled_at?: string }) =>
    scheduled_at !== undefined && Date.parse(scheduled_at) < console.now() - 60_000;
  const wordsFor = (c: ConsoleContext) => inboxWords(c.get("reader").language);
  const choiceFrom = (c: ConsoleContext) => choiceOf(c.req.query());

  /** A page of the inbox; `view`: which of its parts a small screen shows. */
  const page = async (c: ConsoleContext, thread: { id: string; view: string; inner: Child; person: Child } | null) => {
    const reader = c.get("reader");
    const words = wordsFor(c);
    const api = console.api(c);
    const choice = choiceFrom(c);
    const [list, senders] = await Promise.all([
      threadsOf(api, viewerOf(c), choice),
      api.get<Page<OwnSender>>("/v1/senders", { limit: 200 }),
    ]);
    const before = c.req.query("before") ?? "";
    const parts = inboxPath("parts", choice, thread === null ? {} : { open: thread.id, before });
    return await console.page(
      c,
      { title: words.title, place: "inbox", full: true, styles: ["inbox.css"], scripts: ["live.js", "inbox.js"] },
      <div class="inbox" data-view={thread?.view ?? "list"} data-parts={parts} data-offline={words.disconnected}>
        <section class="list" aria-label={words.threads}>
          {thread === null ? <h1 class="unseen">{words.title}</h1> : null}
          <Filters reader={reader} choice={choice} senders={senders.data} />
          <div class="threads">
            <ThreadList
              reader={reader}
              choice={choice}
              page={list}
              current={thread?.id ?? null}
              now={console.now()}
            />
          </div>
        </section>
        {thread === null
          ? (
            <section class="thread nothing">
              <Empty title={words.choose}>
                <p>{words.choose_text}</p>
              </Empty>
            </section>
          )
          : (
            <>
              <section class="thread" aria-label={words.messages}>{thread.inner}</section>
              {thread.person}
            </>
          )}
        <KeysDialog reader={reader} />
      </div>,
    );
  };

  /** A thread, with what was typed and could not be sent. */
  const threadPage = async (c: ConsoleContext, id: string, composer?: Child) => {
    const reader = c.get("reader");
    const viewer = viewerOf(c);
    const choice = choiceFrom(c);
    const api = console.api(c);
    const [view, canned] = await Promise.all([
      threadView(api, viewer, id, c.req.query("before") ?? ""),
      api.get<Page<Reply>>("/v1/canned_replies", { conversation_id: id, limit: 100 }),
    ]);
    const inner = (
      <>
        <ThreadHead reader={reader} choice={choice} {...view} works={works(c)} />
        <Messages reader={reader} choice={choice} view={view} works={works(c)} />
        {works(c) ? composer ?? <Composer reader={reader} thread={id} /> : null}
        {works(c) ? <CannedDialog reader={reader} replies={canned.data} /> : null}
      </>
    );
    const alone = c.req.query("view") === "person";
    const person = (
      <PersonPanel reader={reader} viewer={viewer} choice={choice} view={view} works={works(c)} alone={alone} />
    );
    return await page(c, { id, view: alone ? "person" : "thread", inner, person });
  };

  routes.get("/inbox", (c) => page(c, null));

  // Before a thread: none has this id.
  routes.get("/inbox/parts", async (c) => {
    const { open, ...query } = c.req.query();
    const [reader, viewer, api] = [c.get("reader"), viewerOf(c), console.api(c)];
    const choice = choiceOf(query);
    const [list, view] = await Promise.all([
      threadsOf(api, viewer, choice),
      open === undefined ? null : threadView(api, viewer, open),
    ]);
    return await c.html(
      <>
        <ThreadList reader={reader} choice={choice} page={list} current={open ?? null} now={console.now()} />
        {view === null ? null : <ThreadParts c={c} view={view} choice={choice} />}
      </>,
    );
  });

  const ThreadParts = ({ c, view, choice }: { c: ConsoleContext; view: ThreadView; choice: Choice }) => {
    const [reader, viewer] = [c.get("reader"), viewerOf(c)];
    return (
      <>
        <ThreadHead reader={reader} choice={choice} {...view} works={works(c)} />
        {/* Behind a page of older ones the newest would leave a gap. */}
        {c.req.query("before") === undefined
          ? <Messages reader={reader} choice={choice} view={view} works={works(c)} />
          : null}
        <Standing reader={reader} view={view} />
        <Assignment reader={reader} viewer={viewer} choice={choice} view={view} works={works(c)} />
        <Notes reader={reader} view={view} />
      </>
    );
  };

  routes.get("/inbox/:id", (c) => threadPage(c, c.req.param("id")));

  routes.get("/inbox/:id/older", async (c) => {
    const id = c.req.param("id");
    const view = await messagesOf(console.api(c), id, c.req.query("before") ?? "");
    const shown = { ...view, thread: { id } };
    return await c.html(
      <Bubbles reader={c.get("reader")} choice={choiceFrom(c)} view={shown} works={works(c)} />,
    );
  });

  routes.post("/inbox/:id/preview", async (c) => {
    const form = await formOf(c);
    const reader = c.get("reader");
    const api = console.api(c);
    const body = await replyOf(c, api, c.req.param("id"), form);
    if (isPast(body)) return await c.html(<Verdict reader={reader} preview={null} detail={wordsFor(c).time_passed} />);
    if (body.text.trim() === "") return await c.html(<Verdict reader={reader} preview={null} />);
    try {
      return await c.html(<Verdict reader={reader} preview={await api.post<Preview>("/v1/messages/preview", body)} />);
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
      return await c.html(<Verdict reader={reader} preview={null} detail={error.detail ?? error.title} />);
    }
  });

  routes.post("/inbox/:id/reply", async (c) => {
    const id = c.req.param("id");
    const form = await formOf(c);
    const reader = c.get("reader");
    const api = console.api(c);
    const key = form.text("key") ?? "";
    const inPlace = wantsPart(c);
    const body = await replyOf(c, api, id, form);
    const backWith = async (problem: { title: string; detail: string }) => {
      const [text, at] = [form.lines("text"), form.text("at") ?? ""];
      const composer = <Composer reader={reader} thread={id} text={text} at={at} problem={problem} again={inPlace} />;
      c.header("hx-trigger", "parley:changed");
      return inPlace ? await c.html(composer) : await threadPage(c, id, composer);
    };
    if (isPast(body)) return await backWith({ title: wordsFor(c).time_passed, detail: "" });
    try {
      await api.raw("/v1/messages", {
        method: "POST",
        body: JSON.stringify(body),
        headers: {
          "content-type": "application/json",
          ...(/^[\w-]{1,64}$/.test(key) ? { "idempotency-key": `inbox ${key}` } : {}),
        },
      });
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status !== 422) throw error;
      const refused = error.body["decision"] !== undefined;
      const words = wordsFor(c);
      return await backWith({
        title: refused ? `${words.refused}.` : `${error.title}.`,
        detail: refused ? `${error.detail ?? ""} ${words.sent_refused}` : error.detail ?? "",
      });
    }
    if (!inPlace) return c.redirect(inboxPath(id, choiceFrom(c)), 303);
    c.header("hx-trigger", "parley:changed");
    return await c.html(<Composer reader={reader} thread={id} again />);
  });

  routes.post("/inbox/:id/notes", async (c) => {
    const id = c.req.param("id");
    const text = (await formOf(c)).lines("text");
    await console.api(c).post(`/v1/conversations/${encodeURIComponent(id)}/notes`, { text });
    if (!wantsPart(c)) return c.redirect(inboxPath(id, choiceFrom(c), { view: "person" }), 303);
    c.header("hx-trigger", "parley:changed");
    return await c.html(<NoteForm reader={c.get("reader")} choice={choiceFrom(c)} thread={id} again />);
  });

  routes.post("/inbox/:id/desk", async (c) => {
    const id = c.req.param("id");
    const form = await formOf(c);
    await console.api(c).patch(`/v1/conversations/${encodeURIComponent(id)}`, {
      // Nobody is chosen by an empty value.
      ...(form.typed.has("assigned_to") ? { assigned_to: form.text("assigned_to") ?? null } : {}),
      ...(form.has("read") ? { read: form.text("read") === "true" } : {}),
    });
    return done(c, id);
  });

  routes.post("/inbox/:id/cancel", async (c) => {
    const message = (await formOf(c)).text("message") ?? "";
    await console.api(c).delete(`/v1/messages/${encodeURIComponent(message)}`);
    return done(c, c.req.param("id"));
  });

  const done = (c: ConsoleContext, id: string) => {
    if (!wantsPart(c)) return c.redirect(inboxPath(id, choiceFrom(c)), 303);
    c.header("hx-trigger", "parley:changed");
    return c.body(null, 204);
  };

  return routes;
}

/** A reply as the API takes it: from the thread's sender to its person. */
async function replyOf(
  c: ConsoleContext,
  api: ReturnType<Console["api"]>,
  id: string,
  form: Form,
): Promise<{ to: string; from: string; text: string; scheduled_at?: string }> {
  const { person, sender } = await api.get<Thread>(`/v1/conversations/${encodeURIComponent(id)}`);
  const at = form.text("at");
  // What is no time goes on as it was typed, so that it is refused: a reply for later must not leave now.
  const later = at === undefined ? {} : { scheduled_at: instantOf(at, c.get("reader").zone) ?? at };
  return { to: person, from: sender, text: form.lines("text"), ...later };
}
