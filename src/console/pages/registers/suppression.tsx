/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { may } from "../../../api/access/roles.ts";
import type { ApiProblem } from "../../api_client.ts";
import type { Message, Override, Page, Suppression } from "../../api_types.ts";
import { type Console, type ConsoleContext, type ConsoleEnv, viewerOf } from "../../console.ts";
import { attempt, done, type Form, formOf, wrongWith } from "../../form.ts";
import { described, Field, Notice, When } from "../../parts.tsx";
import { type NameOf, staffNames } from "../../staff_names.ts";
import { Refused, Told } from "../../told.tsx";
import { PersonLink, registerPage, RuleLink } from "./frame.tsx";
import { OverrideCard } from "./overrides.tsx";
import { scopeText, Standing } from "./suppressions.tsx";
import { suppressionWords } from "./suppressions_words.ts";
import { registerWords } from "./words.ts";

const PATH = "/console/registers/suppressions";

/** One suppression with what proves it, and the two ways to lift it. */
export function suppressionRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/registers/suppressions/:id", async (c) => await showSuppression(console, c, c.req.param("id")));

  routes.post("/registers/suppressions/:id/lift", async (c) => {
    const id = c.req.param("id");
    const form = await formOf(c);
    const lifted = await attempt(
      console.api(c).post(`/v1/suppressions/${encodeURIComponent(id)}/lift`, { reason: form.text("reason") ?? "" }),
    );
    return lifted.ok
      ? done(c, `${PATH}/${encodeURIComponent(id)}`, "lifted")
      : await showSuppression(console, c, id, form, lifted.problem);
  });

  routes.post("/registers/suppressions/:id/overrides", async (c) => {
    const id = c.req.param("id");
    const form = await formOf(c);
    const asked = await attempt(
      console.api(c).post(`/v1/suppressions/${encodeURIComponent(id)}/overrides`, {
        reason: form.text("reason") ?? "",
        evidence: form.text("evidence") ?? "",
      }),
    );
    return asked.ok
      ? done(c, `${PATH}/${encodeURIComponent(id)}`, "requested")
      : await showSuppression(console, c, id, form, asked.problem);
  });

  return routes;
}

async function showSuppression(
  console: Console,
  c: ConsoleContext,
  id: string,
  form?: Form,
  problem?: ApiProblem,
): Promise<Response> {
  const reader = c.get("reader");
  const words = suppressionWords(reader.language);
  const common = registerWords(reader.language);
  const api = console.api(c);
  const row = await api.get<Suppression>(`/v1/suppressions/${encodeURIComponent(id)}`);
  const { role } = viewerOf(c);
  const [message, overrides, nameOf] = await Promise.all([
    // Erased or let go since.
    row.message_id === null ? null : attempt(api.get<Message>(`/v1/messages/${row.message_id}`)),
    may(role, "GET /v1/overrides") ? api.get<Page<Override>>("/v1/overrides", { suppression_id: id }) : null,
    staffNames(api, reader.language),
  ]);
  return await registerPage(
    console,
    c,
    {
      register: "suppressions",
      title: row.recipient.startsWith("#") ? words.stands : row.recipient,
      status: problem === undefined ? 200 : 422,
    },
    <>
      <Told c={c} told={words.told} />
      <Refused c={c} problem={problem} />
      <div class="columns">
        <section class="card">
          <h2>{words.evidence}</h2>
          <Facts c={c} row={row} nameOf={nameOf} />
        </section>
        {message?.ok === true ? <Cause c={c} message={message.value} /> : null}
      </div>
      {overrides === null || overrides.data.length === 0 ? null : (
        <section>
          <h2>{words.overrides}</h2>
          {overrides.data.map((one) => <OverrideCard c={c} override={one} nameOf={nameOf} />)}
        </section>
      )}
      {row.lifted_at !== null ? null : (
        <Lifting
          c={c}
          row={row}
          form={form}
          problem={problem}
          waiting={overrides?.data.some(({ state }) => state === "requested") === true}
        />
      )}
      <p>
        <a href={PATH}>{common.tabs.suppressions}</a>
      </p>
    </>,
  );
}

