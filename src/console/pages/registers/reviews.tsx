/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { Page, Review } from "../../api_types.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { attempt } from "../../form.ts";
import { Badge, described, Empty, Field, FilterChoice, When } from "../../parts.tsx";
import { staffNames } from "../../staff_names.ts";
import { Pager, Table } from "../../table.tsx";
import { Refused } from "../../told.tsx";
import { numberMeant, PersonLink, registerPage } from "./frame.tsx";
import { reviewWords, settlementText } from "./reviews_words.ts";
import { registerWords } from "./words.ts";

const PATH = "/console/registers/reviews";

/** What the rules leave to a person, and complaints, as registers. Settling one after the other: `review_desk.tsx`. */
export function reviewsRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/registers/reviews/all", async (c) => {
    const words = reviewWords(c.get("reader").language);
    const common = registerWords(c.get("reader").language);
    const { kind, state, person } = c.req.query();
    return await registerPage(
      console,
      c,
      { register: "reviews", title: words.list },
      <>
        <p>
          <a class="button" href={PATH}>{words.one_by_one}</a>
        </p>
        <form method="get" class="filters">
          <FilterChoice label={words.kind} name="kind" all={common.all} options={words.kinds} chosen={kind} />
          <FilterChoice label={common.state} name="state" all={common.all} options={words.states} chosen={state} />
          <Field label={common.number} name="person">
            <input type="search" {...described("person")} value={person} />
          </Field>
          <button type="submit" class="quiet">{common.filter}</button>
        </form>
        {await list(console, c, {}, { title: words.empty, text: words.empty_text })}
      </>,
    );
  });

  routes.get("/registers/complaints", async (c) => {
    const words = reviewWords(c.get("reader").language);
    return await registerPage(
      console,
      c,
      { register: "complaints" },
      <>
        <p class="soft">{words.complaints_intro}</p>
        {await list(console, c, { kind: "complaint" }, {
          title: words.complaints_empty,
          text: words.complaints_empty_text,
        })}
      </>,
    );
  });

  return routes;
}

async function list(
  console: Console,
  c: ConsoleContext,
  fixed: { kind?: string },
  empty: { title: string; text: string },
) {
  const reader = c.get("reader");
  const words = reviewWords(reader.language);
  const common = registerWords(reader.language);
  const api = console.api(c);
  const { kind, state, person, cursor } = c.req.query();
  const number = await numberMeant(api, person || undefined);
  const [found, nameOf] = await Promise.all([
    attempt(api.get<Page<Review>>("/v1/reviews", { kind, state, person: number, cursor, ...fixed })),
    staffNames(api, reader.language),
  ]);
  if (!found.ok) return <Refused c={c} problem={found.problem} />;
  if (found.value.data.length === 0) {
    return (
      <Empty title={empty.title}>
        <p>{empty.text}</p>
      </Empty>
    );
  }
  return (
    <>
      <Table
        label={words.list}
        rows={found.value.data}
        columns={[
          {
            head: words.kind,
            cell: (row) => <a href={`${PATH}/${row.id}`}>{words.kinds[row.kind]}</a>,
          },
          { head: common.person, cell: ({ person }) => <PersonLink number={person} /> },
          { head: common.text, cell: ({ text }) => <span class="said">{text}</span> },
          { head: common.at, cell: ({ created_at }) => <When at={created_at} reader={reader} /> },
          {
            head: common.state,
            cell: (row) => <Badge tone={row.state === "open" ? "warn" : "neutral"}>{words.states[row.state]}</Badge>,
          },
          { head: words.settled_as, cell: ({ settlement }) => settlementText(settlement, words) || common.none },
          { head: common.by, cell: ({ settled_by }) => settled_by === null ? common.none : nameOf(settled_by) },
        ]}
      />
      <Pager c={c} next={found.value.next_cursor} />
    </>
  );
}
