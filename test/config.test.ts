import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "../src/config.ts";

describe("readConfig()", () => {
  test("has a default for everything", () => {
    expect(readConfig({})).toEqual({
      port: 8787,
      host: "127.0.0.1",
      database: { url: "file:data/parley.db", token: undefined },
      adminKey: undefined,
      secrets: [],
      rulesDir: "rules",
      publicUrl: "http://127.0.0.1:8787",
      testClock: undefined,
      privateWebhooks: false,
    });
  });

  test("an empty variable counts as not set, and a public address loses its slash", () => {
    const config = readConfig({ PORT: "", PARLEY_PUBLIC_URL: "https://sms.example.com/" });
    expect([config.port, config.publicUrl]).toEqual([8787, "https://sms.example.com"]);
  });

  test.each([
    ["0.0.0.0", "http://127.0.0.1:8787"],
    ["::", "http://[::1]:8787"],
    ["fd00::1", "http://[fd00::1]:8787"],
    ["sms.internal", "http://sms.internal:8787"],
  ])("without a public address that of HOST=%s is %s", (HOST, expected) => {
    expect(readConfig({ HOST }).publicUrl).toBe(expected);
  });

  test.each(["file:", "file://", "file:///", "file://localhost", "file:?mode=ro", "file::memory:"])(
    "%s names no file",
    (PARLEY_DATABASE_URL) =>
      expect(() => readConfig({ PARLEY_DATABASE_URL })).toThrow(
        /^PARLEY_DATABASE_URL: needs the path of a file, such as file:data\/parley\.db$/,
      ),
  );

  test.each(["file:p", "file:/p", "file:///srv/p.db", "file:localhost", "file:100%25.db", "http://db", "libsql://db"])(
    "%s is a database",
    (PARLEY_DATABASE_URL) => expect(readConfig({ PARLEY_DATABASE_URL }).database.url).toBe(PARLEY_DATABASE_URL),
  );

  test("PARLEY_SECRET may hold several keys, so that it can be changed", () => {
    const [one, other] = ["a".repeat(32), "b".repeat(40)];
    expect(readConfig({ PARLEY_SECRET: one }).secrets).toEqual([one]);
    expect(readConfig({ PARLEY_SECRET: `${other},${one}` }).secrets).toEqual([other, one]);
  });

  test.each([
    [{ PORT: "eighty" }, "PORT"],
    [{ PORT: "70000" }, "PORT"],
    [{ HOST: "a b" }, "HOST"],
    [{ PARLEY_DATABASE_URL: "postgres://x" }, "PARLEY_DATABASE_URL"],
    [{ PARLEY_DATABASE_URL: "file:100%.db" }, "PARLEY_DATABASE_URL"],
    [{ PARLEY_DATABASE_URL: "libsql://" }, "PARLEY_DATABASE_URL"],
    [{ PARLEY_DATABASE_URL: "https://?tls=0" }, "PARLEY_DATABASE_URL"],
    [{ PARLEY_ADMIN_KEY: "short" }, "PARLEY_ADMIN_KEY"],
    [{ PARLEY_ADMIN_KEY: "with a space in it" }, "PARLEY_ADMIN_KEY"],
    [{ PARLEY_SECRET: "a".repeat(31) }, "PARLEY_SECRET"],
    [{ PARLEY_SECRET: `${"a".repeat(32)}, ${"b".repeat(32)}` }, "PARLEY_SECRET"],
    [{ PARLEY_PUBLIC_URL: "sms.example.com" }, "PARLEY_PUBLIC_URL"],
    [{ PARLEY_TEST_CLOCK: "yesterday" }, "PARLEY_TEST_CLOCK"],
    [{ PARLEY_PRIVATE_WEBHOOKS: "yes" }, "PARLEY_PRIVATE_WEBHOOKS"],
  ])("%j is refused by name", (env, name) => {
    expect(() => readConfig(env)).toThrow(ConfigError);
    expect(() => readConfig(env)).toThrow(name);
  });
});
