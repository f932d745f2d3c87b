import type { Fleet, Reply } from "./fleet.ts";

/** What apps and people do meanwhile, and what they were told. Whoever is not answered asks again, as apps and carriers do. */

export const SENDER = "36105";
export const INFO = "Votre commande est prête, retrait jusqu'à samedi.";
export const PROMO = "Soldes : -50% sur tout le magasin jusqu'à dimanche !";
const SECRET = "chaos-webhook-secret-01";
const ACCOUNTS = ["first", "second"] as const;

export interface Told {
  /** Id of each message that was answered 202, and whether it is advertising. */
  accepted: Map<string, { to: string; commercial: boolean }>;
  /** Requests with a key of their own that were answered at all, refusals included. */
  submitted: number;
  refused: number;
  /** Messages from handsets, by the carrier's id, that were acknowledged. */
  received: Set<string>;
  /** By person: when the first acknowledgement of their STOP was here (ms since 1970). */
  stopped: Map<string, number>;
  /** Advertisements to somebody whose STOP was acknowledged before, and that were taken all the same. */
  acceptedAfterStop: string[];
  /** Answers that nobody should get. */
  surprises: string[];
}

export interface Traffic {
  told: Told;
  /** Resolves when everybody has been answered. */
  stop(): Promise<void>;
}

/** Two accounts of one carrier, the second for what the first turns away. */
export async function configure(
  fleet: Fleet,
  url: string,
  { rate_per_second }: { rate_per_second: number },
): Promise<void> {
  for (const id of ACCOUNTS) {
    const config = { url: `${url}/${id}`, username: "u", password: "p", webhook_secret: SECRET };
    await expectStatus(fleet.call("PUT", `/v1/carriers/${id}`, { kind: "kannel", config }), 201);
  }
  await expectStatus(
    fleet.call("PUT", `/v1/senders/${SENDER}`, {
      routes: ACCOUNTS.map((carrier_id) => ({ carrier_id })),
      country: "FR",
      rate_per_second,
    }),
    200,
  );
}

/** A message from a handset to `SENDER`, as Kannel brings it. */
export function inboundPath({ id, from, text }: { id: string; from: string; text: string }): string {
  return `/carriers/first/inbound?${new URLSearchParams({
    key: SECRET,
    id,
    from,
    to: SENDER,
    text,
    charset: "UTF-8",
  })}`;
}

async function expectStatus(reply: Promise<Reply>, status: number): Promise<void> {
  const { status: given, text } = await reply;
  if (given !== status) throw new Error(`the gateway answered ${given}: ${text}`);
}

const CALLERS = 12;
/** Between two things that one caller does, in ms. */
const PAUSE_MS = 120;
/** Before somebody who was not answered asks again. */
const AGAIN_MS = 40;

export function startTraffic(fleet: Fleet, random: () => number): Traffic {
  const told: Told = {
    accepted: new Map(),
    submitted: 0,
    refused: 0,
    received: new Set(),
    stopped: new Map(),
    acceptedAfterStop: [],
    surprises: [],
  };
  /** People who were sent advertising and have not answered STOP. */
  const courted: string[] = [];
  let people = 0;
  let ids = 0;
  let stopped = false;

  /** Until it is answered with one of `statuses`; 5xx and broken connections are tried again. */
  const insist = async (ask: () => Promise<Reply>, statuses: readonly number[]): Promise<Reply> => {
    while (true) {
      try {
        const reply = await ask();
        if (statuses.includes(reply.status)) return reply;
        if (reply.status < 500) {
          told.surprises.push(`${reply.status} ${reply.text.slice(0, 200)}`);
          return reply;
        }
      } catch {
        // It was killed: nobody was told anything.
      }
      await wait(AGAIN_MS);
    }
  };

  const send = async (to: string, text: string, more: Record<string, unknown> = {}): Promise<Reply> => {
    const key = { "idempotency-key": `chaos-${++ids}` };
    const reply = await insist(
      () => fleet.call("POST", "/v1/messages", { to, from: SENDER, text, ...more }, key),
      [202, 422],
    );
    told.submitted++;
    if (reply.status === 202) told.accepted.set(reply.body.id, { to, commercial: text === PROMO });
    else told.refused++;
    return reply;
  };

  const inform = async () => {
    await send(newPerson(), INFO);
  };
  const advertise = async () => {
    const to = newPerson();
    const consent = {
      recipient: to,
      purpose: "commercial",
      source: "web_form",
      wording: "I agree to receive offers",
      granted_at: "2026-01-10T09:00:00Z",
    };
    await insist(() => fleet.call("POST", "/v1/consents", consent), [201]);
    // Some wait for their time, so that a STOP finds them in every state.
    const scheduled_at = new Date(Date.now() + 500 + random() * 3_000).toISOString();
    await send(to, PROMO, random() < 0.5 ? {} : { scheduled_at });
    courted.push(to);
  };
  const refuse = async () => {
    const [person] = courted.splice(Math.floor(random() * courted.length), 1);
    if (person === undefined) return;
    const id = `mo-${++ids}`;
    const path = inboundPath({ id, from: person, text: "STOP" });
    const webhook = async () => {
      await insist(async () => {
        const { status } = await fleet.webhook(path);
        return { status, text: "", body: null };
      }, [200]);
      if (!told.stopped.has(person)) told.stopped.set(person, Date.now());
      told.received.add(id);
    };
    // Carriers deliver at least once, and at times twice at once.
    await Promise.all(random() < 0.3 ? [webhook(), webhook()] : [webhook()]);
    const { status, body } = await send(person, PROMO);
    if (status === 202) told.acceptedAfterStop.push(body.id);
    else if (body.code !== "recipient_opted_out") told.surprises.push(`${body.code} after a STOP`);
  };

  const newPerson = () => `+3361${String(1_000_000 + ++people)}`;
  const caller = async () => {
    while (!stopped) {
      const choice = random();
      await (choice < 0.5 ? inform() : choice < 0.8 ? advertise() : refuse());
      await wait(random() * 2 * PAUSE_MS);
    }
  };
  const callers = Array.from({ length: CALLERS }, caller);
  return {
    told,
    async stop() {
      stopped = true;
      await Promise.all(callers);
    },
  };
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
