import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mergeSources } from "../../src/rules/merge.ts";

const base = { "a.yaml": "a", "b.yaml": "b", "c.yaml": "c" };

describe("mergeSources()", () => {
  test.each([
    ["what only one changed is taken", { ...base, "a.yaml": "A" }, { ...base, "b.yaml": "B" }, {
      "a.yaml": "A",
      "b.yaml": "B",
      "c.yaml": "c",
    }, []],
    ["the same change is no conflict", { ...base, "a.yaml": "A" }, { ...base, "a.yaml": "A" }, {
      ...base,
      "a.yaml": "A",
    }, []],
    ["two changes of one file are", { ...base, "a.yaml": "A" }, { ...base, "a.yaml": "AA" }, {
      ...base,
      "a.yaml": "AA",
    }, [
      "a.yaml",
    ]],
    ["a file that one deleted is gone", { "b.yaml": "b", "c.yaml": "c" }, base, { "b.yaml": "b", "c.yaml": "c" }, []],
    ["unless the other changed it", { "b.yaml": "b", "c.yaml": "c" }, { ...base, "a.yaml": "A" }, {
      ...base,
      "a.yaml": "A",
    }, [
      "a.yaml",
    ]],
    ["new files of both are there", { ...base, "d.yaml": "d" }, { ...base, "__proto__.yaml": "e" }, {
      ...base,
      "d.yaml": "d",
      "__proto__.yaml": "e",
    }, []],
  ])("%s", (_name, theirs, mine, sources, conflicts) => {
    expect(mergeSources(base, theirs as Record<string, string>, mine as Record<string, string>)).toEqual({
      sources,
      conflicts,
    });
  });

  test("nothing that one side alone did is lost, whoever is called mine", () => {
    const files = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom("1", "2", "3"), {
      noNullPrototype: true,
    });
    fc.assert(fc.property(files, files, files, (old, theirs, mine) => {
      const one = mergeSources(old, theirs, mine), other = mergeSources(old, mine, theirs);
      expect(one.conflicts).toEqual(other.conflicts);
      for (const path of ["a", "b", "c", "d"]) {
        if (one.conflicts.includes(path)) continue;
        expect(one.sources[path]).toBe(other.sources[path]);
        expect(one.sources[path]).toBe(theirs[path] === old[path] ? mine[path] : theirs[path]);
      }
    }));
  });
});
