import type { Fleet } from "../chaos/fleet.ts";
import { inboundPath, INFO, PROMO, SENDER, wait } from "../chaos/traffic.ts";

/** What happened since the window before. */
export interface Window {
  seconds: number;
  out: number;
  in: number;
  failed: number;
  accept: Percentiles;
  webhook: Percentiles;
}

interface Percentiles {
  p50: number;
  p99: number;
}

export interface Load {
  window(): Window;
  /** `p50/p99` of the whole run, in ms. */
  total(kind: "accept" | "webhook"): string;
  stop(): Promise<void>;
}

/** Of all messages: replies, then advertising; the rest is information. */
const INBOUND = 0.3;
const ADVERTISING = 0.2;
/** Of the replies. */
const STOPS = 0.05;
const STEP_MS = 10;
const CONSENTS_AT_ONCE = 5_000;

/** An open loop: each request leaves when it is due. */
export function startLoad(fleet: Fleet, rate: number, random: () => number): Load {
  const times = { accept: [] as number[], webhook: [] as number[] };
  const all = { accept: histogram(), webhook: histogram() };
  let counts = { out: 0, in: 0, failed: 0 };
  let since = performance.now();
  let stopped = false;
  let people = 0;
  let replies = 0;
  let consented = 0;
  let consenting: Promise<void> | null = null;
  const underWay = new Set<Promise<void>>();

  const number = (range: number, index: number) => `+336${range}${String(index).padStart(7, "0")}`;
  /** Consents are there before the advertising that needs them. */
  const importConsents = async () => {
    const data = Array.from({ length: CONSENTS_AT_ONCE }, (_, index) => ({
      recipient: number(2, consented + index),
      purpose: "commercial",
      source: "web_form",
      wording: "I agree to receive offers",
      granted_at: "2026-01-10T09:00:00Z",
    }));
    const { status } = await fleet.call("POST", "/v1/consents/import", { data });
    if (status !== 200) counts.failed++;
    consented += CONSENTS_AT_ONCE;
    consenting = null;
  };
  let advertised = 0;

  const measured = async (kind: "accept" | "webhook", due: number, ask: () => Promise<{ status: number }>) => {
    try {
      const { status } = await ask();
      if (status >= 300) counts.failed++;
      else if (kind === "accept") counts.out++;
      else counts.in++;
    } catch {
      counts.failed++;
    }
    const taken = performance.now() - due;
    times[kind].push(taken);
    all[kind].add(taken);
  };
  const one = (due: number): Promise<void> => {
    const choice = random();
    if (choice < INBOUND && people > 0) {
      const text = random() < STOPS ? "STOP" : "Merci, à samedi";
      const path = inboundPath({ id: `soak-${++replies}`, from: number(1, Math.floor(random() * people)), text });
      return measured("webhook", due, () => fleet.webhook(path));
    }
    const advert = choice < INBOUND + ADVERTISING && advertised < consented;
    const message = advert
      ? { to: number(2, advertised++), from: SENDER, text: PROMO }
      : { to: number(1, people++), from: SENDER, text: INFO };
    return measured("accept", due, () => fleet.call("POST", "/v1/messages", message));
  };

  const running = (async () => {
    const started = performance.now();
    let made = 0;
    while (!stopped) {
      const now = performance.now();
      for (; made < (now - started) / 1000 * rate; made++) {
        const request = one(started + made * 1000 / rate).finally(() => underWay.delete(request));
        underWay.add(request);
      }
      if (consented - advertised < CONSENTS_AT_ONCE && consenting === null) consenting = importConsents();
      await wait(STEP_MS);
    }
    await Promise.all(underWay);
  })();

  return {
    window() {
      const now = performance.now();
      const seconds = (now - since) / 1000;
      const result = { ...counts, seconds, accept: percentiles(times.accept), webhook: percentiles(times.webhook) };
      since = now;
      counts = { out: 0, in: 0, failed: 0 };
      times.accept = [];
      times.webhook = [];
      return result;
    },
    total: (kind) => `${all[kind].at(0.5).toFixed(1)}/${all[kind].at(0.99).toFixed(1)} ms`,
    async stop() {
      stopped = true;
      await running;
    },
  };
}

function percentiles(values: number[]): Percentiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

/** Counts in steps of a tenth of a millisecond, so that a long run needs no more memory than a short one. */
function histogram() {
  const steps = new Uint32Array(600_000);
  let count = 0;
  return {
    add(ms: number) {
      const step = Math.min(steps.length - 1, Math.max(0, Math.round(ms * 10)));
      steps[step] = steps[step]! + 1;
      count++;
    },
    at(share: number): number {
      let seen = 0;
      for (const [step, times] of steps.entries()) if ((seen += times) >= count * share) return step / 10;
      return 0;
    },
  };
}
