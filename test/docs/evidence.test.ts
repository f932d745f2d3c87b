import { expect, test } from "vitest";
import { AUDIT_ACTIONS } from "../../src/store/oversight/audit.ts";

test("docs/evidence.md tells of each action of the audit log once, and of no other", async () => {
  const page = await Deno.readTextFile("docs/evidence.md");
  const [, table] = /^\| Action +\|.*\n\| -.*\n((?:\|.*\n)+)/m.exec(page)!;
  const told: string[] = [];
  for (const [, cell] of table!.matchAll(/^\| (.+?) +\|/gm)) {
    let kind = "";
    for (const [, name] of cell!.matchAll(/`([a-z_.]+)`/g)) {
      if (!name!.startsWith(".")) kind = name!.split(".")[0]!;
      told.push(name!.startsWith(".") ? kind + name : name!);
    }
  }
  expect(told.toSorted()).toEqual([...AUDIT_ACTIONS].toSorted());
});
