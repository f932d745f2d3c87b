/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { Erasure, Page, Retained } from "../../api_types.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { Badge, described, Empty, Field, When } from "../../parts.tsx";
import { type NameOf, staffNames } from "../../staff_names.ts";
import { Pager, Table } from "../../table.tsx";
import { evidenceWords } from "./evidence_words.ts";
import { registerPage, REGISTERS } from "./frame.tsx";
import { registerWords } from "./words.ts";

/** What goes: people who were erased, and data whose time is over. */
export function erasuresRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/registers/erasures", async (c) => {
    const { language } = c.get("reader");
    const words = evidenceWords(language);
    const api = console.api(c);
    const [page, nameOf] = await Promise.all([
      api.get<Page<Erasure>>("/v1/erasures", { limit: 20, cursor: c.req.query("cursor") }),
      staffNames(api, language),
    ]);
    return await registerPage(
      console,
      c,
      { register: "erasures" },
      <>
        <p class="soft">{words.erasures_intro}</p>
        {page.data.length === 0
          ? (
            <Empty title={words.erasures_empty}>
              <p>{words.erasures_empty_text}</p>
              <p>
                <a class="button" href={REGISTERS.people.href}>{registerWords(language).find_person}</a>
              </p>
            </Empty>
          )
          : page.data.map((one) => <ErasureCard c={c} erasure={one} nameOf={nameOf} />)}
        <Pager c={c} next={page.next_cursor} />
      </>,
    );
  });

  routes.get("/registers/erasures/:id", async (c) => {
    const { language } = c.get("reader");
    const api = console.api(c);
    const [erasure, nameOf] = await Promise.all([
      api.get<Erasure>(`/v1/erasures/${encodeURIComponent(c.req.param("id"))}`),
      staffNames(api, language),
    ]);
    return await registerPage(
      console,
      c,
      { register: "erasures" },
      <ErasureCard c={c} erasure={erasure} nameOf={nameOf} />,
    );
  });

  routes.get("/registers/retention", async (c) => {
    const { language } = c.get("reader");
    const words = evidenceWords(language);
    const typed = c.req.query("try") ?? "";
    const tried = /^[1-9]\d{0,4}$/.test(typed) ? typed : undefined;
    const { data } = await console.api(c).get<{ data: Retained[] }>("/v1/retention", { try: tried });
    return await registerPage(
      console,
      c,
      { register: "retention" },
      <>
        <p class="soft">{words.retention_intro}</p>
        <form method="get" class="filters">
          <Field label={words.retention_try} name="try">
            <input type="number" min="1" max="36500" {...described("try")} value={tried ?? ""} />
          </Field>
          <button type="submit" class="quiet">{registerWords(language).filter}</button>
        </form>
        <RetentionTable c={c} data={data} />
      </>,
    );
  });

  return routes;
}

export function ErasureCard({ c, erasure, nameOf }: { c: ConsoleContext; erasure: Erasure; nameOf: NameOf }) {
  const reader = c.get("reader");
  const words = evidenceWords(reader.language);
  const common = registerWords(reader.language);
  const parts = words.parts as Record<string, string>;
  const { state } = erasure;
  return (
    <article class="card" aria-label={erasure.id}>
      <dl class="facts">
        <dt>{common.state}</dt>
        <dd>
          <Badge tone={state === "done" ? "good" : "info"}>{words.states[state]}</Badge>
        </dd>
        <dt>{words.asked_at}</dt>
        <dd>
          <When at={erasure.created_at} reader={reader} />
        </dd>
        <dt>{words.requested_by}</dt>
        <dd>{words.requesters[erasure.requested_by]}</dd>
        <dt>{common.reason}</dt>
        <dd class="said">{erasure.reason}</dd>
        <dt>{words.entered_by}</dt>
        <dd>{nameOf(erasure.actor)}</dd>
        {erasure.finished_at === null ? null : (
          <>
            <dt>{words.finished_at}</dt>
            <dd>
              <When at={erasure.finished_at} reader={reader} />
            </dd>
          </>
        )}
        <dt>{words.erased}</dt>
        <dd>
          {Object.entries(erasure.erased).map(([name, count]) => `${parts[name] ?? name}: ${count}`).join(" · ")}
        </dd>
      </dl>
      <details>
        <summary>{words.kept}</summary>
        <Kept c={c} kept={erasure.kept} label={`${words.kept} ${erasure.id}`} />
      </details>
    </article>
  );
}

/** What an erasure leaves, in which form, why and for how long. */
export function Kept({ c, kept, label }: { c: ConsoleContext; kept: Erasure["kept"]; label: string }) {
  const words = evidenceWords(c.get("reader").language);
  return (
    <Table
      label={label}
      rows={kept}
      columns={[
        {
          head: words.kept,
          cell: ({ what, count }) =>
            `${(words.parts as Record<string, string>)[what] ?? what}${count === null ? "" : ` (${count})`}`,
        },
        { head: words.kept_form, cell: ({ form }) => form },
        { head: words.kept_why, cell: ({ why }) => why },
        { head: words.kept_until, cell: ({ days }) => days === null ? words.for_good : words.days(String(days)) },
      ]}
    />
  );
}

function RetentionTable({ c, data }: { c: ConsoleContext; data: readonly Retained[] }) {
  const reader = c.get("reader");
  const words = evidenceWords(reader.language);
  const common = registerWords(reader.language);
  return (
    <Table
      label={common.tabs.retention!}
      rows={data}
      columns={[
        { head: words.retention_data, cell: (row) => <span class="mono">{row.data}</span> },
        {
          head: words.retention_kept,
          cell: ({ days }) => days === null ? words.stays : words.days(String(days)),
          number: true,
        },
        {
          head: words.retention_before,
          cell: ({ before }) => before === null ? common.none : <When at={before} as="day" reader={reader} />,
        },
        {
          head: words.retention_due,
          cell: ({ due, complete }) => complete ? due : words.at_least(String(due)),
          number: true,
        },
        {
          head: words.kept_why,
          cell: ({ why, source, confidence }) => (
            <>
              {why ?? common.none} {source === null ? null : <small>{source} ({confidence})</small>}
            </>
          ),
        },
        {
          head: words.retention_looked,
          cell: ({ looked_through_at: at }) => at === null ? common.none : <When at={at} reader={reader} />,
        },
      ]}
    />
  );
}
