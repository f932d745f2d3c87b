import { describe, expect, test } from "vitest";
import { linkKeys } from "../../../src/store/unsubscribe/link_keys.ts";
import { DATABASE_KINDS, freshDatabase, openAgain } from "../../support/database.ts";

describe.each(DATABASE_KINDS)("linkKeys() (%s)", (kind) => {
  test("without a secret one is kept in the database, the same for all who come, and stays good when one is given", async () => {
    const db = await freshDatabase(kind);
    const again = await openAgain(db);
    let made = 0;
    const make = () => `made ${++made}`;
    const all = await Promise.all([db, again, db, again].map(({ client }) => linkKeys(client, [], make)));
    await again.close();
    const [kept] = all[0]!;
    expect(all).toEqual([[kept], [kept], [kept], [kept]]);
    expect(await linkKeys(db.client, ["given", "before"], make)).toEqual(["given", "before", kept]);
  });

  test("with a secret nothing is kept in the database", async () => {
    const { client } = await freshDatabase(kind);
    const never = () => {
      throw new Error("no key is to be made");
    };
    expect(await linkKeys(client, ["given"], never)).toEqual(["given"]);
    expect((await client.execute("select count(*) as n from settings where name = 'link_key'")).rows[0]!["n"]).toBe(0);
  });
});
