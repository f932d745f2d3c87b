import { expect, test } from "vitest";
import { weighContent } from "../../src/core/text/content.ts";
import { tokenize } from "../../src/core/text/text.ts";
import { shippedRules } from "../support/rulebook.ts";

const { rulebook } = await shippedRules();

function content(text: string, country: string): string {
  const tokens = tokenize(text);
  const { signals } = rulebook.country(country);
  return weighContent(text, tokens, signals.match(tokens), rulebook.weights, rulebook.thresholds).category;
}

test.each([
  ["FR", "Votre garage ACME vous propose la révision à 99€"],
  ["FR", "Votre facture est disponible. Et si vous passiez à la fibre ? Appelez le 1044"],
  ["FR", "Rdv confirmé mardi 15h. Profitez-en pour découvrir nos soins du visage"],
  ["FR", "Rachat de vos bijoux or et argent au meilleur cours"],
  ["DE", "Ihr Termin ist bestätigt. Übrigens: neue Massagen ab 39 Euro"],
  ["DE", "Unsere Aktion endet am Sonntag"],
  ["US", "Appointment confirmed Tue 3pm. Ask about our new whitening special!"],
  ["US", "Start your free trial today"],
  ["US", "Any 2 for $10 this week"],
  ["DE", "Soldes : -50% sur tout le magasin, votre rendez-vous est confirmé"],
])("%s %j advertises", (country, text) => {
  expect(content(text, country)).toBe("commercial");
});

test.each([
  ["FR", "Votre colis vous attend au point relais Tabac du Centre jusqu'au 30/11"],
  ["FR", "Votre table pour 4 est réservée samedi à 20h"],
  ["FR", "Votre train 6607 est supprimé. Échange gratuit sur l'appli"],
  ["FR", "Le magasin de Lille est exceptionnellement fermé ce jour, votre retrait est reporté"],
  ["US", "Your Uber is arriving now: Toyota Camry"],
  ["US", "Your technician will arrive between 8am and 10am"],
  ["US", "Class cancelled tonight, sorry!"],
  ["US", "Your free trial ends tomorrow. You will be charged $9.99"],
  ["US", "Your subscription renews on Dec 1 for $9.99"],
  ["US", "Hi it's Joe from the shop, your tires came in"],
  ["DE", "Ihr Vertrag endet am 31.12."],
  ["DE", "Ihr Tisch für 4 Personen ist reserviert"],
])("%s %j informs", (country, text) => {
  expect(content(text, country)).toBe("informative");
});

test("a word that informs in another language excuses nothing", () => {
  const weights = (country: string) =>
    rulebook.country(country).signals.match(tokenize("garage")).map(({ value }) => value.weight);
  expect(weights("NL")).not.toEqual([]);
  expect(weights("BE")).toEqual(weights("NL"));
  expect(weights("JP")).toEqual(weights("NL"));
  expect(weights("FR")).toEqual([]);
});
