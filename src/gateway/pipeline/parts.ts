import type { InboundSms } from "../../carriers/carrier.ts";
import type { InboundVerdict } from "../../core/decide.ts";
import type { Effect } from "../../core/effects.ts";
import { isPart, joinParts } from "../../core/reassembly.ts";
import type { KnownPart, LongMessage, PartKey, PartWrite } from "../../store/messages/long_messages.ts";
import type { NewId } from "../ids.ts";

/**
 * Long messages whose parts come one by one. Each part is read for a wish to leave as it comes, because the rest may never come; all
 * else waits for the whole.
 */

/** The message as it is received: what is said of its place in a long one counts only where it can be. */
export function withPlausiblePart({ part, ...whole }: InboundSms): InboundSms {
  return part !== undefined && isPart(part) ? { ...whole, part } : whole;
}

/**
 * Where a part goes: under which long message, of which another may have to be closed first, and the scope of the opt-out that an
 * earlier part of it was. Null when it is stored already.
 */
export function placeOfPart(
  { id, open, has, delivered, opt_out_scope }: KnownPart,
  newId: NewId,
): { long_message_id: string; closing: string | null; opt_out_scope: KnownPart["opt_out_scope"] } | null {
  if (delivered || has === "the same") return null;
  if (id !== null && open && has === "nothing") return { long_message_id: id, closing: null, opt_out_scope };
  return { long_message_id: newId("msg"), closing: open ? id : null, opt_out_scope: null };
}

/** What a part alone causes: that the person is left alone from now on, and is told so; `done`: what an earlier part caused. */
export function effectsOfPart({ intent, effects }: InboundVerdict, done: LongMessage["opt_out_scope"]): Effect[] {
  if (intent !== "opt_out") return [];
  return effects.filter((effect) =>
    effect.type === "suppress" && widens(effect.scope, done) ||
    done === null && (effect.type === "withdraw_consent" || effect.type === "reply")
  );
}

function widens(scope: "commercial" | "all", done: LongMessage["opt_out_scope"]): boolean {
  return done === null || done === "commercial" && scope === "all";
}

export function partWrite(
  key: PartKey,
  sms: InboundSms,
  effects: readonly Effect[],
  ids: { id: string; long_message_id: string },
): PartWrite {
  return {
    ...key,
    ...ids,
    media: sms.mediaUrls,
    carrier_intent: sms.carrierIntent,
    already_answered: sms.alreadyAnswered,
    opt_out_scope: scopeOf(effects),
  };
}

function scopeOf(effects: readonly Effect[]): "commercial" | "all" | null {
  return effects.find((effect) => effect.type === "suppress")?.scope ?? null;
}

/** A closed long message as if it had come in one, and what is missing of it. */
export function joined(long: LongMessage): { sms: InboundSms; incomplete: string | null } {
  const { text, missing } = joinParts(long.parts, long.total);
  return {
    sms: {
      carrierMessageId: long.carrier_message_id,
      from: long.person,
      to: long.sender,
      text,
      carrierIntent: long.parts.find(({ carrier_intent }) => carrier_intent !== null)?.carrier_intent ?? null,
      alreadyAnswered: long.parts.some(({ already_answered }) => already_answered),
      mediaUrls: long.parts.flatMap(({ media }) => media),
    },
    incomplete: missing.length === 0
      ? null
      : `${long.parts.length} of ${long.total} parts came; missing: ${ranges(missing)}`,
  };
}

/** `2, 5-7`. */
function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last?.[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => from === to ? `${from}` : `${from}-${to}`).join(", ");
}

const GRANTS: readonly Effect["type"][] = ["record_consent", "request_consent", "confirm_consent", "save_contact"];

/**
 * What a long message still causes. One with gaps gives nothing back to advertising: nobody knows what the rest says. Where a part was an
 * opt-out by itself, that is done and confirmed; when the whole does not say so ("don't" | "stop"), somebody has to look.
 */
export function effectsOfWhole(
  { intent, effects }: InboundVerdict,
  { opt_out_scope, incomplete }: { opt_out_scope: LongMessage["opt_out_scope"]; incomplete: boolean },
): Effect[] {
  const left = effects.filter((effect) => {
    if (incomplete || opt_out_scope !== null) {
      if (effect.type === "lift_suppression" || GRANTS.includes(effect.type)) return false;
      if (effect.type === "reply" && effect.kind === "opt_in_confirmation") return false;
    }
    if (opt_out_scope === null) return true;
    if (effect.type === "suppress") return widens(effect.scope, opt_out_scope);
    return effect.type !== "withdraw_consent" && !(effect.type === "reply" && effect.kind === "opt_out_confirmation");
  });
  const doubted = left.some((effect) => effect.type === "open_review" && effect.kind === "doubtful_reply");
  if (opt_out_scope === null || intent === "opt_out" || doubted) return left;
  return [...left, { type: "open_review", kind: "doubtful_reply", words: "a part of it alone", rule: "parts.opt_out" }];
}
