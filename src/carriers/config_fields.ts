import { z } from "zod";
import { withoutSlash } from "./json_call.ts";

/** A credential that travels in a header or is signed with: no spaces, nothing beyond ASCII. */
export const Credential = z.string().regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces");

/** Where the API of a provider answers; another address is for regions, proxies and tests. */
export function apiUrl(usual: string) {
  return z.url({ protocol: /^https?$/ }).default(usual).transform(withoutSlash);
}
