/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { may } from "../../../api/access/roles.ts";
import type { ApiProblem } from "../../api_client.ts";
import type { ConsentState } from "../../api_types.ts";
import { type Console, type ConsoleContext, type ConsoleEnv, viewerOf } from "../../console.ts";
import { attempt, done, type Form, formOf, wrongWith } from "../../form.ts";
import { described, Field, When } from "../../parts.tsx";
import { staffNames } from "../../staff_names.ts";
import { Refused, Told } from "../../told.tsx";
import { ConsentStatus } from "./consents.tsx";
import { consentWords } from "./consents_words.ts";
import { PersonLink, registerPage, RuleLink } from "./frame.tsx";
import { registerWords } from "./words.ts";

const PATH = "/console/registers/consents";

/** One entry of the ledger with all its proof, and taking it back. */
export function consentRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  routes.get("/registers/consents/:id", async (c) => await show(console, c, c.req.param("id")));
  routes.post("/registers/consents/:id/withdraw", async (c) => {
    const id = c.req.param("id");
    const form = await formOf(c);
    const withdrawn = await attempt(
      console.api(c).post(`/v1/consents/${encodeURIComponent(id)}/withdraw`, {
        source: form.text("source"),
        wording: form.text("wording"),
      }),
    );
    return withdrawn.ok
      ? done(c, `${PATH}/${encodeURIComponent(id)}`, "withdrawn")
      : await show(console, c, id, form, withdrawn.problem);
  });
  return routes;
}

async function show(
  console: Console,
  c: ConsoleContext,
  id: string,
  form?: Form,
  problem?: ApiProblem,
): Promise<Response> {
  const reader = c.get("reader");
  const words = consentWords(reader.language);
  const common = registerWords(reader.language);
  const api = console.api(c);
  const [row, nameOf] = await Promise.all([
    api.get<ConsentState>(`/v1/consents/${encodeURIComponent(id)}`),
    staffNames(api, reader.language),
  ]);
  const wrong = (name: string) => wrongWith(problem, name);
  return await registerPage(
    console,
    c,
    { register: "consents", title: words.one, status: problem === undefined ? 200 : 422 },
    <>
      <Told c={c} told={words.told} />
      <Refused c={c} problem={problem} />
      <section class="card">
        <dl class="facts">
          <dt>{common.person}</dt>
          <dd>
            <PersonLink number={row.recipient} />
          </dd>
          <dt>{words.purpose}</dt>
          <dd>{row.purpose}</dd>
          <dt>{words.status}</dt>
          <dd>
            <ConsentStatus c={c} status={row.status} />
          </dd>
          <dt>{words.effective}</dt>
          <dd>
            {row.effective ? common.yes : common.no}
            {row.effective_reason === null ? null : <>: {row.effective_reason}</>}
          </dd>
          {row.effective_until === null ? null : (
            <>
              <dt>{words.effective_until}</dt>
              <dd>
                <When at={row.effective_until} reader={reader} />
              </dd>
            </>
          )}
          <dt>{words.granted_at}</dt>
          <dd>
            <When at={row.granted_at} as="exact" reader={reader} />
          </dd>
          <dt>{words.source}</dt>
          <dd class="said">{row.source}</dd>
          <dt>{words.wording}</dt>
          <dd class="said">{row.wording ?? common.none}</dd>
          <dt>{words.wording_version}</dt>
          <dd>{row.wording_version ?? common.none}</dd>
          <dt>{words.evidence_ref}</dt>
          <dd class="said">{row.evidence_ref ?? common.none}</dd>
          {Object.entries(row.evidence ?? {}).map(([name, value]) => (
            <>
              <dt class="mono">{name}</dt>
              <dd class="said">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
            </>
          ))}
          <dt>{words.recorded_by}</dt>
          <dd>{row.recorded_by === null ? common.none : nameOf(row.recorded_by)}</dd>
          <dt>{words.recorded_at}</dt>
          <dd>
            <When at={row.created_at} as="exact" reader={reader} />
          </dd>
          {row.rule === null ? null : (
            <>
              <dt>{common.rule}</dt>
              <dd>
                <RuleLink id={row.rule} />
              </dd>
            </>
          )}
        </dl>
      </section>
      {row.status !== "granted" || row.recipient.startsWith("#") ||
          !may(viewerOf(c).role, "POST /v1/consents/{id}/withdraw")
        ? null
        : (
          <form method="post" action={`${PATH}/${row.id}/withdraw`} class="card">
            <h2>{words.withdraw}</h2>
            <p>{words.withdraw_text}</p>
            <Field label={words.withdraw_source} name="source" error={wrong("source")}>
              <input
                {...described("source", { error: wrong("source") })}
                value={form?.text("source") ?? "telephone"}
                maxlength={100}
              />
            </Field>
            <Field label={words.withdraw_words} name="wording" error={wrong("wording")}>
              <textarea {...described("wording", { error: wrong("wording") })} maxlength={5000}>
                {form?.text("wording") ?? ""}
              </textarea>
            </Field>
            <button type="submit" class="danger">{words.withdraw}</button>
          </form>
        )}
    </>,
  );
}
