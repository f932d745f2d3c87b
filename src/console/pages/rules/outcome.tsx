/** @jsxImportSource hono/jsx */
import type { TrialRead } from "../../../api/rules/rulebook_trials.ts";
import type { Reader } from "../../console.ts";
import { Badge, When } from "../../parts.tsx";
import { Effect, RuleLink } from "./frame.tsx";
import { Legend, Marked } from "./marked.tsx";
import { countryName, languageName, sayValue, termWords } from "./terms_words.ts";
import { tryWords } from "./try_words.ts";

interface OutcomeProps {
  trial: TrialRead;
  text: string;
  reader: Reader;
}

/** What the rules make of a text that was tried. */
export function Outcome({ trial, text, reader }: OutcomeProps) {
  const words = tryWords(reader.language);
  const { person, sender, marks } = trial;
  const country = countryName(person.country ?? person.file, reader.language, person.name);
  return (
    <section aria-labelledby="outcome-title" class="outcome">
      <h2 id="outcome-title" tabindex={-1}>{words.result}</h2>
      {trial.outbound === null ? null : <OutboundOutcome trial={trial} text={text} reader={reader} />}
      {trial.inbound === null ? null : <InboundOutcome trial={trial} text={text} reader={reader} />}
      <h3>{words.counted}</h3>
      <Marked text={text} marks={marks} names={words.marks} />
      {marks.length === 0
        ? <p class="hint">{words.none_counted}</p>
        : <Legend text={text} marks={marks} names={words.marks} />}
      {trial.outbound === null ? null : (
        <p class="hint">
          {words.score(
            trial.outbound.content.score,
            trial.outbound.content.commercial,
            trial.outbound.content.informative,
          )}
        </p>
      )}
      <p class="hint">
        {words.place}: {person.address}. {words.place_text(
          country,
          person.zones.length === 0 ? words.no_zone : person.zones.join(", "),
        )}. {sender !== null && !sender.configured ? words.not_configured : ""}
      </p>
      <h3>{words.why}</h3>
      {trial.rules.length === 0 ? <p>{words.no_rules}</p> : (
        <ol class="why">
          {trial.rules.map((rule) => <HeldRule rule={rule} trial={trial} reader={reader} />)}
        </ol>
      )}
    </section>
  );
}

const TONES = { allow: "good", hold: "warn", refuse: "bad" } as const;

function OutboundOutcome({ trial, text, reader }: OutcomeProps) {
  const words = tryWords(reader.language);
  const outbound = trial.outbound!;
  const { outcome, hold_until, hold_reason, code } = outbound;
  const zone = trial.person.zones[0];
  const added = outbound.text.startsWith(text.trimEnd()) ? outbound.text.slice(text.trimEnd().length) : "";
  const reason = code ?? hold_reason;
  return (
    <>
      <p class={`verdict ${TONES[outcome]}`}>
        <strong>{words[outcome]}</strong> {outcome !== "hold" ? null : hold_until === null ? words.waits_for_person : (
          <>
            {words.until} <When at={hold_until} reader={zone === undefined ? reader : { ...reader, zone }} />{" "}
            {words.person_clock(zone ?? reader.zone)}
          </>
        )} {reason === null ? null : words.because(sayValue(reason, reader.language))}
      </p>
      <p>
        {words.as}{" "}
        <Badge tone={outbound.category === "commercial" ? "info" : "neutral"}>
          {sayValue(outbound.category, reader.language)}
        </Badge>{" "}
        {outbound.category_source === "declared" ? words.declared : words.by_rules}.
      </p>
      <h3>{outcome === "refuse" ? words.text : words.final}</h3>
      <p class="said bubble">
        {added === "" ? outbound.text : (
          <>
            {text.trimEnd()}
            <ins>{added}</ins>
          </>
        )}
      </p>
      <p class="hint">{words.segments(outbound.segments, outbound.encoding)}</p>
    </>
  );
}

function InboundOutcome({ trial, reader }: OutcomeProps) {
  const words = tryWords(reader.language);
  const { intent, keyword, suppression, reply, review } = trial.inbound!;
  return (
    <>
      <p class={`verdict ${intent === "opt_out" ? "bad" : review !== null ? "warn" : "good"}`}>
        {words.understood}: <strong>{sayValue(intent, reader.language)}</strong>
        {keyword === null ? null : ` (${words.keyword(keyword.words, keyword.tier)})`}
      </p>
      <dl class="facts">
        <dt>{words.stops}</dt>
        <dd>
          {suppression === null
            ? words.stops_nothing
            : suppression.scope === "commercial"
            ? words.stops_commercial
            : suppression.sender === null
            ? words.stops_everything
            : words.stops_sender(suppression.sender)}
        </dd>
        <dt>{words.answer}</dt>
        <dd>
          {reply === null ? words.no_answer : (
            <>
              <p class="said bubble" {...(reply.language === null ? {} : { lang: reply.language })}>{reply.text}</p>
              <p class="hint">
                {reply.language === null ? "" : `${words.in_language(languageName(reply.language, reader.language))}, `}
                {words.segments(reply.segments, reply.encoding)}
              </p>
            </>
          )}
        </dd>
      </dl>
      {review === null ? null : <p>{words.review}: {sayValue(review, reader.language)}.</p>}
    </>
  );
}

function HeldRule({ rule, trial, reader }: { rule: TrialRead["rules"][number]; trial: TrialRead; reader: Reader }) {
  const words = tryWords(reader.language);
  const { stages, operators, not } = termWords(reader.language);
  return (
    <li>
      <div class="row">
        <span class="hint">{(stages as Record<string, string>)[rule.stage] ?? rule.stage}</span>
        <Effect effect={rule.effect} reader={reader} />
        <RuleLink id={rule.id} country={trial.person.file} />
      </div>
      <p lang="en">{rule.reason}</p>
      <p class="hint" lang="en">{rule.source}</p>
      <details>
        <summary>{words.asked}</summary>
        <div class="scroll" tabindex={0} role="region" aria-label={`${words.asked}: ${rule.id}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.fact}</th>
                <th scope="col">{words.was}</th>
                <th scope="col">{words.compared}</th>
              </tr>
            </thead>
            <tbody>
              {rule.facts.map((one) => (
                <tr>
                  <th scope="row" class="mono">{one.fact}{one.path === null ? "" : ` ${one.path.slice(2)}`}</th>
                  <td>{sayFact(one.fact, one.actual, reader)}</td>
                  <td>
                    {one.negated ? `${not} ` : ""}
                    {(operators as Record<string, string>)[one.operator] ?? one.operator}{" "}
                    {sayFact(one.fact, one.value, reader)}
                    {one.other === null ? null : <span class="hint">({one.other})</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </li>
  );
}

/** Stands for "never" in facts that count time since something (rules/README.md). */
const NEVER = 1e6;

function sayFact(fact: string, value: unknown, reader: Reader): string {
  const words = termWords(reader.language);
  if (value === null) return "–";
  if (value === true) return words.yes;
  if (value === false) return words.no;
  if (Array.isArray(value)) return value.length === 0 ? words.nothing : value.map(String).join(", ");
  if (typeof value !== "number") return String(value);
  if (/^(minutes|days)_since|_minutes$/.test(fact) && value >= NEVER) return words.never;
  if (/_until$|_at$/.test(fact) && value > NEVER) return new Date(value).toISOString();
  return new Intl.NumberFormat(reader.language, { maximumFractionDigits: 2 }).format(value);
}
