/** @jsxImportSource hono/jsx */
import type { z } from "zod";
import type { ClockView } from "../../../api/sandbox/clock.ts";
import type { HandsetMessage, Suggestion } from "../../../api/sandbox/sandbox.ts";
import type { Reader } from "../../console.ts";
import { Badge, When } from "../../parts.tsx";
import type { OwnSender } from "../inbox/data.ts";
import { dateWords } from "../messages/parts.tsx";
import { handsetWords } from "./words.ts";

/** The clock of the sandbox, and its telephones. */

export type Typed = z.infer<typeof HandsetMessage>;
export type Numbers = z.infer<typeof Suggestion>[];
export type Clock = z.infer<typeof ClockView>;

export const PATH = "/console/handsets";

/** Address of the page with those handsets open, or of something below it. */
export function pathOf(open: readonly string[], below = "", more: Record<string, string> = {}): string {
  const query = new URLSearchParams([...open.map((one): [string, string] => ["n", one]), ...Object.entries(more)]);
  return `${PATH}${below}${query.size === 0 ? "" : `?${query}`}`;
}

/** What a person with this number would write: in the language of the suggestion with the most digits in common. */
export function quickOf(number: string, numbers: Numbers, { language }: Reader): string[] {
  const common = (other: string) => [...number].findIndex((digit, index) => digit !== other[index]);
  const best = numbers.toSorted((a, b) => common(b.number) - common(a.number))[0];
  const near = numbers.find((one) => one.number === number) ?? best;
  const found = near !== undefined && (near.number === number || common(near.number) > 2) ? near : undefined;
  return (found ?? numbers.find((one) => one.language === language))?.quick_texts ?? [];
}

export function ClockBar(
  { reader, clock, open, moves }: { reader: Reader; clock: Clock; open: string[]; moves: boolean },
) {
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

export function ClockTime({ reader, clock }: { reader: Reader; clock: Clock }) {
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

export function Opener({ reader, open, numbers, known }: OpenerProps) {
  const words = handsetWords(reader.language);
  const country = new Intl.DisplayNames(reader.language, { type: "region" });
  const form = (
    <form method="get" action={PATH} class={`filters${open.length === 0 ? " card" : ""}`}>
      {open.map((number) => <input type="hidden" name="n" value={number} />)}
      <div>
        <label for="number">{words.number}</label>
        <input
          id="number"
          name="n"
          list="numbers"
          required
          pattern="\+[0-9 .\-\(\)]{6,30}"
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
  // Beside handsets that are open it would push them out of the window.
  if (open.length === 0) return form;
  return (
    <details class="card opener">
      <summary>{words.another}</summary>
      {form}
    </details>
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

export function Phone({ reader, number, open, types, senders, messages, quick }: PhoneProps) {
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

export function TypedText({ reader, number, again }: { reader: Reader; number: string; again?: boolean }) {
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

export function Screen({ reader, number, messages }: { reader: Reader; number: string; messages: Typed[] }) {
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
