import type { WebhookRequest } from "./carrier.ts";
import { constantTimeEqual, hmacSha1Base64, hmacSha256Base64 } from "./signature.ts";

export const PLIVO_SIGNATURES = ["v3", "v2", "v1"] as const;
export type PlivoSignature = typeof PLIVO_SIGNATURES[number];

/** Names of the headers that a webhook signed under this version has. */
const HEADERS: Record<PlivoSignature, { signatures: string[]; nonce: string | null }> = {
  // Of the account that the number is in, and of the main account above it.
  v3: { signatures: ["X-Plivo-Signature-V3", "X-Plivo-Signature-Ma-V3"], nonce: "X-Plivo-Signature-V3-Nonce" },
  v2: { signatures: ["X-Plivo-Signature-V2", "X-Plivo-Signature-Ma-V2"], nonce: "X-Plivo-Signature-V2-Nonce" },
  v1: { signatures: ["X-Plivo-Signature"], nonce: null },
};

/** Signatures that the request carries for this version, and the nonce; null when something is missing. */
export function plivoCredentials({ headers }: WebhookRequest, version: PlivoSignature) {
  const names = HEADERS[version];
  // A header may hold several, while a token is being replaced.
  const signatures = names.signatures.flatMap((name) => headers.get(name)?.split(",") ?? [])
    .map((signature) => signature.trim()).filter((signature) => signature !== "");
  const nonce = names.nonce === null ? "" : headers.get(names.nonce) ?? "";
  return signatures.length === 0 || (names.nonce !== null && nonce === "") ? null : { signatures, nonce };
}

/**
 * True when one of the signatures fits the request under the account's auth token (Plivo's guide "Signature validation";
 * plivo-go `utils_test.go`, plivo-node `lib/utils/v3Security.js`). V2 covers the address without its query and the nonce, and
 * nothing else: neither query nor body.
 */
export function plivoSigned(
  request: WebhookRequest,
  version: PlivoSignature,
  authToken: string,
  { signatures, nonce }: { signatures: readonly string[]; nonce: string },
): boolean {
  const expected = version === "v3"
    ? hmacSha256Base64(authToken, `${signedV3(request)}.${nonce}`)
    : version === "v2"
    ? hmacSha256Base64(authToken, request.url.replace(/[?#].*$/s, "") + nonce)
    : hmacSha1Base64(authToken, request.url + joined(formParams(request), ""));
  // Every one is compared, so that the time does not tell which of them nearly fits.
  return signatures.map((signature) => constantTimeEqual(signature, expected)).includes(true);
}

type Params = [name: string, value: string][];

/** Parameters of a form in order of arrival. */
export function formParams({ body }: WebhookRequest): Params {
  return [...new URLSearchParams(new TextDecoder("utf-8", { ignoreBOM: true }).decode(body))];
}

/** The address without its query, the query sorted, and behind a dot the sorted form. The `?` stays when only a form follows. */
function signedV3(request: WebhookRequest): string {
  const [, base = "", raw = ""] = /^([^?#]*)(?:\?([^#]*))?/.exec(request.url) ?? [];
  const query = joined([...new URLSearchParams(raw)], "=", "&");
  if (request.method === "GET") return query === "" ? base : `${base}?${query}`;
  const form = joined(formParams(request), "");
  return `${base}${query !== "" || form !== "" ? "?" : ""}${query}${query !== "" && form !== "" ? "." : ""}${form}`;
}

function joined(params: Params, between: string, separator = ""): string {
  return params.toSorted(([a, x], [b, y]) => order(a, b) || order(x, y))
    .map(([name, value]) => name + between + value).join(separator);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
