import { describe, expect, onTestFinished, test, vi } from "vitest";
import { fileSecret, noSecret, secretPath } from "../src/secret_file.ts";

async function folder(): Promise<string> {
  const path = await Deno.makeTempDir({ prefix: "parley-secret-" });
  onTestFinished(() => Deno.remove(path, { recursive: true }));
  return path;
}

describe("secretPath()", () => {
  test.each([
    ["file:data/parley.db", "data/secret"],
    ["file:parley.db", "secret"],
    ["file:/srv/sms%20one/parley.db?mode=rw", "/srv/sms one/secret"],
    ["file:///srv/parley.db", "/srv/secret"],
    ["https://db.example.com", null],
    ["libsql://db.example.com", null],
  ])("of %s is %j", (url, path) => expect(secretPath(url)).toBe(path));
});

describe("fileSecret()", () => {
  test("is made once, for its owner only, and stays", async () => {
    const path = `${await folder()}/secret`;
    expect(await fileSecret(path, false)).toBe(null);
    const all = await Promise.all(Array.from({ length: 8 }, () => fileSecret(path, true)));
    expect(new Set(all).size).toBe(1);
    expect(all[0]).toMatch(/^[\w-]{43}$/);
    expect((await Deno.stat(path)).mode! & 0o777).toBe(0o600);
    expect(await fileSecret(path, false)).toBe(all[0]);
    expect([...Deno.readDirSync(path.replace(/\/secret$/, ""))].map(({ name }) => name)).toEqual(["secret"]);
  });

  test("an empty one is none, and nothing is put in its place: the secret that it held may be in a backup", async () => {
    const path = `${await folder()}/secret`;
    await Deno.writeTextFile(path, "");
    expect(await fileSecret(path, true)).toBe(null);
    expect(await Deno.readTextFile(path)).toBe("");
    expect(await noSecret(`file:${path.replace(/secret$/, "parley.db")}`)).toMatch(
      /secret beside the database is empty: put/,
    );
  });

  test("where it cannot be made there is none", async () => {
    expect(await fileSecret(`${await folder()}/no/such/folder/secret`, true)).toBe(null);
  });
});

test("its name is on the disk as well before it is used", async () => {
  const path = `${await folder()}/secret`;
  const synced: string[] = [];
  const open = Deno.open;
  vi.spyOn(Deno, "open").mockImplementation(async (of, options) => {
    const file = await open(of, options);
    const sync = file.sync.bind(file);
    file.sync = async () => {
      await sync();
      synced.push(`${of}`.replace(/secret\..*$/, "secret.*"));
    };
    return file;
  });
  onTestFinished(() => void vi.restoreAllMocks());
  await fileSecret(path, true);
  expect(synced).toEqual([`${path}.*`, path.replace(/\/secret$/, "")]);
});

describe("noSecret() says what to do, and why there is none", () => {
  test.each([
    [
      "file:/no/such/folder/parley.db",
      /set PARLEY_SECRET .* \/no\/such\/folder\/secret beside the database cannot be made: /,
    ],
    ["https://db.example.com", /set PARLEY_SECRET .* libSQL server/],
  ])("on %s", async (url, words) => expect(await noSecret(url)).toMatch(words));

  test("one that cannot be read", async () => {
    const path = await folder();
    // To read a folder as a file is refused to root as well.
    await Deno.mkdir(`${path}/secret`);
    expect(await noSecret(`file:${path}/parley.db`)).toMatch(/secret beside the database cannot be read: /);
  });
});
