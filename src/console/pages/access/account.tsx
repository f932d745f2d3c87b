/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { MAX_PASSWORD, MIN_PASSWORD } from "../../../api/access/user_schemas.ts";
import type { ApiProblem } from "../../api_client.ts";
import type { Session, User } from "../../api_types.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { attempt, done, formOf, wrongWith } from "../../form.ts";
import { Badge, described, Field, When } from "../../parts.tsx";
import { keepChoice } from "../../reader.ts";
import { SIGN_IN } from "../../session.ts";
import { Table } from "../../table.tsx";
import { Refused, Told } from "../../told.tsx";
import { LANGUAGE_NAMES, LANGUAGES } from "../../words.ts";
import { accountWords } from "./account_words.ts";

const PATH = "/console/account";
const THEMES = ["auto", "light", "dark"] as const;

/** One's own account: name, language, theme, password, and where one is signed in. */
export function accountRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/account", async (c) => await accountPage(c, {}));

  routes.post("/account", async (c) => {
    const form = await formOf(c);
    const language = LANGUAGES.find((one) => one === form.text("language")) ?? c.get("reader").language;
    const saved = await attempt(console.api(c).patch("/v1/users/me", { name: form.text("name") ?? "", language }));
    if (!saved.ok) return await accountPage(c, { problem: saved.problem }, 422);
    keepChoice(c, "language", language);
    const theme = THEMES.find((one) => one === form.text("theme"));
    if (theme !== undefined) keepChoice(c, "theme", theme);
    return done(c, PATH, "saved");
  });

  routes.post("/account/password", async (c) => {
    const { typed } = await formOf(c);
    const change = {
      current_password: typed.get("current") ?? "",
      new_password: typed.get("new_password") ?? "",
    };
    const changed = await attempt(console.api(c).post("/v1/users/me/password", change));
    // Every session is over, this one too.
    if (changed.ok) return c.redirect(`${SIGN_IN}?told=password_changed`, 303);
    return await accountPage(c, { refused: changed.problem }, changed.problem.status === 429 ? 429 : 422);
  });

  routes.post("/account/sessions/:id/end", async (c) => {
    // One that ended meanwhile is as good.
    await attempt(console.api(c).delete(`/v1/users/me/sessions/${encodeURIComponent(c.req.param("id"))}`));
    return done(c, PATH, "ended");
  });

  /** `refused`: of the password. */
  async function accountPage(
    c: ConsoleContext,
    { problem, refused }: { problem?: ApiProblem; refused?: ApiProblem },
    status: 200 | 422 | 429 = 200,
  ) {
    const reader = c.get("reader");
    const words = accountWords(reader.language);
    const api = console.api(c);
    const [me, sessions] = await Promise.all([
      api.get<User>("/v1/users/me"),
      api.get<{ data: Session[] }>("/v1/users/me/sessions"),
    ]);
    const weak = wrongWith(refused, "new_password") === undefined ? undefined : words.hint;
    return await console.page(
      c,
      { title: words.title },
      <>
        <h1>{words.title}</h1>
        <Told c={c} told={words.told} />
        <div class="columns">
          <form method="post" action={PATH} class="card">
            <h2>{words.about}</h2>
            <Refused c={c} problem={problem} />
            <p class="soft said">{me.email}</p>
            <Field label={words.name} name="name" error={wrongWith(problem, "name")}>
              <input
                {...described("name", { error: wrongWith(problem, "name") })}
                value={me.name}
                maxlength={100}
                autocomplete="name"
                required
              />
            </Field>
            <Field label={words.language} name="language">
              <select {...described("language")}>
                {LANGUAGES.map((one) => (
                  <option value={one} selected={one === reader.language} lang={one}>{LANGUAGE_NAMES[one]}</option>
                ))}
              </select>
            </Field>
            <Field label={words.theme} name="theme">
              <select {...described("theme")}>
                {THEMES.map((one) => <option value={one} selected={one === reader.theme}>{words.themes[one]}</option>)}
              </select>
            </Field>
            <button type="submit">{words.save}</button>
          </form>
          <form method="post" action={`${PATH}/password`} class="card">
            <h2>{words.password}</h2>
            <Refused c={c} problem={weak === undefined ? refused : undefined} />
            <p>{words.password_text}</p>
            <input type="text" name="username" value={me.email} autocomplete="username" hidden readonly />
            <Field label={words.current} name="current">
              <input type="password" {...described("current")} autocomplete="current-password" required />
            </Field>
            <Field label={words.new_password} name="new_password" hint={words.hint} error={weak}>
              <input
                type="password"
                {...described("new_password", { hint: true, error: weak })}
                minlength={MIN_PASSWORD}
                maxlength={MAX_PASSWORD}
                autocomplete="new-password"
                required
              />
            </Field>
            <button type="submit">{words.change}</button>
          </form>
        </div>
        <h2>{words.sessions}</h2>
        <Table
          label={words.sessions}
          rows={sessions.data}
          columns={[
            { head: words.device, cell: ({ user_agent }) => browserOf(user_agent, words) },
            { head: words.since, cell: ({ created_at }) => <When at={created_at} reader={reader} /> },
            { head: words.seen, cell: ({ last_seen_at }) => <When at={last_seen_at} reader={reader} /> },
            {
              head: words.sign_out,
              cell: ({ id }) =>
                id === c.get("session")
                  ? <Badge tone="info">{words.here}</Badge>
                  : (
                    <form method="post" action={`${PATH}/sessions/${id}/end`}>
                      <button type="submit" class="quiet small">{words.sign_out}</button>
                    </form>
                  ),
            },
          ]}
        />
      </>,
      status,
    );
  }

  return routes;
}

/** What to look for, in this order: browsers name each other too. */
const BROWSERS = [["Edg", "Edge"], ["OPR", "Opera"], ["Firefox", "Firefox"], ["Chrome", "Chrome"], [
  "Safari",
  "Safari",
]];
const SYSTEMS = [
  ["Android", "Android"],
  ["iPhone", "iOS"],
  ["iPad", "iPadOS"],
  ["Windows", "Windows"],
  ["Mac OS", "macOS"],
  ["Linux", "Linux"],
];

/** A browser as its owner knows it: `Firefox on Linux`. */
function browserOf(userAgent: string | null, words: ReturnType<typeof accountWords>): string {
  const named = (known: string[][]) => known.find(([sign]) => userAgent?.includes(sign!) === true)?.[1];
  const [browser, system] = [named(BROWSERS), named(SYSTEMS)];
  return browser === undefined || system === undefined ? words.unknown : words.on(browser, system);
}
