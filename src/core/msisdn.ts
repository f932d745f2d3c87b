import { isSupportedCountry, parsePhoneNumberFromString, type PhoneNumber } from "libphonenumber-js/max";

/** A checked number, or why it is none. `detail` tells lengths only, never digits (no personal data in errors and logs). */
export type ParsedMsisdn =
  | { ok: true; e164: string; country: string | null }
  | { ok: false; detail: string };

/** Where a message came from: a person's number, a short code, or a name. */
export interface Address {
  kind: "msisdn" | "short_code" | "name";
  /** E.164 for `msisdn`, bare digits for `short_code`, as received for `name`. */
  address: string;
}

const INTERNATIONAL = /^(?:\+|00)[\d\s.()-]+$/;
/** Without `+` or `00`: in the form of its country. */
const NATIONAL = /^(?!00)[\d\s./()-]*\d[\d\s./()-]*$/;
const SHORT_CODE = /^\+?(\d{3,8})$/;
const EXPECTED = "a phone number starts with + and its country code, such as +33 followed by the number";

/**
 * Reads a number that a caller of the API gave: `+` or `00`, then the country code; spaces, dots, dashes and parentheses
 * are ignored. A number whose length its country cannot have is refused. Whether its range is assigned today is not asked: such
 * tables age, and turning away a person whose range is newer than the table would be worse than one failed hand-over.
 * `country` of the answer is null where the numbering plan does not tell one (satellite, ranges shared by several countries).
 * With a country given (ISO 3166), a number without `+` and `00` is one in that country's national form.
 */
export function parseMsisdn(input: string, country?: string): ParsedMsisdn {
  const given = input.trim();
  if (country !== undefined && NATIONAL.test(given) && isSupportedCountry(country)) {
    return checked(parsePhoneNumberFromString(given, country), given.replace(/\D/g, ""));
  }
  if (!INTERNATIONAL.test(given)) return { ok: false, detail: `${EXPECTED}; given ${shape(given)}` };
  const digits = given.replace(/\D/g, "").replace(given.startsWith("+") ? "" : /^00/, "");
  return checked(parsePhoneNumberFromString(`+${digits}`), digits);
}

function checked(number: PhoneNumber | undefined, digits: string): ParsedMsisdn {
  if (number === undefined) {
    return { ok: false, detail: `${EXPECTED}; ${count(digits.length, "digit")} with no known country code` };
  }
  // Some plans hold services of four digits: possible by their plan, but nobody's mobile.
  if (!number.isPossible() || !/^\+[1-9]\d{6,14}$/.test(number.number)) {
    const national = count(number.nationalNumber.length, "digit");
    return { ok: false, detail: `${national} after country code +${number.countryCallingCode}: too short or too long` };
  }
  return { ok: true, e164: number.number, country: number.country ?? null };
}

/**
 * Reads what carriers send as the origin of an MO. Digits are E.164 without `+` unless they are too few; with
 * `callingCountry` a number in that country's national form is understood too. A long number that no numbering plan knows
 * stays a number: an unusual range must not keep its holder from opting out.
 */
export function parseAddress(input: string, callingCountry?: string): Address {
  // Some carriers hand on URI forms: `tel:+33612345678`, `+33612345678;npi=1`.
  const given = input.trim().replace(/^(?:tel|sms):/i, "").replace(/^(\+?\d[\d\s.()-]*);.*$/s, "$1");
  const short = SHORT_CODE.exec(given);
  if (short) return { kind: "short_code", address: short[1]! };
  if (!/^\+?[\d\s.()-]+$/.test(given)) return { kind: "name", address: given };

  const digits = given.replace(/\D/g, "");
  const international = digits.startsWith("00") ? digits.slice(2) : digits;
  const number = parsePhoneNumberFromString(`+${international}`);
  if (number?.isValid()) return { kind: "msisdn", address: number.number };
  if (callingCountry !== undefined && !given.startsWith("+") && isSupportedCountry(callingCountry)) {
    const national = parsePhoneNumberFromString(digits, callingCountry);
    if (national?.isValid()) return { kind: "msisdn", address: national.number };
  }
  if (/^[1-9]\d{8,14}$/.test(international)) return { kind: "msisdn", address: `+${international}` };
  return { kind: "name", address: given };
}

function shape(text: string): string {
  if (text === "") return "nothing";
  const kinds = [[/\p{L}/u, "letters"], [/\d/, "digits"], [/[^\p{L}\d\s]/u, "signs"]] as const;
  const seen = kinds.filter(([pattern]) => pattern.test(text)).map(([, name]) => name);
  return `${count(text.length, "character")}${seen.length > 0 ? ` (${seen.join(", ")})` : ""}`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
