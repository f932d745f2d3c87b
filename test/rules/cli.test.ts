import { describe, expect, onTestFinished, test } from "vitest";
import { COMMANDS } from "../../src/rules/commands/mod.ts";
import { ADMIN_KEY, consent, PROMO, type TestGateway, testGateway } from "../support/gateway.ts";
import { FR, frenchSaturday } from "../support/rulebook_life.ts";
import { shippedRules } from "../support/rulebook.ts";

interface Ran {
  code: number;
  out: string;
}

/** Runs `deno task rules` as the task of deno.json does, but able to write to this test's folder. */
async function rules(args: string[], env: Record<string, string> = {}, writable = "data"): Promise<Ran> {
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json")) as { tasks: { rules: { command: string } } };
  const [, ...task] = tasks.rules.command.split(" ");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...task.map((one) => one.startsWith("--allow-write") ? `--allow-write=${writable}` : one), ...args],
    env: { NO_COLOR: "1", PARLEY_RULES_DIR: "", PARLEY_KEY: "", PARLEY_PUBLIC_URL: "", ...env },
    stdin: "null",
  }).output();
  return { code, out: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

/** A folder with the shipped rules and another French Saturday. */
async function editedFolder(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "parley-edit-" });
  onTestFinished(() => Deno.remove(folder, { recursive: true }));
  const { sources } = await shippedRules();
  for (const [name, text] of Object.entries({ ...sources, [FR]: await frenchSaturday("18:00") })) {
    await Deno.mkdir(`${folder}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  return folder;
}

describe("usage", () => {
  test("--help lists every command, and each command has a help of its own", async () => {
    const { code, out } = await rules(["--help"]);
    expect(code).toBe(0);
    for (const [name, { summary }] of Object.entries(COMMANDS)) {
      expect(out).toMatch(new RegExp(`^  ${name}.*${summary.slice(0, 20)}`, "m"));
    }
    const own = await rules(["simulate", "--help"]);
    expect([own.code, own.out.includes("--csv FILE")]).toEqual([0, true]);
  });

  test.each<[string[], number, RegExp]>([
    [["chekc"], 2, /unknown command "chekc"/],
    [["check", "--fast"], 2, /Unknown option '--fast'/],
    [["check", "a", "b"], 2, /Unexpected argument 'b'/],
    [["explain"], 2, /Missing argument MESSAGE_ID/],
    [["propose"], 2, /Missing option --note/],
    [["rollback"], 2, /Missing option --note/],
    [["simulate", "--last", "many"], 2, /--last must be a whole number from 1 to \d+, not 'many'/],
    [["check", "no/such/folder"], 1, /no\/such\/folder/],
    [["diff", "rb_123", "rules"], 1, /There is no folder rb_123\. A version is `active`/],
    [["test", "--only", "no.such.rule"], 1, /There are no examples of "no\.such\.rule"/],
  ])("%j exits with %i", async (args, code, says) => {
    const ran = await rules(args, { PARLEY_DATABASE_URL: "file:/nonexistent/x.db" });
    expect([ran.code, ran.out]).toEqual([code, expect.stringMatching(says)]);
  });

  test.each(["versions", "proposals", "diff"])(
    "%s says what to do with a database that has no tables",
    async (command) => {
      const folder = await Deno.makeTempDir({ prefix: "parley-empty-" });
      onTestFinished(() => Deno.remove(folder, { recursive: true }));
      const { code, out } = await rules([command], { PARLEY_DATABASE_URL: `file:${folder}/new.db` }, folder);
      expect([code, out]).toEqual([1, expect.stringMatching(/new\.db .* has not the tables .*deno task migrate/)]);
    },
  );

  test("test runs the examples of one rule", async () => {
    const { code, out } = await rules(["test", "--only", "consent.advertising"]);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^ok\s+outbound\/4_consent\.yaml consent\.advertising_needs_consent: \d+ examples\n$/),
    ]);
  });
});

describe("one French rule, from edit to rollback", () => {
  let gateway: TestGateway;
  let env: Record<string, string>;

  test("is walked through on the command line", async () => {
    gateway = await testGateway({ clock: "2026-11-28T18:30:00+01:00" });
    env = { PARLEY_DATABASE_URL: gateway.db.url, PARLEY_KEY: ADMIN_KEY };
    await consent(gateway, "+33612345678");
    const sent = await gateway.call("POST", "/v1/messages", { to: "+33612345678", from: "36105", text: PROMO });
    const folder = await editedFolder();
    const run = async (args: string[], more: Record<string, string> = {}) => {
      const { code, out } = await rules(args, { ...env, ...more }, folder);
      expect([args, code, out]).toEqual([args, 0, out]);
      return out;
    };
    const before = (await gateway.call("GET", "/v1/rulebooks/active")).body.hash;

    expect(await run(["check", folder])).toMatch(/^ok: rulebook rb_/);
    expect(await run(["diff", "active", folder])).toBe(
      "France: quiet hours on Saturday now start at 18:00 (20:00 before)\n",
    );
    const simulated = await run(["simulate", folder, "--last", "50"]);
    expect(simulated).toContain("Of 1 messages, 1 would have come out otherwise.");
    expect(simulated).toContain("1 × allow -> hold quiet_hours   (hours.quiet matches)");
    expect(simulated).toContain(sent.body.id);
    expect(simulated).not.toContain("+33612345678");

    const proposed = await run(["propose", folder, "--note", "Saturdays end at 18:00"]);
    expect(proposed).toContain("Of the last 1 messages, 1 would have come out otherwise.");
    const id = /as (prp_\w+);/.exec(proposed)![1]!;
    const hash = /Proposed (rb_\w+) /.exec(proposed)![1]!;
    const own = await rules(["approve", id], env);
    expect([own.code, own.out]).toEqual([1, expect.stringContaining("[approval_by_proposer]")]);
    const early = await rules(["publish", id], env);
    expect([early.code, early.out]).toEqual([1, expect.stringContaining("[proposal_state]")]);

    const { body: { key } } = await gateway.call("POST", "/v1/keys", { name: "second", role: "admin" });
    expect(await run(["approve", id, "--note", "agreed"], { PARLEY_KEY: key })).toContain(`Approved ${id}`);
    expect(await run(["proposals"])).toMatch(/approved .*\n.*Saturdays end at 18:00\n.*agreed/);
    expect(await run(["publish", id])).toBe(`${hash} is active, ${before} was before.\n`);
    await gateway.api.deps.settings.refresh();
    const held = await gateway.call("POST", "/v1/messages", { to: "+33612345678", from: "36105", text: PROMO });
    expect(held.body).toMatchObject({ status: "held", decision: { rulebook: hash } });
    const explained = await run(["explain", held.body.id]);
    expect(explained).toMatch(/hours\.quiet: hold quiet_hours/);
    expect(explained).toContain("outbound/8_hours.yaml:");
    expect(explained).not.toContain("+33612345678");

    expect(await run(["rollback", "--note", "a complaint"])).toBe(`${before} is active again, ${hash} was before.\n`);
    const versions = await run(["versions"]);
    expect(versions).toContain(`${before}  active `);
    expect(versions).toContain(`${hash}  superseded `);

    // Somebody who has the folder of another version gets the files of the active one.
    expect(await run(["pull", folder])).toMatch(/^Wrote \d+ files of rb_/);
    expect(await run(["diff", "active", folder])).toBe("No difference.\n");
    await Deno.writeTextFile(`${folder}/deployment.yaml`, "kind: deployment\nbrand: Mine\ncontact: x@y.example\n");
    const kept = await rules(["pull", folder], env, folder);
    expect([kept.code, kept.out]).toEqual([1, expect.stringContaining("--force")]);
    await run(["pull", folder, "--force"]);
    expect(await run(["pull", folder])).toContain("already");
  }, 90_000);

  test("a change that does not check is not proposed, and a key that is none decides nothing", async () => {
    const gateway = await testGateway();
    const database = { PARLEY_DATABASE_URL: gateway.db.url };
    const folder = await editedFolder();
    await Deno.writeTextFile(
      `${folder}/${FR}`,
      (await frenchSaturday("18:00")).replace('mon-fri: "08:00', 'mon-fri: "07:00'),
    );
    const wrong = await rules(["propose", folder, "--note", "x"], { ...database, PARLEY_KEY: ADMIN_KEY });
    expect([wrong.code, wrong.out]).toEqual([
      1,
      expect.stringMatching(/\[rulebook_invalid\]\ncountries\/fr\.yaml.*example/),
    ]);
    const nobody = await rules(["propose", folder, "--note", "x"], database);
    expect([nobody.code, nobody.out]).toEqual([2, expect.stringContaining("PARLEY_KEY")]);
    const stranger = await rules(["propose", folder, "--note", "x"], { ...database, PARLEY_KEY: "pk_not_a_key" });
    expect([stranger.code, stranger.out]).toEqual([1, expect.stringContaining("no valid key")]);
    const app = await rules(["propose", folder, "--note", "x"], { ...database, PARLEY_KEY: "pk_test_app_key" });
    expect([app.code, app.out]).toEqual([1, expect.stringContaining("role admin")]);
    const unread = await rules(["diff", "rb_00000000000000000000", folder], database);
    expect([unread.code, unread.out]).toEqual([1, expect.stringContaining("[no_such_rulebook]")]);
  }, 60_000);
});

test("simulate --csv replays written messages, and names a line that is wrong", async () => {
  const gateway = await testGateway();
  const folder = await editedFolder();
  const file = `${folder}/tried.csv`;
  const env = { PARLEY_DATABASE_URL: gateway.db.url };
  await Deno.writeTextFile(
    file,
    `text,consent,at,max_segments\n"Soldes : -50% !",granted,2026-11-28T18:30:00+01:00,2\nMerci,,,\n`,
  );
  const { code, out } = await rules(["simulate", folder, "--csv", file, "--json"], env);
  expect(code).toBe(0);
  expect(JSON.parse(out.slice(0, out.lastIndexOf("}") + 1))).toMatchObject({ messages: 2, changed: 1 });
  await Deno.writeTextFile(file, "text,consent\nSoldes,granted\nSoldes,perhaps\n");
  const wrong = await rules(["simulate", folder, "--csv", file], env);
  expect([wrong.code, wrong.out]).toEqual([1, expect.stringMatching(/tried\.csv:3: consent "perhaps": /)]);
});
