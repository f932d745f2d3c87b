/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Child } from "hono/jsx";
import { may } from "../../../api/access/roles.ts";
import { USER_ROLES } from "../../../core/roles.ts";
import type { ApiProblem } from "../../api_client.ts";
import type { ApiKey, OneTimeLink, Page, User } from "../../api_types.ts";
import { type Console, type ConsoleContext, type ConsoleEnv, viewerOf } from "../../console.ts";
import { attempt, done, type Form, formOf, wrongWith } from "../../form.ts";
import { Badge, described, Empty, Field, type Tone, When } from "../../parts.tsx";
import { Pager, Table } from "../../table.tsx";
import { Refused, Told } from "../../told.tsx";
import { userWords } from "./users_words.ts";

const PATH = "/console/users";
type Status = 200 | 201 | 409 | 422;

/** The staff, for administrators: who is here, inviting, roles, disabling, one-time links. */
export function usersRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  const wordsOf = (c: ConsoleContext) => userWords(c.get("reader").language);

  for (const path of ["/users", "/users/*"]) {
    routes.use(path, async (c, next) => {
      if (!may(viewerOf(c).role, "POST /v1/users")) throw new HTTPException(403);
      await next();
    });
  }

  routes.get("/users", async (c) => await listPage(c, {}));

  routes.post("/users", async (c) => {
    const form = await formOf(c);
    const invited = await attempt(
      console.api(c).post<{ user: User; link: OneTimeLink }>("/v1/users", {
        name: form.text("name") ?? "",
        email: form.text("email") ?? "",
        role: form.text("role"),
      }),
    );
    return invited.ok
      ? await listPage(c, { made: { name: invited.value.user.name, link: invited.value.link } }, 201)
      : await listPage(c, { form, problem: invited.problem }, invited.problem.status as Status);
  });

  routes.get("/users/:id", async (c) => await userPage(c, {}));

  routes.post("/users/:id", async (c) => {
    const form = await formOf(c);
    const [name, email] = [form.text("name") ?? "", form.text("email") ?? ""];
    return await changed(c, "changed", { name, email, role: form.text("role") });
  });
  routes.post("/users/:id/disable", async (c) => await changed(c, "disabled", { disabled: true }));
  routes.post("/users/:id/enable", async (c) => await changed(c, "enabled", { disabled: false }));

  routes.post("/users/:id/sign-out", async (c) => {
    await console.api(c).post(`${apiPath(c)}/sign-out`);
    return done(c, pagePath(c), "signed_out");
  });

  routes.post("/users/:id/link", async (c) => {
    const made = await attempt(console.api(c).post<OneTimeLink>(`${apiPath(c)}/link`));
    return made.ok
      ? await userPage(c, { link: made.value }, 201)
      : await userPage(c, { problem: made.problem }, made.problem.status as Status);
  });

  async function changed(c: ConsoleContext, told: string, change: object): Promise<Response> {
    const result = await attempt(console.api(c).patch<User>(apiPath(c), change));
    return result.ok
      ? done(c, pagePath(c), told)
      : await userPage(c, { problem: result.problem }, result.problem.status as Status);
  }

  interface ListState {
    form?: Form;
    problem?: ApiProblem;
    made?: { name: string; link: OneTimeLink };
  }

  async function listPage(c: ConsoleContext, { form, problem, made }: ListState, status: Status = 200) {
    const words = wordsOf(c);
    const reader = c.get("reader");
    const page = await console.api(c).get<Page<User>>("/v1/users", { cursor: c.req.query("cursor") });
    return await console.page(
      c,
      { title: words.title, place: "users" },
      <>
        <h1>{words.title}</h1>
        <p class="soft">{words.intro}</p>
        {made === undefined ? null : <MadeLink c={c} name={made.name} link={made.link} />}
        {page.data.length > 1 || page.next_cursor !== null ? null : (
          <Empty title={words.alone}>
            <p>{words.alone_text}</p>
          </Empty>
        )}
        <Table
          label={words.title}
          rows={page.data}
          columns={[
            { head: words.name, cell: (user) => <a href={`${PATH}/${user.id}`}>{user.name}</a> },
            { head: words.email, cell: ({ email }) => email },
            { head: words.role, cell: ({ role }) => words.roles[role] },
            { head: words.state, cell: (user) => <State c={c} user={user} /> },
            { head: words.since, cell: ({ created_at }) => <When at={created_at} as="day" reader={reader} /> },
          ]}
        />
        <Pager c={c} next={page.next_cursor} />
        <form method="post" action={PATH} class="card">
          <h2>{words.invite}</h2>
          <Refused c={c} problem={problem} />
          <Field label={words.name} name="name" error={wrongWith(problem, "name")}>
            <input
              {...described("name", { error: wrongWith(problem, "name") })}
              value={form?.text("name")}
              maxlength={100}
              autocomplete="off"
              required
            />
          </Field>
          <Field label={words.email} name="email" error={wrongWith(problem, "email")}>
            <input
              type="email"
              {...described("email", { error: wrongWith(problem, "email") })}
              value={form?.text("email")}
              autocomplete="off"
              required
            />
          </Field>
          <RoleChoice c={c} chosen={form?.text("role") ?? "agent"} />
          <button type="submit">{words.invite_button}</button>
        </form>
      </>,
      status,
    );
  }

  async function userPage(
    c: ConsoleContext,
    { problem, link }: { problem?: ApiProblem; link?: OneTimeLink },
    status: Status = 200,
  ) {
    const words = wordsOf(c);
    const api = console.api(c);
    const [user, keys] = await Promise.all([
      api.get<User>(apiPath(c)),
      api.get<Page<ApiKey>>("/v1/keys", { limit: 200 }),
    ]);
    const theirs = keys.data.filter(({ user_id, revoked_at }) => user_id === user.id && revoked_at === null);
    const path = pagePath(c);
    return await console.page(
      c,
      { title: user.name, place: "users" },
      <>
        <p>
          <a class="button quiet small" href={PATH}>{words.back}</a>
        </p>
        <div class="row">
          <h1 class="said">{user.name}</h1>
          <State c={c} user={user} />
          {user.id === viewerOf(c).actor ? <Badge tone="info">{words.you}</Badge> : null}
        </div>
        <Told c={c} told={words.told} />
        <Refused c={c} problem={problem} />
        {link === undefined ? null : <MadeLink c={c} name={user.name} link={link} />}
        <div class="columns">
          <form method="post" action={path} class="card">
            <Field label={words.name} name="name">
              <input {...described("name")} value={user.name} maxlength={100} autocomplete="off" required />
            </Field>
            <Field label={words.email} name="email">
              <input type="email" {...described("email")} value={user.email} autocomplete="off" required />
            </Field>
            <RoleChoice c={c} chosen={user.role} />
            <button type="submit">{words.change}</button>
          </form>
          <div>
            {user.disabled_at !== null ? null : (
              <>
                <Act path={`${path}/link`} title={words.new_link} text={words.new_link_text}>
                  <button type="submit" class="quiet">{words.new_link_button}</button>
                </Act>
                <Act path={`${path}/sign-out`} title={words.sign_out} text={words.sign_out_text}>
                  <button type="submit" class="quiet">{words.sign_out}</button>
                </Act>
              </>
            )}
            {user.disabled_at === null
              ? (
                <Act path={`${path}/disable`} title={words.disable} text={words.disable_text}>
                  <button type="submit" class="danger">{words.disable}</button>
                </Act>
              )
              : (
                <Act path={`${path}/enable`} title={words.enable} text={words.enable_text}>
                  <button type="submit">{words.enable}</button>
                </Act>
              )}
          </div>
        </div>
        {theirs.length === 0 ? null : (
          <section class="card">
            <h2>{words.keys}</h2>
            <p>{words.keys_text}</p>
            <ul>
              {theirs.map(({ id, name }) => (
                <li>
                  {name} <code class="said">{id}</code>
                </li>
              ))}
            </ul>
          </section>
        )}
      </>,
      status,
    );
  }

  return routes;
}

