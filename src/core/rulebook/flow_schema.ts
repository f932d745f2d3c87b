import { z } from "zod";
import { Week } from "./country_schema.ts";
import { Scenario } from "./rule_schema.ts";
import { country, id, isoDate, language, Source, text } from "./rule_values.ts";

/** What staff want to happen when a person writes a word, or at night. */

const byLanguage = z.record(language, text).refine(
  (texts) => Object.keys(texts).length > 0,
  "needs one language",
);
const tag = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, "a tag is like club or vip-2026");

/**
 * What staff want to happen when a person writes a word, or anything while nobody is there: an answer, a consent, a list, a person on
 * the staff. An opt-out always wins; every answer is decided like any other message.
 */
export const Flow = z.strictObject({
  id,
  description: text,
  source: Source,
  effective_from: isoDate.optional(),
  effective_to: isoDate.optional(),
  /** Addresses that it belongs to; every sender when left out. */
  senders: z.array(text).min(1).optional(),
  /** The words that start it, by language: as the whole text, or with politeness and the sender's name. */
  words: z.record(language, z.array(text).min(1)).optional(),
  /** Or: any ordinary message outside these hours. */
  outside: z.strictObject({
    open: Week,
    zone: z.string().regex(/^[A-Za-z_]+(\/[A-Za-z_-]+)+$/),
    /** Public holidays are closed like a Sunday. */
    holidays: z.strictObject({ country, region: z.string().optional() }).optional(),
  }).optional(),
  reply: byLanguage.optional(),
  /** At most one answer to a person in so many hours. */
  every_hours: z.number().int().min(1).max(720).optional(),
  consent: z.strictObject({
    purpose: z.string().regex(/^(commercial|(partner|informative):\S.{0,79})$/),
    /** `single`: the word is the consent. `double`: the person is asked, and their yes is. */
    opt_in: z.enum(["single", "double"]),
    /** What the person read where the word was offered: the poster, the till receipt. */
    wording: text,
  }).optional(),
  tags: z.array(tag).min(1).optional(),
  /** Name of a list with members that the person is put on. */
  list: text.optional(),
  /** Somebody on the staff is to take over (GET /v1/reviews). */
  hand_over: z.literal(true).optional(),
  examples: z.strictObject({ matches: z.array(Scenario).min(1), does_not_match: z.array(Scenario).min(1) }),
}).superRefine((flow, context) => {
  const wrong = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
  if (["opt_out", "opt_in", "help", "none"].includes(intentOfFlow(flow.id))) {
    wrong("id", `"${flow.id}" would give its words the meaning ${intentOfFlow(flow.id)}; choose another name`);
  }
  if ((flow.words === undefined) === (flow.outside === undefined)) {
    wrong("words", "a flow has either `words` or `outside`");
  }
  if (flow.outside !== undefined && (flow.consent ?? flow.tags ?? flow.list) !== undefined) {
    wrong("outside", "who writes outside the hours has asked for nothing: no consent, tags or list");
  }
  if (flow.outside !== undefined && flow.every_hours === undefined) {
    wrong("every_hours", "is missing: at most one answer to a person in so many hours");
  }
  if (flow.consent?.opt_in === "double" && flow.reply !== undefined) {
    wrong("reply", "the question whether the person agrees is the answer; its words stand in the replies files");
  }
  if ((flow.reply ?? flow.consent ?? flow.tags ?? flow.list ?? flow.hand_over) === undefined) {
    wrong("reply", "the flow does nothing: give a reply, a consent, tags, a list or hand_over");
  }
});
export type Flow = z.infer<typeof Flow>;
/** What a message with a word of the flow asks for: `club_join`. */
export function intentOfFlow(id: string): string {
  return id.replace(/[^a-z]+/g, "_");
}
export const Flows = z.strictObject({ kind: z.literal("flows"), flows: z.array(Flow) });
