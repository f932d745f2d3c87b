import { describe, expect, test } from "vitest";
import { SettingsCache } from "../../src/gateway/settings.ts";
import { hashSources } from "../../src/rules/check.ts";
import { contentsOf } from "../../src/rules/parse.ts";
import { publishRulebook } from "../../src/store/carriers/settings.ts";
import type { DbClient } from "../../src/store/libsql/client.ts";
import { DATABASE_KINDS, freshDatabase } from "../support/database.ts";
import { shippedRules } from "../support/rulebook.ts";

const shipped = (await shippedRules()).sources;
const AT = Date.parse("2026-11-24T10:00:00+01:00");

/** The shipped rules with a brand of their own: a version that this process has not compiled yet. */
function version(brand: string) {
  const sources = {
    ...shipped,
    "deployment.yaml": shipped["deployment.yaml"]!.replace(/^brand: .*$/m, `brand: ${brand}`),
  };
  return { hash: hashSources(sources), sources, contents: contentsOf(sources), at: AT };
}

describe.each(DATABASE_KINDS)("the active rulebook on %s", (kind) => {
  test.each([
    ["from what its files were found to say", "Kept", (contents: string) => contents],
    ["from its files, when only those were kept by an earlier release", "Older", () => null],
    [
      "from its files, when what was kept is not understood by this release",
      "Newer",
      () => '{"deployment.yaml": {"x": 1}}',
    ],
  ])("is read %s", async (_, brand, kept) => {
    const { client } = await freshDatabase(kind);
    const one = version(`${brand} ${kind}`);
    await publishRulebook(client, one);
    await client.execute({ sql: "update rulebooks set contents = ?", args: [kept(JSON.stringify(one.contents))] });

    const { rulebook } = await new SettingsCache(client).current();

    expect(rulebook.hash).toBe(one.hash);
    expect(rulebook.deployment.brand).toBe(`${brand} ${kind}`);
  });

  test("that an earlier release kept without it gets it when it is published again", async () => {
    const { client } = await freshDatabase(kind);
    const one = version(`Again ${kind}`);
    await publishRulebook(client, one);
    await client.execute("update rulebooks set contents = null");
    await publishRulebook(client, one);
    const { rows } = await client.execute("select contents from rulebooks");
    expect(JSON.parse(rows[0]!["contents"] as string)).toEqual(one.contents);
  });
});

test("reading anew after a change does not share a reading that began before it; those who ask meanwhile share one", async () => {
  const { client } = await freshDatabase("embedded");
  const [before, after] = [version("Before"), version("After")];
  await publishRulebook(client, before);
  const [read, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let readings = 0;
  const slow: DbClient = {
    ...client,
    batch: async (statements, mode) => {
      const results = await client.batch(statements, mode);
      readings++;
      read.resolve();
      await answered.promise;
      return results;
    },
  };
  const cache = new SettingsCache(slow);
  const early = cache.current();
  await read.promise;
  await publishRulebook(client, after);
  const late = [cache.refresh(), cache.refresh(), cache.refresh()];
  answered.resolve();
  expect((await early).rulebook.hash).toBe(before.hash);
  for (const { rulebook } of await Promise.all(late)) expect(rulebook.hash).toBe(after.hash);
  expect(readings).toBe(2);
});
