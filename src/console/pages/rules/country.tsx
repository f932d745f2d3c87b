/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { CountryRead, RuleRead } from "../../../api/rules/rulebook_reading.ts";
import type { Country } from "../../../core/rulebook/rulebook_schema.ts";
import type { Console, ConsoleEnv, Reader } from "../../console.ts";
import { EditFile, STYLES } from "./browse.tsx";
import { browseWords } from "./browse_words.ts";
import { asSource, OtherHours, type PartProps, RegionalCaps, RegionalHours } from "./country_parts.tsx";
import { mayEdit, onVersion, OtherVersion, RulesByStage, SourceLine, Tabs, versionOf } from "./frame.tsx";
import { countryName, languageName, sayDay, termWords } from "./terms_words.ts";

/** All there is about one country, in sentences. */
export function countryRoutes(console: Console): Hono<ConsoleEnv> {
  return new Hono<ConsoleEnv>().get("/rules/countries/:code{[A-Z]{2}|default}", async (c) => {
    const reader = c.get("reader");
    const words = browseWords(reader.language);
    const version = versionOf(c);
    const code = c.req.param("code");
    const api = console.api(c);
    const [read, { data: rules }] = await Promise.all([
      api.get<CountryRead>(`/v1/rulebooks/${version}/countries/${code}`),
      api.get<{ data: RuleRead[] }>(`/v1/rulebooks/${version}/rules`, { country: code }),
    ]);
    const table = read.table as unknown as Country;
    const name = countryName(code, reader.language, words.default_country);
    return await console.page(
      c,
      { title: name, place: "rules", styles: STYLES },
      <>
        <h1>{name}</h1>
        <Tabs c={c} at="countries" />
        <OtherVersion version={version} back={`/console/rules/countries/${code}`} reader={reader} />
        <div class="row">
          <a class="button" href={onVersion(`/console/rules/try?country=${code}`, version)}>{words.try_here}</a>
          {mayEdit(c) && version === "active" ? <EditFile path={read.file} label={words.edit_file} /> : null}
        </div>
        <dl class="facts">
          <dt>{words.languages}</dt>
          <dd>{table.languages.map((one) => languageName(one, reader.language)).join(", ")}</dd>
          {table.territories === undefined ? null : (
            <>
              <dt>{words.territories}</dt>
              <dd>{table.territories.map((one) => countryName(one, reader.language, one)).join(", ")}</dd>
            </>
          )}
          {table.zones === undefined ? null : (
            <>
              <dt>{words.zones}</dt>
              <dd>{table.zones.join(", ")}</dd>
            </>
          )}
          <dt>{words.file}</dt>
          <dd>
            <a class="mono" href={onVersion(`/console/rules/file?path=${encodeURIComponent(read.file)}`, version)}>
              {read.file}
            </a>
          </dd>
        </dl>
        <div class="columns wide">
          <Advertisement read={read} table={table} reader={reader} />
          <div>
            <Information table={table} reader={reader} />
            <FromPerson read={read} table={table} reader={reader} />
          </div>
        </div>
        {table.notes === undefined ? null : (
          <>
            <h2>{words.notes}</h2>
            <ul lang="en">{table.notes.map((note) => <li>{note}</li>)}</ul>
          </>
        )}
        <details class="card">
          <summary>{words.rules_that_count}</summary>
          <RulesByStage
            rules={rules}
            reader={reader}
            version={version}
            country={code}
            heading={(title) => <h2>{title}</h2>}
          />
        </details>
        <details class="card">
          <summary>{words.examples}</summary>
          <Examples examples={table.examples} reader={reader} />
        </details>
      </>,
    );
  });
}

