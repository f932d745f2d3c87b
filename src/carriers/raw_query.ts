const encoder = new TextEncoder();
const utf8 = new TextDecoder();

/**
 * The parameters of a raw query as the bytes that were sent, since a carrier may write them in another charset than UTF-8. Of a
 * repeated name the first counts; a `%` that escapes nothing stands for itself.
 */
export function rawQuery(url: string): Map<string, Uint8Array> {
  const params = new Map<string, Uint8Array>();
  for (const pair of (/\?([^#]*)/.exec(url)?.[1] ?? "").split("&")) {
    const at = pair.indexOf("=");
    const name = utf8.decode(unescapeBytes(at === -1 ? pair : pair.slice(0, at)));
    if (name !== "" && !params.has(name)) params.set(name, unescapeBytes(at === -1 ? "" : pair.slice(at + 1)));
  }
  return params;
}

function unescapeBytes(escaped: string): Uint8Array {
  const source = encoder.encode(escaped);
  if (!/[%+]/.test(escaped)) return source;
  const bytes = new Uint8Array(source.length);
  let length = 0;
  for (let i = 0; i < source.length; i++) {
    const byte = source[i] ?? 0;
    const hex = byte === 0x25 ? String.fromCharCode(source[i + 1] ?? 0, source[i + 2] ?? 0) : "";
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      bytes[length++] = parseInt(hex, 16);
      i += 2;
    } else bytes[length++] = byte === 0x2b ? 0x20 : byte;
  }
  return bytes.slice(0, length);
}
