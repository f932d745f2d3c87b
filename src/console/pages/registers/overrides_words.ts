import { inLanguages } from "../../words.ts";

export const overrideWords = inLanguages({
  intro: "What a person said themselves is lifted only with a reason, evidence and a second person.",
  empty: "Nothing waits for a decision",
  empty_text: "Open a suppression to ask for one to be lifted; another person finds the request here.",
  states: { requested: "Waits for a decision", approved: "Approved", rejected: "Rejected" },
  only_open: "Waiting",
  suppression: "Suppression",
  proof: "Evidence",
  requested_by: "Asked for by",
  decided_by: "Decided by",
  note: "Note to the decision",
  approve: "Approve: lift it",
  reject: "Reject",
  own: "You asked for this; somebody else decides.",
  told: {
    approved: "Approved: the suppression is lifted. Advertising still needs a new consent.",
    rejected: "Rejected: the suppression stands.",
  },
}, {
  intro: "Ce qu’une personne a dit elle-même n’est levé qu’avec un motif, une preuve et une seconde personne.",
  empty: "Rien n’attend de décision",
  empty_text: "Ouvrez une opposition pour en demander la levée ; une autre personne trouvera la demande ici.",
  states: { requested: "Attend une décision", approved: "Approuvée", rejected: "Rejetée" },
  only_open: "En attente",
  suppression: "Opposition",
  proof: "Preuve",
  requested_by: "Demandée par",
  decided_by: "Décidée par",
  note: "Note sur la décision",
  approve: "Approuver : la lever",
  reject: "Rejeter",
  own: "La demande vient de vous ; une autre personne décide.",
  told: {
    approved: "Approuvé : l’opposition est levée. La publicité demande un nouveau consentement.",
    rejected: "Rejeté : l’opposition reste en vigueur.",
  },
});
