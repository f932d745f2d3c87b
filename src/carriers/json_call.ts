import type { CarrierIo, SendResult } from "./carrier.ts";
import { callFailure } from "./http_failure.ts";

type SendFailure = Extract<SendResult, { ok: false }>;

/** Posts JSON and reads the answer; `body` is null when that is no JSON. A call that threw is told as what it means for the message. */
export async function postJson(
  io: CarrierIo,
  url: string,
  headers: Record<string, string>,
  json: unknown,
): Promise<{ ok: true; response: Response; body: unknown } | { ok: false; failure: SendFailure }> {
  try {
    const response = await io.fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", ...headers },
      body: JSON.stringify(json),
    });
    return { ok: true, response, body: await response.json().catch(() => null) };
  } catch (error) {
    return { ok: false, failure: callFailure(error) };
  }
}

/** The carrier says yes, but not what it took: it must not be sent again, and no report can be matched by the carrier's id. */
export function malformedAnswer(what: string): SendFailure {
  return { ok: false, kind: "ambiguous", code: "answer_malformed", detail: `the answer holds no ${what}` };
}

/** `base` without the slashes at its end, so that paths can be put behind it. */
export function withoutSlash(base: string): string {
  return base.replace(/\/+$/, "");
}

/** The value of an `Authorization` header (RFC 7617, in UTF-8). */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${new TextEncoder().encode(`${username}:${password}`).toBase64()}`;
}
