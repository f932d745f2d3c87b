import { utf8ToBytes } from "@noble/hashes/utils.js";
import { constantTimeEqual, hmacBytes } from "./signature.ts";

const HASHES = { HS256: "sha256", HS384: "sha384", HS512: "sha512" } as const;
export type HmacAlgorithm = keyof typeof HASHES;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * The claims of a JSON Web Token (RFC 7519) that was signed with `secret` under one of the `algorithms`; null for every other
 * token, `alg: none` included. Which claims must be there, and when they lapse, each provider tells differently.
 */
export function jwtClaims(
  token: string,
  secret: string,
  algorithms: readonly HmacAlgorithm[],
): Record<string, unknown> | null {
  const [head = "", payload = "", signature = "", ...rest] = token.split(".");
  if (rest.length > 0) return null;
  const algorithm = algorithms.find((name) => name === decodedObject(head)?.["alg"]);
  if (algorithm === undefined) return null;
  const expected = base64Url(hmacBytes(HASHES[algorithm], secret, `${head}.${payload}`));
  return constantTimeEqual(signature, expected) ? decodedObject(payload) : null;
}

/** A token signed with RS256. @throws when `privateKeyPem` (PKCS #8) holds no RSA key. */
export async function rs256Token(claims: Record<string, unknown>, privateKeyPem: string): Promise<string> {
  const der = Uint8Array.fromBase64(privateKeyPem.replace(/-----[A-Z ]+-----/g, ""));
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
  const signed = [{ alg: "RS256", typ: "JWT" }, claims].map((part) => base64Url(utf8ToBytes(JSON.stringify(part))))
    .join(".");
  const signature = await crypto.subtle.sign(algorithm.name, key, new TextEncoder().encode(signed));
  return `${signed}.${base64Url(new Uint8Array(signature))}`;
}

function base64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function decodedObject(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(utf8.decode(Uint8Array.fromBase64(part, { alphabet: "base64url" })));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
