import { parseMsisdn } from "../core/msisdn.ts";
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
