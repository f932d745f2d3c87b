/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { DraftRead } from "../../../api/rules/drafts.ts";
import type { CountryEntry } from "../../../api/rules/rulebook_reading.ts";
import type { TrialRead } from "../../../api/rules/rulebook_trials.ts";
import { offsetAt } from "../../../core/time/zone_clock.ts";
import { zonesOfCountry } from "../../../core/time/zones.ts";
import { ApiProblem, withQuery } from "../../api_client.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { type Form, formOf, wantsPart } from "../../form.ts";
import { described, Empty, Field } from "../../parts.tsx";
import { STYLES } from "./browse.tsx";
import { browseWords } from "./browse_words.ts";
import { draftPath, Steps } from "./draft_frame.tsx";
import { OtherVersion, Tabs, versionOf } from "./frame.tsx";
import { Outcome } from "./outcome.tsx";
import { Cannot } from "./results.tsx";
import { countryName } from "./terms_words.ts";
import { tryWords } from "./try_words.ts";

/** Any text, tried: the page, and the part of it that htmx puts in the place of the last outcome. */
export function tryRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  const show = async (c: ConsoleContext, form: TryForm, tried: Tried | null, status: 200 | 422 = 200) => {
    const reader = c.get("reader");
    const words = tryWords(reader.language);
    const version = versionOf(c);
    const api = console.api(c);
    const draft = await draftIn(console, c);
    const [{ data: countries }, { data: senders }] = await Promise.all([
      api.get<{ data: CountryEntry[] }>(`/v1/rulebooks/${version}/countries`),
      api.get<{ data: { address: string; country: string | null }[] }>("/v1/senders", { limit: 200 }),
    ]);
    const near = senders.find(({ country }) => country === form.country) ?? senders[0];
    const shown = form.sender === "" ? { ...form, sender: near?.address ?? "" } : form;
    return await console.page(
      c,
      { title: words.title, place: "rules", styles: STYLES, scripts: ["rules_try.js"] },
      <>
        <h1>{draft === null ? words.title : draft.name}</h1>
        <Tabs c={c} at={draft === null ? "try" : "drafts"} />
        {draft === null ? null : (
          <>
            <Steps c={c} draft={draft} at="try" />
            <p>{words.on_draft(draft.name)}</p>
          </>
        )}
        <OtherVersion version={version} back="/console/rules/try" reader={reader} />
        <p>{words.lead}</p>
        <div class="columns wide">
          <ScenarioForm c={c} form={shown} countries={countries} senders={senders.map(({ address }) => address)} />
          <div id="outcome" class="card" aria-live="polite">
            {tried === null
              ? (
                <Empty title={words.empty}>
                  <p>{words.empty_text}</p>
                </Empty>
              )
              : <Result tried={tried} text={form.text} c={c} />}
          </div>
        </div>
      </>,
      status,
    );
  };

  routes.get("/rules/try", async (c) => {
    const country = c.req.query("country");
    return await show(c, { ...EMPTY, ...(country === undefined ? {} : { country }), zone: c.get("reader").zone }, null);
  });

  routes.post("/rules/try", async (c) => {
    const form = typedIn(await formOf(c), c.get("reader").zone);
    const tried = await attempt(console, c, form);
    if (wantsPart(c)) return c.html(<Result tried={tried} text={form.text} c={c} />);
    return await show(c, form, tried, tried.problem === undefined ? 200 : 422);
  });

  return routes;
}

interface TryForm {
  direction: "outbound" | "inbound";
  text: string;
  country: string;
  number: string;
  sender: string;
  category: string;
  at: string;
  zone: string;
  known: boolean;
  consent: string;
  suppressed: string;
  advertising: string;
}

const EMPTY: TryForm = {
  direction: "outbound",
  text: "",
  country: "FR",
  number: "",
  sender: "",
  category: "none",
  at: "",
  zone: "UTC",
  known: false,
  consent: "none",
  suppressed: "none",
  advertising: "0",
};

type Tried = { trial: TrialRead; problem?: undefined } | { problem: ApiProblem };

/** The scenario that the form describes, as the API takes it. What it refuses is told, not thrown. */
async function attempt(console: Console, c: ConsoleContext, form: TryForm): Promise<Tried> {
  const api = console.api(c);
  const version = versionOf(c);
  try {
    const draft = await draftIn(console, c);
    const number = form.number !== ""
      ? form.number
      : (await api.get<{ example_number: string | null }>(`/v1/rulebooks/${version}/countries/${form.country}`))
        .example_number ?? undefined;
    const at = form.at === "" ? new Date(console.now()).toISOString() : instantIn(form.at, form.zone);
    const sender = form.sender === "" ? undefined : form.sender;
    const outbound = form.direction === "outbound";
    const trial = await api.post<TrialRead>(`/v1/rulebooks/${draft?.base ?? version}/try`, {
      ...(draft === null || draft.changed.length === 0 ? {} : { files: draft.files }),
      direction: form.direction,
      text: form.text,
      at,
      ...(outbound ? { to: number, from: sender } : { from: number, to: sender }),
      ...(outbound && form.category !== "none" ? { category: form.category } : {}),
      ...(form.known ? { known: true } : {
        consent: form.consent,
        ...(form.suppressed === "none" ? {} : { suppressed: form.suppressed }),
        advertising_last_24h: Number(form.advertising) || 0,
      }),
    });
    return { trial };
  } catch (problem) {
    if (problem instanceof ApiProblem) return { problem };
    throw problem;
  }
}

