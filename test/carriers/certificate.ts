/**
 * A self-signed certificate and its key, made here so that no key lies in the repository. Times are `YYMMDDhhmmssZ`. `dnsName`: for a
 * server of that name.
 */
export async function selfSigned(notBefore = "260101000000Z", notAfter = "270101000000Z", dnsName?: string) {
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(
    { ...algorithm, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["sign", "verify"],
  );
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
  // sha256WithRSAEncryption, and a subject of `CN=sns.amazonaws.com` (X.509, RFC 5280 4.1).
  const scheme = der(0x30, oid("2a864886f70d01010b"), der(0x05));
  const name = der(0x30, der(0x31, der(0x30, oid("550403"), der(0x0c, ascii("sns.amazonaws.com")))));
  // Version 3, for the extension `subjectAltName`.
  const version = dnsName === undefined ? [] : [der(0xa0, der(0x02, Uint8Array.of(2)))];
  const names = dnsName === undefined
    ? []
    : [der(0xa3, der(0x30, der(0x30, oid("551d11"), der(0x04, der(0x30, der(0x82, ascii(dnsName)))))))];
  const body = der(
    0x30,
    ...version,
    der(0x02, Uint8Array.of(1)),
    scheme,
    name,
    der(0x30, der(0x17, ascii(notBefore)), der(0x17, ascii(notAfter))),
    name,
    spki,
    ...names,
  );
  const signature = new Uint8Array(await crypto.subtle.sign(algorithm.name, keys.privateKey, body));
  const base64 = der(0x30, body, scheme, der(0x03, Uint8Array.of(0), signature)).toBase64();
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  return {
    certificate: pem("CERTIFICATE", base64),
    privateKey: pem("PRIVATE KEY", pkcs8.toBase64()),
  };
}

function der(tag: number, ...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  const bytes = new Uint8Array(1 + size.length + length);
  bytes.set([tag, ...size]);
  let at = 1 + size.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function oid(hex: string): Uint8Array {
  return der(0x06, Uint8Array.fromHex(hex));
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function pem(label: string, base64: string): string {
  return `-----BEGIN ${label}-----\n${base64.replace(/.{64}/g, "$&\n")}\n-----END ${label}-----\n`;
}
