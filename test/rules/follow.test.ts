import { describe, expect, onTestFinished, test } from "vitest";
import type { Log } from "../../src/gateway/gateway.ts";
import { idMaker } from "../../src/gateway/ids.ts";
import { hashSources } from "../../src/rules/check.ts";
import { stampOf } from "../../src/rules/files.ts";
import { followFolder, logDifference, publishFolder } from "../../src/rules/follow.ts";
import { rollback } from "../../src/rules/life.ts";
import { contentsOf } from "../../src/rules/parse.ts";
import { activeRulebook, readSourcesOf } from "../../src/store/carriers/settings.ts";
import { storeRulebook } from "../../src/store/rules/rulebooks.ts";
import { freshDatabase, openAgain } from "../support/database.ts";
import { shippedRules } from "../support/rulebook.ts";

const AT = Date.parse("2026-11-24T10:00:00+01:00");
const newId = idMaker(() => AT);
const { sources } = await shippedRules();

/** A folder with the shipped rules. */
async function folder(): Promise<string> {
  const path = await Deno.makeTempDir({ prefix: "parley-rules-" });
  onTestFinished(() => Deno.remove(path, { recursive: true }));
  for (const [name, text] of Object.entries(sources)) {
    await Deno.mkdir(`${path}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${path}/${name}`, text);
  }
  return path;
}

async function edit(path: string, text: string): Promise<string> {
  await Deno.writeTextFile(`${path}/deployment.yaml`, text);
  return hashSources({ ...sources, "deployment.yaml": text });
}

const brand = (name: string) => `kind: deployment\nbrand: ${name}\ncontact: help@parley.example\n`;

test("logDifference() tells only of a folder that differs, and what to do", () => {
  const logged: string[] = [];
  const log: Log = (level, event, fields) => void logged.push(`${level} ${event} ${fields?.["detail"]}`);
  logDifference(log, { active: "rb_a", folder: "rb_a" });
  logDifference(log, { active: "rb_a", folder: "rb_b" });
  expect(logged).toEqual([expect.stringMatching(/^warn rules\.folder_differs .*rules pull/)]);
});

