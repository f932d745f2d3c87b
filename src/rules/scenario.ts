import type { InboundInput, OutboundInput } from "../core/decide.ts";
import { SOFT_OPT_IN } from "../core/message.ts";
import type { PersonFacts, Sender } from "../core/message.ts";
import type { Rulebook } from "../core/rulebook/rulebook.ts";
import type { Scenario } from "../core/rulebook/rulebook_schema.ts";

/** A quiet Tuesday morning in Paris: advertising may leave, nothing is special about the day. */
const USUAL_INSTANT = "2026-11-24T10:00:00+01:00";
const USUAL_PERSON = "+33612000001";
const USUAL_SHORT_CODE = "36105";
const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

export type ScenarioInput = { direction: "outbound"; input: OutboundInput } | {
  direction: "inbound";
  input: InboundInput;
};

/** Turns an example of a rule file into what `decide` is given; see `Scenario` for the defaults. */
export function scenarioInput(
  scenario: Scenario,
  rulebook: Rulebook,
  direction: "outbound" | "inbound",
): ScenarioInput {
  const now = Date.parse(scenario.at ?? USUAL_INSTANT);
  const address = direction === "outbound"
    ? scenario.from ?? USUAL_SHORT_CODE
    : scenario.to ?? senderFor(scenario, rulebook);
  const sender = usualSender(address, scenario, rulebook);
  const person = personFacts(scenario, now, sender.address);
  if (direction === "inbound") {
    return {
      direction,
      input: {
        message: {
          direction,
          from: scenario.from ?? USUAL_PERSON,
          text: scenario.text,
          carrier_intent: scenario.carrier_intent ?? null,
          stop_reply: scenario.stop_reply ?? "gateway",
          answered: scenario.answered ?? [],
        },
        sender,
        person,
        now,
      },
    };
  }
  return {
    direction,
    input: {
      message: {
        direction,
        to: scenario.to ?? USUAL_PERSON,
        text: scenario.text,
        category: scenario.category ?? null,
        purpose: scenario.purpose ?? null,
        scheduled_at: scenario.scheduled_at === undefined ? null : Date.parse(scenario.scheduled_at),
        max_segments: scenario.max_segments ?? null,
        sending_window: scenario.sending_window ?? null,
        settled_category: scenario.settled_category ?? null,
        reply_kind: scenario.reply_kind === "flow" ? "flow:example" : scenario.reply_kind ?? null,
        copies: scenario.copies ?? 1,
        unsubscribe_url: "https://sms.example/u/AbCdEfGhIjKlMnOpQrStUv",
      },
      sender,
      person,
      now,
    },
  };
}

/** Somebody abroad writes to a long code of their own country; in France to the short code. */
function senderFor(scenario: Scenario, rulebook: Rulebook): string {
  const from = scenario.from ?? USUAL_PERSON;
  if (!from.startsWith("+")) return USUAL_SHORT_CODE;
  const { country } = rulebook.locate(from);
  if (country === "FR" || country === null) return USUAL_SHORT_CODE;
  return from.startsWith("+1") ? "+15005550006" : from.replace(/\d{4}$/, "0000");
}

function usualSender(address: string, scenario: Scenario, rulebook: Rulebook): Sender {
  const own = scenario.sender ?? {};
  const kind = own.kind ??
    (address.startsWith("+") ? "long_code" : /^\d{3,8}$/.test(address) ? "short_code" : "alphanumeric");
  return {
    address,
    kind,
    country: own.country ??
      (kind === "alphanumeric" ? null : kind === "short_code" ? "FR" : rulebook.locate(address).country),
    countries: own.countries ?? [],
    stop_number: own.stop_number ?? null,
    brand: own.brand ?? rulebook.deployment.brand,
  };
}

function personFacts(scenario: Scenario, now: number, sender: string): PersonFacts {
  const ago = (minutes: number | undefined) => minutes === undefined ? null : now - minutes * MINUTE;
  const { last_inbound_days: days } = scenario;
  const wrote = [ago(scenario.last_inbound_minutes), days === undefined ? null : now - days * DAY]
    .filter((at) => at !== null);
  return {
    available: scenario.facts_available ?? true,
    suppressions: scenario.suppressed === undefined
      ? []
      : [{ id: "sup_example", scope: scenario.suppressed, sender, source: scenario.suppressed_by ?? "keyword" }],
    consent: scenario.consent ?? "none",
    consent_given: scenario.consent === "granted"
      ? { at: now - (scenario.consent_days ?? 1) * 1440 * MINUTE, soft: scenario.consent_source === SOFT_OPT_IN }
      : null,
    question: scenario.asked === undefined ? null : { id: "cns_example", purpose: scenario.asked, flow: null },
    open_review: scenario.open_review ?? false,
    consent_before_opt_out: scenario.consent_before_opt_out ?? false,
    advertising_at: [
      ...Array.from({ length: scenario.advertising_last_24h ?? 0 }, (_, index) => now - (index + 1) * MINUTE),
      ...(scenario.advertising_days_ago ?? []).map((days) => now - days * DAY),
    ].sort((a, b) => b - a),
    last_inbound_at: wrote.length === 0 ? null : Math.max(...wrote),
    last_chat_at: ago(scenario.last_inbound_minutes),
    replies: scenario.last_reply === undefined ? [] : [{
      kind: scenario.last_reply.kind === "flow" ? `flow:${scenario.last_reply.flow ?? ""}` : scenario.last_reply.kind,
      at: now - scenario.last_reply.minutes * MINUTE,
      text: scenario.last_reply.text ?? "",
    }],
    language: scenario.language ?? null,
    time_zone: scenario.time_zone ?? null,
  };
}
