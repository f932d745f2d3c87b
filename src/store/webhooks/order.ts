import type { InStatement } from "@libsql/client/web";

/** How the events of one conversation keep their order: all but the first that is not done are `waiting`. */

/** Of a delivery that is to be made. `kept`: SQL, whether its conversation keeps its order. */
export const madeStatus = (kept: string) => `case when ${kept} then 'waiting' else 'pending' end`;

/**
 * Of each conversation that `threads` (SQL: `endpoint_id`, `thread`) selects, the first delivery that is not done may go. It is the
 * only way out of `waiting`.
 */
export function moveUp(threads: string, args: Record<string, string | number>): InStatement {
  return {
    sql: `update webhook_deliveries set status = 'pending' where status = 'waiting' and n in (
      select (select d.n from webhook_deliveries d where d.endpoint_id = t.endpoint_id and d.thread = t.thread
          and d.thread is not null and d.finished_at is null order by d.event_seq limit 1)
        from (${threads}) t)`,
    args: Object.fromEntries(Object.entries(args).filter(([name]) => threads.includes(`:${name}`))),
  };
}
