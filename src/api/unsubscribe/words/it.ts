import type { UnsubscribeWords } from "../words.ts";

export const it: UnsubscribeWords = {
  name: "Italiano",
  languages: "Lingua",
  title: "Non ricevere più pubblicità via SMS",
  question: (brand) => `Vuole non ricevere più pubblicità via SMS da ${brand}?`,
  explanation: "La cancellazione è immediata e gratuita. Potrà ancora ricevere messaggi su ordini o appuntamenti.",
  explanation_everything: (sender) =>
    `La cancellazione è immediata e gratuita. Non riceverà più nulla da ${sender}, né pubblicità da noi.`,
  button: "Cancellami",
  again: "Non è stato cambiato nulla. Prema il pulsante di questa pagina.",

  stopped_title: "Cancellazione confermata",
  done: (brand) => `Non riceverà più pubblicità via SMS da ${brand}.`,
  done_everything: (brand, sender) => `Non riceverà più nulla da ${sender}, né pubblicità via SMS da ${brand}.`,
  stopped: (brand, date) => `Non riceve pubblicità via SMS da ${brand}. La cancellazione è del ${date}.`,
  close: "Può chiudere questa pagina.",

  resume_title: "Ha cambiato idea?",
  resume_wording: (brand) =>
    `Sì, voglio ricevere di nuovo pubblicità via SMS da ${brand}. Posso revocarlo in ogni momento, con il link in ogni messaggio.`,
  resume_button: "Ricevere di nuovo la pubblicità",
  resume_start: (number) => `Per tornare, invii START al ${number} dal Suo telefono.`,
  resume_contact: (contact) => `Per tornare, scriva a ${contact}.`,
  resumed_title: "Riceve di nuovo la pubblicità",
  resumed: (brand) => `Il Suo consenso alla pubblicità via SMS da ${brand} è registrato.`,

  held_title: "Che cosa conserviamo di Lei",
  number: "Numero di cellulare",
  ending: (digits) => `termina con ${digits}`,
  senders: "I messaggi arrivano da",
  consent: "Consenso",
  no_consent: "nessuno registrato",
  granted: (date, source) => `dato il ${date} (${source})`,
  expired: (date) => `scaduto il ${date}`,
  withdrawn: (date) => `revocato il ${date}`,
  disputed: "contestato: non viene usato",
  lists: "Liste",
  partner: (name) => `Pubblicità di ${name}`,
  informative: (type) => `Informazioni: ${type}`,
  advertising: "Pubblicità",
  sources: {
    web_form: "modulo su un sito",
    keyword: "via SMS",
    link: "in questa pagina",
    import: "ripreso da un altro sistema",
    paper: "su carta",
    phone: "per telefono",
    operator: "detto al nostro personale",
    customer_relationship: "come cliente",
  },
  too_old: "Questo link è troppo vecchio per mostrare che cosa è conservato. Serve ancora per cancellarsi.",

  only_title: "Oppure solo una parte",
  leave: (list) => `Lasciare la lista «${list}»`,
  left: (list) => `Non è più nella lista «${list}».`,
  withdraw: (purpose) => `Fermare: ${purpose}`,
  withdrew: (purpose) => `Fermato: ${purpose}`,

  report_title: "Segnalare un abuso",
  report: (number) => `Messaggio abusivo? Lo inoltri al ${number}.`,

  unknown_title: "Questo link non funziona",
  unknown: "Controlli che l'indirizzo sia completo oppure risponda STOP al messaggio.",
  wait: "Sono stati provati troppi indirizzi che non funzionano. Attenda un minuto.",

  trouble_title: "Non ha funzionato",
  trouble: "È possibile che non sia stato cambiato nulla. Riprovi tra qualche minuto.",
};
