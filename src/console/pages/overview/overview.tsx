/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { Child } from "hono/jsx";
import type { OverviewView } from "../../../api/oversight/overview.ts";
import type { Console, ConsoleContext, ConsoleEnv, Reader } from "../../console.ts";
import { numberIn, PageTabs, When } from "../../parts.tsx";
import { Attention } from "./attention.tsx";
import { type ChartSeries, TimeChart } from "./chart.tsx";
import { Deliveries } from "./deliveries.tsx";
import { StartHere } from "./start.tsx";
import { overviewWords } from "./words.ts";

/** The home of the console: what became of messages, and what needs somebody. */

const RANGES = { today: 1, week: 7, month: 30 } as const;
type Range = keyof typeof RANGES;

export function overviewRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  const read = (c: ConsoleContext, range: Range) =>
    console.api(c).get<OverviewView>("/v1/overview", { days: RANGES[range], time_zone: c.get("reader").zone });

  routes.get("/", async (c) => {
    const range = rangeOf(c.req.query("range"));
    const reader = c.get("reader");
    const words = overviewWords(reader.language);
    const overview = await read(c, range);
    const quiet = overview.outbound.accepted + overview.inbound.messages === 0;
    const fresh = quiet &&
      (await console.api(c).get<{ data: unknown[] }>("/v1/conversations", { limit: 1 })).data.length === 0;
    const props = { title: words.title, place: "overview" as const, styles: ["uplot.css", "overview.css"] };
    return await console.page(
      c,
      { ...props, scripts: ["overview.js"] },
      <>
        <div class="row between">
          <h1>{words.title}</h1>
          <Ranges range={range} reader={reader} />
        </div>
        <Now overview={overview} range={range} reader={reader} />
        {fresh
          ? <StartHere language={reader.language} />
          : <Charts overview={overview} range={range} reader={reader} />}
      </>,
    );
  });

  // What changes while one looks; asked for again every few seconds.
  routes.get("/overview/now", async (c) => {
    const range = rangeOf(c.req.query("range"));
    return c.html(<Now overview={await read(c, range)} range={range} reader={c.get("reader")} />);
  });
  return routes;
}

function rangeOf(given: string | undefined): Range {
  return given === "week" || given === "month" ? given : "today";
}

interface Shown {
  overview: OverviewView;
  range: Range;
  reader: Reader;
}

function Ranges({ range, reader }: Pick<Shown, "range" | "reader">) {
  const words = overviewWords(reader.language);
  return (
    <PageTabs
      label={words.range}
      tabs={(Object.keys(RANGES) as Range[]).map((one) => (
        { href: `/console?range=${one}`, text: words.ranges[one], here: one === range }
      ))}
    />
  );
}

function Now({ overview, range, reader }: Shown) {
  const words = overviewWords(reader.language);
  return (
    <div id="now" hx-get={`/console/overview/now?range=${range}`} hx-trigger="every 15s" hx-swap="outerHTML">
      <Attention attention={overview.attention} reader={reader} />
      <Tiles overview={overview} reader={reader} />
      <p class="hint">
        {words.as_of} <When at={overview.as_of} as="exact" reader={reader} />
      </p>
    </div>
  );
}