function Advertisement({ read, table, reader }: PartProps & { read: CountryRead }) {
  const words = browseWords(reader.language);
  const { days } = termWords(reader.language);
  const { consent, mention, senders, frequency } = table;
  const { lapse } = consent;
  const profile = table.quiet_hours.profiles[read.hours.profile];
  return (
    <section class="card">
      <h2>{words.advertisement}</h2>
      <h3>{words.consent}</h3>
      <p>
        {consent.commercial === "required" ? words.consent_required : words.consent_not_required} {words.refused_to}
      </p>
      {consent.commercial === "required"
        ? <p>{consent.soft_opt_in?.allowed === true ? words.soft_opt_in : words.no_soft_opt_in}</p>
        : null}
      {lapse === undefined ? null : (
        <ul>
          {(["own", "customer_relationship", "partner", "informative"] as const).map((kind) =>
            lapse[kind] === undefined ? null : <li>{words.lapse(words.lapse_kinds[kind], lapse[kind])}</li>
          )}
        </ul>
      )}
      <SourceLine source={asSource(consent.source)} reader={reader} />
      <h3>{words.hours}</h3>
      <p>{words.hours_text}</p>
      <table class="week">
        <thead>
          <tr>
            <th scope="col">{words.day}</th>
            <th scope="col">{words.open}</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(days).map(([day, label]) => (
            <tr>
              <th scope="row">{label}</th>
              <td>{read.hours.week[day] === "closed" ? words.closed : read.hours.week[day]?.replace("-", " – ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        {read.hours.holidays === "closed" ? words.holidays_closed : words.holidays_open}{" "}
        {read.hours.next_holidays.length === 0
          ? ""
          : `${words.next_holidays}: ${
            read.hours.next_holidays.map((day) => sayDay(day, reader.language)).join(", ")
          }.`}
      </p>
      {read.hours.chosen ? <p>{words.hours_chosen}</p> : null}
      {profile === undefined ? null : <SourceLine source={asSource(profile.source)} reader={reader} />}
      <OtherHours read={read} table={table} reader={reader} />
      <RegionalHours table={table} reader={reader} />
      <h3>{words.mention}</h3>
      <p>{words.mention_text}</p>
      <dl class="facts">
        <dt>{words.mention_number}</dt>
        <dd>{mention.number.map((form) => <Wording text={form} />)}</dd>
        <dt>{words.mention_reply}</dt>
        <dd>{mention.reply.map((form) => <Wording text={form} />)}</dd>
        <dt>{words.mention_link}</dt>
        <dd>{mention.link_allowed ? mention.link.map((form) => <Wording text={form} />) : words.no_link}</dd>
      </dl>
      <SourceLine source={asSource(mention.source)} reader={reader} />
      <h3>{words.caps}</h3>
      <ul>
        {read.caps.map(({ max, hours, by }) => (
          <li>{words.cap(max, hours)}{by === "deployment" ? ` (${words.cap_deployment})` : ""}</li>
        ))}
      </ul>
      <SourceLine source={asSource(frequency.source)} reader={reader} />
      <RegionalCaps table={table} reader={reader} />
      <h3>{words.senders}</h3>
      <p>{words.senders_text(kindsOf(senders.commercial, reader))}</p>
      <SourceLine source={asSource(senders.source)} reader={reader} />
    </section>
  );
}

function Information({ table, reader }: PartProps) {
  const words = browseWords(reader.language);
  return (
    <section class="card">
      <h2>{words.information}</h2>
      <p>{words.information_text}</p>
      <p>
        {table.opt_out.scope === "commercial" ? words.information_stop_commercial : words.information_stop_everything}
      </p>
      <p>{words.senders_text(kindsOf(table.senders.informative, reader))}</p>
      <p>{words.mixed}</p>
    </section>
  );
}

function FromPerson({ read, table, reader }: PartProps & { read: CountryRead }) {
  const words = browseWords(reader.language);
  const { opt_out, reporting } = table;
  const home = read.keywords.filter((one) => one.home);
  const names = words.answer_names as Record<string, string>;
  return (
    <section class="card">
      <h2>{words.from_person}</h2>
      <p>{opt_out.scope === "commercial" ? words.stop_scope_commercial : words.stop_scope_everything}</p>
      <p>{opt_out.doubt === "suppress" ? words.doubt_suppress : words.doubt_review}</p>
      <p>
        {words.deadline}: <span lang="en">{opt_out.deadline}</span>
      </p>
      <SourceLine source={asSource(opt_out.source)} reader={reader} />
      {(["opt_out", "help", "opt_in"] as const).map((intent) => {
        const list = [...new Set(home.filter((one) => one.intent === intent).flatMap((one) => one.words))];
        return list.length === 0 ? null : (
          <>
            <h3>{words.words_of[intent]}</h3>
            <p class="words">{list.map((word) => <span class="word">{word}</span>)}</p>
          </>
        );
      })}
      <p class="hint">{words.words_abroad}</p>
      <h3>{words.answers}</h3>
      {read.replies.map(({ language, templates }) => (
        <dl class="answers">
          {Object.entries(templates).filter(([name]) =>
            name !== (opt_out.scope === "commercial" ? "opt_out_everything" : "opt_out_commercial")
          ).map(([name, text]) => (
            <>
              <dt>{names[name] ?? name} ({languageName(language, reader.language)})</dt>
              <dd class="said" lang={language}>{text}</dd>
            </>
          ))}
        </dl>
      ))}
      {reporting === undefined ? null : <p>{words.reporting} {reporting.number}.</p>}
    </section>
  );
}

function Examples({ examples, reader }: { examples: Country["examples"]; reader: Reader }) {
  const words = browseWords(reader.language);
  return (
    <div class="scroll" tabindex={0} role="region" aria-label={words.examples}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.example_text}</th>
            <th scope="col">{words.example_given}</th>
            <th scope="col">{words.example_expected}</th>
          </tr>
        </thead>
        <tbody>
          {examples.map(({ text, expect, why, ...given }) => (
            <tr>
              <td class="said">{text}</td>
              <td>
                {Object.entries(given).map(([key, value]) => `${key}: ${plainly(value)}`).join(", ")}
                {why === undefined ? null : <p class="hint" lang="en">{why}</p>}
              </td>
              <td>{Object.entries(expect).map(([key, value]) => `${key}: ${plainly(value)}`).join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Wording({ text }: { text: string }) {
  return <span class="word">{text}</span>;
}

function kindsOf(kinds: readonly string[], reader: Reader): string {
  const names = termWords(reader.language).sender_kinds as Record<string, string>;
  return new Intl.ListFormat(reader.language).format(kinds.map((kind) => names[kind] ?? kind));
}

export function plainly(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
