import type { z } from "zod";
import type { Intent } from "../core/message.ts";
import type { ReportedStatus } from "../core/ladder.ts";
import type { PartPlace } from "../core/reassembly.ts";

/**
 * The contract of a carrier adapter: verify, parse, send. An adapter never touches the store and keeps no state; adding one
 * is a module, its test with fixtures, and a line in `mod.ts`.
 */
export interface Carrier<Config = unknown> {
  /** `kannel`, `twilio` …: the `kind` of an account. */
  kind: string;
  /** Shape of an account's configuration; wrong settings fail when the account is saved, not on the first message. */
  config: z.ZodType<Config>;
  /** Keys of the configuration that are never shown again once saved. */
  secrets: readonly string[];
  /** True when handing the same message over twice is harmless: an expired lease is then simply sent again. */
  idempotent: boolean;
  /** True for carriers that live on the operator's own network; the others must resolve to public addresses. */
  privateNetwork: boolean;
  send(message: Outgoing, config: Config, io: CarrierIo): Promise<SendResult>;
  /** Verifies, then parses a webhook that carries messages from handsets. */
  inbound(request: WebhookRequest, config: Config, io: CarrierIo): Promise<Verified<InboundSms[]>>;
  /** Verifies, then parses a webhook that carries delivery reports. */
  status(request: WebhookRequest, config: Config, io: CarrierIo): Promise<Verified<DeliveryReport[]>>;
  /**
   * Given where the carrier writes its id of a message differently in its answer and in its reports: the form in which both are the
   * same. Left out, they are compared as they stand.
   */
  messageKey?(id: string, place: "answer" | "report", config: Config): string;
  /** What the carrier wants to hear once its messages are stored (TwiML, an empty body …). */
  answer(outcomes: InboundOutcome[], config: Config): WebhookAnswer;
  /**
   * Everybody whom the provider's own opt-out list keeps from being written to, page by page; only carriers whose API tells have it.
   * Throws a `ProviderListError`.
   */
  optOuts?(config: Config, io: CarrierIo): AsyncIterable<ProviderOptOut[]>;
}

export interface ProviderOptOut {
  /** As written by the carrier. */
  person: string;
  /** Our address that may no longer write to them, as written by the carrier; null when the list stands for the whole account. */
  sender: string | null;
  /** Since when, in ms since 1970; null when the carrier does not say. */
  at: number | null;
}

/** A provider's list cannot be read; the message is for the operator and holds no numbers. */
export class ProviderListError extends Error {
  override name = "ProviderListError";
}

export interface CarrierIo {
  /** Outgoing calls: no redirects, a deadline, a bounded answer, no private addresses unless the carrier lives on one. */
  fetch: (url: string, init?: RequestInit) => Promise<Response>;
  /** Address at which the carrier reaches this gateway, without a trailing slash, for example `https://sms.example.com`. */
  publicUrl: string;
  /** Account id, as in `/carriers/{carrier_id}/inbound`. */
  carrierId: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** True when the `Authorization` header carries an API key that may play handsets (the sandbox trusts nothing else). */
  authorized: (authorization: string | null) => Promise<boolean>;
}

/** An MT about to be handed over. */
export interface Outgoing {
  /** Ours: `msg_…`; put it into report addresses, it is what reports are matched by. */
  id: string;
  /** E.164. */
  to: string;
  from: string;
  text: string;
  encoding: "GSM-7" | "UCS-2";
  segments: number;
  /** Milliseconds since 1970 after which delivery is pointless; null when it never is. */
  validUntil: number | null;
}

export type SendResult =
  | {
    ok: true;
    carrierMessageId: string | null;
    /** `delivered` only when the carrier knows already, as the sandbox does. */
    status: "sent" | "delivered";
  }
  | {
    ok: false;
    /**
     * `retryable`: it did not take the message, a later try may succeed. `throttled`: the same, because we are too fast.
     * `final`: it never will. `opted_out`: it never will, since the person told the carrier to stop.
     * `ambiguous`: it may have taken it (a time-out after the request had left).
     */
    kind: "retryable" | "throttled" | "final" | "opted_out" | "ambiguous";
    /** The carrier's own code where there is one. */
    code: string;
    /** For the operator; never holds numbers or text of the message. */
    detail: string;
    retryAfterSeconds?: number;
    /** Of `throttled`: `message` when the rate of one recipient or sender is meant. Otherwise the whole account slows down. */
    scope?: "account" | "message";
    /**
     * `account` when it says nothing about the message: what failed is the way to the carrier, or the account's own settings were
     * refused (credentials, address). It counts towards the circuit breaker, whatever `code` the carrier gives it.
     */
    of?: "account";
  };

/** A webhook as it arrived. */
export interface WebhookRequest {
  method: string;
  /** As the carrier called it: public scheme and host, raw path and query, never normalised (signatures cover it). */
  url: string;
  headers: Headers;
  /** Raw bytes, read once. */
  body: Uint8Array;
}

/**
 * An unverified webhook changes nothing: 401 no credentials, 403 wrong ones, 400 verified but not understood, 503 what it must be
 * verified with cannot be had just now, so that the carrier shall come again.
 */
export type Verified<T> =
  | {
    ok: true;
    value: T;
    /** Of a webhook that brings several items: those that are lost because nobody understands them, and why the first is. */
    lost?: { items: number; detail: string };
  }
  | { ok: false; status: 400 | 401 | 403 | 503; code: WebhookRefusal; detail: string };
export type WebhookRefusal =
  | "credentials_missing"
  | "credentials_wrong"
  | "credentials_stale"
  | "credentials_unverifiable"
  | "webhook_malformed";

export interface InboundSms {
  /** The carrier's id, by which a repeated delivery is recognised; null when it gives none. */
  carrierMessageId: string | null;
  /** As written by the carrier; brought to E.164 by the gateway. */
  from: string;
  to: string;
  text: string;
  /** What the carrier recognised by itself; null when it says nothing. */
  carrierIntent: Intent | null;
  /** True when the carrier has already answered the person, so that we must not (compliance.md 7.2, rule 2). */
  alreadyAnswered: boolean;
  mediaUrls: string[];
  /** Given when the carrier hands on a long message part by part, instead of joining it. */
  part?: PartPlace;
}

export interface DeliveryReport {
  /** Ours, from the report address; null when the carrier only gives its own. */
  messageId: string | null;
  carrierMessageId: string | null;
  status: ReportedStatus;
  /**
   * Given by carriers that report on each part of a long message by itself: what tells its parts apart. The message is delivered when
   * all of them are, and has failed when one has.
   */
  part?: string;
  /** `optedOut`: the person told the carrier to stop; becomes a suppression. */
  error: { code: string; detail: string; optedOut: boolean } | null;
}

export interface InboundOutcome {
  /** Null for a part of a message that is not complete yet. */
  messageId: string | null;
  intent: Intent;
}

export interface WebhookAnswer {
  status: number;
  contentType: string;
  body: string;
}