/** The user of this page, in the API. */
function apiPath(c: ConsoleContext): string {
  return `/v1/users/${encodeURIComponent(c.req.param("id") ?? "")}`;
}

/** This page. */
function pagePath(c: ConsoleContext): string {
  return `${PATH}/${encodeURIComponent(c.req.param("id") ?? "")}`;
}

function Act({ path, title, text, children }: { path: string; title: string; text: string; children?: Child }) {
  return (
    <form method="post" action={path} class="card">
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
    </form>
  );
}

const TONES = { active: "good", invited: "info", disabled: "neutral" } as const satisfies Record<string, Tone>;

function State({ c, user }: { c: ConsoleContext; user: User }) {
  const state = user.disabled_at !== null ? "disabled" : user.joined ? "active" : "invited";
  return <Badge tone={TONES[state]}>{userWords(c.get("reader").language).states[state]}</Badge>;
}

/** A link that is shown once, easy to take along. */
function MadeLink({ c, name, link }: { c: ConsoleContext; name: string; link: OneTimeLink }) {
  const reader = c.get("reader");
  const words = userWords(reader.language);
  return (
    <section class="card" role="status">
      <h2>{words.link}</h2>
      <p>{words.link_text(name)}</p>
      <Field label={words.link} name="link">
        <input {...described("link")} class="mono" value={link.url} readonly />
      </Field>
      <p class="soft">
        {words.link_until} <When at={link.expires_at} reader={reader} />
      </p>
    </section>
  );
}

/** The four roles with what each may do: nobody should have to look that up. */
function RoleChoice({ c, chosen }: { c: ConsoleContext; chosen: string }) {
  const words = userWords(c.get("reader").language);
  return (
    <fieldset class="stack">
      <legend>{words.role}</legend>
      {USER_ROLES.map((role) => (
        <label class="inline">
          <input type="radio" name="role" value={role} checked={role === chosen} required />
          <span>
            <strong>{words.roles[role]}</strong>
            <br />
            <small>{words.role_texts[role]}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
