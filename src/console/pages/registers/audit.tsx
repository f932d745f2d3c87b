/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { AUDIT_ACTIONS } from "../../../store/oversight/audit.ts";
import type { ApiProblem } from "../../api_client.ts";
import type { AuditEntry, AuditVerification, Page } from "../../api_types.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { attempt, wantsPart, wrongWith } from "../../form.ts";
import { instantOf } from "../../local_time.ts";
import { Badge, described, Empty, Field, Notice, When } from "../../parts.tsx";
import { type NameOf, nameOfStaff, OTHER_ACTORS, readStaff, type Staff } from "../../staff_names.ts";
import { Pager, Table } from "../../table.tsx";
import { Refused } from "../../told.tsx";
import { evidenceWords } from "./evidence_words.ts";
import { numberMeant, PersonLink, registerPage } from "./frame.tsx";
import { registerWords } from "./words.ts";

const PATH = "/console/registers/audit";

/** The audit log: who decided what, and whether the chain fits. */
export function auditPageRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/registers/audit", async (c) => {
    const reader = c.get("reader");
    const api = console.api(c);
    const { actor, action, subject, msisdn, from, to, cursor } = c.req.query();
    const time = (typed: string | undefined) => typed ? instantOf(typed, reader.zone) ?? typed : undefined;
    const [page, members] = await Promise.all([
      attempt(api.get<Page<AuditEntry>>("/v1/audit", {
        actor: actor?.trim(),
        action,
        subject: subject?.trim(),
        msisdn: await numberMeant(api, msisdn || undefined),
        from: time(from),
        to: time(to),
        cursor,
      })),
      readStaff(api),
    ]);
    const nameOf = nameOfStaff(members, reader.language);
    const words = evidenceWords(reader.language);
    return await registerPage(
      console,
      c,
      { register: "audit", status: page.ok ? 200 : 422 },
      <>
        <p class="soft">{words.audit_intro}</p>
        <section class="card" id="verification">
          <form
            method="get"
            action={`${PATH}/verification`}
            hx-get={`${PATH}/verification`}
            hx-target="#verification"
            class="row"
          >
            <button type="submit" class="quiet">{words.verify_run}</button>
            <small>{words.verify_all}</small>
          </form>
        </section>
        <Filter c={c} problem={page.ok ? undefined : page.problem} members={members} nameOf={nameOf} />
        {page.ok ? <Entries c={c} page={page.value} nameOf={nameOf} /> : <Refused c={c} problem={page.problem} />}
      </>,
    );
  });

  routes.get("/registers/audit/verification", async (c) => {
    const found = await console.api(c).get<AuditVerification>("/v1/audit/verification", { entries: 20_000 });
    const shown = <Verification c={c} found={found} />;
    if (wantsPart(c)) return await c.html(shown);
    return await registerPage(
      console,
      c,
      { register: "audit", title: evidenceWords(c.get("reader").language).verify },
      shown,
    );
  });

  return routes;
}

function Verification({ c, found }: { c: ConsoleContext; found: AuditVerification }) {
  const words = evidenceWords(c.get("reader").language);
  const { entries, whole, findings, checkpoint } = found;
  return (
    <>
      {findings.length === 0
        ? (
          <Notice tone="good">
            {(whole ? words.verified_whole : words.verified_part)(String(entries))}
          </Notice>
        )
        : (
          <Notice tone="bad">
            {words.verify_wrong(String(findings.length))}
            <ul>{findings.map(({ seq, what }) => <li>{words.verify_entry(String(seq))}: {what}</li>)}</ul>
          </Notice>
        )}
      {checkpoint === null ? null : (
        <p>
          {words.checkpoint} <code class="said">{checkpoint.seq}:{checkpoint.hash}</code>
        </p>
      )}
      <p>
        <small>{words.verify_all}</small>
      </p>
    </>
  );
}

interface FilterProps {
  c: ConsoleContext;
  problem: ApiProblem | undefined;
  members: Staff;
  nameOf: NameOf;
}