/** The draft on which to try, where the address names one. */
async function draftIn(console: Console, c: ConsoleContext): Promise<DraftRead | null> {
  const id = c.req.query("draft");
  return id === undefined ? null : await console.api(c).get<DraftRead>(draftPath(id));
}

function Result({ tried, text, c }: { tried: Tried; text: string; c: ConsoleContext }) {
  if (tried.problem !== undefined) return <Cannot problem={tried.problem} reader={c.get("reader")} />;
  return <Outcome trial={tried.trial} text={text} reader={c.get("reader")} />;
}

interface ScenarioFormProps {
  c: ConsoleContext;
  form: TryForm;
  countries: readonly CountryEntry[];
  senders: readonly string[];
}

function ScenarioForm({ c, form, countries, senders }: ScenarioFormProps) {
  const reader = c.get("reader");
  const words = tryWords(reader.language);
  const { default_country } = browseWords(reader.language);
  const zones = [...new Set([reader.zone, form.zone, "UTC", ...countries.flatMap(({ code }) => zonesOfCountry(code))])];
  const action = withQuery("/console/rules/try", { version: c.req.query("version"), draft: c.req.query("draft") });
  return (
    <form method="post" action={action} hx-post={action} hx-target="#outcome" hx-swap="innerHTML" class="card">
      <fieldset class="plain-set">
        <legend>{words.direction}</legend>
        <div class="row">
          {(["outbound", "inbound"] as const).map((one) => (
            <label class="inline">
              <input type="radio" name="direction" value={one} checked={form.direction === one} />
              {words.directions[one]}
            </label>
          ))}
        </div>
      </fieldset>
      <Field label={words.text} name="text">
        <textarea {...described("text")} rows={4} maxlength={5000} required>{form.text}</textarea>
      </Field>
      <div class="pair">
        <Field label={words.country} name="country">
          <select {...described("country")}>
            {countries.map(({ code, example_number }) => (
              <option value={code} selected={code === form.country} data-number={example_number ?? ""}>
                {countryName(code, reader.language, default_country)}
              </option>
            ))}
          </select>
        </Field>
        <Field label={words.number} name="number" hint={words.number_hint}>
          <input type="tel" {...described("number", { hint: true })} value={form.number} maxlength={40} />
        </Field>
      </div>
      <div class="pair">
        <Field label={words.sender} name="sender" hint={words.sender_hint}>
          <input {...described("sender", { hint: true })} value={form.sender} list="senders" maxlength={20} />
        </Field>
        <datalist id="senders">{senders.map((one) => <option value={one}></option>)}</datalist>
        <Field label={words.category} name="category">
          <select {...described("category")}>
            {(["none", "commercial", "informative"] as const).map((one) => (
              <option value={one} selected={one === form.category}>{words.categories[one]}</option>
            ))}
          </select>
        </Field>
      </div>
      <div class="pair">
        <Field label={words.at} name="at" hint={words.at_hint}>
          <input type="datetime-local" {...described("at", { hint: true })} value={form.at} />
        </Field>
        <Field label={words.zone} name="zone">
          <select {...described("zone")}>
            {zones.map((zone) => <option value={zone} selected={zone === form.zone}>{zone.replaceAll("_", " ")}
            </option>)}
          </select>
        </Field>
      </div>
      <fieldset>
        <legend>{words.person}</legend>
        <label class="inline">
          <input type="checkbox" name="known" value="yes" checked={form.known} />
          {words.known}
        </label>
        <div class="pair">
          <Field label={words.consent} name="consent">
            <select {...described("consent")}>
              {(["none", "granted", "withdrawn", "expired", "disputed"] as const).map((one) => (
                <option value={one} selected={one === form.consent}>{words.consents[one]}</option>
              ))}
            </select>
          </Field>
          <Field label={words.suppressed} name="suppressed">
            <select {...described("suppressed")}>
              {(["none", "commercial", "all"] as const).map((one) => (
                <option value={one} selected={one === form.suppressed}>{words.suppressions[one]}</option>
              ))}
            </select>
          </Field>
        </div>
        <Field label={words.advertising} name="advertising">
          <input type="number" {...described("advertising")} min={0} max={100} value={form.advertising} />
        </Field>
      </fieldset>
      <button type="submit">{words.go}</button>
    </form>
  );
}

function typedIn(form: Form, zone: string): TryForm {
  const country = form.text("country") ?? EMPTY.country;
  return {
    direction: form.text("direction") === "inbound" ? "inbound" : "outbound",
    text: form.lines("text"),
    country: /^([A-Z]{2}|default)$/.test(country) ? country : EMPTY.country,
    number: form.text("number") ?? "",
    sender: form.text("sender") ?? "",
    category: form.text("category") ?? "none",
    at: form.text("at") ?? "",
    zone: form.text("zone") ?? zone,
    known: form.text("known") === "yes",
    consent: form.text("consent") ?? "none",
    suppressed: form.text("suppressed") ?? "none",
    advertising: form.text("advertising") ?? "0",
  };
}

/** A local time such as `2026-11-24T10:00` by the clock of a zone, as RFC 3339; what is none is handed on for the API to refuse. */
export function instantIn(local: string, zone: string): string {
  const as_utc = Date.parse(`${local}Z`);
  if (Number.isNaN(as_utc)) return local;
  try {
    const first = as_utc - offsetAt(zone, as_utc);
    // On the day of a change the offset is another at the instant itself.
    return new Date(as_utc - offsetAt(zone, first)).toISOString();
  } catch {
    return local;
  }
}
