import { ProviderListError, type ProviderOptOut } from "../carriers/carrier.ts";
import { parseAddress } from "../core/msisdn.ts";
import { type KnownSuppression, suppressionsOf } from "../store/suppressions.ts";
import { type CarrierOptOut, optOutScope, suppressFromCarrier } from "./carrier_opt_out.ts";
import { carrierIo } from "./carrier_io.ts";
import type { Deps } from "./gateway.ts";
import type { CarrierAccount, Settings } from "./settings.ts";

/**
 * Opt-out state stays one: a provider that answers STOP itself keeps a list of its own, and what is on it and not here would be
 * decided as allowed and then refused by the provider, message after message (peers.md, opt-out pitfalls).
 */

/** How a provider's list and our register differ. Lists of numbers hold the first hundred. */
export interface Drift {
  carrier_id: string;
  /** Entries on the provider's list. */
  listed: number;
  /** Of them, those that our register covers. */
  agreed: number;
  /** Blocked there and not here: suppressed now, unless this was a dry run. */
  missing_here: { count: number; recipients: string[] };
  /**
   * Blocked there since before they came back here. They stay allowed here, by their own later word; the provider will refuse
   * messages to them until it lifts its block.
   */
  returned_here: { count: number; recipients: string[] };
  /** Entries without a phone number. */
  unreadable: number;
  applied: boolean;
}

/** `carrier_unknown`, `no_list`: its API does not tell. `list_unreadable`: what was read before is applied all the same. */
export type ReconcileFailure = { code: "carrier_unknown" | "no_list" | "list_unreadable"; detail: string };

const NAMED = 100;

/** Accounts whose provider tells its list. */
export function reconcilable({ carriers }: Settings): CarrierAccount[] {
  return [...carriers.values()].filter(({ adapter }) => adapter.optOuts !== undefined);
}

/**
 * Reads a provider's list page by page, makes what is missing here a suppression (source `carrier`), and reports the drift. Repeated
 * it changes nothing more. `progress` is called after each page. @throws DatabaseError.
 */
export async function reconcile(
  carrier_id: string,
  deps: Pick<Deps, "db" | "settings" | "now" | "newId" | "fetch" | "publicUrl">,
  { apply, progress = () => {} }: { apply: boolean; progress?: (drift: Drift) => void },
): Promise<{ ok: true; drift: Drift } | { ok: false; failure: ReconcileFailure }> {
  const failed = (code: ReconcileFailure["code"], detail: string) =>
    ({ ok: false, failure: { code, detail } }) as const;
  const settings = await deps.settings.current();
  const account = settings.carriers.get(carrier_id);
  if (account === undefined) return failed("carrier_unknown", `There is no carrier account ${carrier_id}.`);
  const { adapter, config } = account;
  if (adapter.optOuts === undefined) {
    return failed("no_list", `The API of ${adapter.kind} does not tell whom it blocks; its refusals and webhooks do.`);
  }
  const drift: Drift = {
    carrier_id,
    listed: 0,
    agreed: 0,
    missing_here: { count: 0, recipients: [] },
    returned_here: { count: 0, recipients: [] },
    unreadable: 0,
    applied: apply,
  };
  try {
    for await (const page of adapter.optOuts(config, carrierIo(carrier_id, adapter, deps))) {
      const missing = await compare(page, carrier_id, settings, deps, drift);
      if (apply && missing.length > 0) await deps.db.client.batch(suppressFromCarrier(missing, settings, deps));
      progress(drift);
    }
  } catch (error) {
    if (!(error instanceof ProviderListError)) throw error;
    return failed("list_unreadable", `${error.message}, after ${drift.listed} entries.`);
  }
  return { ok: true, drift };
}

/** Counts a page into `drift` and returns what our register lacks. */
async function compare(
  page: readonly ProviderOptOut[],
  carrier_id: string,
  settings: Settings,
  { db }: Pick<Deps, "db">,
  drift: Drift,
): Promise<CarrierOptOut[]> {
  const entries = page.map((entry) => ({ ...entry, ...parseAddress(entry.person) }));
  const known = await suppressionsOf(db.client, entries.map(({ address }) => address));
  const missing: CarrierOptOut[] = [];
  for (const { kind, address: person, sender, at } of entries) {
    drift.listed++;
    if (kind !== "msisdn") {
      drift.unreadable++;
      continue;
    }
    const scope = optOutScope(person, settings);
    // A list of the whole account speaks for each of its senders.
    const senders = scope === "commercial" ? [""] : sendersOf(sender, carrier_id, settings);
    const here = known.get(person) ?? [];
    const lacking = senders.filter((one) => !here.some((row) => covers(row, scope, one)));
    if (lacking.length === 0) {
      drift.agreed++;
    } else if (here.some(({ lifted_at }) => lifted_at !== null && lifted_at >= (at ?? 0))) {
      count(drift.returned_here, person);
    } else {
      count(drift.missing_here, person);
      for (const one of lacking) missing.push({ person, sender: one, message_id: null, carrier_id, detail: LISTED });
    }
  }
  return missing;
}

/** Stands where a refusal has the carrier's code. */
const LISTED = "opt-out list";

function covers(row: KnownSuppression, scope: "commercial" | "all", sender: string): boolean {
  if (row.lifted_at !== null) return false;
  return scope === "commercial" || (row.scope === "all" && (row.sender === "" || row.sender === sender));
}

function sendersOf(listed: string | null, carrier_id: string, { senders }: Settings): string[] {
  const own = [...senders.values()].filter((one) => one.carrier_id === carrier_id).map(({ address }) => address);
  if (listed === null) return own;
  const { address } = parseAddress(listed);
  // An address that is configured elsewhere, or no longer: the block says nothing about the others.
  return own.filter((one) => one === address || one === listed);
}

function count(numbers: { count: number; recipients: string[] }, person: string): void {
  numbers.count++;
  if (numbers.recipients.length < NAMED) numbers.recipients.push(person);
}
