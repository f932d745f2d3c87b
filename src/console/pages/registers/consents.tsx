/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { ApiProblem } from "../../api_client.ts";
import type { Consent, ConsentState, Page } from "../../api_types.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { attempt, done, type Form, formOf, passOn, wrongWith } from "../../form.ts";
import { instantOf, localOf } from "../../local_time.ts";
import { Badge, described, Empty, Field, When } from "../../parts.tsx";
import { wrongNumber } from "../../problem_words.ts";
import { Pager, Table } from "../../table.tsx";
import { Refused, Told } from "../../told.tsx";
import { consentSource, consentWords } from "./consents_words.ts";
import { numberMeant, PersonLink, RegisterHead, registerPage } from "./frame.tsx";
import { listImportRoutes } from "./list_import.tsx";
import { registerWords } from "./words.ts";

const PATH = "/console/registers/consents";
const EXAMPLE = "recipient,purpose,source,granted_at,wording\n+33612345678,commercial,paper,2026-01-10T09:00:00Z,…";
const TONES = { granted: "good", withdrawn: "bad", disputed: "warn", pending: "info" } as const;

/** The ledger of consents: the register, recording by hand, import and export. One entry with its proof: `consent.tsx`. */
export function consentsRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/registers/consents", async (c) => {
    const { recipient, purpose, cursor } = c.req.query();
    const api = console.api(c);
    const page = await attempt(
      api.get<Page<Consent>>("/v1/consents", {
        recipient: await numberMeant(api, recipient || undefined),
        purpose: purpose?.trim(),
        cursor,
      }),
    );
    return await registerPage(
      console,
      c,
      { register: "consents", status: page.ok ? 200 : 422 },
      <List
        c={c}
        page={page.ok ? page.value : { data: [], next_cursor: null }}
        problem={page.ok ? undefined : page.problem}
      />,
    );
  });

  routes.get("/registers/consents/export", async (c) => passOn(await console.api(c).raw("/v1/consents/export")));

  routes.get("/registers/consents/new", async (c) => await newPage(console, c));

  routes.post("/registers/consents", async (c) => {
    const form = await formOf(c);
    const api = console.api(c);
    const time = (name: string) => {
      const typed = form.text(name);
      return typed === undefined ? undefined : instantOf(typed, c.get("reader").zone) ?? typed;
    };
    const recorded = await attempt(
      api.post<ConsentState>("/v1/consents", {
        recipient: await numberMeant(api, form.text("recipient")) ?? "",
        purpose: form.text("purpose") ?? "",
        source: form.text("source") ?? "",
        granted_at: time("granted_at") ?? "",
        expires_at: time("expires_at"),
        wording: form.text("wording") ?? "",
        wording_version: form.text("wording_version"),
        evidence_ref: form.text("evidence_ref"),
      }),
    );
    if (!recorded.ok) return await newPage(console, c, form, recorded.problem);
    return done(c, `${PATH}/${recorded.value.id}`, "recorded");
  });

  routes.route("/", listImportRoutes(console, { register: "consents", wordsOf: consentWords, example: EXAMPLE }));

  return routes;
}

export function ConsentStatus({ c, status }: { c: ConsoleContext; status: Consent["status"] }) {
  return <Badge tone={TONES[status]}>{consentWords(c.get("reader").language).statuses[status]}</Badge>;
}

interface ListProps {
  c: ConsoleContext;
  page: Page<Consent>;
  problem: ApiProblem | undefined;
}

