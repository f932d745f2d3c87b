import type { z } from "zod";
import type { Verified, WebhookRequest } from "./carrier.ts";
import { rawQuery } from "./raw_query.ts";
import { constantTimeEqual, sha256Hex } from "./signature.ts";

export type Refusal = Extract<Verified<never>, { ok: false }>;

/** No credentials at all. */
export function missingCredentials(detail: string): Refusal {
  return { ok: false, status: 401, code: "credentials_missing", detail };
}

/** Credentials that do not fit. */
export function wrongCredentials(detail: string): Refusal {
  return { ok: false, status: 403, code: "credentials_wrong", detail };
}

/** Credentials that fit, but of another time: a copy of an old request, or a clock that is wrong. */
export function staleCredentials(detail: string): Refusal {
  return { ok: false, status: 403, code: "credentials_stale", detail };
}

/** Neither right nor wrong yet: what it is verified with is out of reach. The carrier shall come again. */
export function unverifiable(detail: string): Refusal {
  return { ok: false, status: 503, code: "credentials_unverifiable", detail };
}

/** How far the clock of a signed webhook may be from ours, in seconds and either way, where the provider names no figure. */
const TOLERANCE_SECONDS = 300;

/**
 * True when `timestamp` (Unix seconds, digits) is at most five minutes away from now. Copies younger than that are told by the
 * id of their message, under which nothing is stored twice.
 */
export function isRecent(timestamp: string | number, nowMs: number, toleranceSeconds = TOLERANCE_SECONDS): boolean {
  if (!/^\d{1,12}$/.test(String(timestamp))) return false;
  return Math.abs(Number(timestamp) - nowMs / 1000) <= toleranceSeconds;
}

/**
 * True when `timestamp` is of now, or of a delivery that the provider may still be repeating: it does so for `retriedForSeconds`, and
 * does not say that it signs each try anew. What is refused of a repetition is lost for good; a copy of what was taken is told by the
 * id of its message, which the signature covers.
 */
export function isRepeatable(timestamp: string | number, nowMs: number, retriedForSeconds: number): boolean {
  const ageSeconds = nowMs / 1000 - Number(timestamp);
  return isRecent(timestamp, nowMs) ||
    (ageSeconds > 0 && isRecent(timestamp, nowMs, retriedForSeconds + TOLERANCE_SECONDS));
}

/**
 * Stands for the id of a message whose carrier gives none: a copy of a signed request has the signature of the first. `proof`: the
 * signature or token, which must cover content and time, so that the same words a second later are another message.
 */
export function idOfCopy(proof: string): string {
  return `signed_${sha256Hex(new TextEncoder().encode(proof)).slice(0, 32)}`;
}

/** For providers that sign nothing: refuses an address whose `key` is not the secret of the account. Null when it is. */
export function checkUrlKey(url: string, secret: string): Refusal | null {
  const key = rawQuery(url).get("key");
  if (key === undefined || key.length === 0) return missingCredentials("key is missing from the address");
  const given = new TextDecoder().decode(key);
  return constantTimeEqual(given, secret) ? null : wrongCredentials("key does not fit webhook_secret");
}

/** For providers that call with credentials of HTTP Basic (RFC 7617). Null when `Authorization` holds the right ones. */
export function checkBasic(request: WebhookRequest, username: string, password: string): Refusal | null {
  const given = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(request.headers.get("Authorization") ?? "")?.[1];
  if (given === undefined) return missingCredentials("Authorization holds no Basic credentials");
  const expected = new TextEncoder().encode(`${username}:${password}`).toBase64();
  return constantTimeEqual(given, expected) ? null : wrongCredentials("the Basic credentials do not fit");
}

/**
 * What is understood of a webhook that brings several items. One that is not must not keep the others out, as none of them
 * would be stored; it is told of as `lost`. A webhook of which nothing is understood is refused.
 */
export function understood<T>(items: readonly unknown[], parse: (item: unknown) => Verified<T[]>): Verified<T[]> {
  const parsed = items.map(parse);
  const refusals = parsed.filter((one) => !one.ok);
  const [first] = refusals;
  const value = parsed.flatMap((one) => one.ok ? one.value : []);
  if (first === undefined) return { ok: true, value };
  return refusals.length === parsed.length
    ? first
    : { ok: true, value, lost: { items: refusals.length, detail: first.detail } };
}

/** Undefined when the body is not JSON in UTF-8. */
export function jsonBody({ body }: WebhookRequest): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}

/** Verified, but not understood. */
export function malformed(detail: string): Refusal {
  return { ok: false, status: 400, code: "webhook_malformed", detail };
}

/** A body as `schema` has it, or what is wrong with it. */
export function readJson<T>(request: WebhookRequest, schema: z.ZodType<T>): Verified<T> {
  const body = jsonBody(request);
  if (body === undefined) return unreadable(request);
  const parsed = schema.safeParse(body);
  return parsed.success ? { ok: true, value: parsed.data } : malformedFields(parsed.error);
}

/** Why `jsonBody` reads nothing. */
export function unreadable({ body }: WebhookRequest): Refusal {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return malformed("body: is not UTF-8");
  }
  return malformed("body: is not JSON");
}

/** Names the fields at fault, never their values: those are numbers and texts. */
export function malformedFields(error: z.ZodError): Refusal {
  return malformed(error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`).join("; "));
}