describe("publishFolder()", () => {
  test("applies what has changed, once, and records it", async () => {
    const { client } = await freshDatabase();
    const path = await folder();
    const hash = hashSources(sources);
    expect(await publishFolder(client, path, AT, newId)).toEqual({ active: hash, folder: hash, applied: true });
    expect(await publishFolder(client, path, AT, newId)).toEqual({ active: hash, folder: hash, applied: false });
    const { rows } = await client.execute("select rulebook, at, by, way from activations");
    expect(rows.map((row) => ({ ...row }))).toEqual([{ rulebook: hash, at: AT, by: "files", way: "files" }]);
    const entries = await client.execute("select actor, action, subject from audit_log");
    expect(entries.rows.map((row) => ({ ...row }))).toEqual([
      { actor: "files", action: "rulebook.activated", subject: hash },
    ]);
  });

  describe("after a change of the folder was taken back by people", () => {
    const OTHER = "retention.yaml";
    const longer = sources[OTHER]!.replace("days: 30", "days: 31");

    /** The folder brought a first version and then another brand; a person brought the first one back. */
    async function takenBack() {
      const db = await freshDatabase();
      const path = await folder();
      const publish = () => publishFolder(db.client, path, AT, newId);
      const back = (to: string | null = null) =>
        rollback({ db, newId, now: () => AT }, { to, from: null, by: "usr_1", note: "x" });
      const active = async () => {
        const { active: hash } = await activeRulebook(db.client);
        return (await readSourcesOf(db.client, [hash!])).get(hash!)!;
      };
      await publish();
      const second = await edit(path, brand("ACME"));
      await publish();
      expect(await back()).toMatchObject({ ok: true });
      return { path, second, first: hashSources(sources), publish, back, active };
    }
    const write = (path: string, text: string) => Deno.writeTextFile(`${path}/${OTHER}`, text);

    test("a restart does not bring it again", async () => {
      const { first, second, publish } = await takenBack();
      expect(await publish()).toEqual({ active: first, folder: second, applied: false });
    });

    test("a change of another file does not bring it again, also at the next start and the one after", async () => {
      const { path, publish, active } = await takenBack();
      await write(path, longer);
      expect(await publish()).toMatchObject({ applied: true, kept: ["deployment.yaml"] });
      expect(await active()).toEqual({ ...sources, [OTHER]: longer });
      expect(await publish()).toMatchObject({ applied: false });
      await write(path, sources[OTHER]!);
      expect(await publish()).toMatchObject({ applied: true, kept: ["deployment.yaml"] });
      expect(await active()).toEqual(sources);
    });

    test("a change of the same file is refused by name, until the folder held what was brought back", async () => {
      const { path, first, publish } = await takenBack();
      const third = await edit(path, brand("ACME Shop"));
      expect(await publish()).toEqual({ problems: [expect.stringMatching(/deployment\.yaml: .*brought back/)] });
      await edit(path, sources["deployment.yaml"]!);
      expect(await publish()).toEqual({ active: first, folder: first, applied: false });
      await edit(path, brand("ACME Shop"));
      expect(await publish()).toEqual({ active: third, folder: third, applied: true });
    });

    test("the folder brings it again once it was taken out of the folder as well", async () => {
      const { path, first, second, publish } = await takenBack();
      await edit(path, sources["deployment.yaml"]!);
      expect(await publish()).toEqual({ active: first, folder: first, applied: false });
      await edit(path, brand("ACME"));
      expect(await publish()).toEqual({ active: second, folder: second, applied: true });
    });

    test("whoever takes that back again has it, and the next change of the folder beside it", async () => {
      const { path, second, publish, back, active } = await takenBack();
      expect(await back(second)).toMatchObject({ ok: true });
      await write(path, longer);
      expect(await publish()).toMatchObject({ applied: true });
      expect(await active()).toEqual({ ...sources, "deployment.yaml": brand("ACME"), [OTHER]: longer });
    });

    test("a version in which the folder and people were put together is taken back as a whole", async () => {
      const { path, first, publish, back, active } = await takenBack();
      await write(path, longer);
      await publish();
      expect(await back()).toMatchObject({ ok: true, value: { active: first } });
      await Deno.writeTextFile(`${path}/flows.yaml`, `${sources["flows.yaml"]}\n`);
      expect(await publish()).toMatchObject({ applied: true, kept: ["deployment.yaml", OTHER] });
      expect(await active()).toEqual({ ...sources, "flows.yaml": `${sources["flows.yaml"]}\n` });
    });
  });

  describe("after something else was published", () => {
    const KEPT = "retention.yaml";
    const longer = sources[KEPT]!.replace("days: 30", "days: 31");

    /** The folder was applied; then a version with another period was approved and published by people. */
    async function published(): Promise<{ db: Awaited<ReturnType<typeof freshDatabase>>; path: string; hash: string }> {
      const db = await freshDatabase();
      const path = await folder();
      await publishFolder(db.client, path, AT, newId);
      const files = { ...sources, [KEPT]: longer };
      const hash = hashSources(files);
      await storeRulebook(db.client, { hash, sources: files, contents: contentsOf(files), at: AT });
      await db.client.batch([
        { sql: "insert into activations (rulebook, at, by, way) values (?, ?, 'usr_1', 'publish')", args: [hash, AT] },
        { sql: "update settings set value = ? where name = 'active_rulebook'", args: [hash] },
      ]);
      return { db, path, hash };
    }
    const activeFiles = async (db: { client: Parameters<typeof readSourcesOf>[0] }) => {
      const { active } = await activeRulebook(db.client);
      return (await readSourcesOf(db.client, [active!])).get(active!)!;
    };

    test("a change of another file in the folder is put together with it, also at the next start and the one after", async () => {
      const { db, path } = await published();
      const edited = await edit(path, brand("ACME"));
      const result = await publishFolder(db.client, path, AT, newId);
      expect(result).toMatchObject({ folder: edited, applied: true, kept: [KEPT] });
      expect(await activeFiles(db)).toMatchObject({ [KEPT]: longer, "deployment.yaml": brand("ACME") });
      expect(await publishFolder(db.client, path, AT, newId)).toMatchObject({ applied: false });
      const { rows } = await db.client.execute("select note from activations order by id desc limit 1");
      expect(rows[0]!["note"]).toContain(KEPT);

      await edit(path, brand("ACME Shop"));
      await publishFolder(db.client, path, AT, newId);
      expect(await activeFiles(db)).toMatchObject({ [KEPT]: longer, "deployment.yaml": brand("ACME Shop") });
    });

    test("a change of the same file is refused by name and changes nothing, until the folder has what was published", async () => {
      const { db, path, hash } = await published();
      await Deno.writeTextFile(`${path}/${KEPT}`, sources[KEPT]!.replace("days: 30", "days: 40"));
      for (let start = 0; start < 2; start++) {
        expect(await publishFolder(db.client, path, AT, newId)).toEqual({
          problems: [expect.stringMatching(new RegExp(`${KEPT}.*rules pull`))],
        });
        expect((await activeRulebook(db.client)).active).toBe(hash);
      }
      await Deno.writeTextFile(`${path}/${KEPT}`, longer);
      await edit(path, brand("ACME"));
      expect(await publishFolder(db.client, path, AT, newId)).toMatchObject({ applied: true });
      expect(await activeFiles(db)).toMatchObject({ [KEPT]: longer, "deployment.yaml": brand("ACME") });
    });

    test("taken back by people, it does not come again with the folder", async () => {
      const { db, path } = await published();
      expect(await rollback({ db, newId, now: () => AT }, { to: null, from: null, by: "usr_1", note: "x" }))
        .toMatchObject({ ok: true });
      const edited = await edit(path, brand("ACME"));
      expect(await publishFolder(db.client, path, AT, newId)).toEqual({
        active: edited,
        folder: edited,
        applied: true,
      });
    });
  });

  test("a folder that holds the active version counts as applied", async () => {
    const { client } = await freshDatabase();
    const path = await folder();
    await publishFolder(client, path, AT, newId);
    const files = { ...sources, "deployment.yaml": brand("ACME") };
    const hash = hashSources(files);
    await storeRulebook(client, { hash, sources: files, contents: contentsOf(files), at: AT });
    await client.execute({ sql: "update settings set value = ? where name = 'active_rulebook'", args: [hash] });
    await edit(path, brand("ACME"));
    expect(await publishFolder(client, path, AT, newId)).toEqual({ active: hash, folder: hash, applied: false });
    expect(await activeRulebook(client)).toEqual({ active: hash, folder: hash });
  });

  test("two instances that start at once with the same folder make one activation", async () => {
    const db = await freshDatabase();
    const again = await openAgain(db);
    const path = await folder();
    const results = await Promise.all([
      publishFolder(db.client, path, AT, newId),
      publishFolder(again.client, path, AT, newId),
    ]);
    await again.close();
    const hash = hashSources(sources);
    for (const result of results) expect(result).toMatchObject({ active: hash, folder: hash });
    expect((await db.client.execute("select 1 from activations")).rows.length).toBe(1);
  });

  test("a folder that does not check changes nothing", async () => {
    const { client } = await freshDatabase();
    const path = await folder();
    const before = await publishFolder(client, path, AT, newId);
    await edit(path, "kind: deployment\nbrand: ACME\ncontact: x\nbrnad: ACME\n");
    expect(await publishFolder(client, path, AT, newId)).toMatchObject({
      problems: [expect.stringContaining("deployment.yaml")],
    });
    expect((await activeRulebook(client)).active).toBe("active" in before ? before.active : "");
  });
});

