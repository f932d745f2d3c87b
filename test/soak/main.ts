import { UsageError, wholeNumber } from "../../src/arguments.ts";
import { startHostileCarrier } from "../chaos/carrier.ts";
import { startFleet } from "../chaos/fleet.ts";
import { configure, wait } from "../chaos/traffic.ts";
import { chance } from "../support/chance.ts";
import { taskOptions } from "../support/task_options.ts";
import { startLoad, type Window } from "./load.ts";

const HELP = `deno task soak [--rate N] [--minutes N] [--seed N]

Holds a steady rate of messages, in and out, against one gateway on an embedded file, which hands over to a carrier on
loopback by HTTP and gets its reports, and prints latency, memory and the queue every half minute.

  --rate N      messages a second, in and out together (1000)
  --minutes N   how long (10)
  --seed N      of the mixture (1)

Requests are made when they are due, whether or not earlier ones were answered, and their time counts from then.
Exit code 1 when the rate was not held, something failed, or the books do not balance.`;

const print = (line: string) => {
  // deno-lint-ignore no-console
  console.log(line);
};

const { rate, minutes, seed } = taskOptions(
  HELP,
  {
    rate: { type: "string" },
    minutes: { type: "string", default: "10" },
    seed: { type: "string" },
  },
  0,
  ({ values }) => ({
    rate: wholeNumber(values.rate, "rate", 1_000, 20_000),
    minutes: minutesOf(values.minutes),
    seed: wholeNumber(values.seed, "seed", 1, 1_000_000_000),
  }),
);

function minutesOf(value: string): number {
  const minutes = Number(value);
  if (minutes > 0 && minutes <= 120) return minutes;
  throw new UsageError(`--minutes takes a number above 0, at most 120, not '${value}'`);
}

const WINDOW_MS = Math.min(30_000, minutes * 60_000 / 4);
/** Of the messages due: below this the rate was not held. */
const HELD = 0.99;
const DRAINED_WITHIN_MS = 60_000;

const random = chance(seed);
const fleet = await startFleet("file", random);
const carrier = startHostileCarrier(random, async (path) => {
  await fleet.webhook(path);
}, { calm: true, keep: false });
let code = 1;
try {
  await configure(fleet, carrier.url, { rate_per_second: 1_000 });
  await wait(2_500);
  const load = startLoad(fleet, rate, random);
  print(" time   out/s    in/s  accept p50      p99  webhook p50      p99     RSS MiB  waiting  failed");
  const windows: (Window & { rss: number })[] = [];
  const started = Date.now();
  while (Date.now() - started < minutes * 60_000) {
    await wait(WINDOW_MS);
    const one = { ...load.window(), rss: rssMib(fleet.pids()[0]!) };
    windows.push(one);
    const { body } = await fleet.call("GET", "/v1/books");
    print([
      clock(Date.now() - started),
      (one.out / one.seconds).toFixed(0).padStart(8),
      (one.in / one.seconds).toFixed(0).padStart(8),
      ms(one.accept.p50, 12),
      ms(one.accept.p99, 9),
      ms(one.webhook.p50, 13),
      ms(one.webhook.p99, 9),
      one.rss.toFixed(0).padStart(12),
      String(body.totals.in_flight).padStart(9),
      String(one.failed).padStart(8),
    ].join(""));
  }
  await load.stop();
  await carrier.settled();
  const drained = Date.now();
  let books = (await fleet.call("GET", "/v1/books")).body;
  while (books.totals.in_flight > 0 && Date.now() - drained < DRAINED_WITHIN_MS) {
    await wait(1_000);
    books = (await fleet.call("GET", "/v1/books")).body;
  }
  const done = windows.reduce((sum, one) => sum + one.out + one.in, 0);
  const due = rate * windows.reduce((sum, one) => sum + one.seconds, 0);
  const failed = windows.reduce((sum, one) => sum + one.failed, 0);
  // The first windows fill caches and compile what is hot.
  const settled = windows.slice(Math.min(4, Math.floor(windows.length / 2))).map(({ rss }) => rss);
  print(
    `\n${done} of ${due.toFixed(0)} messages, ${failed} failed; all hours: accept p50/p99 ${
      load.total("accept")
    }, webhook p50/p99 ${load.total("webhook")}`,
  );
  print(`RSS after warm-up: ${Math.min(...settled).toFixed(0)} to ${Math.max(...settled).toFixed(0)} MiB`);
  print(`books ${books.balanced ? "balance" : "DO NOT BALANCE"}: ${JSON.stringify(books.totals)}`);
  if (done >= HELD * due && failed === 0 && books.balanced && books.totals.in_flight === 0) code = 0;
} finally {
  await fleet.stop();
  await carrier.stop();
}
Deno.exit(code);

function rssMib(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
  return Number(line![1]) / 1024;
}

function clock(elapsed: number): string {
  const seconds = Math.round(elapsed / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, "0")}`;
}

function ms(value: number, width: number): string {
  return `${value.toFixed(1)} ms`.padStart(width);
}
