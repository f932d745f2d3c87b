import { expect, test } from "vitest";
import type { SendResult } from "../../../src/carriers/carrier.ts";
import { carrierNews } from "../../../src/gateway/dispatch/carrier_news.ts";

const OK: SendResult = { ok: true, carrierMessageId: null, status: "sent" };
const no = (
  kind: Extract<SendResult, { ok: false }>["kind"],
  code: string,
  more: Partial<SendResult> = {},
): SendResult => ({ ok: false, kind, code, detail: "", ...more }) as SendResult;
const ACCOUNT: Partial<SendResult> = { of: "account" };
const newsOf = (...results: SendResult[]) => carrierNews(results.map((result) => ({ carrier_id: "one", result })))[0];

test.each<[string, SendResult, boolean]>([
  ["nobody listens", no("retryable", "call_refused", ACCOUNT), true],
  ["it closes the connection", no("ambiguous", "call_reset"), true],
  ["it does not answer in time", no("ambiguous", "call_timeout"), true],
  ["a server error", no("ambiguous", "http_500"), true],
  ["no room for now", no("retryable", "http_503", ACCOUNT), true],
  ["it did not get the whole request", no("retryable", "http_408", ACCOUNT), true],
  ["an answer that is none", no("ambiguous", "answer_malformed"), true],
  ["the credentials are wrong", no("retryable", "http_401", ACCOUNT), true],
  ["the credentials are wrong, in the carrier's own words", no("retryable", "20003", ACCOUNT), true],
  ["the credentials are wrong, and a setting makes that final", no("final", "401", ACCOUNT), true],
  ["the address is not allowed", no("retryable", "call_blocked", ACCOUNT), true],
  ["it sends us elsewhere", no("retryable", "call_redirected", ACCOUNT), true],
  ["the message is refused", no("final", "http_400"), false],
  ["the sender may not", no("final", "http_403"), false],
  ["a refusal with a code of the carrier", no("final", "21211"), false],
  ["the network behind it has a problem", no("retryable", "40006"), false],
  ["the person opted out", no("opted_out", "21610"), false],
  ["too many messages to this person", no("throttled", "14107", { scope: "message" }), false],
])("%s: %j, out of order: %s", (_label, result, outOfOrder) => {
  expect(newsOf(OK, result)).toMatchObject({ answered: true, failures: outOfOrder ? 1 : 0, throttled: null });
});

test("only failures after the last answer count", () => {
  const [bad, refused] = [no("ambiguous", "http_500"), no("final", "21211")];
  expect(newsOf(bad, bad, OK, bad)).toMatchObject({ answered: true, failures: 1 });
  expect(newsOf(bad, refused)).toMatchObject({ answered: true, failures: 0 });
  expect(newsOf(bad, bad)).toMatchObject({ answered: false, failures: 2 });
});

test("of several waits the longest counts, and being too fast is an answer", () => {
  const slow = (retryAfterSeconds?: number) =>
    no("throttled", "http_429", retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
  expect(newsOf(OK, slow(3), slow(9), slow())).toMatchObject({
    answered: true,
    took: false,
    failures: 0,
    throttled: { waitMs: 9_000 },
  });
  expect(newsOf(slow())).toMatchObject({ throttled: { waitMs: null } });
});

test("each account has its own", () => {
  const news = carrierNews([
    { carrier_id: "one", result: no("ambiguous", "http_500") },
    { carrier_id: "two", result: OK },
  ]);
  expect(news.map(({ id, failures, took }) => [id, failures, took])).toEqual([["one", 1, false], ["two", 0, true]]);
});
