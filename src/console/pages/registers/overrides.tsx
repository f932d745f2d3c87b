/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { may } from "../../../api/access/roles.ts";
import type { ApiProblem } from "../../api_client.ts";
import type { Override, Page } from "../../api_types.ts";
import { type Console, type ConsoleContext, type ConsoleEnv, viewerOf } from "../../console.ts";
import { attempt, done, formOf, noteIn } from "../../form.ts";
import { Badge, Empty, Field, FilterChoice, When } from "../../parts.tsx";
import { type NameOf, staffNames } from "../../staff_names.ts";
import { Pager } from "../../table.tsx";
import { Refused, Told } from "../../told.tsx";
import { registerPage } from "./frame.tsx";
import { overrideWords } from "./overrides_words.ts";
import { registerWords } from "./words.ts";

const PATH = "/console/registers/overrides";
const STATES = ["requested", "approved", "rejected"] as const;
const TONES = { requested: "warn", approved: "good", rejected: "neutral" } as const;

/** Opt-outs that somebody asked to lift, for the second person. */
export function overridesRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/registers/overrides", async (c) => await show(console, c));

  routes.post("/registers/overrides/:id/:decision{approve|reject}", async (c) => {
    const { id, decision } = c.req.param();
    const form = await formOf(c);
    const decided = await attempt(
      console.api(c).post(`/v1/overrides/${encodeURIComponent(id)}/${decision}`, { note: noteIn(form) }),
    );
    return decided.ok
      ? done(c, PATH, decision === "approve" ? "approved" : "rejected")
      : await show(console, c, decided.problem);
  });

  return routes;
}

async function show(console: Console, c: ConsoleContext, problem?: ApiProblem): Promise<Response> {
  const { language } = c.get("reader");
  const words = overrideWords(language);
  const common = registerWords(language);
  const state = STATES.find((one) => one === c.req.query("state"));
  const api = console.api(c);
  const [page, nameOf] = await Promise.all([
    api.get<Page<Override>>("/v1/overrides", { state, limit: 20, cursor: c.req.query("cursor") }),
    staffNames(api, language),
  ]);
  return await registerPage(
    console,
    c,
    { register: "overrides", status: problem === undefined ? 200 : 409 },
    <>
      <p class="soft">{words.intro}</p>
      <Told c={c} told={words.told} />
      <Refused c={c} problem={problem} />
      <form method="get" action={PATH} class="filters">
        <FilterChoice label={common.state} name="state" all={common.all} options={words.states} chosen={state} />
        <button type="submit" class="quiet">{common.filter}</button>
      </form>
      {page.data.length === 0
        ? (
          <Empty title={words.empty}>
            <p>{words.empty_text}</p>
          </Empty>
        )
        : page.data.map((one) => <OverrideCard c={c} override={one} nameOf={nameOf} />)}
      <Pager c={c} next={page.next_cursor} />
    </>,
  );
}

/** One request with its evidence, and for a second person the decision. */
export function OverrideCard({ c, override, nameOf }: { c: ConsoleContext; override: Override; nameOf: NameOf }) {
  const reader = c.get("reader");
  const words = overrideWords(reader.language);
  const common = registerWords(reader.language);
  const viewer = viewerOf(c);
  const { id, state } = override;
  return (
    <article class="card" aria-label={`${words.suppression} ${override.suppression_id}`}>
      <dl class="facts">
        <dt>{common.state}</dt>
        <dd>
          <Badge tone={TONES[state]}>{words.states[state]}</Badge>
        </dd>
        <dt>{words.suppression}</dt>
        <dd>
          <a class="mono" href={`/console/registers/suppressions/${override.suppression_id}`}>
            {override.suppression_id}
          </a>
        </dd>
        <dt>{common.reason}</dt>
        <dd class="said">{override.reason}</dd>
        <dt>{words.proof}</dt>
        <dd class="said">{override.evidence}</dd>
        <dt>{words.requested_by}</dt>
        <dd>
          {nameOf(override.requested_by)}, <When at={override.requested_at} reader={reader} />
        </dd>
        {override.decided_at === null ? null : (
          <>
            <dt>{words.decided_by}</dt>
            <dd>
              {nameOf(override.decided_by ?? "")}, <When at={override.decided_at} reader={reader} />
            </dd>
            {override.decision_note === null ? null : (
              <>
                <dt>{words.note}</dt>
                <dd class="said">{override.decision_note}</dd>
              </>
            )}
          </>
        )}
      </dl>
      {state !== "requested" || !may(viewer.role, "POST /v1/overrides/{id}/approve")
        ? null
        : override.requested_by === viewer.actor
        ? <p class="soft">{words.own}</p>
        : (
          <form method="post" action={`${PATH}/${id}/approve`}>
            <Field label={words.note} name={`note-${id}`}>
              {/* Not an input: Enter in one presses the first button, and what that lifts stays lifted. */}
              <textarea id={`note-${id}`} name="note" rows={1} maxlength={1000}></textarea>
            </Field>
            <div class="row">
              <button type="submit">{words.approve}</button>
              <button type="submit" class="quiet" formaction={`${PATH}/${id}/reject`}>{words.reject}</button>
            </div>
          </form>
        )}
    </article>
  );
}
