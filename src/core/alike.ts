import { type OutboundInput, placeOf } from "./decide.ts";
import { OutboundFrame } from "./outbound_frame.ts";
import { factsIn } from "./rulebook/conditions.ts";
import type { CountryBook, Rulebook } from "./rulebook/rulebook.ts";

/**
 * Who may share a decision. A campaign asks the same of a million people, most of whom differ in nothing that a rule can see: not in
 * when they consented, for one, but in whether that still stands. The decision is pure, so what is the same for all that it asks
 * about is decided the same.
 */

/** Facts that follow from the text, the sender and what the caller wished; or from the place, of which the key tells itself. */
const NOT_OF_THE_PERSON: ReadonlySet<string> = new Set([
  ...["content_category", "content_score", "mention", "segments", "over_budget", "copies", "category", "matched"],
  ...["declared_category", "settled_category", "reply_kind", "purpose", "purpose_kind", "opt_in_request_pause"],
  ...["sender", "sender_kind", "sender_serves_country", "scheduled", "scheduled_at", "retry_at"],
  ...["to_country", "to_region", "country", "zones_known", "quiet", "quiet_until", "outside_window", "window_until"],
]);

const asked = new WeakMap<CountryBook, readonly string[]>();

/** Facts about the person that rules of the country ask for or tell of. */
function askedOf(book: CountryBook): readonly string[] {
  let facts = asked.get(book);
  if (facts === undefined) {
    const named = new Set<string>();
    for (const stage of ["classify", "permit", "compose", "release"] as const) {
      for (const { rule } of book.stages[stage]) {
        for (const fact of factsIn(rule.conditions)) named.add(fact);
        for (const [, word] of rule.reason.matchAll(/\{([a-z_0-9]+)\}/g)) named.add(word!);
      }
    }
    facts = [...named].filter((name) => !NOT_OF_THE_PERSON.has(name) && name in OutboundFrame.prototype);
    asked.set(book, facts);
  }
  return facts;
}

/**
 * Two inputs of one text, sender and instant, with the same key, get the same decision. The text is part of the key; whatever else the
 * caller wishes is not, and has to be the same.
 */
export function alikeKey({ message, sender, person, now }: OutboundInput, rulebook: Rulebook): string {
  const place = placeOf(message.to, person, rulebook);
  const book = rulebook.country(place.country);
  const frame = new OutboundFrame(message, sender, person, place, book, rulebook, now);
  return JSON.stringify([message.text, place, ...askedOf(book).map((fact) => frame[fact])]);
}
