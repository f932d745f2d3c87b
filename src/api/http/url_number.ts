import { parseAddress, parseMsisdn } from "../../core/msisdn.ts";
import type { Deps } from "../../gateway/gateway.ts";
import { knownAmong } from "../../store/messages/known_people.ts";
import { invalidField } from "./problem.ts";

/**
 * A number in an address or a query, where a plus that nobody encoded has become a space. Nothing else that begins with a space and
 * goes on with a country code can be meant.
 * @throws ProblemError naming the field.
 */
export function numberInUrl(input: string, field: string): string {
  const parsed = parseMsisdn(input);
  if (parsed.ok) return parsed.e164;
  const restored = /^\s\d/.test(input) ? parseMsisdn(input.replace(/^\s/, "+")) : parsed;
  if (restored.ok) return restored.e164;
  const plain = /^[\d\s.()-]*\d[\d\s.()-]*$/.test(input);
  throw invalidField(
    field,
    plain ? `${restored.detail}; the plus is written %2B in a URL` : restored.detail,
    "recipient_invalid",
  );
}

/**
 * The same where people are looked up who wrote to us, which a short code and a name may do too. One that nobody has is more likely a
 * number with a slip in it, and is refused like that: an empty list would say that nothing stands of its person.
 * @throws ProblemError naming the field.
 */
export async function personInUrl(deps: Pick<Deps, "db" | "people">, input: string, field: string): Promise<string> {
  const given = input.trim();
  const asStored = !parseMsisdn(input).ok && given !== "" && parseAddress(given).address === given;
  return asStored && (await knownAmong(deps, [given])).has(given) ? given : numberInUrl(input, field);
}
