import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compilePatterns } from "../../../src/core/text/phrases.ts";
import { reportedIn } from "../../../src/core/text/reported.ts";
import { tokenize } from "../../../src/core/text/text.ts";

const polite = compilePatterns(["please", "thanks", "por favor"].map((pattern) => ({ pattern, value: pattern })));
const reported = (text: string) => {
  const tokens = tokenize(text);
  return reportedIn(text, tokens, polite).map(({ from, to }) =>
    tokens.slice(from, to).map((token) => token.text).join(" ")
  );
};

describe("reportedIn()", () => {
  test.each([
    ['She wrote "stop it" and left', ["stop it"]],
    ["She wrote “stop it” and left", ["stop it"]],
    ["Elle a dit « laisse-moi » hier", ["laisse moi"]],
    ["Sie sagte „hör auf“ und ging", ["hor auf"]],
    ["Er sagte »hör auf« und ging", ["hor auf"]],
    ["He said 'leave me alone' twice", ["leave me alone"]],
    ["He said ‘leave me alone’ twice", ["leave me alone"]],
    ['First "stop" then "go on"', ["stop", "go on"]],
  ])("finds what somebody else says in %j", (text, expected) => {
    expect(reported(text)).toEqual(expected);
  });

  test.each([
    ['"stop texting me"'],
    ['"stop texting me" please, thanks'],
    ["« STOP »"],
    ["don't stop, it's Anna's"],
    ["J'ai dit l'adresse d'hier"],
    ['a 24" screen and a 27" one'],
    ['She wrote "stop it and left'],
    ["no marks at all"],
    ['he said "" twice'],
    [""],
  ])("finds nothing in %j", (text) => {
    expect(reported(text)).toEqual([]);
  });

  test("gives ranges within the text, whatever the marks", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "stop", " ", '"', "'", "’", "„", "“", "»", "«", "?")), (parts) => {
        const text = parts.join("");
        const tokens = tokenize(text);
        for (const { from, to } of reportedIn(text, tokens, polite)) {
          expect(from).toBeGreaterThanOrEqual(0);
          expect(to).toBeGreaterThan(from);
          expect(to).toBeLessThanOrEqual(tokens.length);
        }
      }),
    );
  });
});
