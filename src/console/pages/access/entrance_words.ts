import { inLanguages } from "../../words.ts";

export const entranceWords = inLanguages({
  sign_in: "Sign in",
  email: "E-mail address",
  password: "Password",
  name: "Your name",
  new_password: "New password",
  password_hint: "12 characters or more. Several words are easy to keep in mind and hard to guess.",
  wrong: "The e-mail address or the password is not right.",
  too_many: (minutes: number) =>
    `Too many attempts. Try again in ${
      minutes === 1 ? "a minute" : `${minutes} minutes`
    }, or ask an administrator for a link.`,
  busy: "Many people are signing in just now. Try again in a few seconds.",
  forgotten: "Forgot your password? An administrator can make you a link to set a new one.",
  nobody:
    "Nobody has an account yet. Open the link that the gateway printed when it started; a restart prints a new one.",
  signed_out: "You are signed out.",
  password_changed: "Your password is changed. Sign in with the new one.",
  welcome: "Welcome to Parley",
  first_text: "You are the first one here: make your account. You will be an administrator, and can invite others.",
  invited_text: "Choose a password, and you are in.",
  reset_title: "A new password",
  reset_text: "Choose a new password. You will be signed out wherever you are signed in now.",
  begin: "Begin",
  save: "Save",
  link_over: "This link holds no more",
  link_over_text:
    "It was used before, is older than three days, or there is a newer one. Ask an administrator for a new link.",
  link_over_first:
    "It was used before, is older than three days, or the gateway was started again: then it printed a newer one.",
  name_wrong: "Enter your name, on one line.",
  email_wrong: "Enter an e-mail address.",
  password_wrong: "Choose 12 to 200 characters, at least 5 of them different.",
}, {
  sign_in: "Se connecter",
  email: "Adresse e-mail",
  password: "Mot de passe",
  name: "Votre nom",
  new_password: "Nouveau mot de passe",
  password_hint: "12 caractères ou plus. Plusieurs mots se retiennent bien et se devinent mal.",
  wrong: "L’adresse e-mail ou le mot de passe n’est pas correct.",
  too_many: (minutes: number) =>
    `Trop d’essais. Réessayez dans ${
      minutes === 1 ? "une minute" : `${minutes} minutes`
    } ou demandez un lien à un administrateur.`,
  busy: "Beaucoup de personnes se connectent en ce moment. Réessayez dans quelques secondes.",
  forgotten: "Mot de passe oublié ? Un administrateur peut vous créer un lien pour en choisir un nouveau.",
  nobody:
    "Personne n’a encore de compte. Ouvrez le lien que la passerelle a affiché à son démarrage ; un redémarrage en affiche un nouveau.",
  signed_out: "Vous êtes déconnecté.",
  password_changed: "Votre mot de passe est modifié. Connectez-vous avec le nouveau.",
  welcome: "Bienvenue dans Parley",
  first_text:
    "Vous êtes la première personne ici : créez votre compte. Vous serez administrateur et pourrez inviter d’autres personnes.",
  invited_text: "Choisissez un mot de passe, et vous y êtes.",
  reset_title: "Un nouveau mot de passe",
  reset_text: "Choisissez un nouveau mot de passe. Vous serez déconnecté partout où vous êtes connecté maintenant.",
  begin: "Commencer",
  save: "Enregistrer",
  link_over: "Ce lien n’est plus valable",
  link_over_text:
    "Il a déjà servi, date de plus de trois jours, ou il en existe un plus récent. Demandez un nouveau lien à un administrateur.",
  link_over_first:
    "Il a déjà servi, date de plus de trois jours, ou la passerelle a été redémarrée : elle en a alors affiché un plus récent.",
  name_wrong: "Indiquez votre nom, sur une ligne.",
  email_wrong: "Indiquez une adresse e-mail.",
  password_wrong: "Choisissez de 12 à 200 caractères, dont au moins 5 différents.",
});
