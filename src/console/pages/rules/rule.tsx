/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { CountryEntry, RuleReadWithText } from "../../../api/rules/rulebook_reading.ts";
import { ApiProblem } from "../../api_client.ts";
import type { Console, ConsoleEnv } from "../../console.ts";
import { Empty } from "../../parts.tsx";
import { EditFile, STYLES } from "./browse.tsx";
import { browseWords } from "./browse_words.ts";
import { plainly } from "./country.tsx";
import { Effect, mayEdit, onVersion, OtherVersion, SourceLine, Tabs, versionOf } from "./frame.tsx";
import { countryName, sayDay, termWords } from "./terms_words.ts";

/** The place of one rule, where every mention of it leads. */
export function ruleRoutes(console: Console): Hono<ConsoleEnv> {
  return new Hono<ConsoleEnv>().get("/rules/:id{[a-z][a-z0-9_]*(?:\\.[a-z0-9_]+)+}", async (c) => {
    const reader = c.get("reader");
    const words = browseWords(reader.language);
    const asked = versionOf(c);
    const id = c.req.param("id");
    const chosen = c.req.query("country");
    const country = chosen !== undefined && /^([A-Z]{2}|default)$/.test(chosen) ? chosen : undefined;
    const api = console.api(c);
    const [rule, { data: countries, active }] = await Promise.all([
      api.get<RuleReadWithText>(`/v1/rulebooks/${asked}/rules/${id}`, { country }).catch((error) => {
        if (error instanceof ApiProblem && error.code === "no_such_rule") return null;
        throw error;
      }),
      api.get<{ data: CountryEntry[]; active: boolean }>(`/v1/rulebooks/${asked}/countries`),
    ]);
    // A decision names the version that made it, which most often is the one in force.
    const version = active ? "active" : asked;
    const props = { title: id, place: "rules" as const, styles: STYLES };
    if (rule === null) {
      return await console.page(
        c,
        props,
        <>
          <h1 class="mono wrap">{id}</h1>
          <Tabs c={c} at="all" />
          <Empty title={words.no_rule}>
            <p>{words.no_rule_text}</p>
            <p>
              <a class="button" href={`/console/rules/search?q=${encodeURIComponent(id)}`}>{words.search}</a>
            </p>
          </Empty>
        </>,
        404,
      );
    }
    const { stages } = termWords(reader.language);
    const name = country === undefined ? "" : countryName(country, reader.language, words.default_country);
    return await console.page(
      c,
      props,
      <>
        <h1 class="mono wrap">{id}</h1>
        <Tabs c={c} at="all" />
        <OtherVersion version={version} back={`/console/rules/${id}`} reader={reader} />
        <p class="lead" lang="en">{rule.description}</p>
        <dl class="facts">
          <dt>{words.does}</dt>
          <dd>
            <Effect effect={rule.effect} reader={reader} /> {stages[rule.stage]}
          </dd>
          <dt>{words.when}</dt>
          <dd lang="en">{rule.conditions}</dd>
          <dt>{words.reason}</dt>
          <dd lang="en">{rule.reason}</dd>
          {rule.effective_from === null && rule.effective_to === null ? null : (
            <>
              <dt>{words.dates}</dt>
              <dd>
                {rule.effective_from === null ? "" : words.from_day(sayDay(rule.effective_from, reader.language))}{" "}
                {rule.effective_to === null ? "" : words.to_day(sayDay(rule.effective_to, reader.language))}
              </dd>
            </>
          )}
          <dt>{words.priority}</dt>
          <dd>{rule.priority}</dd>
          {rule.flow === null ? null : (
            <>
              <dt>{words.part_of_flow}</dt>
              <dd>
                <a href={onVersion(`/console/rules/settings#${rule.flow}`, version)}>{rule.flow}</a>
              </dd>
            </>
          )}
          <dt>{words.where}</dt>
          <dd>
            <a
              class="mono"
              href={onVersion(`/console/rules/file?path=${encodeURIComponent(rule.file)}#L${rule.line ?? 1}`, version)}
            >
              {rule.file}
            </a>
            {rule.line === null ? "" : `, ${words.line(rule.line)}`}
          </dd>
        </dl>
        <SourceLine source={rule.source} reader={reader} />
        {mayEdit(c) && version === "active" ? <EditFile path={rule.file} label={words.edit_rule} /> : null}
        {rule.text === null ? null : (
          <>
            <h2>{words.text}</h2>
            <pre tabindex={0} aria-label={words.text}>{rule.text}</pre>
          </>
        )}
        {rule.in_country.length === 0 ? null : (
          <>
            <h2>{words.in_country(name)}</h2>
            {rule.in_country.map(({ text }) => <pre tabindex={0} aria-label={words.in_country(name)}>{text}</pre>)}
          </>
        )}
        <form method="get" class="filters">
          {version === "active" ? null : <input type="hidden" name="version" value={version} />}
          <div>
            <label for="rule-country">{words.choose_country}</label>
            <select id="rule-country" name="country">
              {countries.map(({ code, name }) => (
                <option value={code} selected={code === country}>
                  {countryName(code, reader.language, code === "default" ? words.default_country : name)}
                </option>
              ))}
            </select>
          </div>
          <button type="submit" class="quiet">{words.show}</button>
        </form>
        <Scenarios title={words.matches} scenarios={rule.examples.matches} />
        <Scenarios title={words.does_not_match} scenarios={rule.examples.does_not_match} />
      </>,
    );
  });
}

function Scenarios({ title, scenarios }: { title: string; scenarios: readonly Record<string, unknown>[] }) {
  return scenarios.length === 0 ? null : (
    <>
      <h2>{title}</h2>
      <ul class="plain">
        {scenarios.map(({ text, why, ...given }) => (
          <li class="rule-item">
            <p class="said">{String(text)}</p>
            <p class="hint">
              {Object.entries(given).map(([key, value]) => `${key}: ${plainly(value)}`).join(", ")}
              {why === undefined
                ? null
                : <span lang="en">{Object.keys(given).length > 0 ? " · " : ""}{String(why)}</span>}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}
