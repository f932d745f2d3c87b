import type { ReplyKind, ReviewKind } from "./message.ts";

/**
 * What an inbound message causes, as data: `gateway/perform.ts` turns each into rows of one transaction, the dry run and the
 * examples only look at them.
 */
export type Effect =
  /** Standing refusal. Performing it also cancels what is queued, held or scheduled within its scope, in the same transaction. */
  | { type: "suppress"; scope: "commercial" | "all"; sender: string | null; rule: string }
  /** Ends every active suppression that covers `sender`. */
  | { type: "lift_suppression"; sender: string; rule: string }
  | {
    type: "record_consent";
    purpose: string;
    wording: string;
    rule: string;
    /** True where a STOP that another instance has just stored must win: always, but for a word that lifts one. */
    unless_suppressed?: boolean;
  }
  /** One SMS, `text`, asks whether the person agrees; `flow` is what goes on when they say yes. Times in ms. */
  | {
    type: "request_consent";
    purpose: string;
    wording: string;
    text: string;
    flow: string;
    answer_until: number;
    not_since: number;
    rule: string;
  }
  /** Into the address book with these tags, and on the list of this name. `once`: if the consent of this same message took hold. */
  | { type: "save_contact"; tags: readonly string[]; list: string | null; rule: string; once: boolean }
  /** The question `request` (id of a pending entry) is answered with yes, if it is still open when this is written. */
  | { type: "confirm_consent"; request: string; purpose: string; rule: string }
  | { type: "withdraw_consent"; purpose: "commercial"; rule: string }
  /** What is on record counts no more: the number belongs to somebody else, or the person says they never agreed. */
  | { type: "dispute_consent"; purpose: "commercial"; rule: string }
  /** Somebody on the staff must look; `words` are what made it doubtful. Advertising to the writer waits meanwhile. */
  | { type: "open_review"; kind: ReviewKind; words: string; rule: string }
  /** Out of the address book and every list (smsmode, "STOP SMS": the number is deleted from the address book). */
  | { type: "remove_contact"; rule: string }
  /** `once`: only if the suppression, or the consent, of this same message took hold: two concurrent ones get one confirmation. */
  | {
    type: "reply";
    kind: ReplyKind;
    text: string;
    rule: string;
    once: boolean;
    /** Only if the person got none of this kind since then (ms). */
    not_since?: number;
  };
