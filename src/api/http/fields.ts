import { z } from "@hono/zod-openapi";
import { isSeen } from "../../core/text/text.ts";

/**
 * Shapes of single fields that several routes take. Expressions with flags are in `refine`: the OpenAPI document would write a
 * flag into the pattern.
 */

export const UNSEEN = "must not be empty";

export const TURNING =
  "must not hold characters that turn the direction of what follows (U+202A to U+202E, U+2066 to U+2069)";
/**
 * What stands inside other text, such as a name in an SMS or a page, must end where it ends: an embedding, override or isolate that is
 * not closed turns the rest around as well (UAX #9). The marks that Hebrew and Arabic are typed with (U+200E, U+200F, U+061C) do not.
 */
export function turnsNothing(text: string): boolean {
  return !/[\u202a-\u202e\u2066-\u2069]/.test(text);
}

/** One line of text: no control characters or separators of lines, no half of a surrogate pair, nothing that turns what follows. */
export function line(max: number) {
  return z.string().trim().min(1).max(max)
    .refine((text) => !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(text), "must be one line of text")
    .refine(turnsNothing, TURNING)
    .refine((text) => text === "" || isSeen(text), UNSEEN);
}

/** A whole number of a query. Digits only: what programs take for numbers besides (`1e2`, `0x10`, a space before) is a slip there. */
export function digits(min: number, max: number) {
  return z.preprocess(
    (text) => typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : text,
    z.int(`must be a whole number from ${min} to ${max}, in digits`).min(min).max(max),
  );
}

/** Text that may have several lines. */
export function lines(max: number) {
  return z.string().min(1).max(max)
    .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text.replace(/[\t\r\n]/g, "")), "must not hold control characters")
    .refine((text) => text === "" || isSeen(text), UNSEEN);
}

export const Language = z.string().regex(/^[a-z]{2}$/, "must be an ISO 639-1 code such as fr").openapi({
  example: "fr",
});

/** 403 of routes that not every role may use. */
export const forbidden = { 403: { description: "`forbidden`: not with your role" } } as const;

export const Id = z.object({ id: z.string().max(100) });
