import type { CountryCode } from "libphonenumber-js/max";

/** Numbers that handsets of the sandbox may have, and what a person would write from one. */

export interface HandsetNumbers {
  /** ISO 3166. */
  country: CountryCode;
  /** ISO 639-1. */
  language: string;
  /** E.164 up to the last digits, which run from `from` to `to`. */
  prefix: string;
  from: string;
  to: string;
  /** The regulator that keeps these numbers for films and examples; null where none keeps any: mobile numbers, used in the sandbox only. */
  reserved_by: string | null;
}

/**
 * Read 2026-11-23: NANP, 555-0100 to 555-0199 (ATIS-0300115); Ofcom, "Numbers for use in TV and radio drama programmes"; ARCEP, decision
 * 2009-0795, 06 39 98; Bundesnetzagentur, "Rufnummern für Medienproduktionen", 0176 040690; ComReg, numbering conditions of use, 020 91.
 * As of general knowledge, the pages were not read again (confidence: statute).
 */
export const HANDSET_NUMBERS: readonly HandsetNumbers[] = [
  { country: "FR", language: "fr", prefix: "+3363998", from: "0100", to: "9999", reserved_by: "ARCEP" },
  { country: "US", language: "en", prefix: "+120255501", from: "10", to: "99", reserved_by: "NANPA" },
  { country: "GB", language: "en", prefix: "+447700900", from: "100", to: "999", reserved_by: "Ofcom" },
  { country: "DE", language: "de", prefix: "+4917604069", from: "010", to: "099", reserved_by: "Bundesnetzagentur" },
  { country: "CA", language: "en", prefix: "+151455501", from: "10", to: "99", reserved_by: "NANPA" },
  { country: "ES", language: "es", prefix: "+34612340", from: "100", to: "999", reserved_by: null },
  { country: "IT", language: "it", prefix: "+393312340", from: "100", to: "999", reserved_by: null },
  { country: "NL", language: "nl", prefix: "+31612340", from: "100", to: "999", reserved_by: null },
  { country: "BE", language: "fr", prefix: "+32470120", from: "100", to: "999", reserved_by: null },
  { country: "CH", language: "de", prefix: "+41781230", from: "100", to: "999", reserved_by: null },
  { country: "PT", language: "pt", prefix: "+351912340", from: "100", to: "999", reserved_by: null },
];

/** The first text stops, the last one returns. */
export const QUICK_TEXTS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  fr: ["STOP", "ARRET", "Bonjour, c'est ouvert demain ?", "Enlevez-moi de votre liste", "AIDE", "START"],
  en: ["STOP", "UNSUBSCRIBE", "Hi, are you open tomorrow?", "Please take me off your list", "HELP", "START"],
  de: [
    "STOP",
    "ABMELDEN",
    "Hallo, haben Sie morgen offen?",
    "Bitte streichen Sie mich von der Liste",
    "HILFE",
    "START",
  ],
  es: ["STOP", "BAJA", "Hola, ¿abren mañana?", "No me envíen más mensajes", "AYUDA", "START"],
  it: ["STOP", "CANCELLA", "Salve, siete aperti domani?", "Non voglio più ricevere messaggi", "AIUTO", "START"],
  nl: ["STOP", "AFMELDEN", "Hallo, bent u morgen open?", "Haal mij van de lijst", "HELP", "START"],
  pt: ["STOP", "SAIR", "Olá, abrem amanhã?", "Não quero receber mais mensagens", "AJUDA", "START"],
};

/** One of the numbers; `place`: any whole number, neighbours have neighbours. */
export function numberAt({ prefix, from, to }: HandsetNumbers, place: number): string {
  const count = Number(to) - Number(from) + 1;
  return prefix + String(Number(from) + place % count).padStart(from.length, "0");
}
