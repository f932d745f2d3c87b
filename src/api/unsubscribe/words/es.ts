import type { UnsubscribeWords } from "../words.ts";

export const es: UnsubscribeWords = {
  name: "Español",
  languages: "Idioma",
  title: "No recibir más publicidad por SMS",
  question: (brand) => `¿Quiere dejar de recibir publicidad por SMS de ${brand}?`,
  explanation: "La baja es inmediata y gratuita. Aún puede recibir mensajes sobre sus pedidos o citas.",
  explanation_everything: (sender) =>
    `La baja es inmediata y gratuita. No recibirá nada más de ${sender}, ni publicidad nuestra.`,
  button: "Darme de baja",
  again: "No se ha cambiado nada. Pulse el botón de esta página.",

  stopped_title: "Baja confirmada",
  done: (brand) => `No recibirá más publicidad por SMS de ${brand}.`,
  done_everything: (brand, sender) => `No recibirá nada más de ${sender}, ni más publicidad por SMS de ${brand}.`,
  stopped: (brand, date) => `No recibe publicidad por SMS de ${brand}. La baja es del ${date}.`,
  close: "Puede cerrar esta página.",

  resume_title: "¿Ha cambiado de opinión?",
  resume_wording: (brand) =>
    `Sí, quiero volver a recibir publicidad por SMS de ${brand}. Puedo retirarlo en cualquier momento, con el enlace de cada mensaje.`,
  resume_button: "Volver a recibir publicidad",
  resume_start: (number) => `Para volver, envíe START al ${number} desde su teléfono.`,
  resume_contact: (contact) => `Para volver, escriba a ${contact}.`,
  resumed_title: "Vuelve a recibir publicidad",
  resumed: (brand) => `Su consentimiento a la publicidad por SMS de ${brand} ha quedado registrado.`,

  held_title: "Qué datos suyos tenemos",
  number: "Número de móvil",
  ending: (digits) => `termina en ${digits}`,
  senders: "Los mensajes vienen de",
  consent: "Consentimiento",
  no_consent: "ninguno registrado",
  granted: (date, source) => `dado el ${date} (${source})`,
  expired: (date) => `caducado el ${date}`,
  withdrawn: (date) => `retirado el ${date}`,
  disputed: "impugnado: no se utiliza",
  lists: "Listas",
  partner: (name) => `Publicidad de ${name}`,
  informative: (type) => `Información: ${type}`,
  advertising: "Publicidad",
  sources: {
    web_form: "formulario en un sitio web",
    keyword: "por SMS",
    link: "en esta página",
    import: "procedente de otro sistema",
    paper: "en papel",
    phone: "por teléfono",
    operator: "dicho a nuestro personal",
    customer_relationship: "como cliente",
  },
  too_old: "Este enlace es demasiado antiguo para mostrar lo que guardamos. Sigue sirviendo para darse de baja.",

  only_title: "O solo una parte",
  leave: (list) => `Salir de la lista «${list}»`,
  left: (list) => `Ya no está en la lista «${list}».`,
  withdraw: (purpose) => `Detener: ${purpose}`,
  withdrew: (purpose) => `Detenido: ${purpose}`,

  report_title: "Denunciar un abuso",
  report: (number) => `¿Es un abuso? Reenvíe el mensaje al ${number}.`,

  unknown_title: "Este enlace no funciona",
  unknown: "Compruebe que la dirección está completa o responda STOP al mensaje.",
  wait: "Se han probado demasiadas direcciones que no funcionan. Espere un minuto.",

  trouble_title: "No ha funcionado",
  trouble: "Puede que no se haya cambiado nada. Inténtelo de nuevo dentro de unos minutos.",
};
