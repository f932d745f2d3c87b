import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fillTemplate, parseTemplate } from "../../src/core/template.ts";

const ANNE = { name: "Anne", fields: { city: "Lyon", "points d'or": "12", empty: " " } };

function filled(text: string, facts: Parameters<typeof fillTemplate>[1] = ANNE) {
  const read = parseTemplate(text);
  if ("problem" in read) return read.problem;
  const result = fillTemplate(read.template, facts);
  return "text" in result ? result.text : `missing ${result.missing}`;
}

describe("a template says", () => {
  test.each([
    ["Bonjour", "Bonjour"],
    ["", ""],
    ["Bonjour {name} !", "Bonjour Anne !"],
    ["{name}", "Anne"],
    ["{name|friend}", "Anne"],
    ["{ name | friend }", "Anne"],
    ["{field.city}: {field.points d'or} points", "Lyon: 12 points"],
    ["{field.shop|our shop}", "our shop"],
    ["{field.empty|our shop}", "our shop"],
    ["{field.shop|}", ""],
    ["{field.shop| a | b }", " a | b "],
    ["{field.shop}", "missing field.shop"],
    ["{field.constructor}", "missing field.constructor"],
    ["a {{name}} b", "a {name} b"],
    ["{{{name}}}", "{Anne}"],
  ])("%j: %j", (text, expected) => expect(filled(text)).toBe(expected));

  test("nothing for a person without a name, unless it has words for that", () => {
    expect(filled("{name}", { name: null, fields: {} })).toBe("missing name");
    expect(filled("{name|vous}", { name: null, fields: {} })).toBe("vous");
  });

  test.each([
    ["Hi {nom}", '"{nom}" is no field'],
    ["Hi {}", '"{}" is no field'],
    ["Hi {field.}", '"{field.}" is no field'],
    ["Hi {name", '"{" at character 4 stands alone'],
    ["Hi name}", '"}" at character 8 stands alone'],
    ["Hi {a{b}", '"{" at character 4 stands alone'],
  ])("what is wrong with %j", (text, problem) => expect(filled(text)).toContain(problem));
});

test("whatever a person is called, only fields of the template are filled in", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }).filter((name) => name.trim() !== ""), fc.string(), (name, around) => {
      const escaped = around.replaceAll("{", "{{").replaceAll("}", "}}");
      expect(filled(`${escaped}{name}`, { name, fields: {} })).toBe(around + name);
    }),
  );
});
