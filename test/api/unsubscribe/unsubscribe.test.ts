import { describe, expect, test } from "vitest";
import { UNSUBSCRIBE_WORDS } from "../../../src/api/unsubscribe/words.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { consent, type TestGateway, testGateway } from "../../support/gateway.ts";
import { advertise, buttons, LINK, NOBODY, OFFER, post, press, stopAgain } from "../../support/unsubscribe.ts";

const GB = "+447400123456";
const OTHER = "+447400123499";
const FORM = "application/x-www-form-urlencoded";

/** A person in the address book who consented and got an advertisement with a link; another one waits. */
async function ready(gateway: TestGateway, person = GB): Promise<{ path: string; waiting: string }> {
  await consent(gateway, person);
  await gateway.call("POST", "/v1/contacts", { msisdn: person });
  const path = await advertise(gateway, person);
  const scheduled_at = "2026-11-25T12:00:00Z";
  const held = await gateway.call("POST", "/v1/messages", { to: person, from: "PARLEY", text: OFFER, scheduled_at });
  expect(held.body.status).toBe("held");
  return { path, waiting: held.body.id };
}

async function stateOf(gateway: TestGateway, person = GB) {
  const q = encodeURIComponent(person);
  return {
    suppressions: (await gateway.call("GET", `/v1/suppressions?recipient=${q}`)).body.data,
    contacts: (await gateway.call("GET", `/v1/contacts?msisdn=${q}`)).body.data.length,
    consents: (await gateway.call("GET", `/v1/consents?recipient=${q}`)).body.data
      .map(({ status }: { status: string }) => status),
  };
}
const UNTOUCHED = { suppressions: [], contacts: 1, consents: ["granted"] };

