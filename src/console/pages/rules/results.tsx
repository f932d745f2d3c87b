/** @jsxImportSource hono/jsx */
import type { z } from "@hono/zod-openapi";
import type { ChangeSchema, RuleFinding, RuleProblem, SimulationSchema } from "../../../api/rules/rulebook_schemas.ts";
import type { ApiProblem } from "../../api_client.ts";
import type { Reader } from "../../console.ts";
import { Badge, Empty, Notice, When } from "../../parts.tsx";
import { stepPath } from "./draft_frame.tsx";
import { draftWords } from "./draft_words.ts";
import { Effect, RuleLink } from "./frame.tsx";
import { sayEffect, sayValue } from "./terms_words.ts";

/** What the API worked out about a change: what is wrong, what differs, what past messages would have become. */

export type Problem = z.infer<typeof RuleProblem>;
export interface Validation {
  valid: boolean;
  problems: Problem[];
  rules: number;
  countries: number;
  examples: number;
  findings: z.infer<typeof RuleFinding>[];
}
export type Change = z.infer<typeof ChangeSchema>;
export type Simulation = z.infer<typeof SimulationSchema>;

export function CheckResult({ found, draft, reader }: { found: Validation; draft: string; reader: Reader }) {
  const words = draftWords(reader.language);
  return (
    <>
      <Notice tone={found.valid ? "good" : "bad"}>
        {found.valid ? words.valid : words.invalid}{" "}
        {found.examples === 0 ? "" : words.counts(found.rules, found.countries, found.examples)}
      </Notice>
      {found.valid
        ? (
          <p>
            <a class="button" href={stepPath(draft, "propose")}>{words.propose}</a>
          </p>
        )
        : null}
      {found.problems.length === 0 ? null : (
        <>
          <h2>{words.problems}</h2>
          <ul class="plain">
            {found.problems.map((one) => <ProblemItem problem={one} draft={draft} reader={reader} />)}
          </ul>
        </>
      )}
      <h2>{words.findings}</h2>
      {found.findings.length === 0 ? <p>{words.no_findings}</p> : (
        <ul class="plain">
          {found.findings.map((one) => (
            <li class="rule-item">
              <Badge tone={one.severity === "error" ? "bad" : "warn"}>{words[one.severity]}</Badge>{" "}
              <PlaceLink problem={one} draft={draft} reader={reader} />
              <p lang="en">{one.problem}</p>
              <p class="hint" lang="en">{one.advice}</p>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

export function ProblemItem({ problem, draft, reader }: { problem: Problem; draft: string; reader: Reader }) {
  return (
    <li class="rule-item">
      <PlaceLink problem={problem} draft={draft} reader={reader} />
      <p lang="en">{problem.problem}</p>
    </li>
  );
}

function PlaceLink(
  { problem: { file, line, rule }, draft, reader }: { problem: Problem; draft: string; reader: Reader },
) {
  const words = draftWords(reader.language);
  const place = `/console/rules/drafts/${draft}?file=${encodeURIComponent(file)}${
    line === null ? "" : `&line=${line}`
  }`;
  return (
    <>
      <a class="mono" href={place}>{file}</a>
      {line === null ? "" : `, ${words.line(line)}`}
      {rule === null ? null : <span class="hint mono">{` ${rule}`}</span>}
    </>
  );
}

export function Changes({ changes, reader }: { changes: readonly Change[]; reader: Reader }) {
  const words = draftWords(reader.language);
  if (changes.length === 0) {
    return (
      <Empty title={words.no_changes}>
        <p>{words.no_changes_text}</p>
      </Empty>
    );
  }
  return (
    <ul class="plain changes">
      {changes.map((change) => (
        <li class="rule-item">
          <Badge tone={change.what === "removed" ? "bad" : change.what === "added" ? "good" : "info"}>
            {words.whats[change.what]}
          </Badge>{" "}
          <span lang="en">{change.words}</span>
          <p class="hint mono">{change.file}</p>
        </li>
      ))}
    </ul>
  );
}

/** `allow -> hold quiet_hours` in words. */
function sayChange(change: string, reader: Reader): string {
  const say = (one: string) => {
    const [verb, ...values] = one.split(" ");
    if (verb === "allow") return reader.language === "fr" ? "Part" : "Leaves";
    return verb === "refuse" || verb === "hold"
      ? sayEffect(one, reader.language)
      : sayValue([verb, ...values].join(" "), reader.language);
  };
  return change.split(" -> ").map((side) => side.split(", ").map(say).join(", ")).join(" → ");
}

export function SimulationResult({ simulation, reader }: { simulation: Simulation; reader: Reader }) {
  const words = draftWords(reader.language);
  const { messages, changed, left_out, groups } = simulation;
  if (changed === 0) {
    return (
      <Empty title={messages === 0 ? words.no_messages : words.same}>
        <p>{words.simulated(messages, 0)} {words.same_text}</p>
      </Empty>
    );
  }
  return (
    <>
      <p role="status">
        <strong>{words.simulated(messages, changed)}</strong> {left_out === 0 ? "" : words.left_out(left_out)}
      </p>
      {groups.map((group) => (
        <section class="card">
          <h2>{sayChange(group.change, reader)} · {group.count}</h2>
          <p>
            {words.behind} {group.rules.map(({ id, now }, at) => (
              <>
                {at === 0 ? "" : ", "}
                <RuleLink id={id} /> ({words.now[now]})
              </>
            ))}
          </p>
          <div class="scroll" tabindex={0} role="region" aria-label={sayChange(group.change, reader)}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{words.message}</th>
                  <th scope="col">{words.before}</th>
                  <th scope="col">{words.after}</th>
                </tr>
              </thead>
              <tbody>
                {group.messages.map((message) => (
                  <tr>
                    <td>
                      <p class="hint">
                        {message.from} → {message.to}, <When at={message.at} reader={reader} />
                      </p>
                      <p class="said">{message.text}</p>
                    </td>
                    <td>
                      <Simulated outcome={message.before} text={message.text} reader={reader} />
                    </td>
                    <td>
                      <Simulated outcome={message.after} text={message.text} reader={reader} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {group.messages.length < group.count
            ? <p class="hint">{words.shown_of(group.messages.length, group.count)}</p>
            : null}
        </section>
      ))}
    </>
  );
}

type Outcome = Simulation["groups"][number]["messages"][number]["before"];

function Simulated({ outcome, text, reader }: { outcome: Outcome; text: string; reader: Reader }) {
  return (
    <>
      {sayChange(outcome.outcome, reader)}{" "}
      {outcome.hold_until === null ? null : <When at={outcome.hold_until} reader={reader} />}
      {outcome.text === null || outcome.text === text ? null : <p class="said hint">{outcome.text}</p>}
      {outcome.rules.filter(({ effect }) => /^(refuse|hold)/.test(effect)).map(({ effect }) => (
        <p>
          <Effect effect={effect} reader={reader} />
        </p>
      ))}
    </>
  );
}

/** Why something could not be worked out, with each file and line where the API names them. */
export function Cannot({ problem, reader }: { problem: ApiProblem; reader: Reader }) {
  const words = draftWords(reader.language);
  return (
    <div class="notice bad" role="alert">
      <p>{words.cannot} {problem.detail ?? problem.title}</p>
      {problem.errors.length === 0 ? null : (
        <ul>
          {problem.errors.map(({ field, detail }) => (
            <li lang="en">
              <span class="mono">{field.replace(/^files\./, "")}</span> {detail}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
