/** @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import { numberIn } from "../../parts.tsx";
import type { Language } from "../../words.ts";

/**
 * A chart over time with its numbers as a table. The table is what the script (assets/overview.js) draws from, what screen readers
 * read, and all there is without scripts.
 */

export interface ChartSeries {
  /** Class of its colour in overview.css. */
  name: string;
  label: string;
}

interface ChartProps {
  id: string;
  title: string;
  series: readonly ChartSeries[];
  /** `label`: for the axis. `values`: in the order of `series`, stacked on each other from the first. */
  rows: readonly { time: Child; label: string; values: readonly number[] }[];
  words: { numbers: string; time: string };
  language: Language;
}

export function TimeChart({ id, title, series, rows, words, language }: ChartProps) {
  const shown = numberIn(language);
  const sums = series.map((_, place) => rows.reduce((sum, { values }) => sum + (values[place] ?? 0), 0));
  return (
    <section class="card">
      <h2 id={`${id}-title`}>{title}</h2>
      <div class="chart" data-chart={id} data-language={language} aria-hidden="true">
        <div class="canvas"></div>
        <p class="read"></p>
      </div>
      <ul class="legend">
        {series.map(({ name, label }, place) =>
          sums[place] === 0 ? null : (
            <li>
              <span class={`swatch ${name}`} aria-hidden="true"></span>
              {label} <strong>{shown(sums[place]!)}</strong>
            </li>
          )
        )}
      </ul>
      <details>
        <summary>{words.numbers}</summary>
        <div class="scroll" tabindex={0} role="region" aria-labelledby={`${id}-title`}>
          <table id={`${id}-numbers`}>
            <thead>
              <tr>
                <th scope="col">{words.time}</th>
                {series.map(({ name, label }) => <th scope="col" class="number" data-series={name}>{label}</th>)}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ time, label, values }) => (
                <tr data-label={label}>
                  <th scope="row">{time}</th>
                  {values.map((n) => <td class="number" data-n={n}>{shown(n)}</td>)}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}
