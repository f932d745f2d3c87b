import { expect, onTestFinished, test } from "vitest";
import { openEmbedded } from "../../src/store/libsql/embedded.ts";
import { caller, PROJECT, startDeno, taskArguments } from "../support/child.ts";
import { serveGateway } from "../support/served_gateway.ts";

/** `deno task audit` with these arguments, on the database of `url`. */
async function audit(url: string, ...args: string[]): Promise<{ code: number; output: string }> {
  const child = startDeno([...await taskArguments("audit"), ...args], { PARLEY_DATABASE_URL: url }, PROJECT);
  const code = await child.ended;
  return { code, output: child.output() };
}

test("deno task audit verifies, lists and exports the log of a running gateway, and finds an edit", async () => {
  const folder = await Deno.makeTempDir({ prefix: "parley-audit-" });
  onTestFinished(() => Deno.remove(folder, { recursive: true }));
  const gateway = await serveGateway({});
  onTestFinished(() => gateway.stop());
  const call = caller(gateway.url, gateway.key);
  await call("POST", "/carriers/sandbox/inbound", { from: "+33612000001", to: "36105", text: "STOP" });
  const sealed = async () =>
    (await call("GET", "/v1/audit")).body.data.every(({ hash }: { hash: string }) => hash !== null);
  await expect.poll(sealed).toBe(true);

  const verified = await audit(gateway.database, "verify");
  expect(verified.output).toMatch(/^ok: (\d+) entries, in [\d.]+ s\ncheckpoint \1:[0-9a-f]{64}\n$/);
  expect(verified.code).toBe(0);
  const checkpoint = /checkpoint (\S+)/.exec(verified.output)![1]!;
  expect((await audit(gateway.database, "verify", "--expect", checkpoint)).code).toBe(0);

  const lines = (output: string) => output.trimEnd().split("\n").map((line) => JSON.parse(line));
  const exported = lines((await audit(gateway.database, "export")).output);
  expect(exported.map(({ seq }) => seq)).toEqual(exported.map((_, index) => index + 1));
  expect(exported.map(({ action }) => action)).toEqual(
    expect.arrayContaining(["key.created", "suppression.created", "consent.withdrawn"]),
  );
  expect(lines((await audit(gateway.database, "export", "--after", "2")).output)).toEqual(exported.slice(2));
  const listed = lines((await audit(gateway.database, "list", "--action", "suppression.created")).output);
  expect(listed).toEqual(exported.filter(({ action }) => action === "suppression.created"));
  expect((await call("GET", "/v1/audit")).body.data).toEqual(exported.toReversed());

  const db = await openEmbedded({ url: gateway.database });
  await db.client.batch([
    "drop trigger audit_log_is_append_only",
    "update audit_log set actor = 'key_other' where seq = 2",
  ]);
  await db.close();
  const altered = await audit(gateway.database, "verify");
  expect(altered.output).toMatch(/^entry 2: it, or its place in the chain, was altered\nALTERED: \d+ entries/);
  expect(altered.code).toBe(1);
});

test.each([
  [["verify", "--expect", "12"], /--expect "12" is not SEQ:HASH/],
  [["list", "--limit", "many"], /--limit "many" is not a whole number/],
  [["forget"], /unknown command "forget"/],
  [["verify", "--quick"], /--quick/],
])("%j is answered with what to do", async (args, expected) => {
  const folder = await Deno.makeTempDir({ prefix: "parley-audit-" });
  onTestFinished(() => Deno.remove(folder, { recursive: true }));
  await (await openEmbedded({ url: `file:${folder}/parley.db` })).close();
  const { code, output } = await audit(`file:${folder}/parley.db`, ...args);
  expect([code, output]).toEqual([2, expect.stringMatching(expected)]);
});

test("a database that does not exist is no log that verifies", async () => {
  const folder = await Deno.makeTempDir({ prefix: "parley-audit-" });
  onTestFinished(() => Deno.remove(folder, { recursive: true }));
  const { code, output } = await audit(`file:${folder}/missing.db`, "verify");
  expect([code, output]).toEqual([2, expect.stringContaining("there is no database")]);
  expect([...Deno.readDirSync(folder)]).toEqual([]);
});
