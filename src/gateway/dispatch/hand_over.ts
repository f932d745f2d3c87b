import type { SendResult } from "../../carriers/carrier.ts";
import type { HandOver } from "../../store/dispatch/outbox.ts";
import { LONGEST_PAUSE_MS } from "../../store/dispatch/rates.ts";
import type { WaitingRow } from "../../store/dispatch/waiting.ts";
import type { Deps } from "../gateway.ts";
import type { CarrierAccount, Settings } from "../settings.ts";
import { carrierIo } from "./carrier_io.ts";
import type { CarrierOptOut } from "./carrier_opt_out.ts";
import { LONG_PAUSE_MS, nextRoute, routesTo } from "./routes.ts";

/** A message that a carrier keeps turning away is tried this often, over about an hour and a half. */
const MAX_ATTEMPTS = 10;
const FIRST_RETRY_MS = 5_000;
const LAST_RETRY_MS = 30 * 60_000;
/** When a carrier says "too fast" and not how long to wait. The pause of the account, which grows, decides beside it. */
const THROTTLED_MS = 1_000;

/** One hand-over that ended. */
export interface Finished {
  /** The account that was asked; null when there is none of that name. */
  carrier_id: string | null;
  result: SendResult;
  handOver: HandOver;
  optOut: CarrierOptOut | null;
}

/** Hands one message to its account, and says what follows from the answer. */
export async function handOver(row: WaitingRow, settings: Settings, deps: Deps): Promise<Finished> {
  const account = settings.carriers.get(row.carrier_id ?? "");
  const result: SendResult = account === undefined
    ? { ok: false, kind: "retryable", code: "carrier_missing", detail: `There is no usable carrier ${row.carrier_id}.` }
    : await send(row, account, deps);
  return {
    carrier_id: account?.id ?? null,
    result,
    handOver: handOverOf(row, result, settings, deps),
    optOut: optOutOf(row, result),
  };
}

async function send(
  row: WaitingRow,
  { id, adapter, config }: CarrierAccount,
  deps: Deps,
): Promise<SendResult> {
  try {
    return await adapter.send(
      {
        id: row.id,
        to: row.person,
        from: row.sender,
        text: row.text,
        encoding: row.encoding,
        segments: row.segments,
        validUntil: row.valid_until ?? null,
      },
      config,
      carrierIo(id, adapter, deps),
    );
  } catch (error) {
    // An adapter answers with results; whatever it throws is a defect, and whether the carrier got the message is open.
    deps.log("error", "carrier.send_threw", { carrier: id, error: String(error) });
    return { ok: false, kind: "ambiguous", code: "adapter_error", detail: "The carrier adapter failed." };
  }
}

function handOverOf(row: WaitingRow, result: SendResult, settings: Settings, deps: Deps): HandOver {
  const base = {
    id: row.id,
    lease: row.lease!,
    at: deps.now(),
    due_at: null,
    carrier_message_id: null,
    carrier_message_key: null,
    next_carrier_id: null,
    maybe_taken: false,
    counts: true,
  };
  if (result.ok) {
    const { status, carrierMessageId } = result;
    const account = settings.carriers.get(row.carrier_id ?? "");
    return {
      ...base,
      status,
      carrier_message_id: carrierMessageId,
      carrier_message_key: carrierMessageId === null || account === undefined
        ? null
        : keyOf(carrierMessageId, "answer", account),
      error_code: null,
      error_detail: null,
    };
  }
  const error = { error_code: result.code, error_detail: result.detail };
  switch (result.kind) {
    case "final":
      // An earlier attempt may have been taken after all.
      return { ...base, ...error, status: row.maybe_taken ? "unknown" : "failed" };
    case "opted_out":
      return { ...base, ...error, status: "failed" };
    case "ambiguous":
      // Once more only where the carrier knows it again; through another account it could arrive twice.
      if (!settings.carriers.get(row.carrier_id ?? "")?.adapter.idempotent || row.attempts >= MAX_ATTEMPTS) {
        return { ...base, ...error, status: "unknown" };
      }
      return {
        ...base,
        ...error,
        status: "queued",
        due_at: base.at + backoff(row.attempts, deps.random()),
        maybe_taken: true,
      };
    case "retryable":
    case "throttled":
      return { ...base, ...error, ...turnedAway(row, result, settings, deps, base.at) };
  }
}

type TurnedAway = Extract<SendResult, { ok: false }>;
type Next = Pick<HandOver, "status"> & Partial<HandOver>;

/** What follows when the carrier did not take it: another route, another time, or the end. */
function turnedAway(row: WaitingRow, result: TurnedAway, settings: Settings, deps: Deps, at: number): Next {
  const slower = result.kind === "throttled" && result.scope !== "message";
  if (!slower && row.attempts >= MAX_ATTEMPTS) return { status: row.maybe_taken ? "unknown" : "failed" };
  const told = result.retryAfterSeconds === undefined
    ? null
    : Math.min(Math.max(result.retryAfterSeconds * 1000, 0), LONGEST_PAUSE_MS);
  const wait = told ?? (slower ? THROTTLED_MS : backoff(row.attempts, deps.random()));
  const sender = settings.senders.get(row.sender);
  const elsewhere = !row.maybe_taken && sender !== undefined && (!slower || wait > LONG_PAUSE_MS);
  const next = elsewhere ? nextRoute(sender, row.person, row.carrier_id ?? null, settings, at) : null;
  // Each route is tried at once; after that all of them had their chance, and it waits as with a single one.
  const untried = next !== null && row.attempts < routesTo(sender!, row.person, settings.rulebook).length;
  return {
    status: "queued",
    counts: !slower,
    next_carrier_id: next,
    error_detail: next === null ? result.detail : `${result.detail}. Next: ${next}.`,
    due_at: untried ? at : at + wait,
  };
}

/** Doubles from five seconds to half an hour, spread by up to a quarter so that many do not return together. */
export function backoff(attempts: number, random: number): number {
  const wait = Math.min(FIRST_RETRY_MS * 2 ** (attempts - 1), LAST_RETRY_MS);
  return Math.round(wait * (0.75 + random * 0.5));
}

function optOutOf(row: WaitingRow, result: SendResult): CarrierOptOut | null {
  return result.ok || result.kind !== "opted_out" ? null : {
    person: row.person,
    sender: row.sender,
    message_id: row.id,
    carrier_id: row.carrier_id ?? null,
    detail: result.code,
  };
}

/** The carrier's id of a message in the form in which its answer and its reports agree; null where they do as it stands. */
export function keyOf(id: string, place: "answer" | "report", { adapter, config }: CarrierAccount): string | null {
  return adapter.messageKey?.(id, place, config) ?? null;
}
