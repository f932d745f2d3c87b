/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { ApiProblem } from "../../api_client.ts";
import type { Campaign, CampaignPreview, ContactList, Page, Sender } from "../../api_types.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { attempt, done, fieldsOf, formOf, wantsPart, wrongWith } from "../../form.ts";
import { described, Field, Notice } from "../../parts.tsx";
import { problemText } from "../../problem_words.ts";
import { Refused } from "../../told.tsx";
import { contactWords } from "../contacts/words.ts";
import { messageWords } from "../messages/words.ts";
import { CampaignFacts } from "./facts.tsx";
import { asSeen, campaignOf, differing, formOfCampaign } from "./form.ts";
import { Preview } from "./preview.tsx";
import { campaignWords } from "./words.ts";

const PATH = "/console/campaigns";
/** Messages shown whole while one writes. */
const SAMPLES = 3;

/** Writing a campaign, with what it would do beside it as one writes. */
export function composeRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/campaigns/new", async (c) => await composePage(console, c, { typed: new URLSearchParams() }));

  routes.post("/campaigns", async (c) => {
    const form = await formOf(c);
    const saved = await attempt(
      console.api(c).post<Campaign>("/v1/campaigns", campaignOf(form, c.get("reader").zone)),
    );
    return saved.ok
      ? done(c, `${PATH}/${saved.value.id}`, "saved")
      : await composePage(console, c, { typed: form.typed, problem: saved.problem });
  });

  // A part of the page as one writes; without scripts the whole page with the preview in it.
  routes.post("/campaigns/preview", async (c) => {
    const form = await formOf(c);
    const preview = await previewOf(console, c, form.typed);
    if (wantsPart(c)) return c.html(<LivePreview c={c} preview={preview} />);
    return await composePage(console, c, { typed: form.typed, preview, id: form.text("id") });
  });

  routes.get("/campaigns/:id/edit", async (c) => {
    const campaign = await console.api(c).get<Campaign>(`/v1/campaigns/${encodeURIComponent(c.req.param("id"))}`);
    return await composePage(console, c, {
      typed: formOfCampaign(campaign, c.get("reader").zone),
      id: campaign.id,
    });
  });

  routes.post("/campaigns/:id", async (c) => {
    const id = c.req.param("id");
    const path = `/v1/campaigns/${encodeURIComponent(id)}`;
    const form = await formOf(c);
    const saved = await attempt(
      console.api(c).put(path, campaignOf(form, c.get("reader").zone), asSeen(form)),
    );
    if (saved.ok) return done(c, `${PATH}/${encodeURIComponent(id)}`, "saved");
    const { problem } = saved;
    const elsewhere = problem.code === "campaign_changed" ? await console.api(c).get<Campaign>(path) : undefined;
    return await composePage(console, c, { typed: form.typed, problem, elsewhere, id });
  });

  return routes;
}

/** Of the page that shows the form again. */
function statusOf({ status }: ApiProblem): 404 | 409 | 422 {
  return status === 404 ? 404 : status === 409 || status === 412 ? 409 : 422;
}

type Previewed = { preview: CampaignPreview } | { problem: ApiProblem } | null;

/** Null while there is no text to decide. */
async function previewOf(console: Console, c: ConsoleContext, typed: URLSearchParams): Promise<Previewed> {
  const form = fieldsOf(typed);
  if (!form.has("text")) return null;
  // A name decides nothing, and may come last.
  const campaign = { ...campaignOf(form, c.get("reader").zone), name: "preview" };
  const found = await attempt(
    console.api(c).post<CampaignPreview>("/v1/campaigns/preview", { campaign, samples: SAMPLES }),
  );
  return found.ok ? { preview: found.value } : { problem: found.problem };
}

function LivePreview({ c, preview }: { c: ConsoleContext; preview: Previewed }) {
  if (preview === null) return <p class="soft">{campaignWords(c.get("reader").language).preview_empty}</p>;
  // No alert: somebody is in the middle of a word.
  if ("problem" in preview) {
    return <Notice tone="warn">{problemText(preview.problem, c.get("reader").language)}</Notice>;
  }
  return <Preview c={c} preview={preview.preview} />;
}

interface ComposeState {
  typed: URLSearchParams;
  problem?: ApiProblem;
  preview?: Previewed;
  /** Of the draft that is written anew. */
  id?: string | undefined;
  /** As another window left it meanwhile; saving again writes over it. */
  elsewhere?: Campaign | undefined;
}

