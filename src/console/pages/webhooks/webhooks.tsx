/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { DELIVERY_STATUSES } from "../../../store/webhooks/deliveries.ts";
import type { ApiProblem } from "../../api_client.ts";
import type { Delivery, Page, Webhook } from "../../api_types.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { attempt, done } from "../../form.ts";
import { Badge, Empty, FilterChoice, type Tone, When } from "../../parts.tsx";
import { Pager, Table } from "../../table.tsx";
import { Refused, Told } from "../../told.tsx";
import { registerPage } from "../registers/frame.tsx";
import { registerWords } from "../registers/words.ts";
import { webhookWords } from "./words.ts";

const PATH = "/console/registers/webhooks";
const TONES: Readonly<Record<string, Tone>> = { delivered: "good", failed: "bad", pending: "info", waiting: "info" };

/** Programs that are told of events, what they did not take, and sending it again. */
export function webhookPageRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/registers/webhooks", async (c) => {
    const words = webhookWords(c.get("reader").language);
    const { data } = await console.api(c).get<Page<Webhook>>("/v1/webhooks");
    return await registerPage(
      console,
      c,
      { register: "webhooks" },
      <>
        <p class="soft">{words.intro}</p>
        {data.length === 0
          ? (
            <Empty title={words.empty}>
              <p>{words.empty_text}</p>
            </Empty>
          )
          : data.map((webhook) => <WebhookCard c={c} webhook={webhook} />)}
      </>,
    );
  });

  routes.get("/registers/webhooks/:id", async (c) => await show(console, c, c.req.param("id")));

  routes.post("/registers/webhooks/:id/deliveries/:delivery/replay", async (c) => {
    const { id, delivery } = c.req.param();
    const path = `/v1/webhooks/${encodeURIComponent(id)}/deliveries/${encodeURIComponent(delivery)}/replay`;
    const replayed = await attempt(console.api(c).post(path));
    return replayed.ok
      ? done(c, `${PATH}/${encodeURIComponent(id)}`, "replayed")
      : await show(console, c, id, replayed.problem);
  });

  routes.post("/registers/webhooks/:id/:step{test|enable|disable}", async (c) => {
    const { id, step } = c.req.param();
    const api = console.api(c);
    const path = `/v1/webhooks/${encodeURIComponent(id)}`;
    const taken = await attempt(
      step === "test" ? api.post(`${path}/test`) : api.patch(path, { state: `${step}d` }),
    );
    return taken.ok
      ? done(c, `${PATH}/${encodeURIComponent(id)}`, step === "test" ? "tested" : `${step}d`)
      : await show(console, c, id, taken.problem);
  });

  return routes;
}

async function show(console: Console, c: ConsoleContext, id: string, problem?: ApiProblem): Promise<Response> {
  const reader = c.get("reader");
  const words = webhookWords(reader.language);
  const common = registerWords(reader.language);
  const api = console.api(c);
  const path = `/v1/webhooks/${encodeURIComponent(id)}`;
  const status = DELIVERY_STATUSES.find((one) => one === c.req.query("status"));
  const [webhook, page] = await Promise.all([
    api.get<Webhook>(path),
    api.get<Page<Delivery>>(`${path}/deliveries`, { status, cursor: c.req.query("cursor") }),
  ]);
  return await registerPage(
    console,
    c,
    { register: "webhooks", title: webhook.description ?? webhook.url, status: problem === undefined ? 200 : 409 },
    <>
      <Told c={c} told={words.told} />
      <Refused c={c} problem={problem} />
      <WebhookCard c={c} webhook={webhook} />
      <form method="post" action={`${PATH}/${id}/test`} class="row">
        {webhook.state === "enabled"
          ? (
            <>
              <button type="submit">{words.test}</button>
              <button type="submit" class="quiet" formaction={`${PATH}/${id}/disable`}>{words.disable}</button>
            </>
          )
          : <button type="submit" formaction={`${PATH}/${id}/enable`}>{words.enable}</button>}
      </form>
      <h2>{words.deliveries}</h2>
      <form method="get" class="filters">
        <FilterChoice label={common.state} name="status" all={common.all} options={words.statuses} chosen={status} />
        <button type="submit" class="quiet">{common.filter}</button>
      </form>
      {page.data.length === 0
        ? (
          <Empty title={words.no_deliveries}>
            <p>{words.no_deliveries_text}</p>
          </Empty>
        )
        : <Deliveries c={c} id={id} rows={page.data} enabled={webhook.state === "enabled"} />}
      <Pager c={c} next={page.next_cursor} />
    </>,
  );
}

function Deliveries(
  { c, id, rows, enabled }: { c: ConsoleContext; id: string; rows: readonly Delivery[]; enabled: boolean },
) {
  const reader = c.get("reader");
  const words = webhookWords(reader.language);
  const common = registerWords(reader.language);
  return (
    <Table
      label={words.deliveries}
      rows={rows}
      columns={[
        { head: words.event, cell: ({ event }) => <span class="mono">{event.type}</span> },
        { head: common.at, cell: ({ event }) => <When at={event.timestamp} reader={reader} /> },
        { head: words.record, cell: ({ event }) => <span class="mono">{event.subject}</span> },
        {
          head: common.state,
          cell: ({ status }) => <Badge tone={TONES[status] ?? "neutral"}>{words.statuses[status]}</Badge>,
        },
        { head: words.attempts, cell: ({ attempts }) => attempts.length, number: true },
        {
          head: words.last_answer,
          cell: ({ attempts }) => {
            const last = attempts.at(-1);
            return (
              <span class="said">
                {last === undefined ? common.none : last.http_status ?? last.error ?? common.none}
              </span>
            );
          },
        },
        {
          head: words.replay,
          cell: ({ id: delivery, status }) =>
            !enabled || (status !== "failed" && status !== "delivered")
              ? common.none
              : (
                <form method="post" action={`${PATH}/${id}/deliveries/${delivery}/replay`}>
                  <button type="submit" class="quiet small">
                    {words.replay}
                    <span class="unseen">{delivery}</span>
                  </button>
                </form>
              ),
        },
      ]}
    />
  );
}

function WebhookCard({ c, webhook }: { c: ConsoleContext; webhook: Webhook }) {
  const reader = c.get("reader");
  const words = webhookWords(reader.language);
  const { state, disabled_reason, failing_since } = webhook;
  return (
    <article class="card">
      <p class="said">
        <a href={`${PATH}/${webhook.id}`}>{webhook.url}</a>
      </p>
      <p class="row">
        <Badge tone={state === "enabled" ? "good" : "bad"}>{words.states[state]}</Badge>
        {disabled_reason === null ? null : <span>{words.reasons[disabled_reason]}</span>}
        {failing_since === null ? null : (
          <Badge tone="bad">
            {words.failing} <When at={failing_since} reader={reader} />
          </Badge>
        )}
      </p>
      <p class="soft">
        {words.events}: <span class="mono">{webhook.events.join(" ")}</span>
      </p>
    </article>
  );
}
