/**
 * Condition that a row of this id exists by now: a message, a suppression, a consent, the message that owns an idempotency key, a
 * part of a long message, a long message that has not become a message yet (which it does at the end of the transaction, and under its
 * own id where a part of it had effects: then another instance was first), or a review that is still open (what follows from settling it is written before the settlement, so that of two only the first has any).
 * `id` is SQL; where it is null the condition holds.
 */
export function requires(id: string): string {
  return `(${id} is null
    or exists (select 1 from messages where id = ${id})
      and not exists (select 1 from long_messages where id = ${id} and due_at is null)
    or exists (select 1 from suppressions where id = ${id})
    or exists (select 1 from consents where id = ${id})
    or exists (select 1 from idempotency_keys where message_id = ${id})
    or exists (select 1 from reviews where id = ${id} and settled_at is null)
    or exists (select 1 from message_parts where id = ${id})
    or exists (select 1 from long_messages where id = ${id} and due_at is not null))`;
}
