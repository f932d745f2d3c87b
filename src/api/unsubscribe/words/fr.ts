import type { UnsubscribeWords } from "../words.ts";

export const fr: UnsubscribeWords = {
  name: "Français",
  languages: "Langue",
  title: "Ne plus recevoir de publicité par SMS",
  question: (brand) => `Ne plus recevoir de publicité par SMS de ${brand} ?`,
  explanation:
    "L'effet est immédiat et gratuit. Des messages sur vos commandes ou vos rendez-vous peuvent encore vous parvenir.",
  explanation_everything: (sender) =>
    `L'effet est immédiat et gratuit. Vous ne recevrez plus aucun message de ${sender}, ni de publicité de notre part.`,
  button: "Me désinscrire",
  again: "Rien n'a été modifié. Veuillez appuyer sur le bouton de cette page.",

  stopped_title: "Vous êtes désinscrit",
  done: (brand) => `Vous ne recevrez plus de publicité par SMS de ${brand}.`,
  done_everything: (brand, sender) =>
    `Vous ne recevrez plus aucun message de ${sender}, ni de publicité par SMS de ${brand}.`,
  stopped: (brand, date) => `Vous ne recevez pas de publicité par SMS de ${brand}. Elle a été arrêtée le ${date}.`,
  close: "Vous pouvez fermer cette page.",

  resume_title: "Vous avez changé d'avis ?",
  resume_wording: (brand) =>
    `Oui, je veux de nouveau recevoir de la publicité par SMS de ${brand}. Je peux revenir sur ce choix à tout moment, par le lien dans chaque message.`,
  resume_button: "Recevoir de nouveau la publicité",
  resume_start: (number) => `Pour revenir, envoyez START au ${number} depuis votre téléphone.`,
  resume_contact: (contact) => `Pour revenir, écrivez à ${contact}.`,
  resumed_title: "Vous recevez de nouveau la publicité",
  resumed: (brand) => `Votre consentement à la publicité par SMS de ${brand} est enregistré.`,

  held_title: "Ce que nous conservons sur vous",
  number: "Numéro de mobile",
  ending: (digits) => `se termine par ${digits}`,
  senders: "Les messages viennent de",
  consent: "Consentement",
  no_consent: "aucun enregistré",
  granted: (date, source) => `donné le ${date} (${source})`,
  expired: (date) => `expiré le ${date}`,
  withdrawn: (date) => `retiré le ${date}`,
  disputed: "contesté : il n'est pas utilisé",
  lists: "Listes",
  partner: (name) => `Publicité de ${name}`,
  informative: (type) => `Information : ${type}`,
  advertising: "Publicité",
  sources: {
    web_form: "formulaire sur un site",
    keyword: "par SMS",
    link: "sur cette page",
    import: "repris d'un autre système",
    paper: "sur papier",
    phone: "par téléphone",
    operator: "dit à notre personnel",
    customer_relationship: "en tant que client",
  },
  too_old: "Ce lien est trop ancien pour montrer ce qui est conservé. Il permet toujours de se désinscrire.",

  only_title: "Ou seulement une partie",
  leave: (list) => `Quitter la liste « ${list} »`,
  left: (list) => `Vous n'êtes plus sur la liste « ${list} ».`,
  withdraw: (purpose) => `Arrêter : ${purpose}`,
  withdrew: (purpose) => `Arrêté : ${purpose}`,

  report_title: "Signaler un abus",
  report: (number) => `Message abusif ? Transférez-le au ${number}.`,

  unknown_title: "Ce lien ne fonctionne pas",
  unknown: "Vérifiez que l'adresse est complète, ou répondez STOP au message.",
  wait: "Trop d'adresses qui ne fonctionnent pas ont été essayées. Veuillez attendre une minute.",

  trouble_title: "Cela n'a pas fonctionné",
  trouble: "Il se peut que rien n'ait été modifié. Veuillez réessayer dans quelques minutes.",
};
