import { describe, expect, test } from "vitest";
import {
  CTIA_STOP_WORDS,
  networkHandling,
  NOT_HANDLED,
  providerHandling,
} from "../../src/carriers/provider_keywords.ts";

const STOP = { carrierIntent: "opt_out", alreadyAnswered: true };
const ANSWERED = { carrierIntent: null, alreadyAnswered: true };

describe("providerHandling()", () => {
  test.each<[string, unknown]>([
    ["STOP", STOP],
    [" stop all\n", STOP],
    ["Help", ANSWERED],
    ["please stop", NOT_HANDLED],
    ["STOP by tomorrow", NOT_HANDLED],
    ["", NOT_HANDLED],
  ])("%o", (text, expected) => expect(providerHandling(text, CTIA_STOP_WORDS, ["HELP"])).toEqual(expected));
});

describe("networkHandling()", () => {
  test.each<[string, string, unknown]>([
    ["STOP", "+18445550100", STOP],
    ["stop", "18885550100", STOP],
    ["START", "+18005550100", ANSWERED],
    ["unstop", "+18335550100", ANSWERED],
    ["QUIT", "+18005550100", NOT_HANDLED],
    ["STOP", "+18015550100", NOT_HANDLED],
    ["STOP", "+33800555010", NOT_HANDLED],
    ["STOP", "36105", NOT_HANDLED],
    ["STOP", "ACME", NOT_HANDLED],
  ])("%s to %s", (text, to, expected) => expect(networkHandling(text, to)).toEqual(expected));
});
