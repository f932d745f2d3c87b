import { createVerify, X509Certificate } from "node:crypto";
import { z } from "zod";
import type { CarrierIo, Verified, WebhookRequest } from "./carrier.ts";
import {
  isRepeatable,
  jsonBody,
  malformedFields,
  missingCredentials,
  type Refusal,
  staleCredentials,
  unverifiable,
  wrongCredentials,
} from "./webhook.ts";

/** SNS repeats a delivery for at most an hour (SNS Developer Guide, "HTTP/S retry"). */
const RETRIED_SECONDS = 3_600;

/** Lines of the signed text by type of message, in this order; `Subject` only when there is one (SNS Developer Guide). */
const SIGNED = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  SubscriptionConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
  UnsubscribeConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
} as const;

const HASHES = { "1": "RSA-SHA1", "2": "RSA-SHA256" } as const;

const Envelope = z.object({
  Type: z.enum(["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]),
  MessageId: z.string(),
  TopicArn: z.string(),
  Message: z.string(),
  Timestamp: z.iso.datetime(),
  SignatureVersion: z.enum(["1", "2"]),
  Signature: z.string().min(1),
  SigningCertURL: z.string(),
  Subject: z.string().optional(),
  SubscribeURL: z.string().optional(),
  Token: z.string().optional(),
});
type Envelope = z.infer<typeof Envelope>;

/**
 * What SNS published to one of `topics`, under an id that stays the same when it comes again; null when the request was about the subscription itself, which is confirmed.
 * The certificate is fetched over TLS from SNS in the region of the topic and from nowhere else: whoever could name another place
 * could sign anything. Raw message delivery has no signature and is refused.
 */
export async function snsMessage(
  request: WebhookRequest,
  topics: readonly string[],
  io: CarrierIo,
): Promise<Verified<{ id: string; text: string } | null>> {
  const body = jsonBody(request);
  if (!z.object({ Signature: z.string().min(1) }).safeParse(body).success) {
    return missingCredentials("this is no signed SNS message: raw message delivery must be off");
  }
  const parsed = Envelope.safeParse(body);
  if (!parsed.success) return malformedFields(parsed.error);
  const envelope = parsed.data;
  const refusal = await signatureRefusal(envelope, topics, io);
  if (refusal) return refusal;
  if (envelope.Type === "Notification") return { ok: true, value: { id: envelope.MessageId, text: envelope.Message } };
  if (envelope.Type === "SubscriptionConfirmation") return await confirmed(envelope, io);
  return { ok: true, value: null };
}

async function signatureRefusal(envelope: Envelope, topics: readonly string[], io: CarrierIo): Promise<Refusal | null> {
  // Before any call goes out: strangers shall not make this gateway fetch.
  if (!topics.includes(envelope.TopicArn)) return wrongCredentials("TopicArn is none of topic_arns");
  if (!isRepeatable(Math.trunc(Date.parse(envelope.Timestamp) / 1000), io.now(), RETRIED_SECONDS)) {
    return staleCredentials("Timestamp is more than an hour old, or in the future");
  }
  const url = snsUrl(envelope.SigningCertURL, envelope.TopicArn);
  if (url === null || !/^\/SimpleNotificationService-[0-9A-Za-z]+\.pem$/.test(url.pathname) || url.search !== "") {
    return wrongCredentials("SigningCertURL is not an address of SNS in the region of the topic");
  }
  const certificate = await certificateAt(url.href, io);
  if (certificate === null) return unverifiable("the certificate of SNS could not be fetched");
  const now = io.now();
  if (now < Date.parse(certificate.validFrom) || now > Date.parse(certificate.validTo)) {
    return wrongCredentials("the certificate of SNS is not valid now");
  }
  return signed(envelope, certificate) ? null : wrongCredentials("Signature does not fit");
}

function signed(envelope: Envelope, certificate: X509Certificate): boolean {
  const lines = SIGNED[envelope.Type].flatMap((name) => {
    const value = envelope[name];
    return value === undefined ? [] : [name, value];
  });
  try {
    return createVerify(HASHES[envelope.SignatureVersion])
      .update(lines.map((line) => `${line}\n`).join(""))
      .verify(certificate.publicKey, envelope.Signature, "base64");
  } catch {
    // A key of another kind, a signature that is no base64.
    return false;
  }
}

/** An https address of SNS in the region of the topic (`arn:aws:sns:REGION:…`); null for every other. */
function snsUrl(address: string, topicArn: string): URL | null {
  const [, partition = "", , region = ""] = topicArn.split(":");
  const host = `sns.${region}.amazonaws.com${partition === "aws-cn" ? ".cn" : ""}`;
  const url = URL.parse(address);
  const plain = url?.protocol === "https:" && url.host === host && url.username === "" && url.password === "";
  return plain ? url : null;
}

/** A certificate never changes under its address, so a few are kept: else every webhook would wait for a call to SNS. */
const certificates = new Map<string, X509Certificate>();
const CERTIFICATES_KEPT = 16;

/**
 * By address: when one was asked that gave no certificate so far. Whoever knows a topic can name any number of addresses at SNS that have
 * none, and shall not make this gateway call them without end. SNS itself, told 503, comes again for an hour.
 */
const fruitless = new Map<string, number>();
const FRUITLESS_MS = 60_000;
const FRUITLESS_CALLS = 10;
/** By address: the call that is under way. */
const asking = new Map<string, Promise<X509Certificate | null>>();

async function certificateAt(url: string, io: CarrierIo): Promise<X509Certificate | null> {
  const known = certificates.get(url);
  if (known !== undefined) return known;
  const asked = asking.get(url);
  if (asked !== undefined) return await asked;
  const now = io.now();
  for (const [address, at] of fruitless) if (Math.abs(now - at) >= FRUITLESS_MS) fruitless.delete(address);
  if (fruitless.has(url) || fruitless.size >= FRUITLESS_CALLS) return null;
  fruitless.set(url, now);
  const call = fetchedCertificate(url, io).finally(() => asking.delete(url));
  asking.set(url, call);
  const certificate = await call;
  if (certificate === null) return null;
  fruitless.delete(url);
  if (certificates.size >= CERTIFICATES_KEPT) certificates.clear();
  certificates.set(url, certificate);
  return certificate;
}

async function fetchedCertificate(url: string, io: CarrierIo): Promise<X509Certificate | null> {
  try {
    const response = await io.fetch(url);
    return response.status === 200 ? new X509Certificate(await response.text()) : null;
  } catch {
    return null;
  }
}

/** Visits `SubscribeURL`, without which SNS sends nothing. Visiting it twice is harmless. */
async function confirmed(envelope: Envelope, io: CarrierIo): Promise<Verified<null>> {
  const url = snsUrl(envelope.SubscribeURL ?? "", envelope.TopicArn);
  if (url === null || url.searchParams.get("Action") !== "ConfirmSubscription") {
    return wrongCredentials("SubscribeURL is not an address of SNS in the region of the topic");
  }
  try {
    const response = await io.fetch(url.href);
    if (response.status === 200) return { ok: true, value: null };
    return unverifiable(`SNS answered the confirmation with HTTP ${response.status}`);
  } catch {
    return unverifiable("SNS could not be reached to confirm the subscription");
  }
}
