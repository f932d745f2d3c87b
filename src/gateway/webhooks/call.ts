import type { CarrierIo } from "../../carriers/carrier.ts";
import type { Clock } from "../clock.ts";
import { OutgoingError } from "../network/outgoing_http.ts";
import { signatureHeaders, type Signed } from "./signature.ts";

/** What came of sending one event once. */
export interface Attempt {
  /** `gone`: the receiver wants nothing any more (410). `erased`: there was nothing left to send. */
  outcome: "taken" | "failed" | "gone" | "erased";
  /** ms. */
  at: number;
  duration_ms: number;
  /** Null when no answer came. */
  http_status: number | null;
  /** Why no answer came. */
  error: string | null;
  /** The beginning of the answer; null when there is none. */
  answer: string | null;
  /** How long the receiver asked us to wait (`Retry-After`), at most ten hours; null when it did not. */
  retry_after_ms: number | null;
}

/** A receiver that takes longer is asked again later. */
export const TIMEOUT_MS = 15_000;
/** What is read of an answer, and what is kept of it. */
export const ANSWER_BYTES = 4_096;
const EXCERPT = 500;
/** The longest step of the schedule: nobody gets to silence an endpoint for good by a header. */
const LONGEST_WAIT_MS = 10 * 3_600_000;

/** Sends one signed event; whatever the receiver does is an outcome. `fetch` follows no redirects and calls no private addresses. */
export async function attempt(
  { url, secrets, ...event }: Omit<Signed, "at"> & { url: string; secrets: readonly string[] },
  { fetch, now }: { fetch: CarrierIo["fetch"]; now: Clock },
): Promise<Attempt> {
  const at = now();
  const started = performance.now();
  const took = () => Math.round(performance.now() - started);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "user-agent": "Parley",
        ...signatureHeaders({ ...event, at }, secrets),
      },
      body: event.body,
    });
    const { status } = response;
    return {
      outcome: status >= 200 && status < 300 ? "taken" : status === 410 ? "gone" : "failed",
      at,
      duration_ms: took(),
      http_status: status,
      error: null,
      // SQLite cuts a text at U+0000.
      answer: (await response.text()).replaceAll("\0", " ").slice(0, EXCERPT) || null,
      retry_after_ms: retryAfter(response.headers.get("retry-after"), now()),
    };
  } catch (error) {
    if (!(error instanceof OutgoingError)) throw error;
    return {
      outcome: "failed",
      at,
      duration_ms: took(),
      http_status: null,
      error: `${error.kind}: ${error.message}`,
      answer: null,
      retry_after_ms: null,
    };
  }
}

/** RFC 9110 10.2.3: seconds, or a date. In ms; null for nothing or nonsense. */
export function retryAfter(header: string | null, now: number): number | null {
  const given = header?.trim() ?? "";
  // A date begins with the name of a day; of a number with a sign, `Date.parse` would make some year.
  const ms = /^\d+$/.test(given) ? Number(given) * 1000 : /^[A-Z]/i.test(given) ? Date.parse(given) - now : NaN;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), LONGEST_WAIT_MS);
}
