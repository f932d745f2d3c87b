import type { UnsubscribeWords } from "../words.ts";

export const en: UnsubscribeWords = {
  name: "English",
  languages: "Language",
  title: "Stop advertising by SMS",
  question: (brand) => `Do you want no more advertising by SMS from ${brand}?`,
  explanation:
    "It takes effect at once and is free of charge. Messages about your orders or appointments may still come.",
  explanation_everything: (sender) =>
    `It takes effect at once and is free of charge. Nothing at all will come from ${sender} any more, and no advertising from us.`,
  button: "Unsubscribe",
  again: "Nothing has been changed. Please press the button on this page.",

  stopped_title: "You are unsubscribed",
  done: (brand) => `You will get no more advertising by SMS from ${brand}.`,
  done_everything: (brand, sender) =>
    `You will get nothing more from ${sender}, and no more advertising by SMS from ${brand}.`,
  stopped: (brand, date) => `You get no advertising by SMS from ${brand}. It was stopped on ${date}.`,
  close: "You may close this page.",

  resume_title: "Changed your mind?",
  resume_wording: (brand) =>
    `Yes, I want to get advertising by SMS from ${brand} again. I can take this back at any time, with the link in each message.`,
  resume_button: "Get advertising again",
  resume_start: (number) => `To come back, send START to ${number} from your telephone.`,
  resume_contact: (contact) => `To come back, write to ${contact}.`,
  resumed_title: "You get advertising again",
  resumed: (brand) => `Your consent to advertising by SMS from ${brand} has been recorded.`,

  held_title: "What we hold about you",
  number: "Mobile number",
  ending: (digits) => `ends in ${digits}`,
  senders: "Messages come from",
  consent: "Consent",
  no_consent: "none on record",
  granted: (date, source) => `given on ${date} (${source})`,
  expired: (date) => `expired on ${date}`,
  withdrawn: (date) => `withdrawn on ${date}`,
  disputed: "disputed: it is not used",
  lists: "Lists",
  partner: (name) => `Advertising of ${name}`,
  informative: (type) => `Information: ${type}`,
  advertising: "Advertising",
  sources: {
    web_form: "form on a website",
    keyword: "by SMS",
    link: "on this page",
    import: "taken over from another system",
    paper: "on paper",
    phone: "by telephone",
    operator: "told to our staff",
    customer_relationship: "as a customer",
  },
  too_old: "This link is too old to show what is stored. It still works to unsubscribe.",

  only_title: "Or only a part",
  leave: (list) => `Leave the list “${list}”`,
  left: (list) => `You are no longer on the list “${list}”.`,
  withdraw: (purpose) => `Stop: ${purpose}`,
  withdrew: (purpose) => `Stopped: ${purpose}`,

  report_title: "Report abuse",
  report: (number) => `Was this message abuse? Forward it to ${number}.`,

  unknown_title: "This link does not work",
  unknown: "Check that the address is complete, or answer STOP to the message.",
  wait: "Too many addresses that do not work were tried. Please wait a minute.",

  trouble_title: "This did not work just now",
  trouble: "Nothing may have been changed. Please try again in a few minutes.",
};
