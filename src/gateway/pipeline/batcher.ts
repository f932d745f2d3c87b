import { setImmediate } from "node:timers";

/**
 * Group commit: items that arrive while a group is being committed form the next one. One group runs its reads and decisions
 * while the database commits the one before, and each caller is answered when its own group is durable.
 *
 * A group of one costs as much as one of twenty, so groups are made alike: each takes its share of all that is at hand, and a
 * further one starts beside those that run once it is as large as they are. What is fewer waits for one of them to end, but not for one
 * that hangs or whose items are run one by one.
 * (Taking what is there, 64 callers soon form a group of 60 and groups of one: a fifth fewer messages a second.)
 *
 * Items that share a key never run at the same time: two messages to one person must see each other (frequency, STOP beside an
 * advertisement, one idempotency key). They keep their order. An item is ready when it is the first of each of its keys, and
 * groups are made of ready items in the order in which they became so: of a flood to one key only one item is ready at a time,
 * and it queues behind everybody who was ready before it.
 */
export class Batcher<Item, Result> {
  /** The last item of each key that is not done. */
  readonly #last = new Map<string, Entry<Item, Result>>();
  readonly #ready: Entry<Item, Result>[] = [];
  #depth = 0;
  #running = 0;
  /** Items of the groups that are running. */
  #inFlight = 0;
  #scheduled = false;
  #late: ReturnType<typeof setTimeout> | undefined;

  /**
   * `run` takes a group and answers for each item in order, or throws and has stored nothing. What is left to do for one item
   * after the group was stored is a promise in its place: when that fails, it fails this item only and nothing runs again.
   * `keysOf`: what an item must not share with another that is running. `fatal`: errors that are nobody's fault in the group
   * (the database is away); after any other each item is run alone, so that one that cannot be handled fails no other.
   */
  constructor(
    readonly run: (items: Item[]) => Promise<(Result | Promise<Result>)[]>,
    readonly keysOf: (item: Item) => readonly string[],
    readonly limits: { groupSize: number; groups: number },
    readonly fatal: (error: unknown) => boolean,
  ) {}

  /** Resolves with the item's own result once its group is done. */
  submit(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#enqueue({ item, keys: this.keysOf(item), ahead: 0, behind: [], resolve, reject });
      // At the end of this turn of the event loop, in which others may have arrived as well.
      if (this.#scheduled || this.#running >= this.limits.groups) return;
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#pump();
      });
    });
  }

  /** Items not yet taken. */
  get depth(): number {
    return this.#depth;
  }

  #enqueue(entry: Entry<Item, Result>): void {
    for (const key of entry.keys) {
      const last = this.#last.get(key);
      if (last === entry) continue;
      this.#last.set(key, entry);
      if (last === undefined) continue;
      last.behind.push(entry);
      entry.ahead++;
    }
    this.#depth++;
    if (entry.ahead === 0) this.#ready.push(entry);
  }

  #release(entry: Entry<Item, Result>): void {
    for (const key of entry.keys) if (this.#last.get(key) === entry) this.#last.delete(key);
    for (const next of entry.behind) if (--next.ahead === 0) this.#ready.push(next);
  }

  #pump(): void {
    while (this.#worthAGroup()) this.#start();
    if (this.#ready.length === 0 || this.#running === this.limits.groups) {
      clearTimeout(this.#late);
      this.#late = undefined;
      return;
    }
    // Counted from the first that waits: who comes later does not begin it anew.
    this.#late ??= setTimeout(() => {
      this.#late = undefined;
      this.#start();
      this.#pump();
    }, PATIENCE_MS);
  }

  #start(): void {
    const group = this.#ready.splice(0, Math.min(this.#share(), this.limits.groupSize));
    this.#depth -= group.length;
    this.#running++;
    this.#inFlight += group.length;
    this.#settle(group).finally(() => {
      for (const entry of group) this.#release(entry);
      this.#running--;
      this.#pump();
    });
  }

  #share(): number {
    const atHand = this.#ready.length + this.#inFlight;
    return atHand < SHARED_FROM ? atHand : Math.ceil(atHand / this.limits.groups);
  }

  #worthAGroup(): boolean {
    const waiting = this.#ready.length;
    if (waiting === 0 || this.#running === this.limits.groups) return false;
    // Not all shares are the same when they do not come out even.
    return (waiting + 1) * this.#running >= this.#inFlight;
  }

  async #settle(group: Entry<Item, Result>[]): Promise<void> {
    try {
      const results = await this.run(group.map((entry) => entry.item));
      this.#inFlight -= group.length;
      group.forEach((entry, index) => entry.resolve(results[index]!));
    } catch (error) {
      if (group.length > 1 && !this.fatal(error)) {
        for (const entry of group) await this.#settle([entry]);
        return;
      }
      this.#inFlight -= group.length;
      group.forEach((entry) => entry.reject(error));
    }
  }
}

interface Entry<Item, Result> {
  item: Item;
  keys: readonly string[];
  /** Keys of which another item comes first. */
  ahead: number;
  /** Next of each key, once for each. */
  behind: Entry<Item, Result>[];
  resolve: (result: Result | Promise<Result>) => void;
  reject: (error: unknown) => void;
}

/** Fewer are not shared out: together they cost hardly more than one. */
const SHARED_FROM = 32;

/** How long a few wait for a larger group: several times as long as one takes, unless something is wrong. */
const PATIENCE_MS = 50;

/** Two groups: one decides while the other waits for its commit. */
export const GROUP_LIMITS = { groupSize: 256, groups: 2 };
