/**
 * Group commit: items that arrive while a group is being committed form the next one. One group runs its reads and decisions
 * while the database commits the one before, and each caller is answered when its own group is durable.
 *
 * Items that share a key never run at the same time: two messages to one person must see each other (frequency, STOP beside an
 * advertisement, one idempotency key). They keep their order.
 */
export class Batcher<Item, Result> {
  readonly #waiting: Entry<Item, Result>[] = [];
  readonly #busy = new Set<string>();
  #running = 0;
  #scheduled = false;

  /**
   * `run` takes a group and answers for each item in order, or throws and has stored nothing. `keysOf`: what an item must not
   * share with another that is running. `fatal`: errors that are nobody's fault in the group (the database is away); after any
   * other each item is run alone, so that one that cannot be handled fails no other.
   */
  constructor(
    readonly run: (items: Item[]) => Promise<Result[]>,
    readonly keysOf: (item: Item) => readonly string[],
    readonly limits: { groupSize: number; groups: number },
    readonly fatal: (error: unknown) => boolean,
  ) {}

  /** Resolves with the item's own result once its group is done. */
  submit(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, keys: this.keysOf(item), resolve, reject });
      // A lone item goes at once; under load the groups that are running let the next ones grow.
      if (this.#scheduled || this.#running >= this.limits.groups) return;
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.#pump();
      });
    });
  }

  /** Items not yet taken. */
  get depth(): number {
    return this.#waiting.length;
  }

  #pump(): void {
    while (this.#running < this.limits.groups) {
      const group = this.#take();
      if (group.length === 0) return;
      this.#running++;
      this.#settle(group).finally(() => {
        for (const entry of group) for (const key of entry.keys) this.#busy.delete(key);
        this.#running--;
        this.#pump();
      });
    }
  }

  async #settle(group: Entry<Item, Result>[]): Promise<void> {
    try {
      const results = await this.run(group.map((entry) => entry.item));
      group.forEach((entry, index) => entry.resolve(results[index]!));
    } catch (error) {
      if (group.length === 1 || this.fatal(error)) group.forEach((entry) => entry.reject(error));
      else for (const entry of group) await this.#settle([entry]);
    }
  }

  #take(): Entry<Item, Result>[] {
    const group: Entry<Item, Result>[] = [];
    const left: Entry<Item, Result>[] = [];
    // Keys of those passed over stay blocked for this look, so that nobody overtakes within a key.
    const passed = new Set<string>();
    let index = 0;
    // A bounded look: a burst to one person must not make every group walk the whole queue.
    const reach = this.limits.groupSize * 4;
    for (; index < this.#waiting.length && group.length < this.limits.groupSize && index < reach; index++) {
      const entry = this.#waiting[index]!;
      if (entry.keys.some((key) => this.#busy.has(key) || passed.has(key))) {
        for (const key of entry.keys) passed.add(key);
        left.push(entry);
        continue;
      }
      for (const key of entry.keys) this.#busy.add(key);
      group.push(entry);
    }
    this.#waiting.splice(0, index, ...left);
    return group;
  }
}

interface Entry<Item, Result> {
  item: Item;
  keys: readonly string[];
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Of a file one group at a time: the next one grows meanwhile, and fewer, larger commits cost less of the cores that the server
 * needs. Over a network a second group decides while the first waits for its answer.
 */
export function groupLimits({ embedded }: { embedded: boolean }): { groupSize: number; groups: number } {
  return { groupSize: 256, groups: embedded ? 1 : 2 };
}
