/** @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import { may } from "../../../api/access/roles.ts";
import type { Person } from "../../api_types.ts";
import { type ConsoleContext, viewerOf } from "../../console.ts";
import { Badge, When } from "../../parts.tsx";
import type { NameOf } from "../../staff_names.ts";
import { Pager, Table } from "../../table.tsx";
import { codeText, messageWords } from "../messages/words.ts";
import { ConsentStatus } from "./consents.tsx";
import { consentSource, consentWords } from "./consents_words.ts";
import { personPath, RuleLink } from "./frame.tsx";
import { OverrideCard } from "./overrides.tsx";
import { peopleWords } from "./people_words.ts";
import { reviewWords } from "./reviews_words.ts";
import { scopeText, Standing } from "./suppressions.tsx";
import { suppressionWords } from "./suppressions_words.ts";
import { registerWords } from "./words.ts";

interface Props {
  c: ConsoleContext;
  person: Person;
  nameOf: NameOf;
  /** Names by id. */
  campaigns: ReadonlyMap<string, string>;
  lists: ReadonlyMap<string, string>;
}

/** All there is about one person, to read and to print. */
export function Dossier(props: Props) {
  const { c, person } = props;
  const words = peopleWords(c.get("reader").language);
  return (
    <>
      <Head c={c} person={person} />
      <ContactCard {...props} />
      <Section title={words.suppressions} none={words.no_suppressions} rows={person.suppressions}>
        {person.suppressions.map((one) => <SuppressionCard {...props} suppression={one} />)}
      </Section>
      <Section title={words.consents} none={words.no_consents} rows={person.consents}>
        <Consents {...props} />
      </Section>
      {person.reviews.length === 0 ? null : <Reviews {...props} />}
      {person.overrides.length === 0 ? null : (
        <section>
          <h2>{words.overrides}</h2>
          {person.overrides.map((one) => <OverrideCard c={c} override={one} nameOf={props.nameOf} />)}
        </section>
      )}
      <Section title={words.messages} none={words.no_messages} rows={person.messages.data}>
        <ol class="plain">{person.messages.data.map((one) => <MessageItem {...props} message={one} />)}</ol>
        {person.messages.next_cursor === null ? null : (
          <p class="noprint">
            <a href={`${personPath(person.msisdn)}?messages=all`}>{words.all_messages}</a>
          </p>
        )}
        <Pager c={c} next={person.messages.next_cursor} />
      </Section>
      <Audit {...props} />
      {person.truncated.length === 0 ? null : <p>{words.truncated} {person.truncated.join(", ")}</p>}
    </>
  );
}

function Head({ c, person }: Pick<Props, "c" | "person">) {
  const reader = c.get("reader");
  const words = peopleWords(reader.language);
  const { role } = viewerOf(c);
  const path = personPath(person.msisdn);
  const refused = person.suppressions.some(({ lifted_at }) => lifted_at === null);
  const latest = person.consents.find(({ purpose }) => purpose === "commercial");
  return (
    <section class="card">
      <dl class="facts">
        <dt>{words.made_at}</dt>
        <dd>
          <When at={person.generated_at} as="exact" reader={reader} />
        </dd>
        <dt>{words.country}</dt>
        <dd>{person.country ?? "–"}</dd>
        <dt>{words.advertising}</dt>
        <dd>
          {refused
            ? <Badge tone="bad">{words.may_not}</Badge>
            : latest?.status === "granted"
            ? <Badge tone="good">{words.may}</Badge>
            : <Badge tone="warn">{words.no_consent}</Badge>}
        </dd>
      </dl>
      <p class="row noprint">
        <button type="button" data-print hidden>{words.print}</button>
        {may(role, "GET /v1/people/{msisdn}/export")
          ? <a class="button quiet" href={`${path}/export`} download>{words.export}</a>
          : null}
        {may(role, "POST /v1/suppressions")
          ? (
            <a
              class="button quiet"
              href={`/console/registers/suppressions/new?recipient=${encodeURIComponent(person.msisdn)}`}
            >
              {words.record_refusal}
            </a>
          )
          : null}
        {may(role, "DELETE /v1/people/{msisdn}")
          ? <a class="button danger" href={`${path}/erase`}>{words.erase}</a>
          : null}
      </p>
    </section>
  );
}

function Section({ title, none, rows, children }: { title: string; none: string; rows: unknown[]; children?: Child }) {
  return (
    <section>
      <h2>{title}</h2>
      {rows.length === 0 ? <p class="soft">{none}</p> : children}
    </section>
  );
}

function ContactCard({ c, person: { contact }, lists }: Props) {
  const words = peopleWords(c.get("reader").language);
  const none = registerWords(c.get("reader").language).none;
  if (contact === null) return <p class="soft">{words.no_contact}</p>;
  return (
    <section class="card">
      <h2>{words.contact}</h2>
      <dl class="facts">
        <dt>{words.name}</dt>
        <dd class="said">{contact.name ?? none}</dd>
        <dt>{words.language}</dt>
        <dd>{contact.language ?? none}</dd>
        <dt>{words.time_zone}</dt>
        <dd>{contact.time_zone ?? none}</dd>
        <dt>{words.tags}</dt>
        <dd class="said">{contact.tags.join(", ") || none}</dd>
        <dt>{words.lists}</dt>
        <dd class="said">{contact.lists.map((id) => lists.get(id) ?? id).join(", ") || none}</dd>
        {Object.entries(contact.fields).map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd class="said">{value}</dd>
          </>
        ))}
      </dl>
      <p class="noprint">
        <a href={`/console/contacts/${contact.id}`}>{words.edit}</a>
      </p>
    </section>
  );
}

