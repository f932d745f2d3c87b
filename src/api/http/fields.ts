import { z } from "@hono/zod-openapi";
import { isSeen } from "../../core/text/text.ts";

/**
 * Shapes of single fields that several routes take. Expressions with flags are in `refine`: the OpenAPI document would write a
 * flag into the pattern.
 */

export const UNSEEN = "must not be empty";

/** One line of text: no control characters, no half of a surrogate pair. */
export function line(max: number) {
  return z.string().trim().min(1).max(max)
    .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), "must be one line of text")
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
