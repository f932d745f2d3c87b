import type { z } from "zod";
import type { Verified } from "./carrier.ts";

type Refusal = Extract<Verified<never>, { ok: false }>;

/** No credentials at all. */
export function missingCredentials(detail: string): Refusal {
  return { ok: false, status: 401, code: "credentials_missing", detail };
}

/** Credentials that do not fit. */
export function wrongCredentials(detail: string): Refusal {
  return { ok: false, status: 403, code: "credentials_wrong", detail };
}

/** Verified, but not understood. */
export function malformed(detail: string): Refusal {
  return { ok: false, status: 400, code: "webhook_malformed", detail };
}

/** Names the fields at fault, never their values: those are numbers and texts. */
export function malformedFields(error: z.ZodError): Refusal {
  return malformed(error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`).join("; "));
}
