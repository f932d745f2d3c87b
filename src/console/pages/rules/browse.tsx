/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { CountryEntry, RuleRead, SettingsRead } from "../../../api/rules/rulebook_reading.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { Empty } from "../../parts.tsx";
import { browseWords } from "./browse_words.ts";
import {
  mayEdit,
  onVersion,
  OtherVersion,
  RulesByStage,
  SourceLine,
  type Tab,
  Tabs,
  Version,
  versionOf,
} from "./frame.tsx";
import { countryName, languageName } from "./terms_words.ts";

export const STYLES = ["rules.css"] as const;

/** The rules as people read them: by country, one by one, and what was chosen beside them. */
export function browseRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();
  const frame = (c: ConsoleContext, tab: Tab, title: string) => ({
    props: { title, place: "rules" as const, styles: STYLES },
    top: <Tabs c={c} at={tab} />,
  });

  routes.get("/rules", async (c) => {
    const reader = c.get("reader");
    const words = browseWords(reader.language);
    const version = versionOf(c);
    const { rulebook, data } = await console.api(c).get<{ rulebook: string; data: CountryEntry[] }>(
      `/v1/rulebooks/${version}/countries`,
    );
    const named = data.filter(({ code }) => code !== "default").map((one) => ({
      ...one,
      name: countryName(one.code, reader.language, one.name),
    })).sort((a, b) => a.name.localeCompare(b.name, reader.language));
    const { props, top } = frame(c, "countries", words.title);
    return await console.page(
      c,
      props,
      <>
        <h1>{words.title}</h1>
        {top}
        <OtherVersion version={version} back="/console/rules" reader={reader} />
        <div class="row between">
          <p>
            {words.in_force}: <Version hash={rulebook} />
          </p>
        </div>
        <SearchForm c={c} query="" version={version} />
        <h2>{words.countries}</h2>
        <p>{words.countries_text}</p>
        <ul class="country-list">
          {named.map(({ code, name, languages, territories }) => (
            <li>
              <a class="country" href={onVersion(`/console/rules/countries/${code}`, version)}>
                <span class="country-name">{name}</span>
                <span class="hint">
                  {languages.map((one) => languageName(one, reader.language)).join(", ")}
                  {territories.length === 0 ? "" : ` · +${territories.length}`}
                </span>
              </a>
            </li>
          ))}
          <li>
            <a class="country" href={onVersion("/console/rules/countries/default", version)}>
              <span class="country-name">{words.default_country}</span>
              <span class="hint">{words.default_text}</span>
            </a>
          </li>
        </ul>
      </>,
    );
  });

  routes.get("/rules/all", async (c) => {
    const reader = c.get("reader");
    const words = browseWords(reader.language);
    const version = versionOf(c);
    const { data } = await console.api(c).get<{ data: RuleRead[] }>(`/v1/rulebooks/${version}/rules`);
    const own = Map.groupBy(data.filter(({ country }) => country !== null), ({ country }) => country!);
    const { props, top } = frame(c, "all", words.all);
    return await console.page(
      c,
      props,
      <>
        <h1>{words.all}</h1>
        {top}
        <OtherVersion version={version} back="/console/rules/all" reader={reader} />
        <SearchForm c={c} query="" version={version} />
        <h2>{words.generic}</h2>
        <RulesByStage
          rules={data.filter(({ country }) => country === null)}
          reader={reader}
          version={version}
          heading={(title) => <h3>{title}</h3>}
        />
        {[...own].map(([country, rules]) => (
          <>
            <h2>{countryName(country, reader.language, country)}</h2>
            <RulesByStage
              rules={rules}
              reader={reader}
              version={version}
              country={country}
              heading={(title) => <h3>{title}</h3>}
            />
          </>
        ))}
      </>,
    );
  });

  routes.get("/rules/search", async (c) => {
    const reader = c.get("reader");
    const words = browseWords(reader.language);
    const version = versionOf(c);
    const query = (c.req.query("q") ?? "").trim().slice(0, 100);
    const { data } = query.length < 2
      ? { data: [] }
      : await console.api(c).get<{ data: FoundLine[] }>(`/v1/rulebooks/${version}/search`, { q: query, limit: 100 });
    const { props, top } = frame(c, "all", words.search);
    return await console.page(
      c,
      props,
      <>
        <h1>{words.search}</h1>
        {top}
        <SearchForm c={c} query={query} version={version} />
        {data.length === 0
          ? (
            <Empty title={words.no_results}>
              <p>{words.no_results_text}</p>
            </Empty>
          )
          : (
            <>
              <p role="status">{words.results(data.length)}</p>
              <ul class="plain">
                {data.map((line) => (
                  <li class="rule-item">
                    <a href={onVersion(placeOf(line), version)} class="mono wrap">{line.rule ?? line.file}</a>{" "}
                    <span class="hint">
                      {line.rule === null ? words.line(line.line) : `${line.file}, ${words.line(line.line)}`}
                    </span>
                    <pre class="line">{line.text}</pre>
                  </li>
                ))}
              </ul>
            </>
          )}
      </>,
    );
  });

  routes.get("/rules/file", async (c) => {
    const words = browseWords(c.get("reader").language);
    const version = versionOf(c);
    const { path, text } = await console.api(c).get<{ path: string; text: string }>(`/v1/rulebooks/${version}/file`, {
      path: c.req.query("path") ?? "",
    });
    const { props, top } = frame(c, "settings", path);
    return await console.page(
      c,
      props,
      <>
        <h1 class="mono wrap">{path}</h1>
        {top}
        <OtherVersion
          version={version}
          back={`/console/rules/file?path=${encodeURIComponent(path)}`}
          reader={c.get("reader")}
        />
        {mayEdit(c) && version === "active" ? <EditFile path={path} label={words.edit_file} /> : null}
        <ol class="source" tabindex={0} aria-label={path}>
          {text.replace(/\n$/, "").split("\n").map((line, at) => <li id={`L${at + 1}`}>{line === "" ? " " : line}</li>)}
        </ol>
      </>,
    );
  });

  routes.get("/rules/settings", async (c) => {
    const reader = c.get("reader");
    const words = browseWords(reader.language);
    const version = versionOf(c);
    const settings = await console.api(c).get<SettingsRead>(`/v1/rulebooks/${version}/settings`);
    const { props, top } = frame(c, "settings", words.settings);
    const { kind: _, brand, contact, ...chosen } = settings.deployment as {
      kind: string;
      brand: string;
      contact: string;
    };
    const retention = settings.retention as Record<string, { days: number; why: string; source: Source }>;
    const flows = settings.flows as unknown as Flow[];
    return await console.page(
      c,
      props,
      <>
        <h1>{words.settings}</h1>
        {top}
        <OtherVersion version={version} back="/console/rules/settings" reader={reader} />
        <h2>{words.deployment}</h2>
        <dl class="facts">
          <dt>{words.brand}</dt>
          <dd>{brand}</dd>
          <dt>{words.contact}</dt>
          <dd>{contact}</dd>
          {Object.entries(chosen).map(([name, value]) => (
            <>
              <dt>{(words.choices as Record<string, string>)[name] ?? name}</dt>
              <dd>{sayChoice(value)}</dd>
            </>
          ))}
        </dl>
        <p>
          <a href={onVersion("/console/rules/file?path=deployment.yaml", version)}>deployment.yaml</a>
        </p>
        <h2>{words.flows}</h2>
        {flows.length === 0
          ? (
            <Empty title={words.no_flows}>
              <p>{words.no_flows_text}</p>
            </Empty>
          )
          : flows.map((flow) => (
            <article class="card" id={flow.id}>
              <h3 class="mono">{flow.id}</h3>
              <p lang="en">{flow.description}</p>
              {flow.words === undefined ? null : (
                <p>
                  {words.flow_words}: <strong>{Object.values(flow.words).flat().join(", ")}</strong>
                </p>
              )}
              {Object.entries(flow.reply ?? {}).map(([language, text]) => (
                <p>
                  {words.flow_reply} ({languageName(language, reader.language)}):{" "}
                  <span class="said" lang={language}>{text}</span>
                </p>
              ))}
              <SourceLine source={{ section: null, url: null, ...flow.source }} reader={reader} />
            </article>
          ))}
        <h2>{words.retention}</h2>
        <div class="scroll" tabindex={0} role="region" aria-label={words.retention}>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.kept}</th>
                <th scope="col" class="number">{words.days}</th>
                <th scope="col">{words.why}</th>
              </tr>
            </thead>
            <tbody>
              {Object.entries(retention).map(([data, { days, why, source }]) => (
                <tr>
                  <th scope="row">{data.replaceAll("_", " ")}</th>
                  <td class="number">{days}</td>
                  <td lang="en">
                    {why}
                    <SourceLine source={{ section: null, url: null, ...source }} reader={reader} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <h2>{words.all_files}</h2>
        <ul class="file-list">
          {settings.files.map(({ path }) => (
            <li>
              <a class="mono" href={onVersion(`/console/rules/file?path=${encodeURIComponent(path)}`, version)}>
                {path}
              </a>
            </li>
          ))}
        </ul>
      </>,
    );
  });

  return routes;
}

/** `FR: fr-strict; US: us-safe`. */
function sayChoice(value: unknown): string {
  if (Array.isArray(value)) return value.map(sayChoice).join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value).map(([name, one]) => `${name.replaceAll("_", " ")}: ${sayChoice(one)}`).join("; ");
}

