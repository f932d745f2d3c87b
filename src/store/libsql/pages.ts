/** Pages of lists that people turn, and those in which a whole table is walked. */

/** Rows that a page may look at where no index finds the fitting ones: the thread of the database serves everybody. */
export const PAGE_REACH = 5_000;

/** Cuts the extra row that tells whether there is more. */
export function pageOf<T extends { id: string }>(rows: T[], limit: number): { rows: T[]; next: string | null } {
  const page = rows.slice(0, limit);
  return { rows: page, next: rows.length > limit ? page.at(-1)!.id : null };
}

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
