/**
 * How a carrier writes the id of a message. Some give one number in hexadecimal when they take it and in decimal when they report
 * (jasmin#643, #916), in another case or without its leading zeros (#616, #1034).
 */
export const ID_FORMS = ["exact", "loose", "decimal", "hexadecimal"] as const;
export type IdForm = (typeof ID_FORMS)[number];

const DIGITS: Partial<Record<IdForm, RegExp>> = { decimal: /^\d{1,80}$/, hexadecimal: /^[0-9a-f]{1,64}$/i };

/**
 * What two ways to write one id have in common. `loose`: case and leading zeros do not count. `decimal` and `hexadecimal`: the
 * number; an id that is none is taken loosely.
 */
export function messageKey(id: string, form: IdForm): string {
  if (form === "exact") return id;
  if (DIGITS[form]?.test(id)) return BigInt(form === "hexadecimal" ? `0x${id}` : id).toString();
  return id.toLowerCase().replace(/^0+(?=.)/, "");
}
