/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { may } from "../../../api/access/roles.ts";
import { CAMPAIGN_STATES } from "../../../core/campaign.ts";
import type { ApiProblem } from "../../api_client.ts";
import type { Campaign, CampaignPreview, CampaignResults, ContactList, Message, Page } from "../../api_types.ts";
import { type Console, type ConsoleContext, type ConsoleEnv, viewerOf } from "../../console.ts";
import { eventData } from "../../event_data.ts";
import { attempt, done, formOf, passOn, wantsPart } from "../../form.ts";
import { Badge, Empty, FilterChoice, Notice, When } from "../../parts.tsx";
import { Pager, Table } from "../../table.tsx";
import { Refused, Told } from "../../told.tsx";
import { codeText, messageWords } from "../messages/words.ts";
import { PersonLink } from "../registers/frame.tsx";
import { CampaignFacts } from "./facts.tsx";
import { asSeen } from "./form.ts";
import { Preview } from "./preview.tsx";
import { CampaignProgress, CampaignSteps, StateBadge } from "./progress.tsx";
import { Results } from "./results.tsx";
import { campaignWords } from "./words.ts";

const PATH = "/console/campaigns";
const OVER: readonly Campaign["state"][] = ["done", "canceled"];

/** Campaigns: the list, and one that is started, watched live, paused, resumed, canceled, with what came of it. */
export function campaignsRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  const apiPath = (c: ConsoleContext) => `/v1/campaigns/${encodeURIComponent(c.req.param("id")!)}`;

  routes.get("/campaigns", async (c) => await listPage(console, c));

  routes.get("/campaigns/:id", async (c) => await onePage(console, c));

  routes.post("/campaigns/:id/preview", async (c) => {
    const preview = await attempt(console.api(c).post<CampaignPreview>(`${apiPath(c)}/preview`, { samples: 5 }));
    const shown = preview.ok ? <Preview c={c} preview={preview.value} /> : <Refused c={c} problem={preview.problem} />;
    return wantsPart(c) ? c.html(shown) : await onePage(console, c, { preview: shown });
  });

  routes.post("/campaigns/:id/:step{start|pause|resume|cancel|settle|delete}", async (c) => {
    const { id, step } = c.req.param();
    const api = console.api(c);
    const form = await formOf(c);
    if (step === "delete") {
      const deleted = await attempt(api.delete(apiPath(c), undefined, asSeen(form)));
      return deleted.ok ? done(c, PATH, "deleted") : await onePage(console, c, { problem: deleted.problem });
    }
    const taken = await attempt(
      api.post(
        `${apiPath(c)}/${step}`,
        step === "settle" ? { category: form.text("category") } : undefined,
        // What starts is what the page showed.
        step === "start" ? asSeen(form) : {},
      ),
    );
    return taken.ok
      ? done(c, `${PATH}/${encodeURIComponent(id)}`, step)
      : await onePage(console, c, { problem: taken.problem });
  });

  routes.get("/campaigns/:id/live", async (c) => {
    const answer = await console.api(c).raw(`${apiPath(c)}/progress`);
    return streamSSE(c, async (stream) => {
      const reader = answer.body!.getReader();
      stream.onAbort(() => void reader.cancel().catch(() => {}));
      // As the page shows it: it may have changed before the stream began, or while it was broken off.
      let state = c.req.header("last-event-id") ?? c.req.query("state");
      const send = async (event: string, part: unknown) =>
        await stream.writeSSE({ event, data: String(await part), ...(state === undefined ? {} : { id: state }) });
      for await (const data of eventData(reader)) {
        const campaign: Campaign = JSON.parse(data);
        const changed = state !== campaign.state;
        state = campaign.state;
        await send("progress", <CampaignProgress c={c} campaign={campaign} />);
        if (changed) await send("steps", <CampaignSteps c={c} campaign={campaign} />);
        if (OVER.includes(campaign.state)) await send("over", "");
      }
    });
  });

  routes.get("/campaigns/:id/results", async (c) => {
    const results = await console.api(c).get<CampaignResults>(`${apiPath(c)}/results`);
    const shown = <Results c={c} results={results} />;
    if (wantsPart(c)) return c.html(shown);
    const words = campaignWords(c.get("reader").language);
    return await console.page(
      c,
      { title: words.results, place: "campaigns", styles: ["registers.css"] },
      <>
        <h1>{words.results}</h1>
        {shown}
      </>,
    );
  });

  routes.get("/campaigns/:id/export", async (c) => passOn(await console.api(c).raw(`${apiPath(c)}/export`)));

  routes.get("/campaigns/:id/messages", async (c) => await messagesPage(console, c, apiPath(c)));

  return routes;
}

async function listPage(console: Console, c: ConsoleContext): Promise<Response> {
  const reader = c.get("reader");
  const words = campaignWords(reader.language);
  const state = CAMPAIGN_STATES.find((one) => one === c.req.query("state"));
  const page = await console.api(c).get<Page<Campaign>>("/v1/campaigns", { state, cursor: c.req.query("cursor") });
  const number = new Intl.NumberFormat(reader.language);
  return await console.page(
    c,
    { title: words.title, place: "campaigns", styles: ["registers.css"] },
    <>
      <h1>{words.title}</h1>
      <Told c={c} told={words.told} />
      <div class="row between">
        <p class="soft">{words.intro}</p>
        {may(viewerOf(c).role, "POST /v1/campaigns") ? <a class="button" href={`${PATH}/new`}>{words.write}</a> : null}
      </div>
      <form method="get" class="filters">
        <FilterChoice label={words.status} name="state" all={words.all} options={words.states} chosen={state} />
        <button type="submit" class="quiet">{words.filter}</button>
      </form>
      {page.data.length === 0
        ? (
          <Empty title={words.empty}>
            <p>{words.empty_text}</p>
          </Empty>
        )
        : (
          <Table
            label={words.title}
            rows={page.data}
            columns={[
              { head: words.name, cell: ({ id, name }) => <a class="said" href={`${PATH}/${id}`}>{name}</a> },
              { head: words.status, cell: ({ state }) => <StateBadge c={c} state={state} /> },
              {
                head: words.progress,
                cell: (one) => `${number.format(one.done)} / ${number.format(one.messages)}`,
                number: true,
              },
              { head: words.delivered, cell: ({ counts }) => number.format(counts["delivered"] ?? 0), number: true },
              { head: words.opted_out, cell: ({ opted_out }) => number.format(opted_out), number: true },
              {
                head: words.when,
                cell: ({ started_at, scheduled_at, created_at }) => (
                  <When at={started_at ?? scheduled_at ?? created_at} reader={reader} />
                ),
              },
            ]}
          />
        )}
      <Pager c={c} next={page.next_cursor} />
    </>,
  );
}

