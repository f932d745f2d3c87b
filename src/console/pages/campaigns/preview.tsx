/** @jsxImportSource hono/jsx */
import type { CampaignPreview } from "../../api_types.ts";
import type { ConsoleContext } from "../../console.ts";
import { Badge, type Tone, When } from "../../parts.tsx";
import { Table } from "../../table.tsx";
import { codeText, messageWords } from "../messages/words.ts";
import { campaignWords } from "./words.ts";

const TONES: Readonly<Record<string, Tone>> = { queued: "good", held: "warn", refused: "bad" };

/** What a campaign would do: how many get it, wait or get nothing and why, what it costs, and the first messages whole. */
export function Preview({ c, preview }: { c: ConsoleContext; preview: CampaignPreview }) {
  const { language } = c.get("reader");
  const words = campaignWords(language);
  const number = new Intl.NumberFormat(language);
  const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((all, one) => all + one, 0);
  const { recipients, complete, queued, held, refused, segments, cost } = preview;
  const tiles: [string, string][] = [
    [complete ? number.format(recipients) : words.at_least(number.format(recipients)), words.recipients],
    [number.format(queued), words.would_leave],
    [number.format(sum(held)), words.would_wait],
    [number.format(sum(refused)), words.would_refuse],
    [number.format(segments), words.segments],
    [
      cost === null
        ? "–"
        : new Intl.NumberFormat(language, { style: "currency", currency: cost.currency }).format(cost.amount),
      cost === null ? words.no_price : words.cost,
    ],
  ];
  return (
    <>
      <ul class="tiles">
        {tiles.map(([figure, label]) => (
          <li class="tile">
            <span class="figure">{figure}</span>
            <span class="label">{label}</span>
          </li>
        ))}
      </ul>
      {complete ? null : <p class="soft">{words.partly}</p>}
      <Reasons c={c} label={words.why_refuse} counts={refused} />
      <Reasons c={c} label={words.why_wait} counts={held} />
      {preview.samples.length === 0 ? null : (
        <>
          <h3>{words.samples}</h3>
          <ul class="plain">{preview.samples.map((one) => <Sample c={c} sample={one} />)}</ul>
        </>
      )}
    </>
  );
}

/** Counts by reason, the most frequent first. */
export function Reasons(
  { c, label, counts }: { c: ConsoleContext; label: string; counts: Readonly<Record<string, number>> },
) {
  const { language } = c.get("reader");
  const words = campaignWords(language);
  const rows = Object.entries(counts).toSorted(([, a], [, b]) => b - a);
  if (rows.length === 0) return null;
  return (
    <>
      <h3>{label}</h3>
      <Table
        label={label}
        rows={rows}
        columns={[
          { head: words.reason, cell: ([code]) => codeText(code, messageWords(language)) },
          { head: words.people, cell: ([, count]) => new Intl.NumberFormat(language).format(count), number: true },
        ]}
      />
    </>
  );
}

function Sample({ c, sample }: { c: ConsoleContext; sample: CampaignPreview["samples"][number] }) {
  const reader = c.get("reader");
  const words = campaignWords(reader.language);
  const messages = messageWords(reader.language);
  const { status, hold_reason, hold_until, error } = sample;
  return (
    <li>
      <p class="bubble said">{sample.text}</p>
      <p class="row">
        <Badge tone={TONES[status] ?? "neutral"}>
          {(messages.statuses as Record<string, string>)[status] ?? status}
        </Badge>
        <small>
          {sample.to} · {words.segments_of(String(sample.segments), sample.encoding)}
          {sample.category === null
            ? ""
            : ` · ${(messages.categories as Record<string, string>)[sample.category] ?? sample.category}`}
          {hold_reason === null ? "" : ` · ${codeText(hold_reason, messages)}`}
          {hold_until === null ? null : (
            <>
              {" "}
              {words.until} <When at={hold_until} reader={reader} />
            </>
          )}
          {error === null ? "" : ` · ${codeText(error.code, messages)}`}
        </small>
      </p>
      {error === null ? null : <p class="hint said">{error.detail}</p>}
    </li>
  );
}
