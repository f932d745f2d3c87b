import { ProviderListError, type ProviderOptOut } from "../../carriers/carrier.ts";
import { parseAddress } from "../../core/msisdn.ts";
import { type KnownSuppression, suppressedByCarriers, suppressionsOf } from "../../store/consent/suppressions.ts";
import { countPeople } from "../../store/inbox/conversations.ts";
import type { Deps } from "../gateway.ts";
import type { CarrierAccount, Settings } from "../settings.ts";
import { carrierIo } from "./carrier_io.ts";
import { type CarrierOptOut, optOutScope, suppressFromCarrier } from "./carrier_opt_out.ts";

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
  /**
   * Suppressed here by a carrier's word and not on this list, of the people whom this account's senders write to. They stay so: only
   * they themselves take it back. Told when the whole list was read.
   */
  only_here: { count: number; recipients: string[] };
  /** Blocks of a sender that no sender of this account here is: they say nothing about those that are. */
  other_senders: number;
  /** Entries without a phone number. */
  unreadable: number;
  applied: boolean;
}

/**
 * `carrier_unknown`, `no_list`: its API does not tell. `list_unreadable`: what was read before is applied all the same.
 * `too_many_missing`: nothing was applied.
 */
export type ReconcileFailure = {
  code: "carrier_unknown" | "no_list" | "list_unreadable" | "too_many_missing";
  detail: string;
};

const NAMED = 100;

/**
 * People whom one run suppresses unasked: so many, or this share of those we have a thread with. What a carrier says of a person only
 * that person takes back, so the list of another brand, or one that names everybody, could not be undone; waiting for a look harms
 * nobody, as the provider refuses whoever is on its list.
 */
const UNASKED = 100;
const UNASKED_SHARE = 0.01;

/** Suppressions of one transaction. */
const PIECE = 200;

/** Accounts whose provider tells its list. */
export function reconcilable({ carriers }: Settings): CarrierAccount[] {
  return [...carriers.values()].filter(({ adapter }) => adapter.optOuts !== undefined);
}

/**
 * Reads a provider's list page by page, makes what is missing here a suppression (source `carrier`), and reports the drift. Repeated
 * it changes nothing more. `most`: people whom it may suppress, when somebody has looked at how many there are. `progress` is called
 * after each page. @throws DatabaseError.
 */
export async function reconcile(
  carrier_id: string,
  deps: Pick<Deps, "db" | "settings" | "now" | "newId" | "fetch" | "publicUrl" | "people">,
  { apply, most, progress = () => {} }: {
    apply: boolean;
    most?: number | undefined;
    progress?: (drift: Drift) => void;
  },
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
    only_here: { count: 0, recipients: [] },
    other_senders: 0,
    unreadable: 0,
    applied: apply,
  };
  const limit = !apply ? 0 : most ?? Math.max(UNASKED, Math.ceil(await countPeople(deps.db.client) * UNASKED_SHARE));
  const missing = new Map<string, CarrierOptOut>();
  const listed = new Set<string>();
  let unreadable: ProviderListError | null = null;
  try {
    for await (const page of adapter.optOuts(config, carrierIo(carrier_id, adapter, deps))) {
      for (const { person } of page) listed.add(parseAddress(person).address);
      for (const one of await compare(page, carrier_id, settings, deps, drift)) {
        missing.set(`${one.person} ${one.sender}`, one);
      }
      // They are not applied any more, only counted.
      if (drift.missing_here.count > limit) missing.clear();
      progress(drift);
    }
  } catch (error) {
    if (!(error instanceof ProviderListError)) throw error;
    unreadable = error;
  }
  if (unreadable === null) {
    const own = sendersOf(null, carrier_id, settings);
    for await (const people of suppressedByCarriers(deps.db.client, own)) {
      for (const person of people) if (!listed.has(person)) count(drift.only_here, person);
    }
  }
  if (apply && drift.missing_here.count > limit) {
    return failed(
      "too_many_missing",
      `${drift.missing_here.count} people on the list are not suppressed here, more than the ${limit} that are suppressed ` +
        "unasked: look at a dry run whether it is the right list, then say how many there may be. Nothing was changed.",
    );
  }
  const optOuts = [...missing.values()];
  for (let from = 0; from < optOuts.length; from += PIECE) {
    await deps.db.client.batch(suppressFromCarrier(optOuts.slice(from, from + PIECE), settings, deps));
  }
  return unreadable === null
    ? { ok: true, drift }
    : failed("list_unreadable", `${unreadable.message}, after ${drift.listed} entries.`);
}

/** Counts a page into `drift` and returns what our register lacks. */
async function compare(
  page: readonly ProviderOptOut[],
  carrier_id: string,
  settings: Settings,
  { db, people }: Pick<Deps, "db" | "people">,
  drift: Drift,
): Promise<CarrierOptOut[]> {
  const entries = page.map((entry) => ({ ...entry, ...parseAddress(entry.person) }));
  const known = await suppressionsOf({ db, people }, entries.map(({ address }) => address));
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
    if (senders.length === 0) {
      drift.other_senders++;
      continue;
    }
    const here = known.get(person) ?? [];
    const rowsOf = (one: string) => here.filter((row) => concerns(row, scope, one));
    const lacking = senders.filter((one) => !rowsOf(one).some(({ lifted_at }) => lifted_at === null));
    // Who came back to one sender has said nothing to the others.
    const left = lacking.filter((one) => !rowsOf(one).some(({ lifted_at }) => lifted_at! >= (at ?? 0)));
    if (lacking.length === 0) {
      drift.agreed++;
    } else if (left.length === 0) {
      count(drift.returned_here, person);
    } else {
      count(drift.missing_here, person);
      for (const one of left) missing.push({ person, sender: one, message_id: null, carrier_id, detail: LISTED });
    }
  }
  return missing;
}

/** Stands where a refusal has the carrier's code. */
const LISTED = "opt-out list";

/** The row is, or was, about messages from that sender. */
function concerns(row: KnownSuppression, scope: "commercial" | "all", sender: string): boolean {
  return scope === "commercial" || (row.scope === "all" && (row.sender === "" || row.sender === sender));
}

function sendersOf(listed: string | null, carrier_id: string, { senders }: Settings): string[] {
  // Any of a sender's routes: what leaves by the second is refused by that provider as well.
  const own = [...senders.values()].filter(({ routes }) => routes.some((route) => route.carrier_id === carrier_id))
    .map(({ address }) => address);
  if (listed === null) return own;
  const { address } = parseAddress(listed);
  // An address that is configured elsewhere, or no longer: the block says nothing about the others.
  return own.filter((one) => one === address || one === listed);
}

function count(numbers: { count: number; recipients: string[] }, person: string): void {
  numbers.count++;
  if (numbers.recipients.length < NAMED) numbers.recipients.push(person);
}
