import { parseAddress } from "../core/msisdn.ts";
import type { InboundSms } from "./carrier.ts";

type Handling = Pick<InboundSms, "carrierIntent" | "alreadyAnswered">;

export const NOT_HANDLED: Handling = { carrierIntent: null, alreadyAnswered: false };

/** The words that North American providers take for a stop when one stands alone (CTIA Messaging Principles 5.1.3). */
export const CTIA_STOP_WORDS: readonly string[] = [
  "STOP",
  "STOPALL",
  "STOP ALL",
  "UNSUBSCRIBE",
  "CANCEL",
  "END",
  "QUIT",
];

/**
 * What a provider does by itself with a word alone in a message, in any case. Its stop words are an opt-out for us as well, since
 * it refuses every later message. Words of return (among `others`) are left to the rules: "yes" may answer anything, and lifting
 * a block on a guess is the worse mistake.
 */
export function providerHandling(text: string, stopWords: readonly string[], others: readonly string[]): Handling {
  const word = text.trim().toUpperCase();
  if (stopWords.includes(word)) return { carrierIntent: "opt_out", alreadyAnswered: true };
  return others.includes(word) ? { carrierIntent: null, alreadyAnswered: true } : NOT_HANDLED;
}

/**
 * What the network itself does, whoever the provider is: STOP to a North American toll-free number is confirmed and enforced
 * there, and START or UNSTOP undoes it.
 */
export function networkHandling(text: string, to: string): Handling {
  if (!/^\+18(?:00|33|44|55|66|77|88)\d{7}$/.test(parseAddress(to).address)) return NOT_HANDLED;
  return providerHandling(text, ["STOP"], ["START", "UNSTOP"]);
}
