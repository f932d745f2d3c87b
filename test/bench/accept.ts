import { type Gateway, phoneNumbers, startGateway } from "./gateway.ts";
import { type Generator, type LoadResult, measure, rawRequest } from "./load.ts";
import type { Settings } from "./main.ts";

/** `POST /v1/messages`: the full shipped rulebook, durable commits, every request to another person. */

/** A Tuesday morning in Paris: advertising may leave, so that it is queued and handed over while the next is accepted. */
const OPEN_HOURS = "2026-11-24T10:00:00+01:00";

/** As apps send them: a few texts in which times, names, codes and percentages change. `n` is the number of the request. */
type Template = (n: number) => string;
const digits = (n: number) => String(100_000 + n * 7_919 % 900_000);
const hour = (n: number) => `${8 + n % 11}h${String(n * 5 % 60).padStart(2, "0")}`;
const NAMES = ["Camille", "Inès", "Lucas", "Maëlle", "Noé", "Yanis"];

const INFORMATIVE: readonly Template[] = [
  (n) => `Votre rendez-vous est confirmé mardi 24 novembre à ${hour(n)}.`,
  (n) =>
    `Votre commande ${digits(n)} est arrivée au point relais, ${1 + n % 99} rue des Lilas. Retrait jusqu'au 30/11.`,
  (n) => `Code de vérification : ${digits(n)}. Ne le communiquez à personne.`,
  (n) => `Bonjour ${NAMES[n % NAMES.length]}, rappel : le passage du technicien est prévu demain à ${hour(n)}.`,
];
const COMMERCIAL: readonly Template[] = [
  (n) => `Soldes d'hiver : -${10 + n % 60}% sur tout le magasin jusqu'à dimanche !`,
  (n) => `${NAMES[n % NAMES.length]}, vente privée ce samedi : profitez de ${5 + n % 45}% sur la nouvelle collection.`,
  () => "Offre spéciale : 2 pizzas achetées = 1 offerte, ce soir seulement.",
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

function* requests(gateway: Gateway, numbers: readonly string[], texts: readonly Template[]): Iterable<string> {
  const headers = { Authorization: `Bearer ${gateway.key}`, "Content-Type": "application/json" };
  for (const [index, to] of numbers.entries()) {
    const body = JSON.stringify({ to, from: "36105", text: texts[index % texts.length]!(index) });
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
