import { createHmac } from "node:crypto";
import { invented } from "./words.ts";
import { type Gateway, phoneNumbers, startGateway } from "./gateway.ts";
import { type Generator, type LoadResult, measure, rawRequest } from "./load.ts";
import type { Settings } from "./main.ts";

/** Inbound webhooks, each a message of its own: signed by Twilio's rules, and as Kannel calls. Two in a hundred are a STOP. */

const ACCOUNT = `AC${"0123456789abcdef".repeat(2)}`;
const TOKEN = "bench-auth-token-0123456789abcdef";
const SECRET = "bench-webhook-secret";
/** Answers to STOPs are refused by the guard of outgoing calls, or by nobody listening: nothing leaves the machine. */
const NOWHERE = "http://127.0.0.1:9";
const TWILIO_SENDER = "+33644630001";
const KANNEL_SENDER = "38001";
const CONNECTIONS = 64;
const PER_SECOND = 20_000;

/** What people answer; `n` is the number of the message. Short answers come again and again, others with details of their own. */
const CHATS: readonly ((n: number) => string)[] = [
  (n) => `Bonjour, est-ce que mon colis ${100_000 + n * 7_919 % 900_000} est arrivé ?`,
  () => "Oui merci, à demain",
  (n) => `Je serai en retard de ${5 + n % 55} minutes, désolé`,
  (n) => `Pouvez-vous m'envoyer l'adresse du magasin de ${invented(n)} s'il vous plaît ?`,
  () => "ok parfait",
  (n) => `Merci ${invented(n)}, plutôt ${8 + n % 11}h${String(n * 5 % 60).padStart(2, "0")} si possible`,
];
const ONE_STOP_IN = 50;

export async function measureInbound(
  generator: Generator,
  { connections: _, ...times }: Settings,
  figure: (kind: "twilio" | "kannel", result: LoadResult) => void,
): Promise<void> {
  const gateway = await startGateway();
  const nextNumber = phoneNumbers();
  try {
    await configure(gateway);
    const total = Math.ceil(PER_SECOND * (times.warmUpSeconds + times.seconds));
    const options = { origin: gateway.origin, connections: CONNECTIONS, ...times };
    figure("twilio", await measure(generator, twilioRequests(gateway.origin, nextNumber, total), options));
    figure("kannel", await measure(generator, kannelRequests(nextNumber, total), options));
  } finally {
    await gateway.stop();
  }
}

async function configure(gateway: Gateway): Promise<void> {
  const twilio = { account_sid: ACCOUNT, auth_token: TOKEN, api_url: NOWHERE, stop_reply: "gateway" };
  await gateway.call("PUT", "/v1/carriers/twilio", { kind: "twilio", config: twilio });
  const kannel = { url: `${NOWHERE}/cgi-bin/sendsms`, username: "parley", password: "secret", webhook_secret: SECRET };
  await gateway.call("PUT", "/v1/carriers/kannel", { kind: "kannel", config: kannel });
  await gateway.call("PUT", `/v1/senders/${encodeURIComponent(TWILIO_SENDER)}`, { carrier_id: "twilio" });
  await gateway.call("PUT", `/v1/senders/${KANNEL_SENDER}`, { carrier_id: "kannel", country: "FR" });
}

function textOf(index: number): string {
  return index % ONE_STOP_IN === 0 ? "STOP" : CHATS[index % CHATS.length]!(index);
}

/** The parameters that Twilio sends with a message, signed as it signs. */
function* twilioRequests(origin: string, nextNumber: () => string, count: number): Iterable<string> {
  const url = `${origin}/carriers/twilio/inbound`;
  for (let index = 0; index < count; index++) {
    const sid = `SM${index.toString(16).padStart(32, "0")}`;
    const form = new URLSearchParams({
      ToCountry: "FR",
      ToState: "",
      SmsMessageSid: sid,
      NumMedia: "0",
      ToCity: "",
      FromZip: "",
      SmsSid: sid,
      FromState: "",
      SmsStatus: "received",
      FromCity: "",
      Body: textOf(index),
      FromCountry: "FR",
      To: TWILIO_SENDER,
      ToZip: "",
      NumSegments: "1",
      MessageSid: sid,
      AccountSid: ACCOUNT,
      From: nextNumber(),
      ApiVersion: "2010-04-01",
    });
    const signed = url + [...form].sort(([a], [b]) => a < b ? -1 : 1).map(([name, value]) => name + value).join("");
    yield rawRequest("POST", "/carriers/twilio/inbound", {
      "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
      "User-Agent": "TwilioProxy/1.1",
      "X-Twilio-Signature": createHmac("sha1", TOKEN).update(signed).digest("base64"),
    }, form.toString());
  }
}

/** As smsbox calls the `get-url` that the adapter documents. */
function* kannelRequests(nextNumber: () => string, count: number): Iterable<string> {
  for (let index = 0; index < count; index++) {
    const query = new URLSearchParams({
      key: SECRET,
      id: crypto.randomUUID(),
      from: nextNumber(),
      to: KANNEL_SENDER,
      text: textOf(index),
      charset: "UTF-8",
      coding: "0",
    });
    yield rawRequest("GET", `/carriers/kannel/inbound?${query}`, { "User-Agent": "Kannel/1.4.5" });
  }
}
