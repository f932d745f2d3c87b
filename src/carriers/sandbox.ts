import { z } from "zod";
import type { Carrier } from "./carrier.ts";
import { malformed, missingCredentials, readJson } from "./webhook.ts";

const Config = z.strictObject({});

const Inbound = z.object({
  id: z.string().min(1).max(100).optional(),
  from: z.string().min(1).max(40),
  to: z.string().min(1).max(40),
  text: z.string(),
  /** For trying how parts of long messages are joined. */
  part: z.strictObject({
    reference: z.string().min(1).max(100),
    number: z.int().min(1).max(255),
    total: z.int().min(1).max(255),
  }).refine(({ number, total }) => number <= total, "number must not be above total").optional(),
});

/** A network without phones: every message is delivered at once, and whoever holds an API key can be any handset. */
export const sandbox: Carrier<z.infer<typeof Config>> = {
  kind: "sandbox",
  config: Config,
  secrets: [],
  idempotent: true,
  privateNetwork: false,

  send(message) {
    return Promise.resolve({ ok: true, carrierMessageId: `sandbox_${message.id}`, status: "delivered" });
  },

  async inbound(request, _config, io) {
    if (!await io.authorized(request.headers.get("Authorization"))) {
      return missingCredentials("the sandbox wants an API key: Authorization: Bearer KEY");
    }
    const parsed = readJson(request, Inbound);
    if (!parsed.ok) return parsed;
    const { id, from, to, text, part } = parsed.value;
    return {
      ok: true,
      value: [{
        carrierMessageId: id ?? null,
        from,
        to,
        // A part may end in the middle of a character, whose other half the next one brings.
        text: part === undefined ? text.toWellFormed() : text,
        carrierIntent: null,
        alreadyAnswered: false,
        mediaUrls: [],
        ...(part === undefined ? {} : { part }),
      }],
    };
  },

  status() {
    return Promise.resolve(malformed("the sandbox reports at once"));
  },

  answer([outcome]) {
    return {
      status: 200,
      contentType: "application/json",
      body: JSON.stringify({ message_id: outcome?.messageId ?? null, intent: outcome?.intent ?? null }),
    };
  },
};
