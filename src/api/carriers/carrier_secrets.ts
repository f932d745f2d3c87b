import { type Carrier } from "../../carriers/mod.ts";
import type { CarrierRow } from "../../store/carriers/carriers.ts";
import { invalidInput } from "../http/problem.ts";

export type CarrierConfig = Record<string, unknown>;

/**
 * The configuration with the secrets it had, where no new ones are given; those of another kind mean nothing here. Null keeps one as
 * well, since that is how an account is shown: what was read may be sent back.
 * @param removed secrets to forget.
 * @throws ProblemError naming the field.
 */
export function withSecrets(
  config: CarrierConfig,
  removed: readonly string[],
  adapter: Carrier,
  existing: CarrierRow | null,
): CarrierConfig {
  const given = Object.fromEntries(
    Object.entries(config).filter(([key, value]) => value !== null || !adapter.secrets.includes(key)),
  );
  const misplaced = removed.flatMap((secret, place) => {
    if (!adapter.secrets.includes(secret)) {
      const those = adapter.secrets.length === 0 ? "it has none" : `those are ${adapter.secrets.join(", ")}`;
      return [fault(["remove_secrets", place], `${adapter.kind} has no secret "${secret}": ${those}`)];
    }
    return given[secret] === undefined ? [] : [fault(["remove_secrets", place], `config.${secret} gives it anew`)];
  });
  if (misplaced.length > 0) throw invalidInput(misplaced);
  const stored = existing?.kind === adapter.kind ? JSON.parse(existing.config) as CarrierConfig : {};
  const kept = adapter.secrets.filter((secret) =>
    stored[secret] !== undefined && given[secret] === undefined && !removed.includes(secret)
  );
  const complete = { ...given, ...Object.fromEntries(kept.map((secret) => [secret, stored[secret]])) };
  const known = origins(stored, adapter);
  const unknown = [...origins(complete, adapter)].find((origin) => !known.has(origin));
  if (unknown !== undefined && kept.length > 0) {
    // Who may edit an account but does not know its secrets could have them sent to a host of their own.
    const message = `give it again: the account did not call ${unknown} so far, and what is stored does not go there`;
    throw invalidInput(kept.map((secret) => fault(["config", secret], message)));
  }
  return complete;
}

/** Of all addresses that a configuration holds, those that the kind itself adds among them. */
function origins(config: CarrierConfig, adapter: Carrier): Set<string> {
  const { success, data } = adapter.config.safeParse(config);
  const found = new Set<string>();
  const look = (value: unknown) => {
    if (typeof value === "string" && /^https?:/i.test(value)) found.add(URL.parse(value)?.origin ?? value);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(look);
  };
  for (const [key, value] of Object.entries(success ? data as CarrierConfig : config)) {
    if (!adapter.secrets.includes(key)) look(value);
  }
  return found;
}

const fault = (path: PropertyKey[], message: string) => ({ code: "custom" as const, path, message, input: undefined });
