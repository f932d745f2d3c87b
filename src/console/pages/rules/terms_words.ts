import { inLanguages, type Language } from "../../words.ts";

/** What rules do and say, for people: the API's own names on the left. */
export const termWords = inLanguages({
  effects: {
    classify: "Settles the category",
    refuse: "Refuses",
    hold: "Makes it wait",
    append_mention: "Adds the STOP mention",
    intent: "Understands",
    suppress: "Stops messages",
    lift_suppression: "Lifts the stop",
    record_consent: "Records a consent",
    withdraw_consent: "Withdraws the consent",
    dispute_consent: "Doubts the consent on record",
    open_review: "Asks somebody to look",
    confirm_consent: "Takes the yes to a question",
    remove_contact: "Takes the person out of the address book",
    flow_reply: "Answers for a flow",
    flow_consent: "Asks for or records a consent for a flow",
    flow_contact: "Saves the contact for a flow",
    reply: "Answers",
    note: "Notes it, changes nothing",
  },
  values: {
    commercial: "advertising",
    informative: "information",
    recipient_opted_out: "the person opted out",
    consent_missing: "consent is missing",
    content_refused: "the content",
    sender_not_allowed: "the sender may not",
    recipient_invalid: "the number",
    frequency_exceeded: "too many messages",
    segment_budget_exceeded: "too long",
    quiet_hours: "advertising hours",
    scheduled: "the time asked for",
    needs_review: "somebody has to look",
    facts_unavailable: "what is known could not be read",
    opt_out: "wants to stop",
    opt_in: "wants to come back",
    help: "asks for help",
    none: "an ordinary message",
    opt_out_confirmation: "confirms the stop",
    opt_in_confirmation: "confirms the return",
    opt_in_request: "asks for a confirmation",
    doubtful_reply: "may be a STOP",
    complaint: "a complaint",
    wrong_number: "a wrong number",
    health: "about health",
    handover: "wants to talk to somebody",
    category_conflict: "the category is in doubt",
  },
  stages: {
    classify: "What it is",
    permit: "Whether it may be sent",
    compose: "Its text",
    release: "When it may leave",
    understand: "What the person wants",
    respond: "What follows",
  },
  confidences: {
    confirmed: "confirmed",
    vendor: "one third party says so",
    statute: "cited, not read again",
    design: "our own choice",
    unconfirmed: "not established",
  },
  operators: {
    equal: "is",
    notEqual: "is not",
    in: "is one of",
    notIn: "is none of",
    contains: "holds",
    doesNotContain: "does not hold",
    lessThan: "is less than",
    lessThanInclusive: "is at most",
    greaterThan: "is more than",
    greaterThanInclusive: "is at least",
  },
  days: {
    mon: "Monday",
    tue: "Tuesday",
    wed: "Wednesday",
    thu: "Thursday",
    fri: "Friday",
    sat: "Saturday",
    sun: "Sunday",
  },
  sender_kinds: {
    short_code: "short codes",
    long_code: "long numbers",
    toll_free: "toll-free numbers",
    alphanumeric: "names",
  },
  yes: "yes",
  no: "no",
  never: "never",
  nothing: "nothing",
  not: "not:",
  source: "Source",
  reviewed: (day: string) => `read ${day}`,
  open_source: "open the source",
  by_country: "each country’s file gives the source",
}, {
  effects: {
    classify: "Détermine la catégorie",
    refuse: "Refuse",
    hold: "Fait attendre",
    append_mention: "Ajoute la mention STOP",
    intent: "Comprend",
    suppress: "Arrête les messages",
    lift_suppression: "Lève l’arrêt",
    record_consent: "Enregistre un consentement",
    withdraw_consent: "Retire le consentement",
    dispute_consent: "Met en doute le consentement enregistré",
    open_review: "Demande à quelqu’un de regarder",
    confirm_consent: "Prend le oui à une question",
    remove_contact: "Retire la personne du carnet d’adresses",
    flow_reply: "Répond pour un scénario",
    flow_consent: "Demande ou enregistre un consentement pour un scénario",
    flow_contact: "Enregistre le contact pour un scénario",
    reply: "Répond",
    note: "En prend note, ne change rien",
  },
  values: {
    commercial: "publicité",
    informative: "information",
    recipient_opted_out: "la personne s’est désinscrite",
    consent_missing: "il manque le consentement",
    content_refused: "le contenu",
    sender_not_allowed: "l’expéditeur n’en a pas le droit",
    recipient_invalid: "le numéro",
    frequency_exceeded: "trop de messages",
    segment_budget_exceeded: "trop long",
    quiet_hours: "les heures de publicité",
    scheduled: "l’heure demandée",
    needs_review: "quelqu’un doit regarder",
    facts_unavailable: "ce qu’on sait n’a pas pu être lu",
    opt_out: "veut arrêter",
    opt_in: "veut revenir",
    help: "demande de l’aide",
    none: "un message ordinaire",
    opt_out_confirmation: "confirme l’arrêt",
    opt_in_confirmation: "confirme le retour",
    opt_in_request: "demande une confirmation",
    doubtful_reply: "peut-être un STOP",
    complaint: "une plainte",
    wrong_number: "un faux numéro",
    health: "au sujet de la santé",
    handover: "veut parler à quelqu’un",
    category_conflict: "la catégorie est douteuse",
  },
  stages: {
    classify: "Ce que c’est",
    permit: "Si l’envoi est permis",
    compose: "Son texte",
    release: "Quand il peut partir",
    understand: "Ce que veut la personne",
    respond: "Ce qui s’ensuit",
  },
  confidences: {
    confirmed: "confirmé",
    vendor: "un seul tiers le dit",
    statute: "cité, pas relu",
    design: "notre propre choix",
    unconfirmed: "non établi",
  },
  operators: {
    equal: "est",
    notEqual: "n’est pas",
    in: "est parmi",
    notIn: "n’est pas parmi",
    contains: "contient",
    doesNotContain: "ne contient pas",
    lessThan: "est inférieur à",
    lessThanInclusive: "est au plus",
    greaterThan: "est supérieur à",
    greaterThanInclusive: "est au moins",
  },
  days: {
    mon: "lundi",
    tue: "mardi",
    wed: "mercredi",
    thu: "jeudi",
    fri: "vendredi",
    sat: "samedi",
    sun: "dimanche",
  },
  sender_kinds: {
    short_code: "numéros courts",
    long_code: "numéros longs",
    toll_free: "numéros gratuits",
    alphanumeric: "noms",
  },
  yes: "oui",
  no: "non",
  never: "jamais",
  nothing: "rien",
  not: "pas :",
  source: "Source",
  reviewed: (day: string) => `lue le ${day}`,
  open_source: "ouvrir la source",
  by_country: "le fichier de chaque pays donne la source",
});

