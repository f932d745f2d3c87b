/** @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import { may } from "../../../api/access/roles.ts";
import type { RuleRead } from "../../../api/rules/rulebook_reading.ts";
import type { ApiProblem } from "../../api_client.ts";
import type { ConsoleContext, Reader } from "../../console.ts";
import { viewerOf } from "../../console.ts";
import { Badge, PageTabs } from "../../parts.tsx";
import { browseWords } from "./browse_words.ts";
import { sayDay, sayEffect, termWords } from "./terms_words.ts";

/** Parts that the pages of rules share. */

const TABS = {
  countries: "/console/rules",
  all: "/console/rules/all",
  settings: "/console/rules/settings",
  try: "/console/rules/try",
  drafts: "/console/rules/drafts",
  versions: "/console/rules/versions",
} as const;
export type Tab = keyof typeof TABS;

/** A decision that was refused, with the note that was typed for it. */
export interface Refused {
  problem: ApiProblem;
  note: string | undefined;
}

/** Of the page that shows it again: 422 where what was typed is at fault, 409 where something stands against it. */
export function statusOf({ problem }: Refused): 409 | 422 {
  return problem.status === 422 ? 422 : 409;
}

/** Whether whoever is signed in may change rules, and so sees drafts. */
export function mayEdit(c: ConsoleContext): boolean {
  return may(viewerOf(c).role, "POST /v1/rulebooks");
}

export function Tabs({ c, at }: { c: ConsoleContext; at?: Tab }) {
  const words = browseWords(c.get("reader").language);
  return (
    <PageTabs
      label={words.tabs}
      tabs={(Object.keys(TABS) as Tab[]).filter((tab) => tab !== "drafts" || mayEdit(c)).map((tab) => (
        { href: TABS[tab], text: words[tab], here: tab === at }
      ))}
    />
  );
}

/** `active`, or the version that an address names. */
export function versionOf(c: ConsoleContext): string {
  const named = c.req.query("version");
  return named !== undefined && /^rb_[0-9a-f]{20}$/.test(named) ? named : "active";
}

/** `path` on the version that is shown. */
export function onVersion(path: string, version: string): string {
  return version === "active" ? path : `${path}${path.includes("?") ? "&" : "?"}version=${version}`;
}

export function Version({ hash }: { hash: string }) {
  return <a class="mono" href={`/console/rules/versions/${hash}`}>{hash.slice(0, 11)}</a>;
}

/** Told above pages that show another version than the one in force. */
export function OtherVersion({ version, back, reader }: { version: string; back: string; reader: Reader }) {
  const words = browseWords(reader.language);
  return version === "active" ? null : (
    <p class="notice warn">
      {words.other_version} <Version hash={version} /> · <a href={back}>{words.to_version_in_force}</a>
    </p>
  );
}

export function RuleLink({ id, version = "active", country }: { id: string; version?: string; country?: string }) {
  const path = `/console/rules/${id}${country === undefined ? "" : `?country=${country}`}`;
  return <a class="mono wrap" href={onVersion(path, version)}>{id}</a>;
}

export function SourceLine({ source, reader }: { source: RuleRead["source"]; reader: Reader }) {
  const words = termWords(reader.language);
  if (source.text === null) return <p class="hint">{words.source}: {words.by_country}</p>;
  return (
    <p class="hint">
      {words.source}: <span lang="en">{source.text}</span>{" "}
      {source.confidence === null ? null : <Confidence value={source.confidence} reader={reader} />}{" "}
      {source.reviewed === null ? null : words.reviewed(sayDay(source.reviewed, reader.language))}{" "}
      {source.url === null ? null : <a href={source.url} rel="noreferrer noopener">{words.open_source}</a>}
    </p>
  );
}

export function Confidence({ value, reader }: { value: string; reader: Reader }) {
  const said = (termWords(reader.language).confidences as Record<string, string>)[value] ?? value;
  return <Badge tone={value === "confirmed" ? "good" : value === "unconfirmed" ? "warn" : "neutral"}>{said}</Badge>;
}

const TONES: Readonly<Record<string, "good" | "warn" | "bad" | "info" | "neutral">> = {
  refuse: "bad",
  suppress: "bad",
  hold: "warn",
  open_review: "warn",
  dispute_consent: "warn",
  note: "neutral",
};

export function Effect({ effect, reader }: { effect: string; reader: Reader }) {
  return <Badge tone={TONES[effect.split(" ")[0]!] ?? "info"}>{sayEffect(effect, reader.language)}</Badge>;
}

/** A rule in a list of rules. */
export function RuleItem(
  { rule, reader, version, country }: { rule: RuleRead; reader: Reader; version: string; country?: string },
) {
  return (
    <li class="rule-item">
      <div class="row">
        <RuleLink id={rule.id} version={version} {...(country === undefined ? {} : { country })} />
        <Effect effect={rule.effect} reader={reader} />
      </div>
      <p lang="en">{rule.description}</p>
      <SourceLine source={rule.source} reader={reader} />
    </li>
  );
}

/** Rules by the stage in which they run. */
export function RulesByStage(
  { rules, reader, version, country, heading }: {
    rules: readonly RuleRead[];
    reader: Reader;
    version: string;
    country?: string;
    heading: (title: string) => Child;
  },
) {
  const { stages } = termWords(reader.language);
  return (
    <>
      {Object.entries(Object.groupBy(rules, ({ stage }) => stage)).map(([stage, some]) => (
        <>
          {heading((stages as Record<string, string>)[stage] ?? stage)}
          <ul class="plain">
            {some!.map((rule) => (
              <RuleItem rule={rule} reader={reader} version={version} {...(country === undefined ? {} : { country })} />
            ))}
          </ul>
        </>
      ))}
    </>
  );
}
