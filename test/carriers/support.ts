import { existsSync, readFileSync } from "node:fs";
import type { CarrierIo, Outgoing, WebhookRequest } from "../../src/carriers/carrier.ts";
import { guardedFetch } from "../../src/gateway/network/outgoing_http.ts";

export const NOW = Date.parse("2026-11-22T10:00:00Z");

/** What adapters are given, with a clock that stands still and calls that reach loopback only. */
export function testIo(overrides: Partial<CarrierIo> = {}): CarrierIo {
  return {
    fetch: guardedFetch({ allowPrivate: true, resolve: () => Promise.reject(new Error("no names in tests")) }),
    publicUrl: "https://sms.example.com",
    carrierId: "acc_1",
    now: () => NOW,
    authorized: (authorization) => Promise.resolve(authorization === "Bearer good"),
    ...overrides,
  };
}

export function outgoing(overrides: Partial<Outgoing> = {}): Outgoing {
  return {
    id: "msg_01",
    to: "+33612345678",
    from: "36105",
    text: "Bonjour",
    encoding: "GSM-7",
    segments: 1,
    validUntil: null,
    ...overrides,
  };
}

export interface WebhookParts {
  method?: string;
  url?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

export function webhook({ method = "POST", url = "https://sms.example.com/", headers = {}, body = "" }: WebhookParts) {
  return {
    method,
    url,
    headers: new Headers(headers),
    body: typeof body === "string" ? new TextEncoder().encode(body) : body,
  } satisfies WebhookRequest;
}

/** A server on a free port of this machine that hears real requests and gives the answer of each case. */
export async function withServer<T>(
  answer: (request: Request) => Response | Promise<Response>,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, answer);
  try {
    return await use(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

/** A signed webhook of a provider's own test suite, or one made after its documentation. */
export interface SignatureVector {
  provider?: string;
  scheme: string;
  name: string;
  url?: string | null;
  method: string;
  headers: Record<string, string>;
  params?: Record<string, string>;
  body?: string | null;
  secret?: string | null;
  publicKey?: string;
  /** Unix seconds. */
  timestamp?: string | null;
  /** Unix seconds at which it is to be judged; the time of the signature when absent. */
  receivedAt?: number;
  valid: boolean;
}

/**
 * `fixtures` stand beside the tests. `reference` is the whole collection that they were chosen from, kept beside the checkout and
 * not in it; empty in a clone that lacks it.
 */
export function signatureVectors(provider: string): { fixtures: SignatureVector[]; reference: SignatureVector[] } {
  const read = (url: URL): SignatureVector[] => JSON.parse(readFileSync(url, "utf8"));
  const all = new URL("../../../shared/reference/webhook-signature-vectors.json", import.meta.url);
  return {
    fixtures: read(new URL(`./${provider}/signatures.json`, import.meta.url)),
    reference: existsSync(all) ? read(all).filter((vector) => vector.provider === provider) : [],
  };
}

/** The clock at which a vector is to be judged, in ms. */
export function vectorClock({ receivedAt, timestamp }: SignatureVector): number {
  return (receivedAt ?? Number(timestamp ?? 0)) * 1000;
}
