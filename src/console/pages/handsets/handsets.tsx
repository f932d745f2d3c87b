/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { z } from "zod";
import { may } from "../../../api/access/roles.ts";
import type { Handset } from "../../../api/sandbox/sandbox.ts";
import { ApiProblem } from "../../api_client.ts";
import { type Console, type ConsoleContext, type ConsoleEnv, viewerOf } from "../../console.ts";
import { formOf, wantsPart } from "../../form.ts";
import { instantOf } from "../../local_time.ts";
import { Empty, Notice } from "../../parts.tsx";
import type { OwnSender, Page } from "../inbox/data.ts";
import {
  type Clock,
  ClockBar,
  ClockTime,
  type Numbers,
  Opener,
  pathOf,
  Phone,
  quickOf,
  Screen,
  type Typed,
  TypedText,
} from "./parts.tsx";
import { handsetWords } from "./words.ts";

/** More do not fit beside each other, and each is read anew whenever something happens. */
const MOST_OPEN = 4;

/** Telephones of the sandbox, side by side, and its clock. */
export function handsetRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  /** Numbers of the address that can be numbers; the last one opened comes last. */
  const openOf = (c: ConsoleContext) =>
    [
      ...new Set(
        (c.req.queries("n") ?? []).map((one) => one.replace(/[ .()-]/g, "")).filter((one) => /^\+\d{6,15}$/.test(one)),
      ),
    ].slice(-MOST_OPEN);
  const screen = (c: ConsoleContext, number: string) =>
    console.api(c).get<{ data: Typed[] }>(`/v1/sandbox/handsets/${encodeURIComponent(number)}`);

  const page = async (c: ConsoleContext, problem: ApiProblem | null = null, wentBack = false) => {
    const reader = c.get("reader");
    const words = handsetWords(reader.language);
    const api = console.api(c);
    const open = openOf(c);
    const [numbers, known, senders, clock, ...screens] = await Promise.all([
      api.get<{ data: Numbers }>("/v1/sandbox/numbers"),
      api.get<Page<z.infer<typeof Handset>>>("/v1/sandbox/handsets", { limit: 20 }),
      api.get<Page<OwnSender>>("/v1/senders", { limit: 200 }),
      api.get<Clock>("/v1/sandbox/clock"),
      ...open.map((number) => screen(c, number)),
    ]);
    const types = may(viewerOf(c).role, "POST /v1/sandbox/handsets/{msisdn}/messages");
    return await console.page(
      c,
      { title: words.title, place: "handsets", styles: ["handsets.css"], scripts: ["live.js"] },
      <div class="handsets" data-parts={pathOf(open, "/parts")}>
        <h1>{words.title}</h1>
        {open.length === 0 ? <p class="soft">{words.intro}</p> : null}
        {problem === null ? null : (
          <Notice tone="bad">
            {problem.errors.some(({ field }) => field === "at") ? words.no_time : problem.detail ?? problem.title}
          </Notice>
        )}
        {wentBack ? <Notice tone="warn">{words.went_back}</Notice> : null}
        <ClockBar
          reader={reader}
          clock={clock}
          open={open}
          moves={clock.settable && may(viewerOf(c).role, "PUT /v1/sandbox/clock")}
        />
        <Opener reader={reader} open={open} numbers={numbers.data} known={known.data.map(({ msisdn }) => msisdn)} />
        {open.length === 0
          ? (
            <Empty title={words.none}>
              <p>{words.none_text}</p>
            </Empty>
          )
          : (
            <div class="phones">
              {open.map((number, index) => (
                <Phone
                  reader={reader}
                  number={number}
                  open={open}
                  types={types}
                  senders={senders.data}
                  messages={screens[index]!.data}
                  quick={quickOf(number, numbers.data, reader)}
                />
              ))}
            </div>
          )}
      </div>,
      problem === null ? 200 : 422,
    );
  };

  routes.get("/handsets", (c) => page(c, null, c.req.query("back") === "1"));

  routes.get("/handsets/parts", async (c) => {
    const reader = c.get("reader");
    const open = openOf(c);
    const [clock, ...screens] = await Promise.all([
      console.api(c).get<Clock>("/v1/sandbox/clock"),
      ...open.map((number) => screen(c, number)),
    ]);
    return await c.html(
      <>
        <ClockTime reader={reader} clock={clock} />
        {open.map((number, index) => <Screen reader={reader} number={number} messages={screens[index]!.data} />)}
      </>,
    );
  });

  routes.post("/handsets/:number/messages", async (c) => {
    const form = await formOf(c);
    const number = c.req.param("number");
    const quick = form.text("quick");
    const body = { to: form.text("to") ?? "", text: quick ?? form.lines("text") };
    try {
      await console.api(c).post(`/v1/sandbox/handsets/${encodeURIComponent(number)}/messages`, body);
    } catch (error) {
      if (!(error instanceof ApiProblem) || ![409, 422].includes(error.status)) throw error;
      if (wantsPart(c)) throw error;
      return await page(c, error);
    }
    if (!wantsPart(c)) return c.redirect(pathOf(openOf(c)), 303);
    c.header("hx-trigger", "parley:changed");
    return await c.html(<TypedText reader={c.get("reader")} number={number} again={quick === undefined} />);
  });

  routes.post("/handsets/clock", async (c) => {
    const form = await formOf(c);
    const api = console.api(c);
    const { zone } = c.get("reader");
    const wish = form.text("go");
    try {
      const { own } = await api.get<Clock>("/v1/sandbox/clock");
      const at = wish === "sunday" || wish === "monday"
        ? comingAt(wish, own, zone)
        : instantOf(form.text("at") ?? "", zone);
      const clock = wish === "now"
        ? await api.delete<Clock>("/v1/sandbox/clock")
        : await api.put<Clock>("/v1/sandbox/clock", { at: at ?? "" });
      return c.redirect(pathOf(openOf(c), "", clock.told === null ? {} : { back: "1" }), 303);
    } catch (error) {
      if (!(error instanceof ApiProblem) || ![409, 422].includes(error.status)) throw error;
      return await page(c, error);
    }
  });

  return routes;
}

/** The coming Sunday at 22:00, or the Monday after it at 09:00, in the reader's zone: the one follows the other. */
export function comingAt(day: "sunday" | "monday", own: string, zone: string): string {
  const now = Temporal.Instant.from(own).toZonedDateTimeISO(zone);
  const sunday = now.add({ days: (7 - now.dayOfWeek) % 7 }).withPlainTime("22:00");
  const coming = Temporal.ZonedDateTime.compare(sunday, now) < 0 ? sunday.add({ days: 7 }) : sunday;
  const at = day === "sunday" ? coming : coming.add({ days: 1 }).withPlainTime("09:00");
  return at.toInstant().toString();
}
