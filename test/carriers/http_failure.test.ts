import { describe, expect, test } from "vitest";
import { callFailure, retryAfterSeconds, statusFailure } from "../../src/carriers/http_failure.ts";
import { OutgoingError, type OutgoingErrorKind } from "../../src/gateway/network/outgoing_http.ts";
import { NOW } from "./support.ts";

describe("callFailure()", () => {
  test.each<[OutgoingErrorKind, string]>([
    ["blocked", "retryable"],
    ["redirected", "retryable"],
    ["refused", "retryable"],
    ["timeout", "ambiguous"],
    ["reset", "ambiguous"],
    ["too_large", "ambiguous"],
  ])("%s is %s, and no message's fault", (kind, result) => {
    expect(callFailure(new OutgoingError(kind, "why"))).toEqual({
      ok: false,
      kind: result,
      code: `call_${kind}`,
      detail: "why",
      of: "account",
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
    [400, "final", {}],
    [401, "retryable", { of: "account" }],
    [402, "retryable", { of: "account" }],
    [403, "final", {}],
    [404, "final", {}],
    [408, "retryable", { of: "account" }],
    [429, "throttled", {}],
    [500, "ambiguous", {}],
    [502, "ambiguous", {}],
    [503, "ambiguous", {}],
    [200, "ambiguous", {}],
  ])("HTTP %s is %s %j", (status, kind, more) => {
    expect(statusFailure("Carrier", new Response(null, { status }), NOW)).toEqual({
      ok: false,
      kind,
      code: `http_${status}`,
      detail: `Carrier answered HTTP ${status}`,
      ...more,
    });
  });

  test.each([400, 401, 408, 429, 503])("HTTP %s keeps what Retry-After says", (status) => {
    const response = new Response(null, { status, headers: { "Retry-After": "120" } });
    expect(statusFailure("Carrier", response, NOW)).toMatchObject({ retryAfterSeconds: 120 });
  });
});

describe("retryAfterSeconds()", () => {
  test.each([
    ["120", 120],
    [" 7 ", 7],
    ["0", null],
    ["Sun Nov 22 10:00:30 2026", 30],
    ["Sun Nov  1 10:00:30 2026", null],
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
