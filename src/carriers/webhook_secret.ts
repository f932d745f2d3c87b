import { z } from "zod";
import type { CarrierIo } from "./carrier.ts";
import { rawQuery } from "./raw_query.ts";

/** For carriers that sign nothing: this `key` in the addresses that they call is all that tells them from a stranger. */
export const WebhookSecret = z.string().regex(
  // It stands in configuration files and addresses of others, where % and & mean something.
  /^[A-Za-z0-9_-]{16,}$/,
  "must be at least 16 letters, digits, - and _",
);

/** The address of this account, with the secret in it if there is one; `messageId` is ours and comes back as {@link addressedMessage}. */
export function keyedAddress(
  io: CarrierIo,
  name: "inbound" | "status",
  secret: string | null,
  messageId?: string,
): string {
  const query = [
    ...(secret === null ? [] : [`key=${secret}`]),
    ...(messageId === undefined ? [] : [`message=${encodeURIComponent(messageId)}`]),
  ].join("&");
  return `${io.publicUrl}/carriers/${encodeURIComponent(io.carrierId)}/${name}${query === "" ? "" : `?${query}`}`;
}

/** Our message id from a report address; null when there is none. */
export function addressedMessage(url: string): string | null {
  return queryText(url, "message") || null;
}

function queryText(url: string, name: string): string | undefined {
  const bytes = rawQuery(url).get(name);
  return bytes && new TextDecoder().decode(bytes);
}
