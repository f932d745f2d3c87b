import type { UnsubscribeWords } from "../words.ts";

export const pt: UnsubscribeWords = {
  name: "Português",
  languages: "Língua",
  title: "Não receber mais publicidade por SMS",
  question: (brand) => `Quer deixar de receber publicidade por SMS de ${brand}?`,
  explanation: "O cancelamento é imediato e gratuito. Ainda pode receber mensagens sobre encomendas ou marcações.",
  explanation_everything: (sender) =>
    `O cancelamento é imediato e gratuito. Não receberá mais nada de ${sender}, nem publicidade nossa.`,
  button: "Cancelar",
  again: "Nada foi alterado. Prima o botão desta página.",

  stopped_title: "Cancelamento confirmado",
  done: (brand) => `Não receberá mais publicidade por SMS de ${brand}.`,
  done_everything: (brand, sender) => `Não receberá mais nada de ${sender}, nem publicidade por SMS de ${brand}.`,
  stopped: (brand, date) => `Não recebe publicidade por SMS de ${brand}. O cancelamento é de ${date}.`,
  close: "Pode fechar esta página.",

  resume_title: "Mudou de ideias?",
  resume_wording: (brand) =>
    `Sim, quero voltar a receber publicidade por SMS de ${brand}. Posso retirar isto a qualquer momento, com a ligação em cada mensagem.`,
  resume_button: "Voltar a receber publicidade",
  resume_start: (number) => `Para voltar, envie START para ${number} do seu telefone.`,
  resume_contact: (contact) => `Para voltar, escreva para ${contact}.`,
  resumed_title: "Volta a receber publicidade",
  resumed: (brand) => `O seu consentimento à publicidade por SMS de ${brand} ficou registado.`,

  held_title: "O que guardamos sobre si",
  number: "Número de telemóvel",
  ending: (digits) => `termina em ${digits}`,
  senders: "As mensagens vêm de",
  consent: "Consentimento",
  no_consent: "nenhum registado",
  granted: (date, source) => `dado em ${date} (${source})`,
  expired: (date) => `expirou em ${date}`,
  withdrawn: (date) => `retirado em ${date}`,
  disputed: "contestado: não é usado",
  lists: "Listas",
  partner: (name) => `Publicidade de ${name}`,
  informative: (type) => `Informação: ${type}`,
  advertising: "Publicidade",
  sources: {
    web_form: "formulário num sítio Web",
    keyword: "por SMS",
    link: "nesta página",
    import: "vindo de outro sistema",
    paper: "em papel",
    phone: "por telefone",
    operator: "dito ao nosso pessoal",
    customer_relationship: "como cliente",
  },
  too_old: "Esta ligação é demasiado antiga para mostrar o que está guardado. Continua a servir para cancelar.",

  only_title: "Ou só uma parte",
  leave: (list) => `Sair da lista «${list}»`,
  left: (list) => `Já não está na lista «${list}».`,
  withdraw: (purpose) => `Parar: ${purpose}`,
  withdrew: (purpose) => `Parado: ${purpose}`,

  report_title: "Denunciar um abuso",
  report: (number) => `Mensagem abusiva? Reencaminhe-a para o ${number}.`,

  unknown_title: "Esta ligação não funciona",
  unknown: "Verifique se o endereço está completo ou responda STOP à mensagem.",
  wait: "Foram tentados demasiados endereços que não funcionam. Espere um minuto.",

  trouble_title: "Não funcionou",
  trouble: "É possível que nada tenha sido alterado. Tente de novo dentro de alguns minutos.",
};
