import type { SendResult } from "../../carriers/carrier.ts";
import type { CarrierNews } from "../../store/carriers/health.ts";

/** `out_of_order` counts towards the circuit breaker; any answer about the message itself shows that the account works. */
type Sign = "took" | "answered" | "throttled" | "out_of_order";

/**
 * What the result of one hand-over says of the account. Nobody answered, or with something that is no answer: out of order.
 * So is an account whose own settings are refused (credentials, address), lest its whole queue be refused message by message. The
 * code does not tell: it is the carrier's own, and each has another for wrong credentials.
 */
function signOf(result: SendResult): Sign {
  if (result.ok) return "took";
  if (result.kind === "throttled" && result.scope !== "message") return "throttled";
  switch (result.kind) {
    case "ambiguous":
      return "out_of_order";
    case "retryable":
    case "final":
      return result.of === "account" ? "out_of_order" : "answered";
    case "throttled":
    case "opted_out":
      return "answered";
  }
}

/** News of each account from hand-overs in the order in which they ended. */
export function carrierNews(results: readonly { carrier_id: string; result: SendResult }[]): CarrierNews[] {
  const news = new Map<string, CarrierNews>();
  for (const { carrier_id: id, result } of results) {
    const one = news.get(id) ?? { id, answered: false, took: false, failures: 0, throttled: null };
    news.set(id, one);
    const sign = signOf(result);
    if (sign === "out_of_order") {
      one.failures++;
      continue;
    }
    one.answered = true;
    one.failures = 0;
    one.took ||= sign === "took";
    if (sign === "throttled" && !result.ok) one.throttled = { waitMs: longest(one.throttled?.waitMs, result) };
  }
  return [...news.values()].map((one) => ({ ...one, took: one.took && one.throttled === null }));
}

function longest(
  known: number | null | undefined,
  { retryAfterSeconds }: { retryAfterSeconds?: number },
): number | null {
  const wait = retryAfterSeconds === undefined ? null : retryAfterSeconds * 1_000;
  return known === null || known === undefined ? wait : Math.max(known, wait ?? 0);
}
