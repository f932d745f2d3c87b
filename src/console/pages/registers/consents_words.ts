import { inLanguages, type Language } from "../../words.ts";

export const consentWords = inLanguages({
  intro: "An append-only ledger: the latest act of a person for a purpose is what holds.",
  empty: "No consent is recorded here",
  empty_text:
    "Advertising needs a consent that can be proved. Record one by hand, import a file with its proof, or let your forms record them through the API.",
  purpose: "Purpose",
  purpose_hint: "commercial, partner:NAME or informative:TYPE",
  status: "Act",
  statuses: { granted: "Agreed", withdrawn: "Withdrawn", disputed: "Disputed", pending: "Asked, no answer yet" },
  source: "How it was obtained",
  sources: {
    keyword: "keyword in a message",
    link: "unsubscribe link",
    web_form: "web form",
    paper: "paper",
    telephone: "telephone",
    import: "import",
  },
  source_hint: "For example web_form, paper, telephone",
  granted_at: "When",
  expires_at: "Expires",
  wording: "What the person read and agreed to",
  wording_version: "Version of the wording",
  evidence_ref: "Where the proof is kept",
  evidence: "Proof",
  recorded_by: "Recorded by",
  recorded_at: "Recorded",
  effective: "May be written to",
  effective_until: "Until",
  record: "Record by hand",
  record_title: "Record a consent",
  record_text:
    "With its proof: without it nobody can show that the person agreed. A person who opted out stays opted out.",
  import: "Import a file",
  import_text:
    "A CSV file with the columns recipient, purpose, source, granted_at and wording; wording_version, evidence_ref and others where you have them; up to 8 MiB. Importing it twice changes nothing.",
  withdraw: "Withdraw it",
  withdraw_text: "Takes the consent back and cancels what waits and relied on it.",
  withdraw_source: "How the person said so",
  withdraw_words: "In their words",
  told: {
    recorded: "Recorded.",
    withdrawn: "Withdrawn. What waited and relied on it is canceled.",
  },
  save: "Record",
  open: "Open",
  one: "Consent",
}, {
  intro: "Un registre auquel on ne fait qu’ajouter : le dernier acte d’une personne pour une finalité l’emporte.",
  empty: "Aucun consentement enregistré ici",
  empty_text:
    "La publicité demande un consentement prouvable. Notez-en un à la main, importez un fichier avec ses preuves, ou laissez vos formulaires les enregistrer par l’API.",
  purpose: "Finalité",
  purpose_hint: "commercial, partner:NOM ou informative:TYPE",
  status: "Acte",
  statuses: { granted: "Accepté", withdrawn: "Retiré", disputed: "Contesté", pending: "Demandé, sans réponse" },
  source: "Comment il a été obtenu",
  sources: {
    keyword: "mot-clé dans un message",
    link: "lien de désinscription",
    web_form: "formulaire web",
    paper: "papier",
    telephone: "téléphone",
    import: "import",
  },
  source_hint: "Par exemple web_form, paper, telephone",
  granted_at: "Quand",
  expires_at: "Expire",
  wording: "Ce que la personne a lu et accepté",
  wording_version: "Version du texte",
  evidence_ref: "Où la preuve est gardée",
  evidence: "Preuve",
  recorded_by: "Enregistré par",
  recorded_at: "Enregistré",
  effective: "On peut lui écrire",
  effective_until: "Jusqu’au",
  record: "Noter à la main",
  record_title: "Noter un consentement",
  record_text: "Avec sa preuve : sans elle, rien ne montre que la personne a accepté. Qui s’est opposé le reste.",
  import: "Importer un fichier",
  import_text:
    "Un fichier CSV avec les colonnes recipient, purpose, source, granted_at et wording ; wording_version, evidence_ref et d’autres si vous les avez ; 8 Mio au plus. L’importer deux fois ne change rien.",
  withdraw: "Le retirer",
  withdraw_text: "Retire le consentement et annule ce qui attend et en dépendait.",
  withdraw_source: "Comment la personne l’a dit",
  withdraw_words: "Dans ses mots",
  told: {
    recorded: "Enregistré.",
    withdrawn: "Retiré. Ce qui attendait et en dépendait est annulé.",
  },
  save: "Enregistrer",
  open: "Ouvrir",
  one: "Consentement",
});

/** How a consent was obtained or taken back: Parley's own names and the usual ones in the reader's language, others as they were written. */
export function consentSource(source: string, language: Language): string {
  const known: Record<string, string> = consentWords(language).sources;
  return Object.hasOwn(known, source) ? known[source]! : source;
}
