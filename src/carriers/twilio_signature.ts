import { parse, stringify } from "node:querystring";
import type { WebhookRequest } from "./carrier.ts";
import { constantTimeEqual, hmacSha1Base64, sha256Hex } from "./signature.ts";

/**
 * True when Twilio made this request: `X-Twilio-Signature` is the base64 HMAC-SHA1, under the account's primary auth token, of
 * the address as called followed by the sorted form parameters. A request whose address carries `bodySHA256` is signed over the
 * address alone, and its body must hash to that value; any other body than a form is covered by nothing and refused.
 * Twilio Docs "Validating requests"; official vectors in the test fixtures.
 */
export function twilioSigned(
  request: WebhookRequest,
  signature: string,
  authToken: string,
  form: FormParams = formParams(request),
): boolean {
  const params = signedParams(request, form);
  for (const url of signedUrls(request.url)) {
    // Of the address as signed: a hash that the signature does not cover proves nothing.
    const bodyHash = new URLSearchParams(/\?([^#]*)/.exec(url)?.[1] ?? "").get("bodySHA256");
    const hashed = bodyHash !== null && constantTimeEqual(bodyHash, sha256Hex(request.body)) ? "" : null;
    const appended = bodyHash === null ? params : hashed;
    if (appended !== null && constantTimeEqual(signature, hmacSha1Base64(authToken, url + appended))) return true;
  }
  return false;
}

/** Names and values of a form in order of arrival; Twilio repeats names for lists. */
export type FormParams = readonly (readonly [name: string, value: string])[];

export function formParams(request: WebhookRequest): FormParams {
  return [...new URLSearchParams(new TextDecoder("utf-8", { ignoreBOM: true }).decode(request.body))];
}

/** What follows the address in the signed text, unless it carries a hash of the body; null when nothing would cover the body. */
function signedParams(request: WebhookRequest, form: FormParams): string | null {
  if (request.body.length === 0) return "";
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers.get("Content-Type") ?? "")) return null;
  // Code-unit order, both of names and of the values of one name; a repeated value counts once.
  const pairs = form.toSorted(([a, x], [b, y]) => codeUnitOrder(a, b) || codeUnitOrder(x, y));
  let appended = "";
  pairs.forEach(([name, value], i) => {
    const before = pairs[i - 1];
    if (before === undefined || name !== before[0] || value !== before[1]) appended += name + value;
  });
  return appended;
}

function codeUnitOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The forms under which Twilio's systems are known to sign one address, likeliest first: as written, then as WHATWG URL
 * serialises it, then with the query re-encoded; each without a port and with it, and without `user:password@` too when there is
 * one. Normalising first would lose addresses that hold an apostrophe (twilio-node issue 1183).
 */
function* signedUrls(url: string): Generator<string> {
  yield* portVariants(url);
  const normal = URL.parse(url)?.href ?? url;
  if (normal !== url) yield* portVariants(normal);
  const again = requeried(normal);
  if (again !== normal) yield* portVariants(again);
}

function portVariants(url: string): string[] {
  const parts = /^(https?):\/\/((?:[^/?#@]*@)?)([^/?#]*?)(:\d+)?([/?#].*)?$/is.exec(url);
  if (!parts) return [url];
  const [, scheme = "", user = "", host = "", port, rest = ""] = parts;
  const withPort = port ?? (scheme.toLowerCase() === "https" ? ":443" : ":80");
  const users = user === "" ? [""] : [user, ""];
  return users.flatMap((u) => [`${scheme}://${u}${host}${rest}`, `${scheme}://${u}${host}${withPort}${rest}`]);
}

/**
 * The query decoded and encoded again the way Node's `querystring` does; all of it, since by default whatever stands behind the
 * thousandth parameter would be read and not covered.
 */
function requeried(url: string): string {
  const at = url.indexOf("?");
  return at === -1 ? url : `${url.slice(0, at)}?${stringify(parse(url.slice(at + 1), "&", "=", { maxKeys: 0 }))}`;
}
