import { inLanguages } from "../../words.ts";

/** What became of messages, in words: statuses, reasons to hold or refuse, categories. */
export const messageWords = inLanguages({
  statuses: {
    queued: "To be sent",
    held: "Waits",
    sending: "Being sent",
    sent: "Sent",
    delivered: "Delivered",
    undelivered: "Not delivered",
    failed: "Failed",
    expired: "Expired",
    canceled: "Canceled",
    refused: "Refused",
    unknown: "Outcome unknown",
    received: "Received",
  },
  holds: {
    quiet_hours: "Waits for the hours that the country allows",
    scheduled: "Waits for its time",
    needs_review: "Waits for a person to look",
    facts_unavailable: "Waits: what the rules ask about could not be read",
    paused: "Its campaign is paused",
  },
  codes: {
    recipient_opted_out: "Opted out",
    consent_missing: "No consent",
    content_refused: "Content refused",
    sender_not_allowed: "Sender not allowed",
    recipient_invalid: "Not a number that can be written to",
    frequency_exceeded: "Written to too often",
    segment_budget_exceeded: "Too long",
    field_missing: "A field of the text is missing",
    unreported: "No report yet",
    canceled: "Canceled",
    expired: "Expired",
    queued: "To be sent",
    held: "Waits",
    sending: "Being sent",
  },
  categories: { commercial: "Advertising", informative: "Information" },
}, {
  statuses: {
    queued: "À envoyer",
    held: "En attente",
    sending: "En cours d’envoi",
    sent: "Envoyé",
    delivered: "Remis",
    undelivered: "Non remis",
    failed: "Échoué",
    expired: "Expiré",
    canceled: "Annulé",
    refused: "Refusé",
    unknown: "Issue inconnue",
    received: "Reçu",
  },
  holds: {
    quiet_hours: "Attend les heures permises dans le pays",
    scheduled: "Attend son heure",
    needs_review: "Attend un examen",
    facts_unavailable: "Attend : ce que les règles demandent n’a pu être lu",
    paused: "Sa campagne est en pause",
  },
  codes: {
    recipient_opted_out: "Opposition",
    consent_missing: "Pas de consentement",
    content_refused: "Contenu refusé",
    sender_not_allowed: "Émetteur non permis",
    recipient_invalid: "Numéro auquel on ne peut écrire",
    frequency_exceeded: "Écrit trop souvent",
    segment_budget_exceeded: "Trop long",
    field_missing: "Un champ du texte manque",
    unreported: "Pas encore de rapport",
    canceled: "Annulé",
    expired: "Expiré",
    queued: "À envoyer",
    held: "En attente",
    sending: "En cours d’envoi",
  },
  categories: { commercial: "Publicité", informative: "Information" },
});

/** The words of a code; the code itself where a carrier's or a new one has none. */
export function codeText(code: string, words: ReturnType<typeof messageWords>): string {
  const { codes, holds } = words as { codes: Record<string, string>; holds: Record<string, string> };
  return codes[code] ?? holds[code] ?? code;
}
