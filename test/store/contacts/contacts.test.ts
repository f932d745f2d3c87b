import { expect, test } from "vitest";
import { eachContact, listContacts } from "../../../src/store/contacts/contacts.ts";
import type { ContactFilter } from "../../../src/store/contacts/filter.ts";
import { PAGE_REACH } from "../../../src/store/libsql/pages.ts";
import { freshDatabase } from "../../support/database.ts";

const CONTACTS = PAGE_REACH * 4;

/** Contacts of whom only the oldest has a tag, a name, a language and a field; the number ends with its place. */
async function filled() {
  const db = await freshDatabase();
  await db.client.batch([
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${CONTACTS})
      insert into contacts (id, msisdn, name, language, fields, created_at, updated_at)
      select printf('con_%08d', i), printf('+336%08d', i), iif(i = 1, 'Oldest', null), iif(i = 1, 'fr', 'en'),
        iif(i = 1, '{"city":"Lyon"}', '{"city":"Paris"}'), i, i from n`,
    "insert into contact_tags select 'con_00000001', 'vip'",
    "insert into contact_lists (id, name, created_at, updated_at) values ('lst_1', 'All', 1, 1)",
    "insert into list_members select 'lst_1', id, 1 from contacts",
  ]);
  return db;
}

test.each<[string, ContactFilter, number]>([
  ["tag", { tags: ["vip"] }, 1],
  ["list and tag", { lists: ["lst_1"], tags: ["vip"] }, 1],
  ["beginning of the number", { q: "+3360000000" }, 1],
  ["field", { fields: { city: "Lyon" } }, 4],
  ["field in a list", { lists: ["lst_1"], fields: { city: "Lyon" } }, 4],
  ["part of the name", { q: "dest" }, 4],
  ["language and a beginning that all have", { language: "fr", q: "+336" }, 4],
])("the one that a %s means is found among many, a bounded number looked at for each page", async (_, filter, most) => {
  const db = await filled();
  let [pages, cursor]: [number, string | undefined] = [0, undefined];
  const found = [];
  do {
    const { rows, next } = await listContacts(db, { ...filter, limit: 10, cursor });
    found.push(...rows);
    cursor = next ?? undefined;
    pages++;
  } while (cursor !== undefined);
  expect(found.filter(({ id }) => id === "con_00000001").length).toBe(1);
  expect(pages).toBeLessThanOrEqual(most + 1);
});

test("walking a whole list meets everybody once, newest first, with what comes meanwhile left out", async () => {
  const db = await filled();
  const seen: string[] = [];
  for await (const rows of eachContact(db, { lists: ["lst_1"] })) {
    if (seen.length === 0) {
      await db.client.batch([
        "insert into contacts (id, msisdn, created_at, updated_at) values ('con_1', '+33700000000', 1, 1)",
        "insert into list_members values ('lst_1', 'con_1', 1)",
      ]);
    }
    seen.push(...rows.map(({ id }) => id));
  }
  expect(seen.length).toBe(CONTACTS);
  expect(seen).toEqual([...new Set(seen)].sort().reverse());
});
