/** What becomes of a message that has left, as delivery reports tell it: early, late, twice and out of order. */

export const REPORTED = ["queued", "sent", "delivered", "undelivered", "failed", "expired"] as const;
export type ReportedStatus = (typeof REPORTED)[number];

/**
 * The ladder: queued < sending < sent < final. A report may come while we are still sending (it overtook the carrier's own answer),
 * when nobody knew whether the carrier had the message, or when it waits to be handed over once more (the report saves the second
 * copy); it never moves a message down or from one end to another.
 */
const UP_TO_SENT = ["queued", "sending", "unknown"] as const;
const UP_TO_END = [...UP_TO_SENT, "sent"] as const;

/** The statuses from which a report moves a message; none for `queued`, which says nothing new. */
export function movableFrom(reported: ReportedStatus): readonly string[] {
  if (reported === "queued") return [];
  return reported === "sent" ? UP_TO_SENT : UP_TO_END;
}

/** Statuses in which a report may still bring news. */
export const UNDER_WAY: readonly string[] = UP_TO_END;
