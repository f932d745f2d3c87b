import { expect, onTestFinished, test } from "vitest";
import { liveNews } from "../../../src/gateway/live.ts";
import { newsSince } from "../../../src/store/inbox/live.ts";
import { DATABASE_KINDS } from "../../support/database.ts";
import { consent, INFO, PROMO, type TestGateway, testGateway } from "../../support/gateway.ts";
import { instance } from "../../support/instance.ts";

const FR = "+33612000001";

interface Event {
  id: string | undefined;
  event: string;
  data: { conversation_id?: string; what?: string[] };
}

/** Reads a stream event by event. */
function listen(g: Pick<TestGateway, "app">, headers: Record<string, string> = {}, key = "pk_test_admin_key") {
  const answer = Promise.resolve(
    g.app.request("/v1/live", { headers: { authorization: `Bearer ${key}`, ...headers } }),
  );
  let buffer = "";
  let reader: ReadableStreamDefaultReader<string> | undefined;
  const next = async (): Promise<Event | null> => {
    reader ??= (await answer).body!.pipeThrough(new TextDecoderStream()).getReader();
    while (true) {
      const end = buffer.indexOf("\n\n");
      if (end < 0) {
        const { value, done } = await reader.read();
        if (done) return null;
        buffer += value;
        continue;
      }
      const fields = Object.fromEntries(buffer.slice(0, end).split("\n").map((line) => line.split(/: (.*)/s)));
      buffer = buffer.slice(end + 2);
      if (fields["event"]) return { id: fields["id"], event: fields["event"], data: JSON.parse(fields["data"]) };
    }
  };
  /** Until each of `kinds` was told of the thread. */
  const until = async (thread: string, kinds: string[]): Promise<string> => {
    const missing = new Set(kinds);
    let last = "";
    while (missing.size > 0) {
      const event = await next();
      if (event === null) throw new Error(`the stream ended before ${[...missing]} was told`);
      if (event.id !== undefined) last = event.id;
      if (event.data.conversation_id === thread) { for (const kind of event.data.what!) missing.delete(kind); }
    }
    return last;
  };
  onTestFinished(() => reader?.cancel());
  return { next, until };
}

const threadOf = async (g: TestGateway) => (await g.call("GET", "/v1/conversations")).body.data[0].id as string;

test.each(DATABASE_KINDS)(
  "what happens on one instance is told on another, and a stream goes on where it ended (%s)",
  async (kind) => {
    const g = await testGateway({ kind });
    const other = instance(g.db, { now: g.clock.now });
    await g.mo(FR, "36105", "Bonjour");
    const thread = await threadOf(g);
    const here = listen(g);
    const there = listen(other);
    const both = (kinds: string[]) => Promise.all([here.until(thread, kinds), there.until(thread, kinds)]);
    expect(await here.next()).toMatchObject({ event: "refresh", id: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/) });
    expect(await there.next()).toMatchObject({ event: "refresh" });

    await g.mo(FR, "36105", "Encore");
    await both(["message"]);
    await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: INFO });
    await g.dispatcher.tick();
    await both(["message", "status"]);
    await g.call("POST", `/v1/conversations/${thread}/notes`, { text: "Rang" });
    await both(["desk"]);
    await g.call("PATCH", `/v1/conversations/${thread}`, { read: true });
    const [place] = await both(["desk"]);

    // While nobody listens here.
    await g.mo(FR, "36105", "STOP");
    const resumed = listen(other, { "last-event-id": place! });
    const reached = await resumed.until(thread, ["message", "standing"]);
    await both(["message", "standing"]);
    await consent(g, FR);
    await resumed.until(thread, ["standing"]);
    const [messages] = reached.split(".");
    // An older copy of the database, and nonsense.
    for (const id of [`${Number(messages) + 9_000}.0.0.0`, "nonsense", "1.2.3"]) {
      expect(await listen(g, { "last-event-id": id }).next()).toMatchObject({ event: "refresh" });
    }
  },
);

test("too much at once is told as one, and a campaign's messages are no exception", async () => {
  const g = await testGateway();
  const { id } = (await listen(g).next())!;
  const messages = Array.from({ length: 600 }, (_, n) => ({ to: `+3361200${1000 + n}`, from: "36105", text: INFO }));
  await g.call("POST", "/v1/messages/batch", { messages });
  // One who was away while it happened and comes back to another instance: whoever listens meanwhile, and whoever shares an answer with
  // them, may be told of the first few by themselves.
  const resumed = listen(instance(g.db, { now: g.clock.now }), { "last-event-id": id! });
  expect(await resumed.next()).toMatchObject({ event: "refresh" });
  await g.mo(FR, "36105", "Bonjour");
  await resumed.until(await threadOf(g), ["message"]);
});

test("a stream ends with its key, and when the process stops", async () => {
  const g = await testGateway();
  const { body } = await g.call("POST", "/v1/keys", { name: "Desk", role: "app" });
  const stream = listen(g, {}, body.key);
  await stream.next();
  expect((await g.call("DELETE", `/v1/keys/${body.id}`)).status).toBe(204);
  await g.mo(FR, "36105", "Bonjour");
  expect(await stream.next()).toBe(null);
  const last = listen(g);
  await last.next();
  g.api.live.stop();
  expect(await last.next()).toBe(null);
  expect(await listen(g).next()).toBe(null);
  expect((await g.app.request("/v1/live")).status).toBe(401);
});

test("rows that were numbered anew, or went, are a reason to look anew", async () => {
  const g = await testGateway();
  await g.mo(FR, "36105", "Bonjour");
  await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: PROMO });
  const { place } = await newsSince(g.db.client, [0, 0, 0, 0]);
  expect((await newsSince(g.db.client, place)).threads).toEqual(new Map());
  expect((await newsSince(g.db.client, [place[0] + 1, place[1], place[2], place[3]])).threads).toBe(null);
});

test("while the database is away streams end, and who comes back is told all the same", async () => {
  const g = await testGateway();
  await g.mo(FR, "36105", "Bonjour");
  let away = false;
  const client = {
    ...g.db.client,
    execute: (...args: Parameters<typeof g.db.client.execute>) =>
      away ? Promise.reject(new Error("away")) : g.db.client.execute(...args),
  };
  const live = liveNews({ db: { ...g.db, client }, log: () => {} });
  onTestFinished(() => live.stop());
  away = true;
  await expect(live.listen([0, 0, 0, 0]).take(1_000)).rejects.toThrow("away");
  away = false;
  expect(await live.listen([0, 0, 0, 0]).take(1_000)).toMatchObject({
    threads: new Map([[await threadOf(g), expect.anything()]]),
  });
});
