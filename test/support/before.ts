import type { TestDatabase } from "./database.ts";

/** Does something once, just before the transaction that has `words`. */
export function before({ db }: { db: TestDatabase }, words: string, act: () => Promise<void>): void {
  const { client } = db;
  const batch = client.batch.bind(client);
  let waiting = true;
  client.batch = async (statements, mode) => {
    if (waiting && JSON.stringify(statements).includes(words)) {
      waiting = false;
      client.batch = batch;
      await act();
    }
    return await batch(statements, mode);
  };
}