interface FoundLine {
  file: string;
  line: number;
  text: string;
  rule: string | null;
}
type Source = Omit<RuleRead["source"], "section" | "url"> & { url?: string };
interface Flow {
  id: string;
  description: string;
  source: Source;
  words?: Record<string, string[]>;
  reply?: Record<string, string>;
}

function placeOf({ file, line, rule }: FoundLine): string {
  return rule === null ? `/console/rules/file?path=${encodeURIComponent(file)}#L${line}` : `/console/rules/${rule}`;
}

function SearchForm({ c, query, version }: { c: ConsoleContext; query: string; version: string }) {
  const words = browseWords(c.get("reader").language);
  return (
    <form action="/console/rules/search" method="get" role="search" class="filters">
      {version === "active" ? null : <input type="hidden" name="version" value={version} />}
      <div class="grow">
        <label for="rules-q">{words.search_label}</label>
        <input
          type="search"
          id="rules-q"
          name="q"
          value={query}
          minlength={2}
          maxlength={100}
          required
          aria-describedby="rules-q-hint"
        />
        <p class="hint" id="rules-q-hint">{words.search_hint}</p>
      </div>
      <button type="submit">{words.search}</button>
    </form>
  );
}

/** Opens a file in a draft of one's own. */
export function EditFile({ path, label }: { path: string; label: string }) {
  return (
    <form method="post" action="/console/rules/drafts" class="inline-form">
      <input type="hidden" name="file" value={path} />
      <button type="submit" class="quiet">{label}</button>
    </form>
  );
}