function List({ c, page, problem }: ListProps) {
  const reader = c.get("reader");
  const words = consentWords(reader.language);
  const common = registerWords(reader.language);
  const { recipient, purpose } = c.req.query();
  const wrong = (name: string) => wrongWith(problem, name);
  const number = wrongNumber(problem, "recipient", reader.language);
  return (
    <>
      <Told c={c} told={words.told} />
      <RegisterHead c={c} register="consents" intro={words.intro} add={words.record} importing={words.import} />
      <form method="get" class="filters">
        <Field label={common.number} name="recipient" error={number}>
          <input type="search" {...described("recipient", { error: number })} value={recipient} />
        </Field>
        <Field label={words.purpose} name="purpose" error={wrong("purpose")}>
          <input type="search" {...described("purpose", { error: wrong("purpose") })} value={purpose} />
        </Field>
        <button type="submit" class="quiet">{common.filter}</button>
      </form>
      {page.data.length > 0 || problem !== undefined ? null : (
        <Empty title={words.empty}>
          <p>{words.empty_text}</p>
        </Empty>
      )}
      {page.data.length === 0 ? null : (
        <Table
          label={common.tabs.consents!}
          rows={page.data}
          columns={[
            { head: common.person, cell: (row) => <PersonLink number={row.recipient} /> },
            { head: words.purpose, cell: (row) => row.purpose },
            { head: words.status, cell: (row) => <ConsentStatus c={c} status={row.status} /> },
            { head: words.granted_at, cell: (row) => <When at={row.granted_at} reader={reader} /> },
            {
              head: words.source,
              cell: (row) => <span class="said">{consentSource(row.source, c.get("reader").language)}</span>,
            },
            {
              head: words.evidence,
              cell: (row) => (
                <a href={`${PATH}/${row.id}`}>
                  {words.open}
                  <span class="unseen">{row.recipient} {row.purpose}</span>
                </a>
              ),
            },
          ]}
        />
      )}
      <Pager c={c} next={page.next_cursor} />
    </>
  );
}

async function newPage(console: Console, c: ConsoleContext, form?: Form, problem?: ApiProblem): Promise<Response> {
  const reader = c.get("reader");
  const words = consentWords(reader.language);
  const common = registerWords(reader.language);
  const wrong = (name: string) => wrongWith(problem, name);
  const number = wrongNumber(problem, "recipient", reader.language);
  const field = (name: string, { hint, ...more }: { hint?: string; [attribute: string]: unknown } = {}) => ({
    ...described(name, { hint: hint !== undefined, error: wrong(name) }),
    value: form?.text(name) ?? "",
    ...more,
  });
  const now = localOf(new Date(console.now()).toISOString(), reader.zone);
  return await registerPage(
    console,
    c,
    { register: "consents", title: words.record_title, status: problem === undefined ? 200 : 422 },
    <form method="post" action={PATH} class="card">
      <Refused c={c} problem={problem} />
      <p>{words.record_text}</p>
      <Field label={common.number} name="recipient" error={number}>
        <input {...field("recipient", { required: true, maxlength: 40, inputmode: "tel" })} autocomplete="off" />
      </Field>
      <Field label={words.purpose} name="purpose" hint={words.purpose_hint} error={wrong("purpose")}>
        <input {...field("purpose", { hint: "", required: true })} value={form?.text("purpose") ?? "commercial"} />
      </Field>
      <Field label={words.source} name="source" hint={words.source_hint} error={wrong("source")}>
        <input {...field("source", { hint: "", required: true, maxlength: 100 })} />
      </Field>
      <Field label={words.granted_at} name="granted_at" hint={reader.zone} error={wrong("granted_at")}>
        <input type="datetime-local" {...field("granted_at", { hint: "", required: true })} max={now} />
      </Field>
      <Field label={words.expires_at} name="expires_at" hint={reader.zone} error={wrong("expires_at")}>
        <input type="datetime-local" {...field("expires_at", { hint: "" })} />
      </Field>
      <Field label={words.wording} name="wording" error={wrong("wording")}>
        <textarea {...described("wording", { error: wrong("wording") })} required maxlength={5000}>
          {form?.text("wording") ?? ""}
        </textarea>
      </Field>
      <Field label={words.wording_version} name="wording_version" error={wrong("wording_version")}>
        <input {...field("wording_version", { maxlength: 100 })} />
      </Field>
      <Field label={words.evidence_ref} name="evidence_ref" error={wrong("evidence_ref")}>
        <input {...field("evidence_ref", { maxlength: 500 })} />
      </Field>
      <button type="submit">{words.save}</button>
    </form>,
  );
}
