/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { Child } from "hono/jsx";
import { may } from "../../../api/access/roles.ts";
import type { OverviewView } from "../../../api/oversight/overview.ts";
import type { ApiProblem } from "../../api_client.ts";
import type { Carrier, Message, Page } from "../../api_types.ts";
import { type Console, type ConsoleContext, type ConsoleEnv, viewerOf } from "../../console.ts";
import { attempt, done, formOf } from "../../form.ts";
import { Badge, described, Empty, Field, type Tone, When } from "../../parts.tsx";
import { Pager, Table } from "../../table.tsx";
import { Refused, Told } from "../../told.tsx";
import { PersonLink } from "../registers/frame.tsx";
import { problemsWords } from "./problems_words.ts";

/** Where the overview's problems are looked into that belong to no register. */

const UNKNOWN = "/console/overview/unknown";
const OUTCOMES = ["sent", "delivered", "failed", "resend"] as const;
const TONES: Record<Carrier["health"]["state"], Tone> = { in_service: "good", out_of_service: "bad", paused: "warn" };

export function problemRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/overview/unknown", async (c) => await unknownPage(console, c));
  routes.post("/overview/unknown/:id", async (c) => {
    const form = await formOf(c);
    const path = `/v1/messages/${encodeURIComponent(c.req.param("id"))}/settle`;
    const settled = await attempt(
      console.api(c).post(path, { outcome: form.text("outcome"), note: form.text("note") }),
    );
    return settled.ok ? done(c, UNKNOWN, "settled") : await unknownPage(console, c, settled.problem);
  });

  routes.get("/overview/carriers", async (c) => {
    const words = problemsWords(c.get("reader").language);
    const { data } = await console.api(c).get<{ data: Carrier[] }>("/v1/carriers");
    return await problemPage(
      console,
      c,
      words.carriers,
      <>
        <p class="soft">{words.carriers_intro}</p>
        <Table
          label={words.carriers}
          rows={data}
          columns={[
            { head: words.carrier, cell: ({ id }) => <strong>{id}</strong> },
            { head: words.kind, cell: ({ kind }) => kind },
            { head: words.state, cell: ({ health }) => <Health c={c} health={health} /> },
            { head: words.warnings, cell: ({ warnings }) => warnings.map((one) => <p>{one}</p>) },
          ]}
        />
      </>,
    );
  });

  routes.get("/overview/books", async (c) => {
    const words = problemsWords(c.get("reader").language);
    const { books } = await console.api(c).get<OverviewView>("/v1/overview");
    return await problemPage(
      console,
      c,
      words.books,
      books === null || books.balanced
        ? (
          <Empty title={words.books_balanced}>
            <p>{words.books_balanced_text}</p>
          </Empty>
        )
        : (
          <>
            <p class="soft">{words.books_intro}</p>
            <Table
              label={words.books}
              rows={books.discrepancies}
              columns={[
                { head: words.message, cell: ({ message_id }) => <code>{message_id}</code> },
                { head: words.problem, cell: ({ detail }) => detail },
              ]}
            />
          </>
        ),
    );
  });
  return routes;
}

async function unknownPage(console: Console, c: ConsoleContext, problem?: ApiProblem): Promise<Response> {
  const words = problemsWords(c.get("reader").language);
  const query = { status: "unknown", limit: 20, cursor: c.req.query("cursor") };
  const page = await console.api(c).get<Page<Message>>("/v1/messages", query);
  return await problemPage(
    console,
    c,
    words.unknown,
    <>
      <Told c={c} told={words.told} />
      <Refused c={c} problem={problem} />
      {page.data.length === 0
        ? (
          <Empty title={words.unknown_none}>
            <p>{words.unknown_none_text}</p>
          </Empty>
        )
        : <p class="soft">{words.unknown_intro}</p>}
      {page.data.map((message) => <Unknown c={c} message={message} />)}
      <Pager c={c} next={page.next_cursor} />
    </>,
    problem === undefined ? 200 : 409,
  );
}

function Unknown({ c, message }: { c: ConsoleContext; message: Message }) {
  const reader = c.get("reader");
  const words = problemsWords(reader.language);
  const [outcome, note] = [`outcome-${message.id}`, `note-${message.id}`];
  return (
    <article class="card">
      <dl class="facts">
        <dt>{words.to}</dt>
        <dd>
          <PersonLink number={message.to} />
        </dd>
        <dt>{words.message}</dt>
        <dd class="said">{message.text}</dd>
        <dt>{words.carrier}</dt>
        <dd>{message.carrier_id ?? "–"}</dd>
        <dt>{words.accepted}</dt>
        <dd>
          <When at={message.created_at} as="exact" reader={reader} />
        </dd>
      </dl>
      {may(viewerOf(c).role, "POST /v1/messages/{id}/settle")
        ? (
          <form method="post" action={`${UNKNOWN}/${message.id}`} class="filters">
            <Field label={words.outcome} name={outcome}>
              <select {...described(outcome)} name="outcome">
                {OUTCOMES.map((one) => <option value={one}>{words.outcomes[one]}</option>)}
              </select>
            </Field>
            <Field label={words.note} name={note}>
              <input {...described(note)} name="note" maxlength={1_000} />
            </Field>
            <button type="submit">{words.settle}</button>
          </form>
        )
        : null}
    </article>
  );
}

function Health({ c, health }: { c: ConsoleContext; health: Carrier["health"] }) {
  const reader = c.get("reader");
  const words = problemsWords(reader.language);
  const instants = [
    [words.since, health.out_of_service_since],
    [words.next_try, health.next_try_at],
    [words.until, health.paused_until],
  ] as const;
  return (
    <>
      <Badge tone={TONES[health.state]}>{words.states[health.state]}</Badge>
      {instants.map(([word, at]) =>
        at === null ? null : (
          <small>
            {" "}
            {word} <When at={at} as="exact" reader={reader} />
          </small>
        )
      )}
    </>
  );
}

function problemPage(console: Console, c: ConsoleContext, title: string, content: Child, status: 200 | 409 = 200) {
  const words = problemsWords(c.get("reader").language);
  return console.page(
    c,
    { title, place: "overview" },
    <>
      <p>
        <a href="/console">← {words.back}</a>
      </p>
      <h1>{title}</h1>
      {content}
    </>,
    status,
  );
}
