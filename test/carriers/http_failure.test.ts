import { describe, expect, test } from "vitest";
import { callFailure, retryAfterSeconds, statusFailure } from "../../src/carriers/http_failure.ts";
import { OutgoingError, type OutgoingErrorKind } from "../../src/gateway/network/outgoing_http.ts";
import { NOW } from "./support.ts";

describe("callFailure()", () => {
  test.each<[OutgoingErrorKind, string]>([
    ["blocked", "final"],
    ["redirected", "final"],
    ["refused", "retryable"],
    ["timeout", "ambiguous"],
    ["reset", "ambiguous"],
    ["too_large", "ambiguous"],
  ])("%s is %s", (kind, result) => {
    expect(callFailure(new OutgoingError(kind, "why"))).toEqual({
      ok: false,
      kind: result,
      code: `call_${kind}`,
      detail: "why",
    });
  });

  test("an unknown error may have come after the hand-over, and is not quoted", () => {
    const failure = callFailure(new TypeError("http://carrier/?to=+33612345678"));
    expect(failure.kind).toBe("ambiguous");
    expect(failure.detail).not.toContain("336");
  });
});

describe("statusFailure()", () => {
  test.each([
    [400, "final"],
    [401, "final"],
    [403, "final"],
    [404, "final"],
    [408, "retryable"],
    [429, "throttled"],
    [500, "ambiguous"],
    [502, "ambiguous"],
    [503, "ambiguous"],
    [200, "ambiguous"],
  ])("HTTP %s is %s", (status, kind) => {
    expect(statusFailure("Carrier", new Response(null, { status }), NOW)).toEqual({
      ok: false,
      kind,
      code: `http_${status}`,
      detail: `Carrier answered HTTP ${status}`,
    });
  });
});

describe("retryAfterSeconds()", () => {
  test.each([
    ["120", 120],
    [" 0 ", 0],
    ["Sun, 22 Nov 2026 10:00:30 GMT", 30],
    ["Sun, 22 Nov 2026 09:59:00 GMT", null],
    ["soon", null],
    ["-5", null],
    ["1e9", null],
    ["", null],
  ])("%o is %s", (value, seconds) => {
    expect(retryAfterSeconds(new Headers({ "Retry-After": value }), NOW)).toBe(seconds);
  });
});