test("followFolder() applies an edit within two seconds, and keeps the last good version otherwise", async () => {
  const { client } = await freshDatabase();
  const path = await folder();
  await publishFolder(client, path, AT, newId);
  const logged: [string, Record<string, unknown> | undefined][] = [];
  let published = 0;
  const follower = followFolder({
    client,
    folder: path,
    seen: "",
    now: () => AT,
    newId,
    log: (_level, event, fields) => void logged.push([event, fields]),
    published: () => void published++,
  });
  onTestFinished(() => follower.stop());
  const until = async (condition: () => boolean | Promise<boolean>) => {
    for (let tries = 0; tries < 400 && !await condition(); tries++) await new Promise((done) => setTimeout(done, 25));
  };
  const hash = await edit(path, brand("ACME"));
  await until(async () => (await activeRulebook(client)).active === hash);
  await until(() => published === 1);
  expect([(await activeRulebook(client)).active, published]).toEqual([hash, 1]);

  await edit(path, "kind: deployment\n");
  await until(() => logged.some(([event]) => event === "rules.kept"));
  expect(logged.at(-1)).toEqual(["rules.kept", { active: hash }]);
});

test("followFolder() tells once what stays wrong, and that it is mended", async () => {
  const { client } = await freshDatabase();
  const path = await folder();
  const seen = stampOf(path);
  await publishFolder(client, path, AT, newId);
  const logged: string[] = [];
  const log: Log = (_level, event) => void logged.push(event);
  const follower = followFolder({ client, folder: path, seen, now: () => AT, newId, log, published: () => {} });
  onTestFinished(() => follower.stop());

  await Deno.symlink(`${path}/nowhere`, `${path}/dangling.yaml`);
  await expect.poll(() => logged, { timeout: 10_000 }).toEqual(["rules.unreadable"]);
  // Longer than two looks: what is still wrong was told already.
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  await Deno.remove(`${path}/dangling.yaml`);
  await Deno.writeTextFile(`${path}/broken.yaml`, "kind: [");
  await expect.poll(() => logged, { timeout: 10_000 }).toEqual(["rules.unreadable", "rules.refused", "rules.kept"]);
  await Deno.remove(`${path}/broken.yaml`);
  await expect.poll(() => logged.slice(3), { timeout: 10_000 }).toEqual(["rules.mended"]);
});