/** `refuse consent_missing` as people say it; what has no words here is told as the rules name it. */
export function sayEffect(effect: string, language: Language): string {
  const { effects, values } = termWords(language);
  const [type = "", ...params] = effect.split(" ");
  const verb = (effects as Record<string, string>)[type] ?? type;
  const told = params.map((param) => (values as Record<string, string>)[param] ?? param).join(" ");
  return told === "" ? verb : `${verb}${language === "fr" ? " : " : ": "}${told}`;
}

/** One of the API's own names, in words. */
export function sayValue(value: string, language: Language): string {
  return (termWords(language).values as Record<string, string>)[value] ?? value;
}

/** A country by its code, in the reader's language. */
export function countryName(code: string, language: Language, otherwise: string): string {
  if (!/^[A-Z]{2}$/.test(code)) return otherwise;
  return new Intl.DisplayNames(language, { type: "region", fallback: "none" }).of(code) ?? otherwise;
}

/** A language by its code, in the reader's. */
export function languageName(code: string, language: Language): string {
  if (code === "und") return language === "fr" ? "toutes" : "any";
  return new Intl.DisplayNames(language, { type: "language", fallback: "code" }).of(code) ?? code;
}

/** A local day (`2026-12-25`) as people write it. */
export function sayDay(day: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "medium", timeZone: "UTC" }).format(
    new Date(`${day}T00:00:00Z`),
  );
}
