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
 * What an HTTP status means for the message, where the carrier says nothing more precise. A 4xx was read and refused, a 401 for the
 * sake of the account (RFC 9110 15.5.2: no valid credentials), so that the message waits until they are mended. Any other answer, 5xx included, may come from a proxy or after the message was stored, and a second copy of an SMS costs money and
 * cannot be called back: ambiguous.
 */
export function statusFailure(carrier: string, response: Response, nowMs: number): SendFailure {
  const { status } = response;
  const code = `http_${status}`;
  const detail = `${carrier} answered HTTP ${status}`;
  const wait = retryAfterSeconds(response.headers, nowMs);
  const retryAfter = wait === null ? {} : { retryAfterSeconds: wait };
  if (status === 429) return { ok: false, kind: "throttled", code, detail, ...retryAfter };
  // The server did not receive the whole request (RFC 9110 15.5.9).
  if (status === 408) return { ok: false, kind: "retryable", code, detail, of: "account", ...retryAfter };
  if (status === 401) return { ok: false, kind: "retryable", code, detail, of: "account" };
  return { ok: false, kind: status >= 400 && status < 500 ? "final" : "ambiguous", code, detail };
}

/** `Retry-After` in seconds from now, rounded up; both forms of RFC 9110 10.2.3. Null when absent, malformed or in the past. */
export function retryAfterSeconds(headers: Headers, nowMs: number): number | null {
  const value = headers.get("Retry-After")?.trim() ?? "";
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const seconds = Math.ceil((Date.parse(value) - nowMs) / 1000);
  return seconds > 0 ? seconds : null;
}
