// Draws the charts of the overview from the tables behind them.
import uPlot from "uplot";

const HEIGHT = 240;
const dark = matchMedia("(prefers-color-scheme: dark)");

/** What a table says: names of its series with their colours, labels of its rows, and numbers. */
function readTable(table) {
  const heads = [...table.querySelectorAll("th[data-series]")];
  const rows = [...table.tBodies[0].rows];
  return {
    series: heads.map((head) => ({ name: head.dataset.series, label: head.textContent })),
    labels: rows.map((row) => row.dataset.label),
    values: heads.map((_, place) => rows.map((row) => Number(row.cells[place + 1].dataset.n))),
  };
}

/** The first series below, each next one on top of those before. */
function stacked(values) {
  const sums = [];
  for (const one of values) sums.push(one.map((n, at) => n + (sums.at(-1)?.[at] ?? 0)));
  return sums;
}

/** Colours live in the style sheet, where light and dark are told apart. */
function colourOf(className, property) {
  const probe = document.createElement("span");
  probe.className = className;
  document.body.append(probe);
  const colour = getComputedStyle(probe)[property];
  probe.remove();
  return colour;
}

function draw(chart) {
  const box = chart.querySelector(".canvas");
  const said = chart.querySelector(".read");
  const { series, labels, values } = readTable(document.getElementById(`${chart.dataset.chart}-numbers`));
  const number = new Intl.NumberFormat(chart.dataset.language);
  const text = colourOf("soft", "color");
  const line = colourOf("rule", "color");
  const axis = {
    stroke: text,
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1 },
    font: "12px system-ui",
  };
  const bars = uPlot.paths.bars({ size: [0.8, 48], radius: 0 });
  const tell = (at) => {
    if (at === null || at === undefined || labels[at] === undefined) return said.textContent = "";
    const parts = series.flatMap(({ label }, place) =>
      values[place][at] === 0 ? [] : [`${label} ${number.format(values[place][at])}`]
    );
    said.textContent = [labels[at], ...parts].join(" · ");
  };
  // What is drawn first is behind: the highest sums.
  const sums = stacked(values).reverse();
  const plot = new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: {
        x: { time: false, range: () => [-0.6, labels.length - 0.4] },
        y: { range: (_, __, most) => [0, Math.max(most * 1.05, 1)] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          space: 64,
          values: (_, at) => at.map((n) => Number.isInteger(n) ? labels[n] ?? "" : ""),
        },
        {
          ...axis,
          size: 64,
          incrs: [
            1,
            2,
            5,
            10,
            20,
            50,
            ...[2, 3, 4, 5, 6, 7].flatMap((e) => [1, 2, 5].map((n) => n * 10 ** e)),
          ],
          values: (_, at) => at.map((n) => number.format(n)),
        },
      ],
      series: [
        {},
        ...series.toReversed().map(({ name }) => {
          const colour = colourOf(`swatch ${name}`, "backgroundColor");
          return { paths: bars, fill: colour, stroke: colour, width: 0, points: { show: false } };
        }),
      ],
      hooks: { setCursor: [(u) => tell(u.cursor.idx)] },
    },
    [labels.map((_, at) => at), ...sums],
    box,
  );
  return plot;
}

for (const chart of document.querySelectorAll("[data-chart]")) {
  let plot = draw(chart);
  const box = chart.querySelector(".canvas");
  new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT })).observe(box);
  dark.addEventListener("change", () => {
    plot.destroy();
    plot = draw(chart);
  });
}
