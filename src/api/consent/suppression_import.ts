import { z } from "@hono/zod-openapi";
import { parseAddress, parseMsisdn } from "../../core/msisdn.ts";
import { keyIdOf } from "../../gateway/people/person_keys.ts";
import { senderMeant } from "../../gateway/pipeline/sender_meant.ts";
import type { Settings } from "../../gateway/settings.ts";
import { line, lines } from "../http/fields.ts";
import { ImportReport, sentence } from "../messages/bulk.ts";

/** Lines of an import of suppressions: what is taken of them, and what is wrong with the others. */

export const Scope = z.enum(["commercial", "all"]);

/** What anybody may say of a suppression that they enter. */
export const WANTED = {
  scope: Scope.default("commercial"),
  note: lines(1_000).optional(),
};

/** What is stored of a wish, its sender as it is configured. */
export interface Given {
  recipient: string;
  scope: z.infer<typeof Scope>;
  sender: string | null;
  note?: string | null | undefined;
}

/** Lists come with columns of their own; what is not known is passed over. */
const ImportedSuppression = z.object({
  recipient: z.string().max(100),
  id: z.unknown().optional(),
  // As long as the address of what was never a sender of ours may be: a STOP to it is exported too.
  sender: line(100).nullish(),
  ...WANTED,
  note: WANTED.note.nullable(),
  lifted_at: z.string().nullish(),
});

/** Of one import; who has misspelled more has sent the wrong file. */
const MOST_UNKNOWN = 100;
export const SuppressionImportReport = ImportReport.extend({
  unknown_senders: z.array(z.string()).optional().openapi({
    description:
      `The first ${MOST_UNKNOWN} senders with scope \`all\` that are none of yours. Their lines were imported: they stop advertising ` +
      "now, and all else once there is such a sender",
  }),
}).openapi("SuppressionImportReport");

/** `keyIds`: those of the keys under whose hashes people who were erased are found. */
export function suppressionLines(settings: Settings, keyIds: readonly string[]) {
  const senders = importedSenders(settings);
  return {
    /** Senders that are none of ours. */
    unknown: senders.unknown as ReadonlySet<string>,
    /** `given` is null for a line to pass over. */
    read(value: unknown): { given: Given | null } | { wrong: string } {
      const parsed = ImportedSuppression.safeParse(value);
      if (!parsed.success) return { wrong: sentence(parsed.error) };
      const { data } = parsed;
      if (data.lifted_at) return { given: null };
      // As exported: of somebody who was erased, whose hash holds wherever the secret is the same. Elsewhere it would keep nobody
      // from being written to, and hold all advertising for good.
      const key = keyIdOf(data.recipient);
      if (key !== null && !keyIds.includes(key)) return { wrong: KEY_MISSING };
      const number = key === null ? parseMsisdn(data.recipient) : null;
      if (number?.ok === false && !isOfOurExport(data)) return { wrong: `recipient: ${number.detail}` };
      return { given: { ...data, recipient: number?.ok ? number.e164 : data.recipient, sender: senders.of(data) } };
    },
  };
}

/**
 * Senders of an import as they are configured here. One that is not, or not yet, is kept in the spelling that it would have: to
 * refuse its line would let advertising go on, and to make it one of every sender would stop what the person wants to have.
 */
function importedSenders(settings: Settings) {
  const known = new Map<string, string | null>();
  const unknown = new Set<string>();
  return {
    unknown,
    of({ scope, sender }: z.infer<typeof ImportedSuppression>): string | null {
      if (!sender || scope !== "all") return null;
      if (!known.has(sender)) known.set(sender, senderMeant(sender, settings));
      const meant = known.get(sender) ?? null;
      if (meant === null && unknown.size < MOST_UNKNOWN) unknown.add(sender);
      return meant ?? parseAddress(sender).address;
    },
  };
}

/**
 * True for the line of an export about a short code or a name that said STOP, and for a number that no plan knows. Elsewhere such a
 * recipient is a slip and would protect nobody, as would digits that a spreadsheet has taken for an amount.
 */
function isOfOurExport({ id, recipient }: { id?: unknown; recipient: string }): boolean {
  if (typeof id !== "string" || !/^sup_\w+$/.test(id)) return false;
  const { kind, address } = parseAddress(recipient);
  return address === recipient && (kind !== "name" || /\p{L}/u.test(recipient) && !/^[\d.,]+e\+?\d+$/i.test(recipient));
}

const KEY_MISSING =
  "recipient: the hash of somebody who was erased under a PARLEY_SECRET that this gateway does not have";
