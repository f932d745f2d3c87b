import { z } from "zod";

/** Everything a deployment sets from outside, read once at start (README, configuration). */
const Environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(8787),
  HOST: z.string().refine((host) => URL.canParse(ownUrl(host, 0)), "must be an address or a host name")
    .default("127.0.0.1"),
  PARLEY_DATABASE_URL: z.string().regex(
    /^(file:|https?:\/\/|libsql:\/\/)/,
    "must start with file:, http://, https:// or libsql://",
  ).regex(
    /^(?!file:((\/*|\/\/localhost\/*)(\?.*)?$|:memory:))/i,
    "needs the path of a file, such as file:data/parley.db",
  ).refine(isDatabaseUrl, "is not a URL: a percent sign is written %25, and a server has a host")
    .default("file:data/parley.db"),
  PARLEY_DATABASE_TOKEN: z.string().min(1).optional(),
  PARLEY_ADMIN_KEY: z.string().min(16, "must have at least 16 characters").regex(/^\S+$/, "must not contain spaces")
    .optional(),
  PARLEY_SECRET: z.string().regex(
    /^[^\s,]{32,}(,[^\s,]{32,})*$/,
    "must have at least 32 characters without spaces; several are separated by commas, of which the first one signs",
  ).transform((keys) => keys.split(",")).default([]),
  PARLEY_RULES_DIR: z.string().min(1).default("rules"),
  PARLEY_PUBLIC_URL: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, "")).optional(),
  PARLEY_TEST_CLOCK: z.iso.datetime({ offset: true }).optional(),
  PARLEY_PRIVATE_WEBHOOKS: z.enum(["true", "false"]).default("false"),
});

export interface Config {
  port: number;
  host: string;
  database: { url: string; token: string | undefined };
  adminKey: string | undefined;
  /** Keys of `PARLEY_SECRET`: the first one signs, all of them are recognised; empty when none is given. */
  secrets: string[];
  rulesDir: string;
  publicUrl: string;
  /** ms; undefined for the real time. */
  testClock: number | undefined;
  /** Webhooks may go to http: addresses and to private ones. */
  privateWebhooks: boolean;
}

export class ConfigError extends Error {
  override name = "ConfigError";
}

/** @throws ConfigError naming every variable that is wrong, and why. Empty variables count as not set. */
export function readConfig(env: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = Environment.safeParse(given);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n"),
    );
  }
  const { data } = parsed;
  return {
    port: data.PORT,
    host: data.HOST,
    database: { url: data.PARLEY_DATABASE_URL, token: data.PARLEY_DATABASE_TOKEN },
    adminKey: data.PARLEY_ADMIN_KEY,
    secrets: data.PARLEY_SECRET,
    rulesDir: data.PARLEY_RULES_DIR,
    publicUrl: data.PARLEY_PUBLIC_URL ?? ownUrl(data.HOST, data.PORT),
    testClock: data.PARLEY_TEST_CLOCK === undefined ? undefined : Date.parse(data.PARLEY_TEST_CLOCK),
    privateWebhooks: data.PARLEY_PRIVATE_WEBHOOKS === "true",
  };
}

function isDatabaseUrl(url: string): boolean {
  if (!/^file:/i.test(url)) return !!URL.parse(url)?.host;
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}

/** Where this machine reaches a gateway that listens on `host`; `0.0.0.0` and `::` mean all its addresses, and are none. */
export function ownUrl(host: string, port: number): string {
  const address = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
}
