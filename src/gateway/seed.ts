import type { Db } from "../store/libsql/client.ts";
import { carriers, senders } from "../store/schema.ts";

/** Numbers of the sandbox: a French short code, a US and a British long code, and a name (design 5). */
const SANDBOX_SENDERS = [
  { address: "36105", kind: "short_code", country: "FR", countries: ["FR"], stop_number: null },
  { address: "+15005550006", kind: "long_code", country: "US", countries: ["US", "CA"], stop_number: null },
  { address: "+447700900000", kind: "long_code", country: "GB", countries: [], stop_number: null },
  // A name cannot be answered: in France people write STOP to the short code, abroad the message carries a link.
  { address: "PARLEY", kind: "alphanumeric", country: "FR", countries: [], stop_number: "36105" },
] as const;

const SANDBOX_RATE = 500;

/** Gives a new database the sandbox carrier and its senders; one that has any carrier is left alone. */
export async function seedSandbox({ orm }: Db, now: number): Promise<void> {
  const [existing] = await orm.select({ id: carriers.id }).from(carriers).limit(1);
  if (existing) return;
  await orm.batch([
    orm.insert(carriers).values({ id: "sandbox", kind: "sandbox", config: "{}", created_at: now, updated_at: now })
      .onConflictDoNothing(),
    orm.insert(senders).values(SANDBOX_SENDERS.map(({ countries, ...sender }) => ({
      ...sender,
      countries: JSON.stringify(countries),
      carrier_id: "sandbox",
      rate_per_second: SANDBOX_RATE,
      created_at: now,
    }))).onConflictDoNothing(),
  ]);
}
