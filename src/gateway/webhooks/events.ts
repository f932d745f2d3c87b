import { countsOf, findCampaign } from "../../store/campaigns/campaigns.ts";
import { findSuppression } from "../../store/consent/suppressions.ts";
import type { Db } from "../../store/libsql/client.ts";
import { databaseErrorIn } from "../../store/libsql/database_error.ts";
import { findMessages } from "../../store/messages/messages.ts";
import { findReview } from "../../store/messages/reviews.ts";
import type { MessageRow } from "../../store/messages/writes.ts";
import { campaignView } from "../campaigns/view.ts";
import { instant, messageView } from "../message_view.ts";
import { reviewView } from "../review_view.ts";
import { suppressionView } from "../suppression_view.ts";

/**
 * What apps can be told. A change of status has a type of its own, as most peers have it, so that a receiver can subscribe to ends
 * and leave out stages. `queued` and `sending` tell nobody anything.
 */
export const EVENT_TYPES = [
  "message.received",
  "message.held",
  "message.refused",
  "message.sent",
  "message.delivered",
  "message.undelivered",
  "message.failed",
  "message.expired",
  "message.canceled",
  "message.unknown",
  "suppression.created",
  "suppression.lifted",
  "review.opened",
  "campaign.scheduled",
  "campaign.running",
  "campaign.progress",
  "campaign.paused",
  "campaign.canceled",
  "campaign.done",
] as const;

/** Sent when somebody asks for it, whatever an endpoint listens to. */
export const TEST_EVENT = "webhook.test";

/** What an endpoint may listen to: types, and patterns for those there are and those to come. */
export const EVENT_PATTERNS = ["*", "message.*", "suppression.*", "review.*", "campaign.*", ...EVENT_TYPES] as const;

export interface EventRow {
  seq: number;
  nonce: string;
  type: string;
  subject: string;
  /** ms. */
  at: number;
}

/** Eleven digits of base 36 hold any safe integer. */
const digits = (value: number) => value.toString(36).padStart(11, "0");

/** The id that receivers know an event by, whatever the endpoint and however often it is sent. */
export function eventId({ seq, nonce }: Pick<EventRow, "seq" | "nonce">): string {
  return `evt_${digits(seq)}${nonce}`;
}

export function deliveryId(n: number): string {
  return `whd_${digits(n)}`;
}

/** The number in a delivery's id; null when it is none. */
export function deliveryNumber(id: string): number | null {
  return numberIn(id, /^whd_([0-9a-z]{11})$/);
}

/** `seq` of an event by the id that receivers know; null when it is none. Whether the rest of the id fits, its row tells. */
export function eventSeq(id: string): number | null {
  return numberIn(id, /^evt_([0-9a-z]{11})[0-9a-f]{16}$/);
}

function numberIn(id: string, form: RegExp): number | null {
  const n = parseInt(form.exec(id)?.[1] ?? "", 36);
  return Number.isSafeInteger(n) ? n : null;
}

/**
 * The bodies that are sent, by `seq`: `{type, timestamp, data}`, with `data` as the API shows it now, except that a message has the
 * status that the event tells of. Null when it cannot be read, mostly because it is not stored any more.
 */
export async function payloadsOf(db: Db, events: readonly EventRow[]): Promise<Map<number, string | null>> {
  const ids = events.flatMap(({ type, subject }) => type.startsWith("message.") ? [subject] : []);
  const messages = new Map((await findMessages(db, ids)).map((row) => [row.id, row]));
  const payload = async (event: EventRow): Promise<[number, string | null]> => {
    const { seq, type, at } = event;
    try {
      const data = await dataOf(db, event, messages);
      return [seq, data === null ? null : JSON.stringify({ type, timestamp: instant(at), data })];
    } catch (error) {
      // A row that cannot be read must not hold up the events of all others.
      if (databaseErrorIn(error) !== null) throw error;
      return [seq, null];
    }
  };
  return new Map(await Promise.all(events.map(payload)));
}

async function dataOf(
  db: Db,
  { type, subject }: EventRow,
  messages: ReadonlyMap<string, MessageRow>,
): Promise<object | null> {
  const [kind, status] = type.split(".");
  switch (kind) {
    case "message": {
      const row = messages.get(subject);
      return row === undefined ? null : { ...messageView(row), status };
    }
    case "suppression": {
      const row = await findSuppression(db, subject);
      return row === null ? null : suppressionView(row);
    }
    case "review": {
      const row = await findReview(db, subject);
      return row === null ? null : reviewView(row);
    }
    case "campaign": {
      const row = await findCampaign(db, subject);
      return row === null ? null : campaignView(row, (await countsOf(db, [subject])).get(subject));
    }
    default:
      return { webhook_id: subject };
  }
}
