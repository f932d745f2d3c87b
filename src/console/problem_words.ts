import type { ApiProblem } from "./api_client.ts";
import { wrongWith } from "./form.ts";
import { inLanguages, type Language } from "./words.ts";

/** Refusals that staff meet every day, in their language; for all others the API's own words. */
const words = inLanguages({
  codes: {
    second_person_needed: "Somebody else has to decide: you asked for this yourself.",
    override_needed: "The person said this themselves. It is lifted with a reason, evidence and a second person.",
    override_pending: "Somebody asked for this before; it waits for a decision.",
    only_the_person:
      "The carrier or the network blocks this number as well. Only START from the number itself lifts that.",
    already_lifted: "This was lifted before.",
    already_decided: "This was decided before.",
    already_settled: "Somebody settled this before you.",
    refused_again: "The person refused again after this was asked for. What they said last holds.",
    returned_since: "The person sent START after this message, and what they said last holds. Settle it another way.",
    recipient_invalid: "This is no telephone number. Write it with its country, such as +33 6 12 34 56 78.",
    recipient_opted_out: "This person opted out.",
    name_taken: "This name is taken.",
    list_in_use: "A campaign still asks who is on this list. Let it make its messages, or cancel it.",
    list_gone: "The audience names a list that was deleted. Choose it anew.",
    nobody: "The audience means nobody.",
    too_late: "The end of its time has passed; nothing of it could leave.",
    wrong_state: "The campaign is in another state meanwhile.",
    secret_missing: "Nobody can be erased: PARLEY_SECRET is not set.",
    webhook_disabled: "This webhook is disabled; enable it first.",
    not_asked: "The person has just been asked, or has just opted out.",
    forbidden: "Your role may not do this.",
    last_admin: "Nobody else could administer the console. Make somebody else an administrator first.",
    email_taken: "Somebody has this e-mail address already.",
    user_disabled: "This user is disabled; enable them first.",
    users_only: "This is for people who are signed in.",
    password_wrong: "The current password is another.",
    too_many_attempts: "Too many wrong passwords. Wait some minutes.",
  },
}, {
  codes: {
    second_person_needed: "Une autre personne doit décider : la demande vient de vous.",
    override_needed: "La personne l’a dit elle-même. La levée demande un motif, une preuve et une seconde personne.",
    override_pending: "Une demande attend déjà une décision.",
    only_the_person: "L’opérateur ou le réseau bloque aussi ce numéro. Seul un START envoyé du numéro lève ce blocage.",
    already_lifted: "L’opposition était déjà levée.",
    already_decided: "La décision était déjà prise.",
    already_settled: "Quelqu’un l’a réglé avant vous.",
    refused_again: "La personne a refusé de nouveau depuis la demande. Sa dernière parole l’emporte.",
    returned_since: "La personne a envoyé START après ce message ; sa dernière parole l’emporte. Réglez-le autrement.",
    recipient_invalid: "Ce n’est pas un numéro de téléphone. Écrivez-le avec son pays, par exemple +33 6 12 34 56 78.",
    recipient_opted_out: "Cette personne s’est opposée.",
    name_taken: "Ce nom est déjà pris.",
    list_in_use: "Une campagne interroge encore cette liste. Laissez-la créer ses messages ou annulez-la.",
    list_gone: "L’audience nomme une liste supprimée. Choisissez-la de nouveau.",
    nobody: "L’audience ne désigne personne.",
    too_late: "Sa date limite est passée ; rien n’en partirait.",
    wrong_state: "La campagne a changé d’état entre-temps.",
    secret_missing: "Personne ne peut être effacé : PARLEY_SECRET n’est pas défini.",
    webhook_disabled: "Ce webhook est désactivé ; activez-le d’abord.",
    not_asked: "La personne vient d’être interrogée, ou vient de s’opposer.",
    forbidden: "Votre rôle ne le permet pas.",
    last_admin: "Plus personne ne pourrait administrer la console. Nommez d’abord un autre administrateur.",
    email_taken: "Quelqu’un a déjà cette adresse e-mail.",
    user_disabled: "Cet utilisateur est désactivé ; réactivez-le d’abord.",
    users_only: "Réservé aux personnes connectées.",
    password_wrong: "Le mot de passe actuel n’est pas celui-ci.",
    too_many_attempts: "Trop de mots de passe erronés. Attendez quelques minutes.",
  },
});

/** Why something was refused, in one sentence. */
export function problemText({ code, title, detail }: ApiProblem, language: Language): string {
  return (words(language).codes as Record<string, string>)[code] ?? detail ?? title;
}

/** What is wrong with the number of a form: the API speaks of one in international form, and a form takes more spellings. */
export function wrongNumber(problem: ApiProblem | undefined, field: string, language: Language): string | undefined {
  const wrong = wrongWith(problem, field);
  return wrong !== undefined && problem?.code === "recipient_invalid" ? words(language).codes.recipient_invalid : wrong;
}