async function composePage(
  console: Console,
  c: ConsoleContext,
  { typed, problem, preview, id, elsewhere }: ComposeState,
): Promise<Response> {
  const words = campaignWords(c.get("reader").language);
  const api = console.api(c);
  const [senders, lists, shown] = await Promise.all([
    api.get<Page<Sender>>("/v1/senders", { limit: 200 }),
    api.get<Page<ContactList>>("/v1/lists", { limit: 200 }),
    preview ?? previewOf(console, c, typed),
  ]);
  return await console.page(
    c,
    { title: words.write, place: "campaigns", styles: ["registers.css"] },
    <>
      <h1>{words.write}</h1>
      {elsewhere === undefined ? <Refused c={c} problem={problem} /> : (
        <>
          <Notice tone="bad">{words.elsewhere}</Notice>
          <h2>{words.stands}</h2>
          <CampaignFacts
            c={c}
            campaign={elsewhere}
            lists={lists.data}
            only={differing(elsewhere, typed, c.get("reader").zone)}
          />
        </>
      )}
      <form
        method="post"
        action={id === undefined ? PATH : `${PATH}/${id}`}
        class="compose"
      >
        {id === undefined ? null : (
          <>
            <input type="hidden" name="id" value={id} />
            <input type="hidden" name="revision" value={elsewhere?.revision ?? typed.get("revision") ?? ""} />
          </>
        )}
        <div>
          <Text c={c} typed={typed} problem={problem} senders={senders.data} />
          <Audience c={c} typed={typed} problem={problem} lists={lists.data} />
          <Times c={c} typed={typed} problem={problem} />
          <div class="row">
            <button type="submit">{elsewhere === undefined ? words.save : words.save_over}</button>
            <button type="submit" class="quiet" formaction={`${PATH}/preview`}>{words.preview}</button>
          </div>
        </div>
        <section class="card live" aria-labelledby="preview-title" tabindex={0}>
          <h2 id="preview-title">{words.preview}</h2>
          {/* Not on the form itself: htmx asks nothing for a form that is not complete yet. */}
          <div
            id="preview"
            hx-post={`${PATH}/preview`}
            hx-include="closest form"
            hx-trigger="input from:closest form delay:400ms, change from:closest form"
            hx-sync="this:replace"
          >
            <LivePreview c={c} preview={shown} />
          </div>
        </section>
      </form>
    </>,
    problem === undefined ? 200 : statusOf(problem),
  );
}

interface PartProps {
  c: ConsoleContext;
  typed: URLSearchParams;
  problem: ApiProblem | undefined;
}

/** A field of one line, as it was typed, with what the API says is wrong with it (`field` is the API's name). */
function Line(
  { typed, problem, name, field = name, label, hint, ...more }: Omit<PartProps, "c"> & {
    name: string;
    field?: string;
    label: string;
    hint?: string;
    [attribute: string]: unknown;
  },
) {
  const error = wrongWith(problem, field);
  return (
    <Field label={label} name={name} error={error} {...(hint === undefined ? {} : { hint })}>
      <input {...described(name, { hint: hint !== undefined, error })} value={typed.get(name) ?? ""} {...more} />
    </Field>
  );
}

function Text({ c, typed, problem, senders }: PartProps & { senders: readonly Sender[] }) {
  const { language } = c.get("reader");
  const words = campaignWords(language);
  const categories = messageWords(language).categories;
  const wrong = (name: string) => wrongWith(problem, name);
  return (
    <section class="card">
      <Line
        typed={typed}
        problem={problem}
        name="name"
        label={words.name}
        hint={words.name_hint}
        maxlength={100}
        required
      />
      <Field label={words.from} name="from" error={wrong("from")}>
        <select {...described("from", { error: wrong("from") })}>
          {senders.map(({ address, country }) => (
            <option value={address} selected={address === typed.get("from")}>
              {address}
              {country === null ? "" : ` (${country})`}
            </option>
          ))}
        </select>
      </Field>
      <Field label={words.text} name="text" hint={words.text_hint} error={wrong("text")}>
        <textarea {...described("text", { hint: true, error: wrong("text") })} required maxlength={3000} rows={5}>
          {typed.get("text") ?? ""}
        </textarea>
      </Field>
      <Field label={words.category} name="category" error={wrong("category")}>
        <select {...described("category", { error: wrong("category") })}>
          <option value="">{words.category_unsaid}</option>
          {(["commercial", "informative"] as const).map((one) => (
            <option value={one} selected={one === typed.get("category")}>{categories[one]}</option>
          ))}
        </select>
      </Field>
      <Line
        typed={typed}
        problem={problem}
        name="purpose"
        label={words.purpose}
        hint={words.purpose_hint}
        maxlength={100}
      />
    </section>
  );
}

