import type { CarrierIo } from "./carrier.ts";

/** Address to which a provider that signs what it reports shall report. */
export function statusUrl(io: CarrierIo): string {
  return `${io.publicUrl}/carriers/${encodeURIComponent(io.carrierId)}/status`;
}

/** Numbers as providers write them that want no `+`; names and short codes stay as they are. */
export function withoutPlus(address: string): string {
  return address.replace(/^\+/, "");
}

/** Whole seconds left of a message's life, at least one: 0 would mean the provider's default, or an error. */
export function secondsLeft(validUntil: number, io: CarrierIo): number {
  return Math.max(1, Math.floor((validUntil - io.now()) / 1000));
}
