import { z } from "zod";
import { Example, Rule, STAGES } from "./rule_schema.ts";
import { country, language, Source, text } from "./rule_values.ts";

/** All there is to say about one country. */

export const hours = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-4]):[0-5]\d$/, "hours are like 08:00-20:00")
  .refine((window) => {
    const [opens, closes] = window.split("-") as [string, string];
    return opens < closes && closes <= "24:00";
  }, "opens at an earlier and closes at a later time of one day, up to 24:00; a night is closed, not a window");
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
/** `mon-fri: "08:00-20:00"`, `sat: closed`. Every day of the week must be covered exactly once. */
export const Week = z.record(
  z.string().regex(/^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$/),
  z.union([hours, z.literal("closed")]),
).refine((week) => {
  const days = Object.keys(week).flatMap((key) => {
    const [first, last] = key.split("-") as [typeof DAYS[number], typeof DAYS[number] | undefined];
    return DAYS.slice(DAYS.indexOf(first), DAYS.indexOf(last ?? first) + 1);
  });
  return days.length === 7 && new Set(days).size === 7;
}, "every day of the week must be covered exactly once");
export const QuietProfile = z.strictObject({
  /** When advertising may leave, in the recipient's local time; half-open, so `-20:00` ends at 19:59:59. */
  open: Week,
  holidays: z.enum(["closed", "open"]),
  source: Source,
});
export type QuietProfile = z.infer<typeof QuietProfile>;

export const cap = { max: z.number().int().min(1), hours: z.number().int().min(1).max(720) };
const months = z.number().int().min(1).max(1200);
const Frequency = z.strictObject({
  ...cap,
  source: Source,
  /** Further caps over other periods, all of which hold. */
  also: z.array(z.strictObject({ ...cap, source: Source })).min(1).optional(),
});
/** So many advertisements to one person, from all senders together, in so many hours. */
export interface FrequencyCap {
  max: number;
  hours: number;
}
export const KeywordEntry = z.strictObject({
  intent: z.string().regex(/^[a-z_]+$/),
  language,
  words: z.array(text).min(1),
  /** False: an opt-out only as the whole message (CANCEL, END … have other jobs inside a sentence). Default true. */
  tail: z.boolean().optional(),
  /** Counts only while the person is opted out (YES, JA, OUI are ordinary answers otherwise). Default false. */
  only_when_opted_out: z.boolean().optional(),
  /** True: says yes to a question of ours (double opt-in), in whatever country. Default false. */
  yes: z.boolean().optional(),
  /** False: counts only where the language is spoken, because it is an ordinary word of another (ALTO, PARE). Default true. */
  abroad: z.boolean().optional(),
  source: Source,
});
export type KeywordEntry = z.infer<typeof KeywordEntry>;

export const Country = z.strictObject({
  kind: z.literal("country"),
  /** ISO 3166 code, or `default` for every country without a file of its own. */
  code: z.union([country, z.literal("default")]),
  name: text,
  /** Territories that follow this file although they have a code, and clocks, of their own: overseas departments. */
  territories: z.array(country).optional(),
  /** In order of preference; replies fall back along it, then to English. */
  languages: z.array(language).min(1),
  /** Every IANA zone a person with such a number may be in. Left out: all zones of the country. */
  zones: z.array(z.string().regex(/^[A-Za-z_]+(\/[A-Za-z_-]+)+$/)).min(1).optional(),
  /** Calendar of public holidays (date-holidays), for example `{country: FR}`. Left out: none known. */
  holidays: z.strictObject({ country, region: z.string().optional() }).optional(),
  opt_out: z.strictObject({
    /** `commercial`: advertising from the whole workspace. `everything_from_sender`: that, and all else from that sender. */
    scope: z.enum(["commercial", "everything_from_sender"]),
    /** How fast the law wants it; Parley does it in the same transaction. */
    deadline: text,
    /** `suppress`: a reply that may be an opt-out stops as one does until a person has looked. `review` (default): advertising waits. */
    doubt: z.enum(["suppress", "review"]).optional(),
    /** Whether who left on the unsubscribe page may take it back there: a link is no proof of the number. `start` (default): by START only. */
    resume: z.enum(["page", "start"]).optional(),
    source: Source,
  }),
  /** On top of the general keywords and those of the country's languages. */
  keywords: z.array(KeywordEntry).optional(),
  consent: z.strictObject({
    commercial: z.enum(["required", "not_required"]),
    /** Months after which a consent no longer counts, by what it is for; without a number it counts until it is withdrawn. */
    lapse: z.strictObject({
      own: months.optional(),
      partner: months.optional(),
      informative: months.optional(),
      /** Of a soft opt-in. */
      customer_relationship: months.optional(),
      source: Source,
    }).optional(),
    /** Whether an own customer may get advertising for similar products without having said yes. Left out: no. */
    soft_opt_in: z.strictObject({ allowed: z.boolean(), source: Source }).optional(),
    source: Source,
  }),
  quiet_hours: z.strictObject({
    /** The profile in force; a `deployment` file may choose another. */
    profile: text,
    profiles: z.record(text, QuietProfile),
    /** Stricter hours of a part of the country, by ISO 3166-2 suffix (`FL`), on top of the profile. */
    regions: z.record(z.string().regex(/^[A-Z0-9]{1,3}$/), QuietProfile).optional(),
  }).refine((q) => q.profile in q.profiles, { message: "`profile` must name one of `profiles`", path: ["profile"] }),
  mention: z.strictObject({
    /** How a short code is mentioned: by its number ("STOP au 36105") or as something to answer ("Reply STOP"). */
    short_code: z.enum(["number", "reply"]).default("number"),
    /** `link` allowed where the sender cannot be answered and there is no STOP number. */
    link_allowed: z.boolean(),
    /** Preferred first; later ones are shorter and used when they save a segment. `{number}` / `{link}` are filled in. */
    number: z.array(z.string().includes("{number}")).min(1),
    /** For senders that can be answered directly. */
    reply: z.array(text).min(1),
    link: z.array(z.string().includes("{link}")).min(1),
    /** In which languages the wordings speak. Left out: in all of the country's. */
    languages: z.array(language).min(1).optional(),
    source: Source,
  }),
  /** Where people report abusive SMS, and the sentence that the HELP answer ends with, by language. `{number}` is filled in. */
  reporting: z.strictObject({
    number: z.string().regex(/^\d{3,6}$/),
    help: z.record(language, z.string().regex(/\{number\}/, "must hold {number}")),
    source: Source,
  }).optional(),
  frequency: Frequency.extend({ regions: z.record(z.string(), Frequency).optional() }),
  /** Kinds of sender that may carry each category. */
  senders: z.strictObject({
    commercial: z.array(z.enum(["short_code", "long_code", "toll_free", "alphanumeric"])).min(1),
    informative: z.array(z.enum(["short_code", "long_code", "toll_free", "alphanumeric"])).min(1),
    source: Source,
  }),
  /** Rules of this country alone. */
  rules: z.array(Rule.extend({ stage: z.enum(STAGES) })).optional(),
  notes: z.array(text).optional(),
  examples: z.array(Example).min(1),
});
export type Country = z.infer<typeof Country>;
