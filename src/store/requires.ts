/**
 * Condition that a row of this id exists by now: a message, a suppression, a consent, or the message that owns an idempotency key.
 * `id` is SQL; where it is null the condition holds.
 */
export function requires(id: string): string {
  return `(${id} is null or exists (select 1 from messages where id = ${id})
    or exists (select 1 from suppressions where id = ${id})
    or exists (select 1 from consents where id = ${id})
    or exists (select 1 from idempotency_keys where message_id = ${id}))`;
}
