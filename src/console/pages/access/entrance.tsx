/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { Child } from "hono/jsx";
import { Email, MAX_PASSWORD, MIN_PASSWORD, NewPassword, UserName } from "../../../api/access/user_schemas.ts";
import type { Api } from "../../../api/http/context.ts";
import { PasswordsBusyError } from "../../../gateway/access/passwords.ts";
import { signIn } from "../../../gateway/access/sign_in.ts";
import { linkOf, useWelcome } from "../../../gateway/access/welcome.ts";
import { endSessions } from "../../../store/access/sessions.ts";
import type { UserLink } from "../../../store/access/user_links.ts";
import { hasUsers } from "../../../store/access/users.ts";
import { auditRow } from "../../../store/oversight/audit.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { formOf } from "../../form.ts";
import { described, Field, Notice } from "../../parts.tsx";
import { keepChoice } from "../../reader.ts";
import { type SessionCookie, SIGN_IN } from "../../session.ts";
import { ownPath } from "../choices.ts";
import { entranceWords } from "./entrance_words.ts";

/** The doors of the console: signing in and out, and the one-time links. They cannot stand on the API, which wants somebody signed in. */
export function entranceRoutes(
  { deps, passwords, realClock, sessions }: Api,
  cookie: SessionCookie,
  console: Console,
): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  const signInDeps = { ...deps, passwords, realClock };
  const wordsOf = (c: ConsoleContext) => entranceWords(c.get("reader").language);

  /** Lets somebody in: under a new token, whatever one the browser had before. */
  const letIn = async (c: ConsoleContext, token: string, next: string): Promise<Response> => {
    await endCurrent(c);
    cookie.write(c, token);
    const language = (await sessions.of(token))?.user.language ?? null;
    if (language !== null) keepChoice(c, "language", language);
    return c.redirect(next, 303);
  };
  const endCurrent = async (c: ConsoleContext): Promise<void> => {
    const [viewer, session] = [c.get("viewer"), c.get("session")];
    if (viewer === null || session === undefined) return;
    const { actor } = viewer;
    const entry = { at: deps.now(), actor, action: "user.signed_out", subject: actor, details: { session } } as const;
    await endSessions(deps.db, actor, session, auditRow(entry, deps.newId));
    sessions.forget();
  };

  routes.get("/sign-in", async (c) => {
    if (c.get("viewer") !== null) return c.redirect(ownPath(c.req.query("next")), 303);
    return await signInPage(c, { email: "", next: c.req.query("next"), told: toldIn(c, wordsOf(c)) });
  });

  routes.post("/sign-in", async (c) => {
    const { typed } = await formOf(c);
    const [email, password] = [typed.get("email") ?? "", typed.get("password") ?? ""];
    const next = typed.get("next") ?? undefined;
    const userAgent = c.req.header("user-agent") ?? null;
    const result = password.length > MAX_PASSWORD
      ? { ok: false, code: "wrong" } as const
      : await signIn(signInDeps, { email: email.slice(0, 254), password, address: addressOf(c), userAgent });
    if (result.ok) return await letIn(c, result.token, ownPath(next));
    const words = wordsOf(c);
    if (result.code === "wrong") {
      return await signInPage(c, { email, next, told: { tone: "bad", text: words.wrong } }, 401);
    }
    c.header("retry-after", String(result.retryAfterSeconds));
    const [text, status] = result.code === "busy"
      ? [words.busy, 503] as const
      : [words.too_many(Math.ceil(result.retryAfterSeconds / 60)), 429] as const;
    return await signInPage(c, { email, next, told: { tone: "bad", text } }, status);
  });

  routes.post("/sign-out", async (c) => {
    await endCurrent(c);
    cookie.clear(c);
    return c.redirect(`${SIGN_IN}?told=signed_out`, 303);
  });

  routes.get("/welcome/:token", async (c) => {
    const link = await linkOf(signInDeps, c.req.param("token"));
    return link === null ? await linkOver(c) : await welcomePage(c, link, null);
  });

  routes.post("/welcome/:token", async (c) => {
    const token = c.req.param("token");
    const link = await linkOf(signInDeps, token);
    if (link === null) return await linkOver(c);
    const { typed } = await formOf(c);
    const first = link.kind === "first_start";
    const [name, email, password] = [
      UserName.safeParse(typed.get("name")),
      Email.safeParse(first ? typed.get("email")?.trim() : link.user?.email),
      NewPassword.safeParse(typed.get("password")),
    ];
    // A new password changes nothing else.
    if ((link.kind !== "reset" && !name.success) || !email.success || !password.success) {
      const words = wordsOf(c);
      return await welcomePage(c, link, typed, {
        name: link.kind === "reset" || name.success ? undefined : words.name_wrong,
        email: email.success ? undefined : words.email_wrong,
        password: password.success ? undefined : words.password_wrong,
      }, 422);
    }
    try {
      const session = await useWelcome(signInDeps, token, {
        name: link.kind === "reset" ? null : name.data!,
        email: email.data,
        password: password.data,
        // As they were reading while they joined.
        language: link.kind === "reset" ? null : c.get("reader").language,
        userAgent: c.req.header("user-agent") ?? null,
      });
      sessions.forget();
      return session === null ? await linkOver(c) : await letIn(c, session, "/console");
    } catch (error) {
      if (!(error instanceof PasswordsBusyError)) throw error;
      return await welcomePage(c, link, typed, { password: wordsOf(c).busy }, 503);
    }
  });

  async function signInPage(
    c: ConsoleContext,
    { email, next, told }: { email: string; next: string | undefined; told: Told | null },
    status: 200 | 401 | 429 | 503 = 200,
  ): Promise<Response> {
    const words = wordsOf(c);
    const nobody = !await hasUsers(deps.db);
    return await door(
      c,
      words.sign_in,
      <>
        {told === null ? null : <Notice tone={told.tone}>{told.text}</Notice>}
        {nobody ? <Notice tone="warn">{words.nobody}</Notice> : null}
        <form method="post" action={SIGN_IN} class="card">
          {next === undefined ? null : <input type="hidden" name="next" value={ownPath(next)} />}
          <Field label={words.email} name="email">
            <input type="email" {...described("email")} value={email} autocomplete="username" required autofocus />
          </Field>
          <Field label={words.password} name="password">
            <input type="password" {...described("password")} autocomplete="current-password" required />
          </Field>
          <button type="submit">{words.sign_in}</button>
        </form>
        <p class="soft">{words.forgotten}</p>
      </>,
      status,
    );
  }

  async function welcomePage(
    c: ConsoleContext,
    { kind, user }: UserLink,
    typed: URLSearchParams | null,
    wrong: { name?: string | undefined; email?: string | undefined; password?: string | undefined } = {},
    status: 200 | 422 | 503 = 200,
  ): Promise<Response> {
    const words = wordsOf(c);
    const text = { first_start: words.first_text, invitation: words.invited_text, reset: words.reset_text }[kind];
    return await door(
      c,
      kind === "reset" ? words.reset_title : words.welcome,
      <>
        <p>{text}</p>
        <form method="post" class="card">
          {kind === "reset" ? null : (
            <Field label={words.name} name="name" error={wrong.name}>
              <input
                {...described("name", { error: wrong.name })}
                value={typed?.get("name") ?? user?.name ?? ""}
                maxlength={100}
                autocomplete="name"
                required
              />
            </Field>
          )}
          <Field label={words.email} name="email" error={wrong.email}>
            <input
              type="email"
              {...described("email", { error: wrong.email })}
              value={user?.email ?? typed?.get("email") ?? ""}
              readonly={user !== null}
              autocomplete="username"
              required
            />
          </Field>
          <Field label={words.new_password} name="password" hint={words.password_hint} error={wrong.password}>
            <input
              type="password"
              {...described("password", { hint: true, error: wrong.password })}
              minlength={MIN_PASSWORD}
              maxlength={MAX_PASSWORD}
              autocomplete="new-password"
              required
            />
          </Field>
          <button type="submit">{kind === "reset" ? words.save : words.begin}</button>
        </form>
      </>,
      status,
    );
  }

  async function linkOver(c: ConsoleContext): Promise<Response> {
    const words = wordsOf(c);
    const first = !await hasUsers(deps.db);
    return await door(
      c,
      words.link_over,
      <>
        <p>{first ? words.link_over_first : words.link_over_text}</p>
        <p>
          <a class="button" href={SIGN_IN}>{words.sign_in}</a>
        </p>
      </>,
      410,
    );
  }

  const door = (c: ConsoleContext, title: string, content: Child, status: 200 | 401 | 410 | 422 | 429 | 503) =>
    console.page(
      c,
      { title },
      <section class="narrow">
        <h1>{title}</h1>
        {content}
      </section>,
      status,
    );

  return routes;
}

interface Told {
  tone: "good" | "bad";
  text: string;
}

function toldIn(c: ConsoleContext, words: ReturnType<typeof entranceWords>): Told | null {
  const told = c.req.query("told");
  return told === "signed_out" || told === "password_changed" ? { tone: "good", text: words[told] } : null;
}

/** Of the connection, as the server knows it. */
function addressOf(c: ConsoleContext): string {
  const connection = c.env as { remoteAddr?: { hostname?: string } } | undefined;
  return connection?.remoteAddr?.hostname ?? "";
}