describe("reading", () => {
  test("opening the page changes nothing, however often and by whatever reader", async () => {
    const gateway = await testGateway();
    const { path, waiting } = await ready(gateway);
    const readers: [string, Record<string, string>][] = [
      ["GET", {}],
      ["HEAD", {}],
      ["GET", { "sec-purpose": "prefetch;prerender", purpose: "prefetch" }],
      ["GET", { "user-agent": "WhatsApp/2.23 link preview" }],
    ];
    for (const [method, headers] of readers) {
      const reply = await gateway.call(method, path, undefined, { ...NOBODY, ...headers });
      expect(reply.status).toBe(200);
      expect(reply.headers.get("cache-control")).toBe("no-store");
      expect(reply.headers.get("x-robots-tag")).toContain("noindex");
      expect(reply.headers.get("referrer-policy")).toBe("no-referrer");
    }
    // A button's own name and check in the address are no press of it.
    const [[act, check] = ["", ""]] = buttons((await gateway.call("GET", path, undefined, NOBODY)).text);
    expect((await gateway.call("GET", `${path}?${act}=${check}`, undefined, NOBODY)).status).toBe(200);
    for (const method of ["PUT", "PATCH", "DELETE"]) {
      expect((await gateway.call(method, path, `${act}=${check}`, NOBODY)).status).toBe(405);
    }
    expect(await stateOf(gateway)).toEqual(UNTOUCHED);
    expect((await gateway.call("GET", `/v1/messages/${waiting}`)).body.status).toBe("held");
  });

  test("the page holds one button, no script, no field, nothing from elsewhere, and little of the number", async () => {
    const gateway = await testGateway();
    const { path } = await ready(gateway);
    const { text, headers } = await gateway.call("GET", path, undefined, NOBODY);
    expect([...buttons(text).keys()]).toEqual(["stop"]);
    expect(text).not.toMatch(/<script|<input|<img|\sstyle=|\son\w+=|https?:/);
    expect(text).toContain("ends in 56");
    expect(text).not.toContain(GB.slice(-3));
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("form-action 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    const style = await gateway.call("GET", "/u/style.css", undefined, NOBODY);
    expect([style.status, style.headers.get("content-type")]).toEqual([200, "text/css; charset=utf-8"]);
  });

  test("it tells what is held: senders, consents with day and source, lists; and where abuse is reported", async () => {
    const gateway = await testGateway();
    const { path } = await ready(gateway);
    await gateway.call("POST", "/v1/consents", {
      recipient: GB,
      purpose: "partner:Acme & Söhne",
      source: "fair_in_leeds",
      wording: "Acme may write to me",
      granted_at: "2026-03-02T09:00:00Z",
    });
    const list = await gateway.call("POST", "/v1/lists", { name: "Friends <of> the house" });
    await gateway.call("POST", `/v1/lists/${list.body.id}/members`, { numbers: [GB] });
    await gateway.call("POST", "/v1/lists", { name: "A saved filter", filter: { tags: [] } });
    const { text } = await gateway.call("GET", path, undefined, NOBODY);
    const words = text.replace(/<[^>]+>/g, " ").replace(/\s+/g, " ");
    expect(words).toContain("Messages come from PARLEY");
    expect(words).toContain("Advertising: given on 10 January 2026 (form on a website)");
    expect(words).toContain("Advertising of Acme &amp; Söhne: given on 2 March 2026 (fair in leeds)");
    expect(words).toContain("Friends &lt;of&gt; the house");
    expect(words).not.toContain("A saved filter");
    expect(words).toContain("Forward it to 7726.");
    expect([...buttons(text).keys()]).toEqual(["stop", `leave ${list.body.id}`, "withdraw partner:Acme &amp; Söhne"]);
  });

  test("after ninety days a link tells nothing about anybody any more, and still stops", async () => {
    const gateway = await testGateway();
    const { path } = await ready(gateway);
    gateway.clock.advance(90 * 86_400_000);
    const { text } = await gateway.call("GET", path, undefined, NOBODY);
    expect(text).toContain("too old to show");
    expect(text).not.toMatch(/ends in|given on/);
    const done = await press(gateway, path);
    expect(done.text).toContain("You are unsubscribed");
    expect([...buttons(done.text).keys()]).toEqual([]);
    expect((await stateOf(gateway)).suppressions).toHaveLength(1);
  });

  test("a brand cannot put markup into the page", async () => {
    const gateway = await testGateway();
    const brand = `<img src=x onerror="alert(1)"> & 'Söhne'`;
    await gateway.call("PUT", "/v1/senders/HOSTILE", { carrier_id: "sandbox", brand });
    await consent(gateway, GB);
    const path = await advertise(gateway, GB, "HOSTILE");
    for (const { text } of [await gateway.call("GET", path, undefined, NOBODY), await press(gateway, path)]) {
      expect(text).not.toContain("<img");
      expect(text).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; &#39;Söhne&#39;");
    }
  });
});

describe("language", () => {
  test("the choice on the page, else the contact's, else the country's, else what the browser asks for, else English", async () => {
    const gateway = await testGateway();
    const { path } = await ready(gateway);
    const languageOf = async (query = "", accept?: string, at = path) => {
      const headers = { ...NOBODY, ...(accept === undefined ? {} : { "accept-language": accept }) };
      const reply = await gateway.call("GET", at + query, undefined, headers);
      expect(reply.headers.get("content-language")).toBe(/<html lang="(\w+)">/.exec(reply.text)?.[1]);
      return reply.headers.get("content-language");
    };
    expect(await languageOf("", "de")).toBe("en");
    expect(await languageOf("?lang=de")).toBe("de");
    expect(await languageOf("?lang=xx&lang=de")).toBe("en");
    expect(await languageOf("?lang=constructor", "__proto__")).toBe("en");
    await gateway.call("POST", "/v1/contacts", { msisdn: GB, language: "nl" });
    expect(await languageOf("", "de")).toBe("nl");
    expect(await languageOf("?lang=it", "de")).toBe("it");
    // Nothing is known of a stranger but what the browser asks for.
    expect(await languageOf("", "ja, pt-BR;q=0.8, de;q=0.9", "/u/x")).toBe("de");
    expect(await languageOf("", "constructor, *;q=0, fr;q=0", "/u/x")).toBe("en");
  });

  test("it stays the same when the button is pressed, although the contact is gone then", async () => {
    const gateway = await testGateway();
    const { path } = await ready(gateway);
    await gateway.call("POST", "/v1/contacts", { msisdn: GB, language: "fr" });
    const { text } = await gateway.call("GET", path, undefined, NOBODY);
    expect(text).toContain('action="?lang=fr"');
    const done = await post(gateway, `${path}?lang=fr`, [...buttons(text)]);
    expect(done.text).toContain("Vous êtes désinscrit");
  });

  test.each(Object.entries(UNSUBSCRIBE_WORDS))("%s says all of it, and not in English", (language, words) => {
    const said = (of: typeof words) =>
      Object.values(of).flatMap((word) =>
        typeof word === "string" ? [word] : typeof word === "function" ? [word("X", "Y")] : Object.values(word)
      );
    expect(said(words).every((word) => word.trim() !== "")).toBe(true);
    const english = new Set(said(UNSUBSCRIBE_WORDS["en"]!));
    if (language !== "en") expect(said(words).filter((word) => english.has(word))).toEqual([]);
  });
});

describe("strangers", () => {
  test("a token that was never given out, or altered, is 404 and tells nothing, with GET and POST", async () => {
    const gateway = await testGateway();
    const { path } = await ready(gateway);
    const foreign = await testGateway();
    await foreign.db.client.execute("select 1");
    const wrongs = [
      path.slice(0, -1),
      `${path}x`,
      `${path}==`,
      path.toUpperCase().replace("/U/", "/u/"),
      path.toLowerCase(),
      `${path.slice(0, -2)}..`,
      "/u/%00",
      "/u/%E0%A4%A",
      "/u/' or 1=1 --",
      "/u/..%2f..%2fv1%2fmessages",
      `/u/${"a".repeat(22)}`,
      `/u/${"a".repeat(5_000)}`,
      // Genuine, but of no message: its row was erased.
      `/u/${gateway.api.deps.tokens.make()}`,
    ].filter((wrong) => wrong !== path);
    const [first, ...others] = await Promise.all(
      wrongs.flatMap((wrong) => ["GET", "POST"].map((method) => gateway.call(method, wrong, undefined, NOBODY))),
    );
    expect([first!.status, first!.headers.get("content-type")]).toEqual([404, "text/html; charset=UTF-8"]);
    expect(first!.text).toContain("This link does not work");
    for (const other of others) expect([other.status, other.text]).toEqual([404, first!.text]);
    expect(await stateOf(gateway)).toEqual(UNTOUCHED);
  });

  test("who guesses is asked to wait and is written to the log once; a genuine link goes on working meanwhile", async () => {
    const gateway = await testGateway();
    const { path } = await ready(gateway);
    const guess = async () => (await gateway.call("GET", "/u/guess", undefined, NOBODY)).status;
    const answers = await Promise.all(Array.from({ length: 130 }, guess));
    expect(answers.filter((status) => status === 404)).toHaveLength(120);
    const late = await gateway.call("GET", "/u/guess", undefined, NOBODY);
    expect([late.status, late.headers.get("retry-after")]).toEqual([429, "60"]);
    expect((await press(gateway, path)).status).toBe(200);
    expect(gateway.logged.filter(({ event }) => event === "unsubscribe.guessing")).toHaveLength(1);
    gateway.clock.advance(60_000);
    expect(await guess()).toBe(404);
  });
});

test("a gateway that fails tells the person so in their language, and not in JSON", async () => {
  const gateway = await testGateway();
  const { path } = await ready(gateway);
  const check = buttons((await gateway.call("GET", path, undefined, NOBODY)).text).get("stop")!;
  await gateway.db.client.execute("alter table suppressions rename to gone");
  const spanish = { "accept-language": "es" };
  const replies = [
    await gateway.call("GET", path, undefined, { ...NOBODY, ...spanish }),
    await post(gateway, path, [["stop", check]], spanish),
  ];
  for (const { status, headers, text } of replies) {
    expect([status, headers.get("content-type")]).toEqual([503, "text/html; charset=UTF-8"]);
    expect(text).toContain("Puede que no se haya cambiado nada.");
    expect(text).not.toContain("suppressions");
  }
  expect(gateway.logged.filter(({ event }) => event === "request.failed")).toHaveLength(2);
});

describe("stopping", () => {
  test("the button suppresses, with the message as evidence, and does all that a STOP does; a repetition adds nothing", async () => {
    const gateway = await testGateway();
    const { path, waiting } = await ready(gateway);
    const check = buttons((await gateway.call("GET", path, undefined, NOBODY)).text).get("stop")!;
    for (let time = 0; time < 2; time++) {
      const { status, text } = await post(gateway, path, [["stop", check]]);
      expect(status).toBe(200);
      expect(text).toContain("You are unsubscribed");
      expect(text).toContain('role="status"');
      gateway.clock.advance(1000);
    }
    const state = await stateOf(gateway);
    expect(state).toMatchObject({ contacts: 0, consents: ["withdrawn", "granted"] });
    expect(state.suppressions).toEqual([
      expect.objectContaining({ recipient: GB, scope: "commercial", source: "link", message_id: expect.any(String) }),
    ]);
    const cause = (await gateway.call("GET", `/v1/messages/${state.suppressions[0].message_id}`)).body;
    expect(cause.text).toContain(path);
    expect((await gateway.call("GET", `/v1/messages/${waiting}`)).body.status).toBe("canceled");
    const refused = await gateway.call("POST", "/v1/messages", { to: GB, from: "PARLEY", text: OFFER });
    expect(refused.body.code).toBe("recipient_opted_out");
    // The page has confirmed it; a name that cannot be answered sends no second confirmation.
    await gateway.dispatcher.tick();
    expect((await gateway.handset(GB)).filter(({ direction }) => direction === "outbound")).toHaveLength(0);
    const later = await gateway.call("GET", path, undefined, NOBODY);
    expect(later.text).toContain("It was stopped on 24 November 2026.");
    expect(buttons(later.text).has("stop")).toBe(false);
  });

  test.each(DATABASE_KINDS)("presses at once are one suppression and one withdrawal (%s)", async (kind) => {
    const gateway = await testGateway({ kind });
    const { path } = await ready(gateway);
    const check = buttons((await gateway.call("GET", path, undefined, NOBODY)).text).get("stop")!;
    const done = await Promise.all([1, 2, 3, 4].map(() => post(gateway, path, [["stop", check]])));
    expect(done.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const state = await stateOf(gateway);
    expect([state.suppressions.length, state.consents]).toEqual([1, ["withdrawn", "granted"]]);
  });

  test("who hammers at the button fills no log; while somebody asks for it to be lifted, each press is known", async () => {
    const gateway = await testGateway();
    const { path } = await ready(gateway);
    const repeated = async () => {
      const { rows } = await gateway.db.client.execute(
        "select count(*) as n from audit_log where action = 'suppression.repeated'",
      );
      return rows[0]!["n"];
    };
    for (let time = 0; time < 5; time++) await stopAgain(gateway, path);
    expect(await repeated()).toBe(0);
    gateway.clock.advance(3_600_000);
    for (let time = 0; time < 5; time++) await stopAgain(gateway, path);
    expect(await repeated()).toBe(1);
    const [{ id }] = (await stateOf(gateway)).suppressions;
    const asked = await gateway.call("POST", `/v1/suppressions/${id}/overrides`, {
      reason: "Pressed by mistake, she says",
      evidence: "Call of today, recorded",
    });
    expect(asked.status).toBe(201);
    await stopAgain(gateway, path);
    expect(await repeated()).toBe(2);
  });

  test("what staff entered a moment ago becomes the person's own word with the button", async () => {
    const gateway = await testGateway();
    const { path } = await ready(gateway);
    const { body: entered } = await gateway.call("POST", "/v1/suppressions", { recipient: GB });
    await stopAgain(gateway, path);
    const lifted = await gateway.call("POST", `/v1/suppressions/${entered.id}/lift`, { reason: "A mistake" });
    expect([lifted.status, lifted.body.code]).toEqual([409, "override_needed"]);
  });

  test("a one-click request of a mail program works like the button", async () => {
    const gateway = await testGateway();
    const { path } = await ready(gateway);
    expect((await post(gateway, path, [["List-Unsubscribe", "One-Click"]])).status).toBe(200);
    expect((await stateOf(gateway)).suppressions.length).toBe(1);
  });

  test("no request but a press of this page's button changes anything", async () => {
    const gateway = await testGateway();
    const { path } = await ready(gateway);
    const { path: others } = await ready(gateway, OTHER);
    const page = await gateway.call("GET", path, undefined, NOBODY);
    const check = buttons(page.text).get("stop")!;
    const foreign = buttons((await gateway.call("GET", others, undefined, NOBODY)).text).get("stop")!;
    const requests: [string, string, Record<string, string>][] = [
      ["nothing", "", {}],
      ["no check", "stop=", {}],
      ["the token as the check", `stop=${path.slice(3)}`, {}],
      ["the check of another's page", `stop=${foreign}`, {}],
      ["an altered check", `stop=${check.slice(0, -1)}`, {}],
      ["the check behind something else", `x=1&stop=${check}`, {}],
      ["an act that is none", `constructor=${check}`, {}],
      ["a list that the person is not on", `leave+lst_0=${check}`, {}],
      ["a purpose without a consent", `withdraw+partner:X=${check}`, {}],
      ["coming back from nowhere", `resume=${check}`, {}],
      ["JSON", JSON.stringify({ stop: check }), { "content-type": "application/json" }],
      ["plain text, as a form of another site can send", `stop=${check}`, { "content-type": "text/plain" }],
      ["parts", `--x\r\ncontent-disposition: form-data; name="stop"\r\n\r\n${check}\r\n--x--`, {
        "content-type": "multipart/form-data; boundary=x",
      }],
      ["from another site", `stop=${check}`, { "sec-fetch-site": "cross-site" }],
      ["one click, from another site", "List-Unsubscribe=One-Click", { "sec-fetch-site": "cross-site" }],
    ];
    for (const [name, body, headers] of requests) {
      const reply = await gateway.call("POST", path, body, { ...NOBODY, "content-type": FORM, ...headers });
      expect([name, reply.status]).toEqual([name, 403]);
      expect(reply.text).toContain('role="alert"');
      expect(buttons(reply.text).get("stop")).toBe(check);
      expect([name, await stateOf(gateway)]).toEqual([name, UNTOUCHED]);
    }
    const own = await post(gateway, path, [["stop", check]], { "sec-fetch-site": "same-origin", origin: "null" });
    expect(own.status).toBe(200);
    expect(await stateOf(gateway, OTHER)).toEqual(UNTOUCHED);
  });

  test("where a STOP ends everything from the sender, so does the button, and no part can be chosen", async () => {
    const gateway = await testGateway();
    const us = "+12125550123";
    // A name cannot be used there; a number abroad that moved is one way to have such a link.
    const { path } = await ready(gateway);
    await gateway.db.client.batch(
      ["messages", "conversations"].map((table) => `update ${table} set person = '${us}' where person = '${GB}'`),
    );
    await gateway.call("POST", "/v1/contacts", { msisdn: us });
    const list = await gateway.call("POST", "/v1/lists", { name: "Friends" });
    await gateway.call("POST", `/v1/lists/${list.body.id}/members`, { numbers: [us] });
    const { text } = await gateway.call("GET", path, undefined, NOBODY);
    expect([...buttons(text).keys()]).toEqual(["stop"]);
    expect(text).toContain("Nothing at all will come from PARLEY any more");
    expect(text).toContain("7726");
    expect((await press(gateway, path)).text).toContain("You will get nothing more from PARLEY");
    expect((await stateOf(gateway, us)).suppressions).toMatchObject([{ scope: "all", sender: "PARLEY" }]);
  });
});

describe("a part", () => {
  test.each(DATABASE_KINDS)(
    "who leaves a list stays in the address book, and nobody puts them back (%s)",
    async (kind) => {
      const gateway = await testGateway({ kind });
      const { path, waiting } = await ready(gateway);
      const [one, two] = await Promise.all(
        ["One", "Two"].map(async (name) => (await gateway.call("POST", "/v1/lists", { name })).body.id as string),
      );
      const add = (list: string) => gateway.call("POST", `/v1/lists/${list}/members`, { numbers: [GB] });
      await add(one!);
      await add(two!);
      const check = buttons((await gateway.call("GET", path, undefined, NOBODY)).text).get(`leave ${one}`)!;
      const pressed = await Promise.all([1, 2].map(() => post(gateway, path, [[`leave ${one}`, check]])));
      expect(pressed.map(({ status }) => status)).toContain(200);
      const page = await gateway.call("GET", path, undefined, NOBODY);
      expect([...buttons(page.text).keys()]).toEqual(["stop", `leave ${two}`]);
      expect((await add(one!)).body).toMatchObject({ added: 0, suppressed: 1 });
      const upload = await gateway.call("POST", `/v1/contacts/imports?list=${one}`, `msisdn\n${GB}\n`, {
        "content-type": "text/csv",
      });
      expect([upload.status, upload.body.updated]).toEqual([201, 1]);
      const { body } = await gateway.call("GET", `/v1/contacts?msisdn=${encodeURIComponent(GB)}`);
      expect(body.data[0].lists).toEqual([two]);
      expect(await stateOf(gateway)).toEqual(UNTOUCHED);
      expect((await gateway.call("GET", `/v1/messages/${waiting}`)).body.status).toBe("held");
      const { body: audit } = await gateway.call("GET", "/v1/audit?limit=100");
      const left = audit.data.filter(({ action }: { action: string }) => action === "list.left");
      expect(left).toMatchObject([{ actor: "person", subject: one }]);
      // With its list the memory of it goes.
      await gateway.call("DELETE", `/v1/lists/${one}`);
      await gateway.dispatcher.tick();
      expect((await gateway.db.client.execute("select count(*) as n from list_departures")).rows[0]!["n"]).toBe(0);
    },
  );

  test("a purpose is withdrawn by itself, once", async () => {
    const gateway = await testGateway();
    const { path, waiting } = await ready(gateway);
    const purpose = "partner:Acme";
    await gateway.call("POST", "/v1/consents", {
      recipient: GB,
      purpose,
      source: "web_form",
      wording: "Acme may write to me",
      granted_at: "2026-03-02T09:00:00Z",
    });
    const relying = await gateway.call("POST", "/v1/messages", {
      to: GB,
      from: "PARLEY",
      text: OFFER,
      purpose,
      scheduled_at: "2026-11-25T12:00:00Z",
    });
    expect(relying.body.status).toBe("held");
    const act = `withdraw ${purpose}`;
    const done = await press(gateway, path, act);
    expect(done.text).toContain("Stopped: Advertising of Acme");
    expect(buttons(done.text).has(act)).toBe(false);
    expect((await gateway.call("GET", `/v1/messages/${relying.body.id}`)).body.status).toBe("canceled");
    expect((await gateway.call("GET", `/v1/messages/${waiting}`)).body.status).toBe("held");
    const { body } = await gateway.call("GET", `/v1/consents?recipient=${encodeURIComponent(GB)}`);
    expect(body.data.map((row: Record<string, string>) => [row["purpose"], row["status"], row["source"]])).toEqual([
      [purpose, "withdrawn", "link"],
      [purpose, "granted", "web_form"],
      ["commercial", "granted", "web_form"],
    ]);
  });
});

describe("coming back", () => {
  test.each(DATABASE_KINDS)(
    "with the words beside the button as evidence, once, and sending works again (%s)",
    async (kind) => {
      const gateway = await testGateway({ kind });
      const { path } = await ready(gateway);
      gateway.clock.advance(1000);
      const stopped = await press(gateway, path);
      const check = buttons(stopped.text).get("resume")!;
      gateway.clock.advance(1000);
      const pressed = await Promise.all([1, 2, 3].map(() => post(gateway, path, [["resume", check]])));
      expect(pressed.map(({ status }) => status)).toContain(200);
      const { body } = await gateway.call("GET", `/v1/consents?recipient=${encodeURIComponent(GB)}`);
      expect(body.data.map(({ status }: { status: string }) => status)).toEqual(["granted", "withdrawn", "granted"]);
      const [{ wording, wording_language, recorded_by, source, message_id, id }] = body.data;
      expect(wording).toMatch(/^Yes, I want to get advertising by SMS from .+ again\./);
      expect(stopped.text).toContain(wording);
      expect([source, message_id, wording_language, recorded_by]).toEqual([
        "link",
        expect.stringMatching(/^msg_/),
        "en",
        "person",
      ]);
      const all = await gateway.call("GET", `/v1/suppressions?recipient=${encodeURIComponent(GB)}&include_lifted=true`);
      expect(all.body.data).toMatchObject([{ lifted_by: id, lifted_at: expect.any(String) }]);
      const again = await gateway.call("POST", "/v1/messages", { to: GB, from: "PARLEY", text: OFFER });
      expect([again.status, LINK.test(again.body.text)]).toEqual([202, true]);
      const { body: audit } = await gateway.call("GET", "/v1/audit?limit=100");
      const actions = audit.data.map(({ action, actor }: Record<string, string>) => `${action} ${actor}`);
      expect(actions.filter((one: string) => /lifted|granted person/.test(one)).sort()).toEqual([
        "consent.granted person",
        "suppression.lifted person",
      ]);
      // And back: the same link stops again.
      expect((await press(gateway, path)).text).toContain("You are unsubscribed");
      expect((await stateOf(gateway)).suppressions).toHaveLength(1);
    },
  );

  const elsewhere: [string, (gateway: TestGateway, path: string) => Promise<unknown>, string, string?][] = [
    [
      "the person has written STOP as well",
      (gateway) => gateway.mo(GB, "+447700900000", "STOP"),
      "START to +447700900000",
    ],
    [
      "staff suppressed the number before",
      (gateway) => gateway.call("POST", "/v1/suppressions", { recipient: GB, scope: "all" }),
      "write to help@parley.example",
    ],
    ["the link is old", (gateway) => Promise.resolve(gateway.clock.advance(90 * 86_400_000)), "write to"],
    ["the country's file says START only", () => Promise.resolve(), "write to", "+4915112345678"],
  ];
  test.each(elsewhere)("is not offered when %s", async (_, happens, told, person = GB) => {
    const gateway = await testGateway();
    const { path } = await ready(gateway, person);
    const check = buttons((await press(gateway, path)).text);
    await gateway.call("POST", "/v1/contacts", { msisdn: person, language: "en" });
    await happens(gateway, path);
    const page = await gateway.call("GET", path, undefined, NOBODY);
    expect(buttons(page.text).has("resume")).toBe(false);
    expect(page.text).toContain(told);
    const before = await stateOf(gateway, person);
    const tried = await post(gateway, path, [[
      "resume",
      check.get("resume") ?? gateway.api.deps.tokens.formCheck(path.slice(3)),
    ]]);
    expect(tried.status).toBe(403);
    expect(await stateOf(gateway, person)).toEqual(before);
  });

  test("is offered three times a link: it is not a way to fill the ledger", async () => {
    const gateway = await testGateway();
    const { path } = await ready(gateway);
    for (let time = 1; time <= 4; time++) {
      gateway.clock.advance(1000);
      const { text } = await press(gateway, path);
      expect([time, buttons(text).has("resume")]).toEqual([time, time <= 3]);
      gateway.clock.advance(1000);
      if (time <= 3) expect((await press(gateway, path, "resume")).status).toBe(200);
    }
    const check = gateway.api.deps.tokens.formCheck(path.slice(3));
    expect((await post(gateway, path, [["resume", check]])).status).toBe(403);
  });

  test("is not offered without a consent that ended with it", async () => {
    const gateway = await testGateway();
    const { path } = await ready(gateway);
    await gateway.db.client.execute("delete from consents");
    expect(buttons((await press(gateway, path)).text).has("resume")).toBe(false);
  });
});