interface OneState {
  problem?: ApiProblem;
  preview?: unknown;
}

async function onePage(console: Console, c: ConsoleContext, { problem, preview }: OneState = {}): Promise<Response> {
  const words = campaignWords(c.get("reader").language);
  const api = console.api(c);
  const id = encodeURIComponent(c.req.param("id")!);
  const campaign = await api.get<Campaign>(`/v1/campaigns/${id}`);
  const { state } = campaign;
  const draft = state === "draft";
  const over = OVER.includes(state);
  const lists = await api.get<Page<ContactList>>("/v1/lists", { limit: 200 });
  const path = `${PATH}/${campaign.id}`;
  const live = draft || over
    ? {}
    : { "hx-ext": "sse", "sse-connect": `${path}/live?state=${state}`, "sse-close": "over" };
  return await console.page(
    c,
    { title: campaign.name, place: "campaigns", styles: ["registers.css"] },
    <>
      <h1 class="said">{campaign.name}</h1>
      {problem?.code === "campaign_changed"
        ? <Notice tone="bad">{words.changed_meanwhile}</Notice>
        : <Refused c={c} problem={problem} />}
      <div {...live}>
        <section class="card" sse-swap="steps" aria-label={words.status}>
          <Told c={c} told={words.told} />
          <CampaignSteps c={c} campaign={campaign} />
        </section>
        {draft ? null : (
          <section class="card" aria-label={words.progress}>
            <div sse-swap="progress">
              <CampaignProgress c={c} campaign={campaign} />
            </div>
            <p class="row">
              <a href={`${path}/messages`}>{words.messages}</a>
              {may(viewerOf(c).role, "GET /v1/campaigns/{id}/export")
                ? <a href={`${path}/export`} download>{words.export}</a>
                : null}
            </p>
          </section>
        )}
        {draft ? null : (
          <section class="card" aria-label={words.results}>
            <h2>{words.results}</h2>
            {/* Every message is read for them: never while the page waits. */}
            <div id="results" hx-get={`${path}/results`} hx-trigger={over ? "load" : "sse:over"}>
              <a href={`${path}/results`} hx-get={`${path}/results`} hx-target="#results">{words.results_now}</a>
            </div>
          </section>
        )}
      </div>
      {draft && may(viewerOf(c).role, "POST /v1/campaigns/{id}/preview")
        ? (
          <section class="card">
            <h2>{words.preview}</h2>
            <p class="soft">{words.preview_at}</p>
            <form method="post" action={`${path}/preview`} hx-post={`${path}/preview`} hx-target="#preview">
              <button type="submit" class="quiet">{words.preview_whole}</button>
            </form>
            <div id="preview" aria-live="polite">{preview}</div>
          </section>
        )
        : null}
      <CampaignFacts c={c} campaign={campaign} lists={lists.data} />
    </>,
    problem === undefined ? 200 : 409,
  );
}

async function messagesPage(console: Console, c: ConsoleContext, path: string): Promise<Response> {
  const reader = c.get("reader");
  const words = campaignWords(reader.language);
  const messages = messageWords(reader.language);
  const api = console.api(c);
  const status = Object.keys(messages.statuses).find((one) => one === c.req.query("status"));
  const [campaign, page] = await Promise.all([
    api.get<Campaign>(path),
    api.get<Page<Message>>(`${path}/messages`, { status, cursor: c.req.query("cursor") }),
  ]);
  return await console.page(
    c,
    { title: `${words.messages}: ${campaign.name}`, place: "campaigns", styles: ["registers.css"] },
    <>
      <h1>{words.messages}</h1>
      <p>
        <a class="said" href={`${PATH}/${campaign.id}`}>{campaign.name}</a>
      </p>
      <form method="get" class="filters">
        <FilterChoice label={words.status} name="status" all={words.all} options={messages.statuses} chosen={status} />
        <button type="submit" class="quiet">{words.filter}</button>
      </form>
      <Table
        label={words.messages}
        rows={page.data}
        columns={[
          { head: words.to, cell: ({ to }) => <PersonLink number={to} /> },
          { head: words.status, cell: ({ status }) => <Badge>{messages.statuses[status]}</Badge> },
          {
            head: words.reason,
            cell: ({ error, hold_reason }) => codeText(error?.code ?? hold_reason ?? "–", messages),
          },
          { head: words.text, cell: ({ text }) => <span class="said">{text}</span> },
          { head: words.segments, cell: ({ segments }) => segments, number: true },
          {
            head: words.handed_over,
            cell: ({ sent_at }) => sent_at === null ? "–" : <When at={sent_at} as="exact" reader={reader} />,
          },
        ]}
      />
      <Pager c={c} next={page.next_cursor} />
    </>,
  );
}
