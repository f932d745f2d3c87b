import { expect, test } from "vitest";
import { DATABASE_KINDS } from "../support/database.ts";
import { consent, type TestGateway, testGateway } from "../support/gateway.ts";

const GB = "+447911123456";
const OFFER = "Sale: 50% off everything in store until Sunday!";
/** A visitor has no key. */
const NOBODY = { authorization: "" };

/** Sends an advertisement that carries a link, and one that waits; returns the path of the link. */
async function advertise(
  gateway: TestGateway,
  person = GB,
  from = "PARLEY",
): Promise<{ path: string; waiting: string }> {
  await consent(gateway, person);
  await gateway.call("POST", "/v1/contacts", { msisdn: person });
  const sent = await gateway.call("POST", "/v1/messages", { to: person, from, text: OFFER });
  const path = /https:\/\/sms\.example\.com(\/u\/[\w-]+)/.exec(sent.body.text)?.[1];
  if (path === undefined) throw new Error(`no link: ${sent.text}`);
  const scheduled_at = "2026-11-25T12:00:00Z";
  const held = await gateway.call("POST", "/v1/messages", { to: person, from, text: OFFER, scheduled_at });
  expect(held.body.status).toBe("held");
  return { path, waiting: held.body.id };
}

async function stateOf(gateway: TestGateway, person: string) {
  const q = encodeURIComponent(person);
  return {
    suppressions: (await gateway.call("GET", `/v1/suppressions?recipient=${q}`)).body.data,
    contacts: (await gateway.call("GET", `/v1/contacts?msisdn=${q}`)).body.data.length,
    consents: (await gateway.call("GET", `/v1/consents?recipient=${q}`)).body.data
      .map(({ status }: { status: string }) => status),
  };
}

test("opening the page changes nothing, however often and by whatever reader", async () => {
  const gateway = await testGateway();
  const { path, waiting } = await advertise(gateway);
  for (const method of ["GET", "HEAD", "GET"]) {
    const { status, headers } = await gateway.call(method, path, undefined, NOBODY);
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-robots-tag")).toContain("noindex");
  }
  expect(await stateOf(gateway, GB)).toEqual({ suppressions: [], contacts: 1, consents: ["granted"] });
  expect((await gateway.call("GET", `/v1/messages/${waiting}`)).body.status).toBe("held");
});

test("the button suppresses, with the message as evidence, and does all that a STOP does; a repetition adds nothing", async () => {
  const gateway = await testGateway();
  const { path, waiting } = await advertise(gateway);
  for (let time = 0; time < 2; time++) {
    const { status, text } = await gateway.call("POST", path, undefined, NOBODY);
    expect(status).toBe(200);
    expect(text).toContain("You are unsubscribed");
    gateway.clock.advance(1000);
  }
  const state = await stateOf(gateway, GB);
  expect(state).toMatchObject({ contacts: 0, consents: ["withdrawn", "granted"] });
  expect(state.suppressions).toEqual([
    expect.objectContaining({ recipient: GB, scope: "commercial", source: "link", message_id: expect.any(String) }),
  ]);
  const cause = (await gateway.call("GET", `/v1/messages/${state.suppressions[0].message_id}`)).body;
  expect(cause.text).toContain(path);
  expect((await gateway.call("GET", `/v1/messages/${waiting}`)).body.status).toBe("canceled");
  const refused = await gateway.call("POST", "/v1/messages", { to: GB, from: "PARLEY", text: OFFER });
  expect(refused.body.code).toBe("recipient_opted_out");
});

test.each(DATABASE_KINDS)("two clicks at once are one suppression and one withdrawal (%s)", async (kind) => {
  const gateway = await testGateway({ kind });
  const { path } = await advertise(gateway);
  await Promise.all([1, 2, 3].map(() => gateway.call("POST", path, undefined, NOBODY)));
  const state = await stateOf(gateway, GB);
  expect([state.suppressions.length, state.consents]).toEqual([1, ["withdrawn", "granted"]]);
});

test("a one-click request of a mail program works like the button", async () => {
  const gateway = await testGateway();
  const { path } = await advertise(gateway);
  const { status } = await gateway.call("POST", path, "List-Unsubscribe=One-Click", {
    ...NOBODY,
    "content-type": "application/x-www-form-urlencoded",
  });
  expect(status).toBe(200);
  expect((await stateOf(gateway, GB)).suppressions.length).toBe(1);
});

test("a token that was never given out is 404 and tells nothing, with GET and POST", async () => {
  const gateway = await testGateway();
  const { path } = await advertise(gateway);
  for (const method of ["GET", "POST"]) {
    for (const wrong of [`${path}x`, path.slice(0, -1), "/u/%00", "/u/' or 1=1 --", `/u/${"a".repeat(5000)}`]) {
      const reply = await gateway.call(method, wrong, undefined, NOBODY);
      expect([wrong.slice(0, 20), reply.status]).toEqual([wrong.slice(0, 20), 404]);
      expect(reply.headers.get("content-type")).toContain("text/html");
      expect(reply.text).toContain("This link does not work");
    }
  }
  expect((await stateOf(gateway, GB)).suppressions).toEqual([]);
});

test("the page holds one button, no script, no number, nothing from elsewhere", async () => {
  const gateway = await testGateway();
  const { path } = await advertise(gateway);
  const { text, headers } = await gateway.call("GET", path, undefined, NOBODY);
  expect(text.match(/<button/g)).toHaveLength(1);
  expect(text).not.toMatch(/<script|\sstyle=|\son\w+=|https?:/);
  expect(text).not.toContain(GB.slice(-6));
  const policy = headers.get("content-security-policy") ?? "";
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("form-action 'self'");
  const style = await gateway.call("GET", "/u/style.css", undefined, NOBODY);
  expect([style.status, style.headers.get("content-type")]).toEqual([200, "text/css; charset=utf-8"]);
});

test("the page speaks the contact's language, else what the browser asks for, else English", async () => {
  const gateway = await testGateway();
  const { path } = await advertise(gateway);
  const languageOf = async (accept?: string) => {
    const headers = { ...NOBODY, ...(accept === undefined ? {} : { "accept-language": accept }) };
    const { text } = await gateway.call("GET", path, undefined, headers);
    return /<html lang="(\w+)">/.exec(text)?.[1];
  };
  expect(await languageOf()).toBe("en");
  expect(await languageOf("ja, pt-BR;q=0.8, de;q=0.9")).toBe("de");
  expect(await languageOf("constructor, *;q=0, fr;q=0")).toBe("en");
  await gateway.call("POST", "/v1/contacts", { msisdn: GB, language: "nl" });
  expect(await languageOf("de")).toBe("nl");
});

test("a brand cannot put markup into the page", async () => {
  const gateway = await testGateway();
  const brand = `<img src=x onerror="alert(1)"> & 'Söhne'`;
  await gateway.call("PUT", "/v1/senders/HOSTILE", { carrier_id: "sandbox", brand });
  const { path } = await advertise(gateway, GB, "HOSTILE");
  for (const method of ["GET", "POST"]) {
    const { text } = await gateway.call(method, path, undefined, NOBODY);
    expect(text).not.toContain("<img");
    expect(text).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#39;Söhne&#39;");
  }
});