function Facts({ c, row, nameOf }: { c: ConsoleContext; row: Suppression; nameOf: NameOf }) {
  const reader = c.get("reader");
  const words = suppressionWords(reader.language);
  const common = registerWords(reader.language);
  return (
    <dl class="facts">
      <dt>{common.person}</dt>
      <dd>
        <PersonLink number={row.recipient} />
      </dd>
      <dt>{common.state}</dt>
      <dd>
        <Standing lifted={row.lifted_at !== null} c={c} />
      </dd>
      <dt>{words.scope}</dt>
      <dd>{scopeText(row, words)}</dd>
      <dt>{words.source}</dt>
      <dd>{words.sources[row.source]}</dd>
      <dt>{common.since}</dt>
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
      {row.text === null ? null : (
        <>
          <dt>{words.words_of}</dt>
          <dd>
            <q class="said">{row.text}</q>
          </dd>
        </>
      )}
      {row.note === null ? null : (
        <>
          <dt>{words.note}</dt>
          <dd class="said">{row.note}</dd>
        </>
      )}
      {row.lifted_at === null ? null : (
        <>
          <dt>{words.lifted}</dt>
          <dd>
            <When at={row.lifted_at} as="exact" reader={reader} />
          </dd>
          <dt>{words.lifted_by}</dt>
          <dd>{nameOf(row.lifted_by ?? "")}</dd>
          <dt>{common.reason}</dt>
          <dd class="said">{row.lift_reason ?? common.none}</dd>
        </>
      )}
    </dl>
  );
}

/** The message, and each rule that read it as a refusal. */
function Cause({ c, message }: { c: ConsoleContext; message: Message }) {
  const reader = c.get("reader");
  const words = suppressionWords(reader.language);
  return (
    <section class="card">
      <h2>{words.message}</h2>
      <blockquote class="said">{message.text}</blockquote>
      <dl class="facts">
        <dt>{words.received}</dt>
        <dd>
          <When at={message.created_at} as="exact" reader={reader} />
        </dd>
        <dt>{words.to}</dt>
        <dd>{message.to}</dd>
      </dl>
      <h3>{words.understood}</h3>
      <ul>
        {message.decision.rules.map(({ id, reason, source }) => (
          <li>
            <RuleLink id={id} />: {reason} <small>{source}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface LiftingProps {
  c: ConsoleContext;
  row: Suppression;
  form: Form | undefined;
  problem: ApiProblem | undefined;
  /** An override is open already. */
  waiting: boolean;
}

/** What staff entered one person lifts; what the person said needs two. The API decides; this only shows the form that may do. */
function Lifting({ c, row, form, problem, waiting }: LiftingProps) {
  const words = suppressionWords(c.get("reader").language);
  const common = registerWords(c.get("reader").language);
  const { role } = viewerOf(c);
  if (row.source === "carrier" || problem?.code === "only_the_person") {
    return <Notice>{words.only_the_person}</Notice>;
  }
  const alone = (row.source === "operator" || row.source === "import") && problem?.code !== "override_needed";
  if (waiting || !may(role, `POST /v1/suppressions/{id}/${alone ? "lift" : "overrides"}`)) return null;
  const wrong = (name: string) => wrongWith(problem, name);
  return (
    <form method="post" action={`${PATH}/${row.id}/${alone ? "lift" : "overrides"}`} class="card">
      <h2>{alone ? words.lift : words.override}</h2>
      <p>{alone ? words.lift_text : words.override_text}</p>
      <Field label={common.reason} name="reason" error={wrong("reason")}>
        <textarea {...described("reason", { error: wrong("reason") })} required maxlength={1000}>
          {form?.text("reason") ?? ""}
        </textarea>
      </Field>
      {alone ? null : (
        <Field label={words.proof} name="evidence" error={wrong("evidence")}>
          <textarea {...described("evidence", { error: wrong("evidence") })} required maxlength={5000}>
            {form?.text("evidence") ?? ""}
          </textarea>
        </Field>
      )}
      <button type="submit" class={alone ? "danger" : ""}>{alone ? words.lift : words.override}</button>
    </form>
  );
}