function Filter({ c, problem, members, nameOf }: FilterProps) {
  const words = evidenceWords(c.get("reader").language);
  const common = registerWords(c.get("reader").language);
  const query = c.req.query();
  // Whoever is asked about may be gone, or be a carrier.
  const actors = new Set([
    ...members.map(({ id }) => id),
    ...OTHER_ACTORS,
    ...(query["actor"] ? [query["actor"]] : []),
  ]);
  const text = (name: string, label: string, type = "search") => (
    <Field label={label} name={name} error={wrongWith(problem, name)}>
      <input
        type={type}
        {...described(name, { error: wrongWith(problem, name) })}
        value={query[name]}
      />
    </Field>
  );
  return (
    <form method="get" action={PATH} class="filters">
      <Field label={words.actor} name="actor" error={wrongWith(problem, "actor")}>
        <select {...described("actor", { error: wrongWith(problem, "actor") })}>
          <option value="">{common.all}</option>
          {[...actors].map((id) => <option value={id} selected={id === query["actor"]}>{nameOf(id)}</option>)}
        </select>
      </Field>
      <Field label={words.action} name="action">
        <select {...described("action")}>
          <option value="">{common.all}</option>
          {AUDIT_ACTIONS.map((one) => <option value={one} selected={one === query["action"]}>{one}</option>)}
        </select>
      </Field>
      {text("subject", words.subject)}
      {text("msisdn", common.number)}
      {text("from", words.from, "datetime-local")}
      {text("to", words.to, "datetime-local")}
      <button type="submit" class="quiet">{common.filter}</button>
    </form>
  );
}

function Entries({ c, page, nameOf }: { c: ConsoleContext; page: Page<AuditEntry>; nameOf: NameOf }) {
  const reader = c.get("reader");
  const words = evidenceWords(reader.language);
  const common = registerWords(reader.language);
  if (page.data.length === 0) {
    return (
      <>
        <Empty title={words.audit_empty}>
          <p>{words.audit_empty_text}</p>
        </Empty>
        <Pager c={c} next={page.next_cursor} />
      </>
    );
  }
  const filter = (name: string, value: string) => `${PATH}?${new URLSearchParams({ [name]: value })}`;
  return (
    <>
      <Table
        label={common.tabs.audit!}
        rows={page.data}
        columns={[
          { head: words.seq, cell: ({ seq }) => seq, number: true },
          { head: common.at, cell: ({ at }) => <When at={at} as="exact" reader={reader} /> },
          { head: words.actor, cell: ({ actor }) => <a href={filter("actor", actor)}>{nameOf(actor)}</a> },
          { head: words.action, cell: ({ action }) => <a class="mono" href={filter("action", action)}>{action}</a> },
          {
            head: words.subject,
            cell: ({ subject }) => <a class="mono" href={filter("subject", subject)}>{subject}</a>,
          },
          { head: common.person, cell: ({ person }) => person === null ? common.none : <PersonLink number={person} /> },
          { head: common.details, cell: (entry) => <Details c={c} entry={entry} /> },
          {
            head: common.state,
            cell: ({ hash }) =>
              hash === null ? <Badge tone="info">{words.unsealed}</Badge> : <Badge tone="good">{words.sealed}</Badge>,
          },
        ]}
      />
      <Pager c={c} next={page.next_cursor} />
    </>
  );
}

function Details({ c, entry: { details, hash } }: { c: ConsoleContext; entry: AuditEntry }) {
  const words = evidenceWords(c.get("reader").language);
  if (details === null) return <>{words.details_gone}</>;
  const { salt: _salt, person: _person, ...told } = details;
  return (
    <details>
      <summary>{Object.keys(told).slice(0, 3).join(", ") || "–"}</summary>
      <dl class="facts">
        {Object.entries(told).map(([name, value]) => (
          <>
            <dt class="mono">{name}</dt>
            <dd class="said">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </>
        ))}
        {hash === null ? null : (
          <>
            <dt>SHA-256</dt>
            <dd class="mono">{hash}</dd>
          </>
        )}
      </dl>
    </details>
  );
}
