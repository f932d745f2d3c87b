/** @jsxImportSource hono/jsx */
import type { OverviewView } from "../../../api/oversight/overview.ts";
import { Empty, numberIn } from "../../parts.tsx";
import type { Language } from "../../words.ts";
import { overviewWords } from "./words.ts";

/** Reasons that are shown; the API tells all. */
const MOST_REASONS = 5;

/** How many arrived, by carrier account and country, and why others did not. */
export function Deliveries({ deliveries, language }: { deliveries: OverviewView["deliveries"]; language: Language }) {
  const words = overviewWords(language);
  const shown = numberIn(language);
  const percent = numberIn(language, { style: "percent", maximumFractionDigits: 1 });
  const countries = new Intl.DisplayNames(language, { type: "region" });
  return (
    <section class="card">
      <h2 id="deliveries-title">{words.deliveries}</h2>
      {deliveries.length === 0
        ? <Empty title={words.deliveries_none} />
        : (
          <div class="scroll" tabindex={0} role="region" aria-labelledby="deliveries-title">
            <table>
              <thead>
                <tr>
                  <th scope="col">{words.carrier}</th>
                  <th scope="col">{words.country}</th>
                  <th scope="col" class="number">{words.handed_over}</th>
                  <th scope="col" class="number">{words.rate}</th>
                  <th scope="col">
                    <span class="unseen">{words.rate}</span>
                  </th>
                  <th scope="col">{words.reasons}</th>
                </tr>
              </thead>
              <tbody>
                {deliveries.map(({ carrier_id, country, handed_over, delivery_percent, reasons }) => (
                  <tr>
                    <th scope="row">{carrier_id ?? words.no_carrier}</th>
                    <td>{country === null ? words.no_country : countries.of(country) ?? country}</td>
                    <td class="number">{shown(handed_over)}</td>
                    <td class="number">{percent((delivery_percent ?? 0) / 100)}</td>
                    <td>
                      <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                        <rect class="all" width="100" height="8" />
                        <rect class="part" width={String(delivery_percent ?? 0)} height="8" />
                      </svg>
                    </td>
                    <td>
                      {reasons.slice(0, MOST_REASONS).map(({ code, count }) => (
                        <span class="reason">
                          {code === "unreported" ? words.unreported : <code>{code}</code>} {shown(count)}
                        </span>
                      ))}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
    </section>
  );
}
