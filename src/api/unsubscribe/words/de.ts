import type { UnsubscribeWords } from "../words.ts";

export const de: UnsubscribeWords = {
  name: "Deutsch",
  languages: "Sprache",
  title: "Keine Werbung mehr per SMS",
  question: (brand) => `Möchten Sie keine Werbung mehr per SMS von ${brand} erhalten?`,
  explanation:
    "Die Abmeldung gilt sofort und ist kostenlos. Nachrichten zu Bestellungen oder Terminen können Sie weiterhin erhalten.",
  explanation_everything: (sender) =>
    `Die Abmeldung gilt sofort und ist kostenlos. Von ${sender} kommt dann gar nichts mehr, und von uns keine Werbung.`,
  button: "Abmelden",
  again: "Es wurde nichts geändert. Bitte drücken Sie den Knopf auf dieser Seite.",

  stopped_title: "Sie sind abgemeldet",
  done: (brand) => `Sie erhalten keine Werbung mehr per SMS von ${brand}.`,
  done_everything: (brand, sender) =>
    `Sie erhalten nichts mehr von ${sender} und keine Werbung mehr per SMS von ${brand}.`,
  stopped: (brand, date) => `Sie erhalten keine Werbung per SMS von ${brand}. Die Abmeldung gilt seit dem ${date}.`,
  close: "Sie können diese Seite schließen.",

  resume_title: "Anders überlegt?",
  resume_wording: (brand) =>
    `Ja, ich möchte wieder Werbung per SMS von ${brand} erhalten. Das kann ich jederzeit widerrufen, über den Link in jeder Nachricht.`,
  resume_button: "Wieder Werbung erhalten",
  resume_start: (number) => `Um zurückzukommen, senden Sie START von Ihrem Telefon an ${number}.`,
  resume_contact: (contact) => `Um zurückzukommen, schreiben Sie an ${contact}.`,
  resumed_title: "Sie erhalten wieder Werbung",
  resumed: (brand) => `Ihre Einwilligung in Werbung per SMS von ${brand} ist gespeichert.`,

  held_title: "Was wir über Sie gespeichert haben",
  number: "Mobilnummer",
  ending: (digits) => `endet auf ${digits}`,
  senders: "Nachrichten kommen von",
  consent: "Einwilligung",
  no_consent: "keine gespeichert",
  granted: (date, source) => `erteilt am ${date} (${source})`,
  expired: (date) => `abgelaufen am ${date}`,
  withdrawn: (date) => `widerrufen am ${date}`,
  disputed: "bestritten: sie wird nicht verwendet",
  lists: "Listen",
  partner: (name) => `Werbung von ${name}`,
  informative: (type) => `Mitteilungen: ${type}`,
  advertising: "Werbung",
  sources: {
    web_form: "Formular auf einer Website",
    keyword: "per SMS",
    link: "auf dieser Seite",
    import: "aus einem anderen System übernommen",
    paper: "auf Papier",
    phone: "am Telefon",
    operator: "unseren Mitarbeitern gesagt",
    customer_relationship: "als Kunde",
  },
  too_old: "Dieser Link ist zu alt, um zu zeigen, was gespeichert ist. Abmelden können Sie sich damit weiterhin.",

  only_title: "Oder nur einen Teil",
  leave: (list) => `Die Liste „${list}“ verlassen`,
  left: (list) => `Sie stehen nicht mehr auf der Liste „${list}“.`,
  withdraw: (purpose) => `Beenden: ${purpose}`,
  withdrew: (purpose) => `Beendet: ${purpose}`,

  report_title: "Missbrauch melden",
  report: (number) => `Missbrauch? Leiten Sie die Nachricht an ${number} weiter.`,

  unknown_title: "Dieser Link funktioniert nicht",
  unknown: "Prüfen Sie, ob die Adresse vollständig ist, oder antworten Sie STOP auf die Nachricht.",
  wait: "Es wurden zu viele Adressen versucht, die nicht funktionieren. Bitte warten Sie eine Minute.",

  trouble_title: "Das hat gerade nicht funktioniert",
  trouble: "Vielleicht wurde nichts geändert. Bitte versuchen Sie es in einigen Minuten noch einmal.",
};
