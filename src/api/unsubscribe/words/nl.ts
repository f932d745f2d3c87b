import type { UnsubscribeWords } from "../words.ts";

export const nl: UnsubscribeWords = {
  name: "Nederlands",
  languages: "Taal",
  title: "Geen reclame meer per sms",
  question: (brand) => `Wilt u geen reclame meer per sms van ${brand} ontvangen?`,
  explanation:
    "De afmelding gaat meteen in en is gratis. Berichten over bestellingen of afspraken kunt u nog ontvangen.",
  explanation_everything: (sender) =>
    `De afmelding gaat meteen in en is gratis. Van ${sender} komt dan niets meer, en van ons geen reclame.`,
  button: "Afmelden",
  again: "Er is niets veranderd. Druk op de knop op deze pagina.",

  stopped_title: "U bent afgemeld",
  done: (brand) => `U ontvangt geen reclame meer per sms van ${brand}.`,
  done_everything: (brand, sender) => `U ontvangt niets meer van ${sender} en geen reclame meer per sms van ${brand}.`,
  stopped: (brand, date) => `U ontvangt geen reclame per sms van ${brand}. De afmelding is van ${date}.`,
  close: "U kunt deze pagina sluiten.",

  resume_title: "Van gedachten veranderd?",
  resume_wording: (brand) =>
    `Ja, ik wil weer reclame per sms van ${brand} ontvangen. Ik kan dit altijd intrekken, met de link in elk bericht.`,
  resume_button: "Weer reclame ontvangen",
  resume_start: (number) => `Om terug te komen stuurt u START naar ${number} vanaf uw telefoon.`,
  resume_contact: (contact) => `Om terug te komen schrijft u naar ${contact}.`,
  resumed_title: "U ontvangt weer reclame",
  resumed: (brand) => `Uw toestemming voor reclame per sms van ${brand} is vastgelegd.`,

  held_title: "Wat wij over u bewaren",
  number: "Mobiel nummer",
  ending: (digits) => `eindigt op ${digits}`,
  senders: "Berichten komen van",
  consent: "Toestemming",
  no_consent: "geen vastgelegd",
  granted: (date, source) => `gegeven op ${date} (${source})`,
  expired: (date) => `verlopen op ${date}`,
  withdrawn: (date) => `ingetrokken op ${date}`,
  disputed: "betwist: wordt niet gebruikt",
  lists: "Lijsten",
  partner: (name) => `Reclame van ${name}`,
  informative: (type) => `Informatie: ${type}`,
  advertising: "Reclame",
  sources: {
    web_form: "formulier op een website",
    keyword: "per sms",
    link: "op deze pagina",
    import: "overgenomen uit een ander systeem",
    paper: "op papier",
    phone: "per telefoon",
    operator: "aan onze medewerkers verteld",
    customer_relationship: "als klant",
  },
  too_old: "Deze link is te oud om te tonen wat wordt bewaard. Afmelden kan er nog steeds mee.",

  only_title: "Of alleen een deel",
  leave: (list) => `De lijst ‘${list}’ verlaten`,
  left: (list) => `U staat niet meer op de lijst ‘${list}’.`,
  withdraw: (purpose) => `Stoppen: ${purpose}`,
  withdrew: (purpose) => `Gestopt: ${purpose}`,

  report_title: "Misbruik melden",
  report: (number) => `Misbruik? Stuur het bericht door naar ${number}.`,

  unknown_title: "Deze link werkt niet",
  unknown: "Controleer of het adres volledig is, of beantwoord het bericht met STOP.",
  wait: "Er zijn te veel adressen geprobeerd die niet werken. Wacht een minuut.",

  trouble_title: "Dat lukte zojuist niet",
  trouble: "Misschien is er niets veranderd. Probeer het over enkele minuten opnieuw.",
};
