import type { Carrier } from "../carriers/carrier.ts";
import { carrierOf } from "../carriers/mod.ts";
import type { Sender } from "../core/message.ts";
import type { Rulebook } from "../core/rulebook/rulebook.ts";
import { loadContents, loadRulebook } from "../rules/check.ts";
import { readContents, readSettings, readSources } from "../store/carriers/settings.ts";
import type { DbClient } from "../store/libsql/client.ts";
import type { SharedClock } from "./clock.ts";
import type { Route } from "./dispatch/routes.ts";

/** What staff configure, as this instance last read it. */
export interface Settings {
  rulebook: Rulebook;
  senders: ReadonlyMap<string, ConfiguredSender>;
  carriers: ReadonlyMap<string, CarrierAccount>;
}

export interface ConfiguredSender extends Sender {
  /** The first of its routes. */
  carrier_id: string;
  /** In order; at least one. */
  routes: Route[];
  rate_per_second: number;
  /** True when what it sends reaches phones, and not the sandbox. */
  real: boolean;
}

export interface CarrierAccount {
  id: string;
  adapter: Carrier;
  config: unknown;
  /** Since when (ms) its circuit breaker is open; null while it is in service. */
  opened_at: number | null;
  /** While it is open: from when (ms) one message may try whether the account is back. */
  probe_at: number | null;
  /** Until when (ms) nothing leaves through it. */
  paused_until: number;
}

/** True once messages may reach phones. */
export function hasRealCarrier({ carriers }: Settings): boolean {
  return carriers.values().some(({ adapter }) => adapter.kind !== SANDBOX);
}

const SANDBOX = "sandbox";

/** No rulebook was ever published to this database: nothing can be decided, so nothing is accepted. */
export class NoRulebookError extends Error {
  override name = "NoRulebookError";
  constructor() {
    super("No rulebook is active in this database: run `deno task migrate` against it once.");
  }
}

/** Changes reach every instance within two seconds (design 3); asking more often would only cost reads. */
const FRESH_MS = 1_000;
const STALE_MS = 2_000;

/**
 * Reads rulebook, senders and carriers from the database and keeps them for a second. A cache for speed only: any number of
 * instances may serve one workspace, and each follows the database.
 */
export class SettingsCache {
  #current: Settings | null = null;
  #readAt = -Infinity;
  #reading: Promise<Settings> | null = null;
  #next: Promise<Settings> | null = null;
  #clock: SharedClock = { setting: null, ahead: 0 };

  /**
   * `elapsed` is a monotonic clock in ms: a test clock that jumps must not freeze the cache. `adapterOf` finds the adapter for a
   * kind of account.
   */
  constructor(
    readonly client: DbClient,
    readonly elapsed: () => number = () => performance.now(),
    readonly adapterOf: (kind: string) => Carrier | null = carrierOf,
  ) {}

  /** The clock that all instances share, as this one last read it. */
  readonly clock = (): SharedClock => this.#clock;

  /** @throws NoRulebookError, DatabaseError. */
  async current(): Promise<Settings> {
    const age = this.elapsed() - this.#readAt;
    if (this.#current !== null && age < FRESH_MS) return this.#current;
    const reading = this.#share();
    // Not older than two seconds: serve what is known while the next reading is under way.
    if (this.#current !== null && age < STALE_MS) {
      reading.catch(() => {});
      return this.#current;
    }
    return await reading;
  }

  /**
   * Reads what is committed by now. A reading that is under way may have begun before what the caller has just changed: another one
   * follows it, which those share who ask meanwhile.
   */
  refresh(): Promise<Settings> {
    if (this.#reading === null) return this.#share();
    return this.#next ??= this.#reading.catch(() => {}).then(() => {
      this.#next = null;
      return this.#share();
    });
  }

  #share(): Promise<Settings> {
    return this.#reading ??= this.#read().finally(() => this.#reading = null);
  }

  async #read(): Promise<Settings> {
    const startedAt = this.elapsed();
    const stored = await readSettings(this.client);
    this.#clock = stored.clock;
    if (stored.rulebook === null) throw new NoRulebookError();
    const rulebook = this.#current?.rulebook.hash === stored.rulebook
      ? this.#current.rulebook
      : await this.#load(stored.rulebook);
    const carriers = new Map<string, CarrierAccount>();
    for (const { id, kind, config, ...state } of stored.carriers) {
      const adapter = this.adapterOf(kind);
      // An account that this build does not know, or whose settings it no longer takes, stays in the database: its senders fail with
      // a clear error, and the others go on.
      const read = adapter?.config.safeParse(config);
      if (adapter && read?.success) carriers.set(id, { id, adapter, config: read.data, ...state });
    }
    const senders = new Map(stored.senders.map(({ brand, ...sender }) => {
      const routes = sender.routes.length > 0 ? sender.routes : [{ carrier_id: sender.carrier_id, countries: [] }];
      const real = routes.some(({ carrier_id }) => carriers.get(carrier_id)?.adapter.kind !== SANDBOX);
      return [sender.address, { ...sender, routes, brand: brand ?? rulebook.deployment.brand, real }];
    }));
    this.#current = { rulebook, senders, carriers };
    this.#readAt = startedAt;
    return this.#current;
  }

  async #load(hash: string): Promise<Rulebook> {
    const contents = await readContents(this.client, hash);
    const kept = contents && loadContents(contents, hash);
    if (kept) return kept;
    const { rulebook, problems } = loadRulebook(await readSources(this.client, hash));
    if (!rulebook) throw new Error(`the active rulebook ${hash} does not compile here: ${problems[0]?.problem}`);
    return rulebook;
  }
}
