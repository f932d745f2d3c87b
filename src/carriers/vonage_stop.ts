import { z } from "zod";
import { CTIA_STOP_WORDS, networkHandling, providerHandling } from "./provider_keywords.ts";

/** `provider` when Opt-Out Assist is on for the sender (United States and Canada): Vonage then confirms STOP. */
export const StopReply = z.enum(["provider", "gateway"]).default("gateway");

/** What was done about the text before it came to us: by Opt-Out Assist, or by the network of a toll-free number. */
export function vonageHandling(text: string, to: string, stopReply: z.infer<typeof StopReply>) {
  const assisted = providerHandling(text, stopReply === "provider" ? CTIA_STOP_WORDS : [], []);
  return assisted.alreadyAnswered ? assisted : networkHandling(text, to);
}
