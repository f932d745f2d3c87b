/** @jsxImportSource hono/jsx */
import type { CampaignResults } from "../../api_types.ts";
import type { ConsoleContext } from "../../console.ts";
import { When } from "../../parts.tsx";
import { Table } from "../../table.tsx";
import { codeText, messageWords } from "../messages/words.ts";
import { Reasons } from "./preview.tsx";
import { campaignWords } from "./words.ts";

/** What came of a campaign: by hour, country and carrier, with the reasons for what did not arrive. */
export function Results({ c, results }: { c: ConsoleContext; results: CampaignResults }) {
  const reader = c.get("reader");
  const words = campaignWords(reader.language);
  const messages = messageWords(reader.language);
  const number = new Intl.NumberFormat(reader.language);
  const percent = (part: number) => `${number.format(part)} %`;
  const { handed_over, delivered, replied, opted_out, clicked, links } = results;
  const tiles: [string, string, string?][] = [
    [number.format(handed_over), words.handed_over],
    [number.format(delivered), words.delivered, percent(results.delivery_percent)],
    [number.format(replied), words.replied, percent(results.reply_percent)],
    [number.format(opted_out), words.opted_out, percent(results.opt_out_percent)],
    ...(links.length === 0
      ? []
      : [[number.format(clicked), words.clicked, percent(results.click_percent)] as [string, string, string]]),
    [number.format(results.segments), words.segments],
  ];
  return (
    <>
      {handed_over === 0 ? <p class="soft">{words.no_results}</p> : null}
      <ul class="tiles">
        {tiles.map(([figure, label, share]) => (
          <li class="tile">
            <span class="figure">{figure}</span>
            <span class="label">{label}{share === undefined ? "" : ` · ${share}`}</span>
          </li>
        ))}
      </ul>
      <Reasons c={c} label={words.not_sent} counts={results.not_sent} />
      {results.lines.length === 0 ? null : (
        <>
          <h3>{words.lines}</h3>
          <Table
            label={words.lines}
            rows={results.lines}
            columns={[
              {
                head: words.hour,
                cell: ({ hour }) => hour === "none" ? "–" : <When at={hour} reader={reader} />,
              },
              { head: words.country, cell: ({ country }) => country },
              { head: words.carrier, cell: ({ carrier_id }) => carrier_id },
              { head: words.handed_over, cell: (line) => number.format(line.handed_over), number: true },
              { head: words.delivered, cell: (line) => number.format(line.delivered), number: true },
              { head: words.percent, cell: (line) => number.format(line.delivery_percent), number: true },
              {
                head: words.reasons,
                cell: ({ reasons }) =>
                  Object.entries(reasons).map(([code, count]) => `${codeText(code, messages)}: ${count}`).join("; ") ||
                  "–",
              },
            ]}
          />
        </>
      )}
      {links.length === 0 ? null : (
        <>
          <h3>{words.links}</h3>
          <Table
            label={words.links}
            rows={links}
            columns={[
              { head: words.link, cell: ({ url }) => <span class="said">{url}</span> },
              { head: words.clicks, cell: ({ clicks }) => number.format(clicks), number: true },
              { head: words.clicked, cell: ({ clicked }) => number.format(clicked), number: true },
              { head: words.percent, cell: ({ click_percent }) => number.format(click_percent), number: true },
            ]}
          />
        </>
      )}
    </>
  );
}
