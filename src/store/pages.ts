/** Rows of one reading while a whole table is walked: bounds memory, whatever the table holds. */
const PAGE = 1_000;

/** Walks a table page by page, oldest first; `read` returns at most `limit` rows after the id `after`. */
export async function* walk<T extends { id: string }>(
  read: (after: string, limit: number) => Promise<T[]>,
): AsyncGenerator<T[], void> {
  let after = "";
  while (true) {
    const rows = await read(after, PAGE);
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.id;
  }
}
