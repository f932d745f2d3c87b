import type { Country } from "../../../core/rulebook/rulebook_schema.ts";
import { measure } from "../../../core/text/segment.ts";
import { type Check, type Draft, filesOf } from "../finding.ts";

/** Figures in the place of `{number}`: as long as a French short code. A link is as long as it is; only its words count. */
const FILL: Record<string, string> = { number: "36105", link: "" };
/** One segment of GSM-7 (3GPP TS 23.040). */
const SEGMENT = 160;
/**
 * What the English standard wording with its space, " Reply STOP to opt out", leaves of a segment (compliance.md 3.3): senders
 * write their texts to this length. Of the advertisements in public collections that fit one segment, half have 147 to 160
 * characters and are pushed into a second one by any mention at all.
 */
const TYPICAL = 138;

const WAYS = ["number", "reply", "link"] as const;

/** Wordings that no phone network carries as GSM-7: one such letter more than doubles the price of every advertisement. */
export const mentionEncoding: Check = (book) =>
  book.countries.flatMap(({ file, table }) =>
    wordingsOf(table).flatMap(({ way, index, wording, full }): Draft[] => {
      if (measure(full).encoding === "GSM-7") return [];
      return [{
        file,
        at: ["mention", way, index],
        severity: "warning",
        problem: `"${wording}" holds ${letters(full)}, which GSM-7 lacks: it turns every message into UCS-2, ` +
          "70 characters a segment instead of 160",
        advice: "Write it without these letters.",
      }];
    })
  );

/** Ways whose shortest wording pushes a text of typical length into a second segment. */
export const mentionLength: Check = (book) =>
  book.countries.flatMap(({ file, table }) =>
    WAYS.flatMap((way): Draft[] => {
      const shortest = Math.min(
        ...wordingsOf(table).filter((one) => one.way === way && measure(one.full).encoding === "GSM-7")
          .map(({ full }) => measure(full).units),
      );
      // A wording in UCS-2 is told by the check above.
      if (!Number.isFinite(shortest) || TYPICAL + shortest <= SEGMENT) return [];
      return [{
        file,
        at: ["mention", way],
        severity: "warning",
        problem:
          `the shortest wording takes ${shortest} characters with its space: texts of ${SEGMENT - shortest + 1} to ` +
          `${SEGMENT} characters need a second segment with it, and a typical one has ${TYPICAL}`,
        advice: `Add a wording of at most ${SEGMENT - TYPICAL - 1} characters; it is used where it saves a segment.`,
      }];
    })
  );

/** Wordings that are never used: one before them is as short. */
export const unusedWording: Check = (book) =>
  book.countries.flatMap(({ file, table }) =>
    WAYS.flatMap((way) => {
      const all = wordingsOf(table).filter((one) => one.way === way);
      return all.flatMap(({ index, wording, full }): Draft[] => {
        const earlier = all.slice(0, index).find((one) => cost(one.full) <= cost(full));
        if (earlier === undefined) return [];
        return [{
          file,
          at: ["mention", way, index],
          severity: "warning",
          problem: `"${wording}" is never used: "${earlier.wording}" comes first and is as short`,
          advice: "Order the wordings from the preferred to the shortest, or delete this one.",
        }];
      });
    })
  );

/** Automatic answers that cost more than one segment, or that the brand makes UCS-2. */
export const replyCost: Check = (book) => {
  const { brand, contact } = book.rulebook.deployment;
  const answers = [
    ...filesOf(book, "replies").flatMap(({ path, content }) =>
      Object.entries(content.templates).map(([name, text]) => ({ file: path, at: ["templates", name], name, text }))
    ),
    ...filesOf(book, "flows").flatMap(({ path, content }) =>
      content.flows.flatMap(({ id, reply = {} }, index) =>
        Object.entries(reply).map(([language, text]) => ({
          file: path,
          at: ["flows", index, "reply", language],
          name: `the answer of ${id}`,
          text,
        }))
      )
    ),
  ];
  return answers.flatMap(({ file, at, name, text: template }): Draft[] => {
    const full = fill(template, { brand, contact, sender: "+15005550006" });
    const { encoding, segments, units } = measure(full);
    if (encoding === "GSM-7" && segments === 1) return [];
    return [{
      file,
      at,
      severity: "warning",
      problem: encoding === "UCS-2"
        ? `${name} holds ${letters(full)}, which GSM-7 lacks: 70 characters a segment instead of 160`
        : `${name} takes ${units} characters as "${brand}" sends it, ${segments} segments`,
      advice: "Shorten it to one segment, without letters that GSM-7 lacks.",
    }];
  });
};

interface Wording {
  way: (typeof WAYS)[number];
  index: number;
  wording: string;
  /** With a number in it, and the space before. */
  full: string;
}

function wordingsOf(table: Country): Wording[] {
  return WAYS.flatMap((way) =>
    table.mention[way].map((wording, index) => ({ way, index, wording, full: ` ${fill(wording, FILL)}` }))
  );
}

function fill(template: string, words: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (all, name: string) => words[name] ?? all);
}

/** Octets on the air, comparable between encodings: 140 carry 160 septets or 70 code units. */
function cost(text: string): number {
  const { encoding, units } = measure(text);
  return encoding === "GSM-7" ? units * 7 : units * 16;
}

function letters(text: string): string {
  const foreign = [...text].filter((letter) => measure(letter).encoding === "UCS-2");
  return [...new Set(foreign)].map((letter) => `"${letter}"`).join(", ");
}
