import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fillTemplate, parseTemplate } from "../../../src/core/text/template.ts";

const ANNE = { name: "Anne", fields: { city: "Lyon", "points d'or": "12", empty: " " } };

function filled(text: string, facts: Parameters<typeof fillTemplate>[1] = ANNE) {
  const read = parseTemplate(text);
  if ("problem" in read) return read.problem;
  const result = fillTemplate(read.template, facts, read.template.links.map((url) => `<${url}>`));
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
    ["Ici : {link https://shop.example/winter?x=1}", "Ici : <https://shop.example/winter?x=1>"],
    ["{link HTTP://Shop.Example} !", "<http://shop.example/> !"],
    ["{ link  https://é.example/ü }", "<https://xn--9ca.example/%C3%BC>"],
    ["({link https://a.example/}), {link https://b.example/}.", "(<https://a.example/>), <https://b.example/>."],
    ["{link https://a.example/a|b}\nx", "<https://a.example/a|b>\nx"],
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
    ["{link}", '"{link}" is no link'],
    ["{link }", "is no link"],
    ["{link shop.example}", "is no link"],
    ["{link javascript:alert(1)}", "is no link"],
    ["{link data:text/html,x}", "is no link"],
    ["{link //shop.example}", "is no link"],
    ["{link https:shop.example}", "is no link"],
    ["{link https://}", "is no link"],
    ["{link https://a b.example}", "is no link"],
    ["{link https://shop.example@evil.example/}", "is no link"],
    ["{link https://user:word@shop.example/}", "is no link"],
    [`{link https://shop.example/${"x".repeat(1_000)}}`, "is no link"],
    ["{name|{link https://shop.example/}}", "stands alone"],
    ["ici{link https://shop.example/}", "must stand apart"],
    ["{link https://shop.example/}{name}", "must stand apart"],
    ["{link https://shop.example/}.Merci", "must stand apart"],
    ["{link https://shop.example/}/x", "must stand apart"],
    [Array.from({ length: 6 }, (_, n) => `{link https://shop.example/${n}}`).join(" "), "at most 5 links"],
  ])("what is wrong with %j", (text, problem) => expect(filled(text)).toContain(problem));
});

test("the same address twice is one link, in the order of the text", () => {
  const read = parseTemplate("{link https://b.example/} {link https://a.example/} {link https://b.example}");
  if ("problem" in read) throw new Error(read.problem);
  expect(read.template.links).toEqual(["https://b.example/", "https://a.example/"]);
  expect(fillTemplate(read.template, ANNE, ["one", "two"])).toEqual({ text: "one two one" });
});

test("whatever a person is called, only fields of the template are filled in", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }).filter((name) => name.trim() !== ""), fc.string(), (name, around) => {
      const escaped = around.replaceAll("{", "{{").replaceAll("}", "}}");
      expect(filled(`${escaped}{name}`, { name, fields: {} })).toBe(around + name);
    }),
  );
});