function Audience({ c, typed, problem, lists }: PartProps & { lists: readonly ContactList[] }) {
  const { language } = c.get("reader");
  const words = campaignWords(language);
  const contacts = contactWords(language);
  const known = new Set(lists.map(({ id }) => id));
  const checks = (name: string) => (
    <div class="checks">
      {/* A list that is gone, or too old to be offered, stays named until somebody takes it off: without it the text would go to all. */}
      {typed.getAll(name).filter((id) => !known.has(id)).map((id) => (
        <label class="inline">
          <input type="checkbox" name={name} value={id} checked />
          <span class="mono said">{id}</span>
        </label>
      ))}
      {lists.length === 0 ? <p class="soft">{words.no_lists}</p> : lists.map((list) => (
        <label class="inline">
          <input type="checkbox" name={name} value={list.id} checked={typed.getAll(name).includes(list.id)} />
          <span class="said">{list.name}</span>
          <small>{list.filter === null ? list.members : contacts.kinds.filter}</small>
        </label>
      ))}
    </div>
  );
  const line = (name: string, label: string, field: string, more: Record<string, unknown> = {}) => (
    <Line typed={typed} problem={problem} name={name} field={`audience.filter.${field}`} label={label} {...more} />
  );
  return (
    <section class="card">
      <h2>{words.audience}</h2>
      <fieldset>
        <legend>{words.lists}</legend>
        {checks("lists")}
      </fieldset>
      <fieldset>
        <legend>{words.exclude}</legend>
        {checks("exclude_lists")}
      </fieldset>
      <fieldset>
        <legend>{words.narrow}</legend>
        <input type="hidden" name="filter_kept" value={typed.get("filter_kept") ?? ""} />
        <div class="columns">
          {line("tag", contacts.tags, "tags", { hint: contacts.tags_hint })}
          {line("q", contacts.q, "q", { maxlength: 100 })}
          {line("language", contacts.language, "language", { maxlength: 2 })}
          {line("field_name", contacts.field_name, "fields", { maxlength: 40 })}
          {line("field_value", contacts.field_value, "field_value", { maxlength: 500 })}
        </div>
      </fieldset>
    </section>
  );
}

function Times({ c, typed, problem }: PartProps) {
  const { language, zone } = c.get("reader");
  const words = campaignWords(language);
  const line = (name: string, label: string, more: Record<string, unknown> = {}) => (
    <Line typed={typed} problem={problem} name={name} label={label} {...more} />
  );
  const number = { type: "number", min: 0, step: "any" };
  return (
    <details class="card" open={problem !== undefined || typed.has("scheduled_at") || typed.has("sending_window")}>
      <summary>{words.when}, {words.limits.toLowerCase()}</summary>
      {line("scheduled_at", words.scheduled_at, { type: "datetime-local", hint: `${words.scheduled_hint} · ${zone}` })}
      {line("valid_until", words.valid_until, { type: "datetime-local", hint: zone })}
      {line("sending_window", words.window, { hint: words.window_hint })}
      <div class="columns">
        {line("rate_per_second", words.rate, number)}
        {line("max_segments", words.max_segments, { type: "number", min: 1, max: 10 })}
      </div>
      <fieldset>
        <legend>{words.fuse}</legend>
        <p class="hint">{words.fuse_text}</p>
        <div class="columns">
          {line("fuse_opt_out", words.fuse_opt_out, {
            ...number,
            max: 100,
            field: "fuse.opt_out_percent",
            placeholder: "5",
          })}
          {line("fuse_failure", words.fuse_failure, {
            ...number,
            max: 100,
            field: "fuse.failure_percent",
            placeholder: "25",
          })}
          {line("fuse_after", words.fuse_after, { type: "number", min: 1, field: "fuse.after", placeholder: "100" })}
        </div>
      </fieldset>
    </details>
  );
}
