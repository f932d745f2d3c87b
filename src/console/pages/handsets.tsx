/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { z } from "zod";
import { may } from "../../api/roles.ts";
import type { Handset, HandsetMessage, Suggestion } from "../../api/sandbox.ts";
import type { ClockView } from "../../api/sandbox_clock.ts";
import { ApiProblem } from "../api_client.ts";
import { type Console, type ConsoleContext, type ConsoleEnv, type Reader, viewerOf } from "../console.ts";
import { instantOf } from "../local_time.ts";
import { Badge, Empty, Notice, When } from "../parts.tsx";
import { handsetWords } from "./handsets_words.ts";
import type { OwnSender, Page } from "./inbox_data.ts";
import { dateWords } from "./message_parts.tsx";

type Typed = z.infer<typeof HandsetMessage>;
type Numbers = z.infer<typeof Suggestion>[];
type Clock = z.infer<typeof ClockView>;

const PATH = "/console/handsets";
/** More do not fit beside each other, and each is read anew whenever something happens. */
const MOST_OPEN = 4;

/** Telephones of the sandbox, side by side, and its clock. */
export function handsetRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  /** Numbers of the address that can be numbers; the last one opened comes last. */
  const openOf = (c: ConsoleContext) =>
    [...new Set((c.req.queries("n") ?? []).filter((one) => /^\+\d{6,15}$/.test(one)))].slice(-MOST_OPEN);
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
        <p class="soft">{words.intro}</p>
        {problem === null ? null : <Notice tone="bad">{problem.detail ?? problem.title}</Notice>}
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
    const form = await c.req.parseBody();
    const number = c.req.param("number");
    const field = (name: string) => typeof form[name] === "string" ? form[name] : "";
    const body = { to: field("to"), text: field("quick") || field("text").replaceAll("\r\n", "\n") };
    try {
      await console.api(c).post(`/v1/sandbox/handsets/${encodeURIComponent(number)}/messages`, body);
    } catch (error) {
      if (!(error instanceof ApiProblem) || ![409, 422].includes(error.status)) throw error;
      if (c.req.header("hx-request") === "true") throw error;
      return await page(c, error);
    }
    if (c.req.header("hx-request") !== "true") return c.redirect(pathOf(openOf(c)), 303);
    c.header("hx-trigger", "parley:changed");
    return await c.html(<TypedText reader={c.get("reader")} number={number} again={field("quick") === ""} />);
  });

  routes.post("/handsets/clock", async (c) => {
    const form = await c.req.parseBody();
    const api = console.api(c);
    const { zone } = c.get("reader");
    const wish = String(form["go"] ?? "");
    try {
      const { own } = await api.get<Clock>("/v1/sandbox/clock");
      const at = wish === "sunday" || wish === "monday"
        ? comingAt(wish, own, zone)
        : instantOf(String(form["at"] ?? ""), zone);
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

function pathOf(open: readonly string[], below = "", more: Record<string, string> = {}): string {
  const query = new URLSearchParams([...open.map((one): [string, string] => ["n", one]), ...Object.entries(more)]);
  return `${PATH}${below}${query.size === 0 ? "" : `?${query}`}`;
}

/** The coming Sunday at 22:00, or the Monday after it at 09:00, in the reader's zone: the one follows the other. */
export function comingAt(day: "sunday" | "monday", own: string, zone: string): string {
  const now = Temporal.Instant.from(own).toZonedDateTimeISO(zone);
  const sunday = now.add({ days: (7 - now.dayOfWeek) % 7 }).withPlainTime("22:00");
  const coming = Temporal.ZonedDateTime.compare(sunday, now) < 0 ? sunday.add({ days: 7 }) : sunday;
  const at = day === "sunday" ? coming : coming.add({ days: 1 }).withPlainTime("09:00");
  return at.toInstant().toString();
}

/** What a person with this number would write: in the language of the suggestion with the most digits in common. */
function quickOf(number: string, numbers: Numbers, { language }: Reader): string[] {
  const common = (other: string) => [...number].findIndex((digit, index) => digit !== other[index]);
  const best = numbers.toSorted((a, b) => common(b.number) - common(a.number))[0];
  const near = numbers.find((one) => one.number === number) ?? best;
  const found = near !== undefined && (near.number === number || common(near.number) > 2) ? near : undefined;
  return (found ?? numbers.find((one) => one.language === language))?.quick_texts ?? [];
}

function ClockBar({ reader, clock, open, moves }: { reader: Reader; clock: Clock; open: string[]; moves: boolean }) {
  const words = handsetWords(reader.language);
  return (
    <section class="card clock" aria-label={words.clock}>
      <ClockTime reader={reader} clock={clock} />
      {moves
        ? (
          <form method="post" action={pathOf(open, "/clock")} class="row">
            <button type="submit" name="go" value="sunday" class="quiet small">{words.sunday}</button>
            <button type="submit" name="go" value="monday" class="quiet small">{words.monday}</button>
            <button type="submit" name="go" value="now" class="quiet small">{words.now}</button>
            <details>
              <summary>{words.at}</summary>
              <div class="row">
                <label class="unseen" for="clock-at">{words.at}</label>
                <input type="datetime-local" id="clock-at" name="at" />
                <button type="submit" name="go" value="at" class="quiet small">{words.set}</button>
              </div>
            </details>
          </form>
        )
        : clock.settable
        ? null
        : <p class="soft">{words.locked}</p>}
    </section>
  );
}

function ClockTime({ reader, clock }: { reader: Reader; clock: Clock }) {
  const words = handsetWords(reader.language);
  const day = new Intl.DateTimeFormat(reader.language, { weekday: "long", timeZone: reader.zone });
  return (
    <p id="clock-time">
      {words.clock_now} <strong>{day.format(new Date(clock.at))}, {dateWords(clock.at, reader)}</strong>{" "}
      <Badge tone={clock.set ? "warn" : "neutral"}>{clock.set ? words.clock_set : words.clock_own}</Badge>
    </p>
  );
}

interface OpenerProps {
  reader: Reader;
  open: string[];
  numbers: Numbers;
  known: string[];
}

function Opener({ reader, open, numbers, known }: OpenerProps) {
  const words = handsetWords(reader.language);
  const country = new Intl.DisplayNames(reader.language, { type: "region" });
  return (
    <form method="get" action={PATH} class="filters card">
      {open.map((number) => <input type="hidden" name="n" value={number} />)}
      <div>
        <label for="number">{words.number}</label>
        <input
          id="number"
          name="n"
          list="numbers"
          required
          pattern="\+[0-9]{6,15}"
          aria-describedby="number-hint"
          value={numbers[0]?.number ?? ""}
        />
        <datalist id="numbers">
          {numbers.map(({ number, country: code, reserved_by }) => (
            <option value={number}>
              {country.of(code)}
              {reserved_by === null ? "" : `, ${words.reserved(reserved_by)}`}
            </option>
          ))}
          {known.map((number) => <option value={number}>{words.known}</option>)}
        </datalist>
      </div>
      <button type="submit">{words.add}</button>
      <small id="number-hint">{words.number_hint}</small>
      <p class="row suggestions">
        {numbers.map(({ number, country: code }) => (
          <a class="button quiet small" href={pathOf([...open, number])} title={number}>{country.of(code)}</a>
        ))}
      </p>
    </form>
  );
}

interface PhoneProps {
  reader: Reader;
  number: string;
  open: string[];
  types: boolean;
  senders: OwnSender[];
  messages: Typed[];
  quick: string[];
}

function Phone({ reader, number, open, types, senders, messages, quick }: PhoneProps) {
  const words = handsetWords(reader.language);
  const action = pathOf(open, `/${encodeURIComponent(number)}/messages`);
  const id = (what: string) => `${what}-${number.slice(1)}`;
  const last = messages.at(-1);
  const chosen = last === undefined ? fitting(number, senders) : last.direction === "inbound" ? last.to : last.from;
  return (
    <section class="phone" aria-label={words.screen(number)}>
      <header class="row between">
        <h2>{number}</h2>
        <a class="button quiet small" href={pathOf(open.filter((one) => one !== number))} aria-label={words.close}>×</a>
      </header>
      <Screen reader={reader} number={number} messages={messages} />
      {types
        ? (
          <form
            method="post"
            action={action}
            hx-post={action}
            hx-target={`#${id("typed")}`}
            hx-swap="outerHTML"
            hx-sync="this:queue all"
          >
            <div class="row to">
              <label for={id("to")}>{words.to}</label>
              <select id={id("to")} name="to">
                {senders.map(({ address }) => <option selected={address === chosen}>{address}</option>)}
              </select>
            </div>
            <div class="row type">
              <TypedText reader={reader} number={number} />
              <button type="submit">{words.type}</button>
            </div>
            <div class="row quick" role="group" aria-label={words.quick}>
              {quick.map((text) => (
                <button type="submit" name="quick" value={text} class="quiet small" formnovalidate>{text}</button>
              ))}
            </div>
          </form>
        )
        : null}
    </section>
  );
}

/** The sender of the number's own country, which a person there would know. */
function fitting(number: string, senders: OwnSender[]): string | undefined {
  const own = senders.find(({ kind, countries }) =>
    kind !== "alphanumeric" &&
    countries.some((country) => CALLING[country] !== undefined && number.startsWith(CALLING[country]))
  );
  return (own ?? senders.find(({ kind, countries }) => kind !== "alphanumeric" && countries.length === 0))?.address;
}
/** Calling codes of the countries that the sandbox has senders of. */
const CALLING: Readonly<Record<string, string>> = { FR: "+33", US: "+1", CA: "+1", GB: "+44" };

function TypedText({ reader, number, again }: { reader: Reader; number: string; again?: boolean }) {
  const words = handsetWords(reader.language);
  const id = `typed-${number.slice(1)}`;
  return (
    <input
      id={id}
      name="text"
      maxlength={20000}
      aria-label={words.text}
      autocomplete="off"
      required
      autofocus={again}
    />
  );
}

function Screen({ reader, number, messages }: { reader: Reader; number: string; messages: Typed[] }) {
  const words = handsetWords(reader.language);
  return (
    <ol
      id={`screen-${number.slice(1)}`}
      class="screen"
      data-merge="keep"
      aria-live="polite"
      aria-label={words.screen(number)}
      tabindex={0}
    >
      {messages.length === 0 ? <li id={`empty-${number.slice(1)}`} class="soft" data-passing>{words.empty}</li> : null}
      {messages.map(({ id, direction, from, to, text, at }) => (
        <li id={id} class={direction === "inbound" ? "typed" : "got"}>
          <p class="said" dir="auto">{text}</p>
          <p class="meta">
            <span>{direction === "inbound" ? `${words.sent} → ${to}` : `${from} → ${words.got}`}</span>{" "}
            <When at={at} as="time" reader={reader} /> <a href={`/console/messages/${id}`}>{words.why}</a>
          </p>
        </li>
      ))}
    </ol>
  );
}
