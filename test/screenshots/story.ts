import type { caller } from "../support/child.ts";

/** A week of a shop that writes to its customers, told to a gateway through its API alone. */

type Call = ReturnType<typeof caller>;

/** The last instant of the story: a Tuesday morning in Paris. */
export const NOW = "2026-11-24T10:30:00+01:00";
/** The gateway starts here. */
export const START = "2026-11-18T09:00:00+01:00";
const HOUR_MS = 3_600_000;
const OPEN_HOURS = [9, 10, 11, 14, 16, 18];

/** People of whom pictures are taken. */
export interface Cast {
  /** Chats, and has agreed to advertising. */
  customer: string;
  /** Got an advertisement and answered STOP. */
  left: string;
  /** Somebody else's number. */
  stranger: string;
}

/** Numbers that regulators keep for stories like this one (Arcep 06 39 98, Ofcom 07700 900, NANPA 555-01). */
const french = (n: number) => `+33639980${String(n).padStart(3, "0")}`;
const british = (n: number) => `+447700900${String(100 + n).padStart(3, "0")}`;
const american = (n: number) => `+141555501${String(n).padStart(2, "0")}`;
const NAMES = ["Alix", "Camille", "Noa", "Sacha", "Charlie", "Lou", "Eden", "Maé", "Robin", "Jade"];
const CITIES = ["Lyon", "Nantes", "Lille", "Paris", "Rennes"];

const INFORMATION = [
  "Votre commande 4821 est prête au magasin, jusqu'à samedi 19h.",
  "Votre rendez-vous est confirmé mardi 24 novembre à 15h00.",
  "Votre colis est arrivé au point relais, 12 rue des Lilas.",
  "Code de vérification : 482913. Ne le communiquez à personne.",
];

export async function tellStory(call: Call): Promise<Cast> {
  const ask = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
    const answer = await call(method, path, body, headers);
    if (answer.status >= 500) throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 300)}`);
    return answer.body;
  };
  const says = (from: string, text: string, to = "36105") =>
    ask("POST", "/carriers/sandbox/inbound", { from, to, text });
  const sends = (to: string, text: string, from = "36105", more: Record<string, unknown> = {}) =>
    ask("POST", "/v1/messages", { to, from, text, ...more });
  const at = async (instant: number) => {
    await ask("PUT", "/v1/sandbox/clock", { at: new Date(instant).toISOString() });
    await settled();
  };
  /** Until what is due has left, and the tick has had its turn. */
  const settled = async () => {
    for (let look = 0; look < 40; look++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      if ((await ask("GET", "/v1/overview")).now.due === 0) return;
    }
  };

  await people(call);
  const begin = Date.parse(START);
  let sent = 0;
  for (let day = 0; day < 7; day++) {
    for (const hour of OPEN_HOURS) {
      const instant = begin + day * 24 * HOUR_MS + (hour - 9) * HOUR_MS;
      if (instant >= Date.parse(NOW)) break;
      await at(instant);
      const messages = Array.from({ length: 6 + (day * 5 + hour) % 9 }, () => {
        const n = sent++;
        if (n % 9 === 4) {
          return { to: british(n % 80), from: "+447700900000", text: "Your table is booked for Tuesday at 8 pm." };
        }
        if (n % 9 === 7) {
          return { to: american(n % 90), from: "+15005550006", text: "Your order 4821 is ready for pickup." };
        }
        // Nobody agreed to this: refused, as everything should be that nobody agreed to.
        if (n % 23 === 5) {
          return { to: french(900 - n % 50), from: "36105", text: "Soldes : -30% sur tout le magasin !" };
        }
        return { to: french(n % 120), from: "36105", text: INFORMATION[n % INFORMATION.length] };
      });
      await ask("POST", "/v1/messages/batch", { messages });
      if (hour === 14) await says(french(10 + day), "STOP");
      if (hour === 16) await says(french(30 + day), "Merci !");
    }
  }
  const campaign = await ask("POST", "/v1/campaigns", {
    name: "Vente privée",
    from: "36105",
    text: "Bonjour {name|et bienvenue}, vente privée ce samedi à {field.city} : -20% sur la nouvelle collection.",
    audience: { filter: { tags: ["client"] } },
    fuse: { after: 1_000 },
  });
  await ask("POST", `/v1/campaigns/${campaign.id}/start`);
  await at(Date.parse(NOW) - 20 * 60_000);
  await ask("POST", "/v1/campaigns", {
    name: "Rappel de stock",
    from: "36105",
    text: "Bonjour {name}, votre article est de retour en magasin.",
    audience: { filter: { tags: ["client"] } },
  });

  // Something for the staff.
  await says(french(41), "Il faut stopper le bazar");
  await says(french(42), "je vais porter plainte si vous continuez");
  await says(american(20), "wrong number, this is not Sam", "+15005550006");
  await ask("POST", "/v1/suppressions", { recipient: french(77), note: "Said so on the telephone" });

  // Two threads as they are in a shop.
  const cast: Cast = { customer: french(3), left: french(5), stranger: american(20) };
  const person = cast.customer;
  await sends(person, "Votre commande 4821 est prête au magasin, jusqu'à samedi 19h.");
  await settled();
  await says(person, "Bonjour, vous fermez à quelle heure samedi ?");
  await sends(person, "Bonjour, nous fermons à 19h, et à 20h la semaine prochaine.");
  await settled();
  await says(person, "Parfait, merci 😊");
  await says(cast.left, "Je ne veux plus de vos promos, STOP");
  await settled();
  await says(british(4), "Can I come half an hour later?", "+447700900000");
  await at(Date.parse(NOW));
  // The totals and the search follow within a tick or two.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  return cast;
}

/** Customers with their consents. */
async function people(call: Call): Promise<void> {
  const rows = Array.from({ length: 60 }, (_, n) => [french(n), NAMES[n % NAMES.length], CITIES[n % CITIES.length]]);
  const csv = ["Mobile,Nom,Ville", ...rows.map((row) => row.join(","))].join("\n");
  const query = "number=Mobile&name=Nom&field.city=Ville&country=FR&tag=client";
  await call("POST", `/v1/contacts/imports?${query}`, csv, { "content-type": "text/csv" });
  for (const [index, [number]] of rows.entries()) {
    if (index % 6 === 0) continue;
    await call("POST", "/v1/consents", {
      recipient: number,
      purpose: "commercial",
      source: "web_form",
      wording: "I agree to receive offers by SMS",
      granted_at: "2026-03-02T10:00:00Z",
    });
  }
  await call("POST", "/v1/canned_replies", {
    title: "Opening hours",
    text: "Bonjour {name}, nous ouvrons de 9h à 19h.",
    language: "fr",
  });
}
