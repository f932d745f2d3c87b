import type { Carrier, CarrierIo } from "../../carriers/carrier.ts";
import type { Deps } from "../gateway.ts";

/** What an adapter may use, and nothing else. `authorized` matters to webhooks only. */
export function carrierIo(
  carrierId: string,
  adapter: Carrier,
  deps: Pick<Deps, "fetch" | "publicUrl" | "now">,
  authorized: CarrierIo["authorized"] = () => Promise.resolve(false),
): CarrierIo {
  return {
    fetch: deps.fetch({ allowPrivate: adapter.privateNetwork }),
    publicUrl: deps.publicUrl,
    carrierId,
    now: deps.now,
    authorized,
  };
}
