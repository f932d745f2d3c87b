import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { listConversations } from "../../../src/store/inbox/conversations.ts";
import { indexWords, matchOf } from "../../../src/store/messages/words.ts";
import { DATABASE_KINDS, freshDatabase } from "../../support/database.ts";
import { INFO, testGateway } from "../../support/gateway.ts";
import { instance } from "../../support/instance.ts";

const FR = "+33612000001";

describe.each(DATABASE_KINDS)("words of messages (%s)", (kind) => {
  test("each message is taken once, in any number of instances, also one that was committed behind later ids", async () => {
    const g = await testGateway({ kind });
    const find = async (q: string) =>
      (await listConversations(g.db, { q, limit: 50 })).rows.map(({ person }) => person);
    for (let n = 0; n < 7; n++) await g.mo(`+3361200000${n}`, "36105", n % 2 === 0 ? "Où est ma commande ?" : "Merci");
    expect(await find("commande")).toEqual([]);
    const both = () => Promise.all([indexWords(g.db.client, 3), indexWords(g.db.client, 3)]);
    for (let round = 0; round < 4; round++) await both();
    expect(await indexWords(g.db.client, 3)).toBe(0);
    const counted = await g.db.client.execute(
      "select (select count(*) from searchable) as n, (select count(*) from message_words) as w, (select count(*) from messages) as m",
    );
    expect(counted.rows[0]).toMatchObject({ n: 7, w: 7, m: 7 });
    expect((await find("commande")).length).toBe(4);

    // Another instance made its id earlier and committed later.
    await g.db.client.execute(
      `insert into messages select 'msg_00000000000000000000000000', ${
        (await g.db.client.execute("select name from pragma_table_info('messages') where name != 'id'")).rows
          .map(({ name }) => name === "text" ? "'tardif'" : name).join(", ")
      } from messages limit 1`,
    );
    expect(await indexWords(g.db.client, 3)).toBe(1);
    expect(await find("tardif")).toEqual(["+33612000000"]);
  });

  test("a vacuum numbers the rows anew, and nothing is left out", async () => {
    const g = await testGateway({ kind });
    for (let n = 0; n < 4; n++) await g.mo(`+3361200000${n}`, "36105", "Bonjour");
    await g.db.client.execute("delete from messages where id in (select id from messages order by id limit 2)");
    expect(await indexWords(g.db.client, 10)).toBe(2);
    // As `vacuum` does, which a server does not allow.
    await g.db.client.execute("update messages set rowid = rowid - 2");
    await g.mo("+33612000009", "36105", "Bonjour encore");
    expect(await indexWords(g.db.client, 10)).toBe(1);
    expect((await listConversations(g.db, { q: "encore", limit: 5 })).rows).toHaveLength(1);
  });

  test("what was emptied between reading and indexing stays out", async () => {
    const g = await testGateway({ kind });
    await g.mo(FR, "36105", "Un secret");
    const reading = {
      ...g.db.client,
      batch: async (...args: Parameters<typeof g.db.client.batch>) => {
        await g.db.client.execute("update messages set text = ''");
        return await g.db.client.batch(...args);
      },
    };
    expect(await indexWords(reading, 10)).toBe(1);
    expect((await g.db.client.execute("select * from searchable")).rows).toEqual([]);
  });
});

test("the tick takes what came; messages of campaigns are left out", async () => {
  const g = await testGateway();
  await g.mo(FR, "36105", "Où est ma commande ?");
  await g.call("POST", "/v1/messages", { to: FR, from: "36105", text: INFO });
  await g.db.client.execute("update messages set campaign_id = 'cmp_1' where direction = 'outbound'");
  await g.dispatcher.tick();
  const { rows } = await g.db.client.execute("select text from message_words");
  expect(rows).toMatchObject([{ text: "Où est ma commande ?" }]);
  const other = instance(g.db, { now: g.clock.now });
  await other.dispatcher.tick();
  expect((await g.db.client.execute("select 1 from searchable")).rows).toHaveLength(1);
});

test.each([
  ["Élève", '"eleve"*'],
  ["ma commande", '"ma" "commande"*'],
  ["Où es", '"Ou" "es"'],
  ['NEAR("a" b)', '"NEAR" "a" "b"'],
  ["!!!", null],
  ["你好吗", '"你好吗"*'],
])("matchOf(%j) asks for %j", (q, asked) => {
  expect(matchOf(q)?.toLowerCase()).toBe(asked?.toLowerCase());
});

test("whatever is typed is a question that the database takes", async () => {
  const db = await freshDatabase();
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", minLength: 1, maxLength: 30 }), async (q) => {
      const { rows } = await listConversations(db, { q: q.replaceAll("\0", " "), limit: 5 });
      expect(rows).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
