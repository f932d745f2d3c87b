import { describe, expect, test } from "vitest";
import { listConversations } from "../../../src/store/inbox/conversations.ts";
import { PAGE_REACH } from "../../../src/store/libsql/pages.ts";
import { listMessages, type MessageFilter } from "../../../src/store/messages/messages.ts";
import { RARE_STATUSES } from "../../../src/store/schema.ts";
import { freshDatabase } from "../../support/database.ts";

const MESSAGES = PAGE_REACH * 4;

/** Delivered advertising, but for the oldest messages: one of every rare status, and one that a person wrote. */
async function filled() {
  const db = await freshDatabase();
  await db.client.execute(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${MESSAGES})
    insert into messages (id, direction, status, person, sender, text, category, encoding, segments, priority, attempts,
      conversation_id, created_at, decision)
    select printf('msg_%08d', i), iif(i = 20, 'inbound', 'outbound'),
      coalesce(json_extract('${
    JSON.stringify(RARE_STATUSES)
  }', '$[' || (i - 1) || ']'), iif(i = 20, 'received', 'delivered')),
      printf('+336%08d', i), '36105', 'x', 'commercial', 'GSM-7', 1, 2, 1, printf('cnv_%08d', i), i, '{}' from n`);
  await db.client.execute(`insert into conversations (id, person, sender, created_at, last_message_at)
    select conversation_id, person, iif(created_at = 1, '36111', sender), created_at, created_at / 3 from messages`);
  return db;
}

describe("lists of many rows", () => {
  test.each(RARE_STATUSES)("the only %s message is on the first page, however many came after it", async (status) => {
    const { rows, next } = await listMessages(await filled(), { status, limit: 50 });
    expect([rows.map((row) => row.status), next]).toEqual([[status], null]);
  });

  test.each<[string, Partial<MessageFilter>]>([
    ["direction", { direction: "inbound" }],
    ["common status", { status: "received" }],
    ["category and status", { status: "received", category: "commercial" }],
  ])("a page by %s looks at a bounded number, and walking on finds what is there", async (_name, filter) => {
    const db = await filled();
    const pages = [];
    let cursor: string | undefined;
    do {
      const { rows, next } = await listMessages(db, { ...filter, limit: 50, cursor });
      pages.push(rows.map(({ id }) => id));
      cursor = next ?? undefined;
    } while (cursor !== undefined);
    expect(pages.slice(0, 3)).toEqual([[], [], []]);
    expect(pages.flat()).toEqual(["msg_00000020"]);
  });

  test("common messages fill their pages and come once each", async () => {
    const db = await filled();
    const seen = [];
    let cursor: string | undefined;
    do {
      const { rows, next } = await listMessages(db, { status: "delivered", limit: 3_000, cursor });
      seen.push(...rows.map(({ id }) => id));
      cursor = next ?? undefined;
    } while (cursor !== undefined);
    expect(seen.length).toBe(MESSAGES - RARE_STATUSES.length - 1);
    expect(seen).toEqual([...new Set(seen)].sort().reverse());
  });

  test("a sender's only conversation is found by walking, those of a busy one come once each", async () => {
    const db = await filled();
    const walk = async (sender: string) => {
      const pages = [];
      let after;
      do {
        const { rows, next } = await listConversations(db, { sender, limit: 200, after });
        pages.push(rows.map(({ id }) => id));
        after = next ?? undefined;
      } while (after !== undefined);
      return pages;
    };
    const rare = await walk("36111");
    expect(rare.slice(0, 3)).toEqual([[], [], []]);
    expect(rare.flat()).toEqual(["cnv_00000001"]);
    const busy = (await walk("36105")).flat();
    expect([busy.length, new Set(busy).size]).toEqual([MESSAGES - 1, MESSAGES - 1]);
  });
});
