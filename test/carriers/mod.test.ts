import { describe, expect, test } from "vitest";
import { z } from "zod";
import { carrierOf, carriers } from "../../src/carriers/mod.ts";

describe("carrierOf()", () => {
  test.each(carriers)("finds $kind", (carrier) => expect(carrierOf(carrier.kind)).toBe(carrier));

  test.each(["", "KANNEL", "constructor", "__proto__"])("knows nothing of %o", (kind) => {
    expect(carrierOf(kind)).toBeNull();
  });

  test("kinds are unique", () => {
    expect(new Set(carriers.map((carrier) => carrier.kind)).size).toBe(carriers.length);
  });
});

describe.each(carriers)("$kind", ({ config, secrets }) => {
  test("every secret is a setting", () => {
    const { properties = {} } = z.toJSONSchema(config, { io: "input" });
    expect(Object.keys(properties)).toEqual(expect.arrayContaining([...secrets]));
  });

  test.each([null, "text", [], { nonsense: 1 }])("refuses %o as configuration", (value) => {
    expect(config.safeParse(value).success).toBe(false);
  });
});
