/** Words of the unsubscribe page. Plain and short: somebody wants to be left alone. */
export interface UnsubscribeWords {
  title: string;
  question: (brand: string) => string;
  explanation: string;
  button: string;
  done_title: string;
  done: (brand: string) => string;
  /** Where abusive messages are reported in the person's country. */
  report: (number: string) => string;
  unknown_title: string;
  unknown: string;
}

export const UNSUBSCRIBE_WORDS: Readonly<Record<string, UnsubscribeWords>> = {
  en: {
    title: "Stop advertising by SMS",
    question: (brand) => `Do you want no more advertising by SMS from ${brand}?`,
    explanation:
      "It takes effect at once and is free of charge. Messages about your orders or appointments may still come.",
    button: "Unsubscribe",
    done_title: "You are unsubscribed",
    done: (brand) => `You will get no more advertising by SMS from ${brand}. You may close this page.`,
    report: (number) => `Was this message abuse? Forward it to ${number}.`,
    unknown_title: "This link does not work",
    unknown: "Check that the address is complete, or answer STOP to the message.",
  },
  fr: {
    title: "Ne plus recevoir de publicité par SMS",
    question: (brand) => `Ne plus recevoir de publicité par SMS de ${brand} ?`,
    explanation:
      "L'effet est immédiat et gratuit. Des messages sur vos commandes ou vos rendez-vous peuvent encore vous parvenir.",
    button: "Me désinscrire",
    done_title: "Vous êtes désinscrit",
    done: (brand) => `Vous ne recevrez plus de publicité par SMS de ${brand}. Vous pouvez fermer cette page.`,
    report: (number) => `Message abusif ? Transférez-le au ${number}.`,
    unknown_title: "Ce lien ne fonctionne pas",
    unknown: "Vérifiez que l'adresse est complète, ou répondez STOP au message.",
  },
  de: {
    title: "Keine Werbung mehr per SMS",
    question: (brand) => `Möchten Sie keine Werbung mehr per SMS von ${brand} erhalten?`,
    explanation:
      "Die Abmeldung gilt sofort und ist kostenlos. Nachrichten zu Bestellungen oder Terminen können Sie weiterhin erhalten.",
    button: "Abmelden",
    done_title: "Sie sind abgemeldet",
    done: (brand) => `Sie erhalten keine Werbung mehr per SMS von ${brand}. Sie können diese Seite schließen.`,
    report: (number) => `Missbrauch? Leiten Sie die Nachricht an ${number} weiter.`,
    unknown_title: "Dieser Link funktioniert nicht",
    unknown: "Prüfen Sie, ob die Adresse vollständig ist, oder antworten Sie STOP auf die Nachricht.",
  },
  es: {
    title: "No recibir más publicidad por SMS",
    question: (brand) => `¿Quiere dejar de recibir publicidad por SMS de ${brand}?`,
    explanation: "La baja es inmediata y gratuita. Aún puede recibir mensajes sobre sus pedidos o citas.",
    button: "Darme de baja",
    done_title: "Baja confirmada",
    done: (brand) => `No recibirá más publicidad por SMS de ${brand}. Puede cerrar esta página.`,
    report: (number) => `¿Es un abuso? Reenvíe el mensaje al ${number}.`,
    unknown_title: "Este enlace no funciona",
    unknown: "Compruebe que la dirección está completa o responda STOP al mensaje.",
  },
  it: {
    title: "Non ricevere più pubblicità via SMS",
    question: (brand) => `Vuole non ricevere più pubblicità via SMS da ${brand}?`,
    explanation: "La cancellazione è immediata e gratuita. Potrà ancora ricevere messaggi su ordini o appuntamenti.",
    button: "Cancellami",
    done_title: "Cancellazione confermata",
    done: (brand) => `Non riceverà più pubblicità via SMS da ${brand}. Può chiudere questa pagina.`,
    report: (number) => `Messaggio abusivo? Lo inoltri al ${number}.`,
    unknown_title: "Questo link non funziona",
    unknown: "Controlli che l'indirizzo sia completo oppure risponda STOP al messaggio.",
  },
  pt: {
    title: "Não receber mais publicidade por SMS",
    question: (brand) => `Quer deixar de receber publicidade por SMS de ${brand}?`,
    explanation: "O cancelamento é imediato e gratuito. Ainda pode receber mensagens sobre encomendas ou marcações.",
    button: "Cancelar",
    done_title: "Cancelamento confirmado",
    done: (brand) => `Não receberá mais publicidade por SMS de ${brand}. Pode fechar esta página.`,
    report: (number) => `Mensagem abusiva? Reencaminhe-a para o ${number}.`,
    unknown_title: "Esta ligação não funciona",
    unknown: "Verifique se o endereço está completo ou responda STOP à mensagem.",
  },
  nl: {
    title: "Geen reclame meer per sms",
    question: (brand) => `Wilt u geen reclame meer per sms van ${brand} ontvangen?`,
    explanation:
      "De afmelding gaat meteen in en is gratis. Berichten over bestellingen of afspraken kunt u nog ontvangen.",
    button: "Afmelden",
    done_title: "U bent afgemeld",
    done: (brand) => `U ontvangt geen reclame meer per sms van ${brand}. U kunt deze pagina sluiten.`,
    report: (number) => `Misbruik? Stuur het bericht door naar ${number}.`,
    unknown_title: "Deze link werkt niet",
    unknown: "Controleer of het adres volledig is, of beantwoord het bericht met STOP.",
  },
};

/** Languages a browser asks for, most wanted first, as two-letter codes. */
export function acceptedLanguages(header: string | undefined): string[] {
  if (header === undefined) return [];
  return header.slice(0, 500).split(",")
    .map((part) => {
      const [tag = "", ...parameters] = part.trim().split(";");
      const quality = parameters.map((one) => /^\s*q=([\d.]+)$/.exec(one)?.[1]).find((one) => one !== undefined);
      return { language: tag.slice(0, 2).toLowerCase(), quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ language }) => language);
}

/** The first of `languages` that the page speaks; English when there is none. */
export function pageLanguage(languages: readonly string[]): string {
  return languages.find((language) => Object.hasOwn(UNSUBSCRIBE_WORDS, language)) ?? "en";
}
