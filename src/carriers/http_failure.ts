import { OutgoingError, type OutgoingErrorKind } from "../gateway/network/outgoing_http.ts";
import type { SendResult } from "./carrier.ts";

type SendFailure = Extract<SendResult, { ok: false }>;

const KINDS: Record<OutgoingErrorKind, SendFailure["kind"]> = {
  // The account's address is wrong, or the provider shows another page for now: no message is at fault, so all of them wait.
  blocked: "retryable",
  redirected: "retryable",
  refused: "retryable",
  timeout: "ambiguous",
  reset: "ambiguous",
  too_large: "ambiguous",
};

/** What a call that threw means for the message. An error of unknown origin may have come after the hand-over: ambiguous. */
export function callFailure(error: unknown): SendFailure {
  if (!(error instanceof OutgoingError)) {
    return { ok: false, kind: "ambiguous", code: "call_failed", detail: "the call to the carrier failed" };
  }
  return { ok: false, kind: KINDS[error.kind], code: `call_${error.kind}`, detail: error.message, of: "account" };
}

/**
 * What an HTTP status means for the message, where the carrier says nothing more precise. A 4xx was read and refused, a 401 and a 402 for
 * the sake of the account (RFC 9110 15.5.2: no valid credentials; 15.5.3: payment, by which providers mean that its credit is used up),
 * so that the message waits until that is mended. Any other answer, 5xx
 * included, may come from a proxy or after the message was stored, and a second copy of an SMS costs money and cannot be called back:
 * ambiguous.
 */
export function statusFailure(carrier: string, response: Response, nowMs: number): SendFailure {
  const { status } = response;
  const code = `http_${status}`;
  const detail = `${carrier} answered HTTP ${status}`;
  const wait = retryAfterSeconds(response.headers, nowMs);
  // Of every status: an adapter that knows more may make any of them one that waits.
  const told = { ok: false as const, code, detail, ...(wait === null ? {} : { retryAfterSeconds: wait }) };
  if (status === 429) return { ...told, kind: "throttled" };
  // The server did not receive the whole request (RFC 9110 15.5.9).
  if (status === 408 || status === 401 || status === 402) return { ...told, kind: "retryable", of: "account" };
  return { ...told, kind: status >= 400 && status < 500 ? "final" : "ambiguous" };
}

/** The form of ANSI C's asctime(), which names no zone and means UTC (RFC 9110 5.6.7). */
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;

/**
 * `Retry-After` in seconds from now, rounded up; both forms of RFC 9110 10.2.3. Null when absent, malformed, in the past or 0, which
 * tells nothing and must not have the same call made again without a pause.
 */
export function retryAfterSeconds(headers: Headers, nowMs: number): number | null {
  const value = headers.get("Retry-After")?.trim() ?? "";
  if (/^\d{1,9}$/.test(value)) return Number(value) || null;
  const date = ASCTIME.test(value) ? `${value} GMT` : value;
  const seconds = Math.ceil((Date.parse(date) - nowMs) / 1000);
  return seconds > 0 ? seconds : null;
}
