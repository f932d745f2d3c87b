import { type Gateway, phoneNumbers, startGateway } from "./gateway.ts";
import { type Generator, type LoadResult, measure, rawRequest } from "./load.ts";
import type { Settings } from "./main.ts";

/** `POST /v1/messages`: the full shipped rulebook, durable commits, every request to another person. */

/** A Tuesday morning in Paris: advertising may leave, so that it is queued and handed over while the next is accepted. */
const OPEN_HOURS = "2026-11-24T10:00:00+01:00";

const INFORMATIVE = [
  "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.",
  "Votre commande 482913 est arrivée au point relais, 12 rue des Lilas. Retrait jusqu'au 30/11.",
  "Code de vérification : 482913. Ne le communiquez à personne.",
  "Rappel : le passage du technicien est prévu demain entre 8h et 10h.",
];
const COMMERCIAL = [
  "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche !",
  "Vente privée ce samedi : profitez de 20% de remise sur la nouvelle collection.",
  "Offre spéciale : 2 pizzas achetées = 1 offerte, ce soir seulement.",
];

/** Requests made for each figure: more than are asked, so that nobody gets two. */
const PER_SECOND = 20_000;
const SINGLE_PER_SECOND = 6_000;
const LEAST_PER_SECOND = 12_000;
const CONSENTS_PER_IMPORT = 20_000;

export async function measureAccepts(
  generator: Generator,
  { connections, ...times }: Settings,
  figure: (shape: "informative" | "commercial", result: LoadResult) => void,
): Promise<void> {
  const gateway = await startGateway({ clock: OPEN_HOURS });
  const nextNumber = phoneNumbers();
  try {
    const at = (count: number) => ({ origin: gateway.origin, connections: count, ...times });
    const answered = new Map<number, number>();
    for (const count of connections) {
      const rate = count === 1 ? SINGLE_PER_SECOND : PER_SECOND;
      const total = Math.ceil(rate * (times.warmUpSeconds + times.seconds));
      const numbers = Array.from({ length: total }, nextNumber);
      const result = await measure(generator, requests(gateway, numbers, INFORMATIVE), at(count));
      answered.set(count, result.perSecond);
      figure("informative", result);
    }
    for (const count of connections) {
      // Consents are imported beforehand: half as many again as the other shape needed, and never few if that was disturbed.
      const rate = Math.max(1.5 * answered.get(count)!, count === 1 ? LEAST_PER_SECOND / 4 : LEAST_PER_SECOND);
      const total = Math.ceil(rate * (times.warmUpSeconds + times.seconds));
      const numbers = Array.from({ length: total }, nextNumber);
      await importConsents(gateway, numbers);
      figure("commercial", await measure(generator, requests(gateway, numbers, COMMERCIAL), at(count)));
    }
  } finally {
    await gateway.stop();
  }
}

function* requests(gateway: Gateway, numbers: readonly string[], texts: readonly string[]): Iterable<string> {
  const headers = { Authorization: `Bearer ${gateway.key}`, "Content-Type": "application/json" };
  for (const [index, to] of numbers.entries()) {
    const body = JSON.stringify({ to, from: "36105", text: texts[index % texts.length] });
    yield rawRequest("POST", "/v1/messages", headers, body);
  }
}

async function importConsents(gateway: Gateway, numbers: readonly string[]): Promise<void> {
  for (let from = 0; from < numbers.length; from += CONSENTS_PER_IMPORT) {
    const lines = numbers.slice(from, from + CONSENTS_PER_IMPORT)
      .map((number) => `${number},commercial,web_form,I agree to receive offers,2026-01-10T09:00:00Z`);
    const csv = ["recipient,purpose,source,wording,granted_at", ...lines].join("\n");
    await gateway.call("POST", "/v1/consents/import", csv, "text/csv");
  }
}