function Tiles({ overview, reader }: Pick<Shown, "overview" | "reader">) {
  const { language } = reader;
  const words = overviewWords(language);
  const shown = numberIn(language);
  const percent = (value: number | null) =>
    value === null ? "–" : numberIn(language, { style: "percent", maximumFractionDigits: 1 })(value / 100);
  const { now, barrier, books } = overview;
  const ms = (value: number) =>
    value < 1_000
      ? numberIn(language, { style: "unit", unit: "millisecond" })(value)
      : numberIn(language, { style: "unit", unit: "second", maximumFractionDigits: 1 })(value / 1_000);
  return (
    <ul class="tiles">
      <Tile label={words.delivered_tile} figure={percent(overview.delivery_percent)}>
        {overview.handed_over === 0 ? words.nothing_handed_over : words.of_handed_over(shown(overview.handed_over))}
      </Tile>
      <Tile label={words.waiting_tile} figure={shown(now.queued + now.held)}>
        {words.waiting_detail(shown(now.held), shown(now.due))}
        {now.oldest_due_at === null ? null : (
          <>
            , {words.oldest_due} <When at={now.oldest_due_at} as="time" reader={reader} />
          </>
        )}
      </Tile>
      <Tile label={words.barrier_tile} figure={barrier.median_ms === null ? "–" : ms(barrier.median_ms)}>
        {barrier.p95_ms === null || barrier.max_ms === null
          ? words.barrier_none
          : words.barrier_detail(ms(barrier.p95_ms), ms(barrier.max_ms), shown(barrier.measured))}
      </Tile>
      <Tile label={words.opt_out_tile} figure={percent(overview.opt_out_percent)}>
        {words.opt_out_detail(shown(overview.inbound.opt_outs + overview.inbound.left_by_link))}
      </Tile>
      <Tile
        label={words.books_tile}
        figure={books === null ? "–" : books.balanced ? words.balanced : words.unbalanced(shown(books.unaccounted))}
      >
        {books === null ? words.books_none : (
          <>
            {words.books_detail(shown(books.accepted))} <When at={books.checked_at} as="time" reader={reader} />
          </>
        )}
      </Tile>
      <Tile label={words.campaigns_tile} figure={shown(now.campaigns_running)}>
        <a href="/console/campaigns">{words.campaigns_link}</a>
      </Tile>
    </ul>
  );
}

function Tile({ label, figure, children }: { label: string; figure: string; children?: Child }) {
  return (
    <li class="tile">
      <span class="label">{label}</span>
      <span class="figure">{figure}</span>
      <span class="hint">{children}</span>
    </li>
  );
}

/** In the order in which they are stacked: what went well below, what needs a look on top. */
const OUTBOUND = [
  "delivered",
  "sent",
  "queued",
  "held",
  "refused",
  "canceled",
  "expired",
  "failed",
  "unknown",
] as const;

function Charts({ overview, range, reader }: Shown) {
  const words = overviewWords(reader.language);
  const step = overview.by;
  const axis = new Intl.DateTimeFormat(
    reader.language,
    step === "hour" ? { hour: "numeric", minute: "2-digit", timeZone: reader.zone } : {
      day: "numeric",
      month: "short",
      timeZone: reader.zone,
    },
  );
  const rows = <T,>(valuesOf: (slot: OverviewView["data"][number]) => number[]) =>
    overview.data.map((slot) => ({
      time: <When at={slot.at} as={step === "hour" ? (range === "today" ? "time" : "both") : "day"} reader={reader} />,
      label: axis.format(new Date(slot.at)),
      values: valuesOf(slot),
    }));
  const outbound: ChartSeries[] = OUTBOUND.map((name) => ({ name, label: words.became[name] }));
  const inbound: ChartSeries[] = [
    { name: "messages", label: words.heard.other },
    { name: "opt_outs", label: words.heard.opt_outs },
    { name: "left_by_link", label: words.heard.left_by_link },
  ];
  const common = { words, language: reader.language };
  return (
    <>
      <TimeChart
        id="outbound"
        title={words.outbound}
        series={outbound}
        rows={rows(({ outbound }) =>
          OUTBOUND.map((name) => name === "failed" ? outbound.failed + outbound.undelivered : outbound[name])
        )}
        {...common}
      />
      <TimeChart
        id="inbound"
        title={words.inbound}
        series={inbound}
        rows={rows(({ inbound }) => [inbound.messages - inbound.opt_outs, inbound.opt_outs, inbound.left_by_link])}
        {...common}
      />
      <Deliveries deliveries={overview.deliveries} language={reader.language} />
    </>
  );
}
