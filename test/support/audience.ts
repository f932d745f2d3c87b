import type { Db } from "../../src/store/libsql/client.ts";

export interface AudienceOptions {
  count: number;
  /** ms since 1970. */
  now: number;
  /** The number of the person at `index`; French mobiles unless given. */
  number?: (index: number) => string;
  /** Whether the person consented to advertising; everybody unless given. */
  consents?: (index: number) => boolean;
  name?: (index: number) => string | null;
  /** Of their ids, where an audience is added to another. */
  prefix?: string;
  /** Name of a list that they are put on. */
  list?: string;
}

const PIECE = 5_000;

/** Written straight into the database: a hundred thousand contacts through the API would take longer than what is tested. */
export async function addAudience(db: Pick<Db, "client">, options: AudienceOptions): Promise<string[]> {
  const { count, now, list } = options;
  const number = options.number ?? frenchMobile;
  const numbers: string[] = [];
  for (let from = 0; from < count; from += PIECE) {
    const rows = Array.from({ length: Math.min(PIECE, count - from) }, (_, place) => {
      const index = from + place;
      const msisdn = number(index);
      numbers.push(msisdn);
      return [
        `con_${options.prefix ?? ""}${String(index).padStart(10, "0")}`,
        msisdn,
        (options.name ?? ((n) => `Client ${n}`))(index),
        (options.consents ?? (() => true))(index) ? 1 : 0,
      ];
    });
    const args = { rows: JSON.stringify(rows), now };
    await db.client.batch([
      {
        sql: `insert into contacts (id, msisdn, name, fields, created_at, updated_at)
          select value->>0, value->>1, value->>2, '{"city":"Lyon"}', :now, :now from json_each(:rows)`,
        args,
      },
      {
        sql: `insert into consents (id, recipient, purpose, status, source, granted_at, created_at)
          select 'cns_' || (value->>0), value->>1, 'commercial', 'granted', 'import', :now - 86400000, :now - 86400000
          from json_each(:rows) where value->>3`,
        args,
      },
      ...(list === undefined ? [] : [{
        sql: `insert or ignore into contact_lists (id, name, created_at, updated_at) values (:list, :list, :now, :now)`,
        args: { list, now },
      }, {
        sql:
          "insert into list_members (list_id, contact_id, added_at) select :list, value->>0, :now from json_each(:rows)",
        args: { ...args, list },
      }]),
    ]);
  }
  return numbers;
}

/** In an order of no use to an index; each comes once in a hundred million. */
export function frenchMobile(index: number): string {
  return `+336${String(index * 7_368_787 % 100_000_000).padStart(8, "0")}`;
}