function SuppressionCard(
  { c, suppression: one, nameOf }: Props & { suppression: Person["suppressions"][number] },
) {
  const reader = c.get("reader");
  const words = suppressionWords(reader.language);
  const people = peopleWords(reader.language);
  return (
    <article class="card">
      <p class="row">
        <Standing lifted={one.lifted_at !== null} c={c} />
        <strong>{scopeText(one, words)}</strong>
        <span>
          {words.sources[one.source]}, <When at={one.created_at} as="exact" reader={reader} />
        </span>
      </p>
      {one.cause === null ? null : <blockquote class="said">{one.cause.text}</blockquote>}
      {one.note === null ? null : <p class="said">{one.note}</p>}
      <p>
        {one.rule === null ? null : (
          <>
            <RuleLink id={one.rule} /> ·{" "}
          </>
        )}
        {one.barrier === null ? null : <>{people.barrier(String(one.barrier.ms_after_receipt))} ·{" "}</>}
        <a href={`/console/registers/suppressions/${one.id}`}>{words.evidence}</a>
      </p>
      {one.repeated.length === 0 ? null : (
        <p>
          {people.repeated}: {one.repeated.map(({ at }) => (
            <>
              <When at={at} reader={reader} />
              {" "}
            </>
          ))}
        </p>
      )}
      {one.lifted_at === null ? null : (
        <p>
          {words.lifted}: <When at={one.lifted_at} reader={reader} />, {nameOf(one.lifted_by ?? "")}
          {one.lift_reason === null ? null : (
            <>
              : <span class="said">{one.lift_reason}</span>
            </>
          )}
        </p>
      )}
    </article>
  );
}

function Consents({ c, person, nameOf }: Props) {
  const reader = c.get("reader");
  const words = consentWords(reader.language);
  const common = registerWords(reader.language);
  return (
    <Table
      label={peopleWords(reader.language).consents}
      rows={person.consents}
      columns={[
        {
          head: words.purpose,
          cell: ({ id, purpose }) => <a href={`/console/registers/consents/${id}`}>{purpose}</a>,
        },
        { head: words.status, cell: ({ status }) => <ConsentStatus c={c} status={status} /> },
        { head: words.granted_at, cell: ({ granted_at }) => <When at={granted_at} as="exact" reader={reader} /> },
        {
          head: words.source,
          cell: ({ source }) => <span class="said">{consentSource(source, reader.language)}</span>,
        },
        { head: words.wording, cell: ({ wording }) => <span class="said">{wording ?? common.none}</span> },
        {
          head: words.recorded_by,
          cell: ({ recorded_by }) => recorded_by === null ? common.none : nameOf(recorded_by),
        },
      ]}
    />
  );
}

function Reviews({ c, person, nameOf }: Props) {
  const reader = c.get("reader");
  const words = reviewWords(reader.language);
  const common = registerWords(reader.language);
  const text = (table: object, name: string) => (table as Record<string, string>)[name] ?? name;
  return (
    <section>
      <h2>{peopleWords(reader.language).reviews}</h2>
      <Table
        label={peopleWords(reader.language).reviews}
        rows={person.reviews}
        columns={[
          {
            head: words.kind,
            cell: ({ id, kind }) => <a href={`/console/registers/reviews/${id}`}>{text(words.kinds, kind)}</a>,
          },
          { head: common.at, cell: ({ created_at }) => <When at={created_at} reader={reader} /> },
          { head: words.doubt, cell: ({ words: doubtful }) => <span class="said">{doubtful ?? common.none}</span> },
          {
            head: words.settled_as,
            cell: ({ settlement }) => settlement === null ? words.states.open : text(words.settlements, settlement),
          },
          { head: common.by, cell: ({ settled_by }) => settled_by === null ? common.none : nameOf(settled_by) },
        ]}
      />
    </section>
  );
}

function MessageItem({ c, message, campaigns }: Props & { message: Person["messages"]["data"][number] }) {
  const reader = c.get("reader");
  const words = messageWords(reader.language);
  const { direction, status, category, campaign_id, decision, error, clicks } = message;
  const inbound = direction === "inbound";
  return (
    <li class="card">
      <p class="row">
        <Badge tone={inbound ? "info" : "neutral"}>{words.statuses[status]}</Badge>
        <span>
          {message.from} → {message.to}, <When at={message.created_at} as="exact" reader={reader} />
        </span>
        {category === null ? null : <Badge>{words.categories[category]}</Badge>}
        {campaign_id === null
          ? null
          : <a href={`/console/campaigns/${campaign_id}`}>{campaigns.get(campaign_id) ?? campaign_id}</a>}
      </p>
      <blockquote class="said">{message.text}</blockquote>
      {error === null ? null : (
        <p>
          {codeText(error.code, words)}: <span class="said">{error.detail}</span>
        </p>
      )}
      {clicks.length === 0
        ? null
        : <p>{peopleWords(reader.language).clicks(String(clicks.reduce((sum, one) => sum + one.clicks, 0)))}</p>}
      {decision.rules.length === 0 ? null : (
        <ul class="soft">
          {decision.rules.map(({ id, reason, source }) => (
            <li>
              <RuleLink id={id} />: {reason} <small>{source}</small>
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function Audit({ c, person, nameOf }: Props) {
  const reader = c.get("reader");
  const common = registerWords(reader.language);
  if (person.audit.length === 0) return null;
  return (
    <section>
      <h2>{peopleWords(reader.language).audit}</h2>
      <Table
        label={peopleWords(reader.language).audit}
        rows={person.audit}
        columns={[
          { head: common.at, cell: ({ at }) => <When at={at} as="exact" reader={reader} /> },
          { head: common.by, cell: ({ actor }) => nameOf(actor) },
          { head: common.details, cell: ({ action }) => <span class="mono">{action}</span> },
        ]}
      />
    </section>
  );
}
