import type { InStatement } from "@libsql/client/web";
import { and, asc, desc, eq, gt, lt } from "drizzle-orm";
import type { PersonKeys } from "../../gateway/people/person_keys.ts";
import type { Db } from "../libsql/client.ts";
import { pageOf } from "../libsql/pages.ts";
import { type AuditRow, auditStatements } from "../oversight/audit.ts";
import { erasedUnder } from "../people/erased.ts";
import { contact_imports, import_problems } from "../schema.ts";
import { hasLeft } from "./list_departures.ts";

export type ImportRow = typeof contact_imports.$inferSelect;
export type ProblemRow = typeof import_problems.$inferSelect;

/** How far an import is; each line is in one of the five after `lines`. */
export type Progress = Pick<
  ImportRow,
  "lines" | "created" | "updated" | "duplicates" | "suppressed" | "invalid"
>;

export interface NewProblem {
  line: number;
  kind: ProblemRow["kind"];
  detail: string;
}

/** One person of an import; null and empty: nothing is told. */
export interface ImportedContact {
  id: string;
  /** E.164. */
  msisdn: string;
  name: string | null;
  language: string | null;
  time_zone: string | null;
  fields: Readonly<Record<string, string>>;
  tags: readonly string[];
}

/**
 * What the address book knew of a person: nobody, a contact, one that this import brought; or why it takes nothing: a suppression, or
 * more custom fields than a contact may have.
 */
export type Known = "new" | "known" | "again" | "suppressed" | "overfull";

/** A page, newest first. */
export async function listImports(
  { orm }: Db,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ rows: ImportRow[]; next: string | null }> {
  const rows = await orm.select().from(contact_imports)
    .where(cursor === undefined ? undefined : lt(contact_imports.id, cursor))
    .orderBy(desc(contact_imports.id)).limit(limit + 1);
  return pageOf(rows, limit);
}

export async function findImport({ orm }: Db, id: string): Promise<ImportRow | null> {
  const [row] = await orm.select().from(contact_imports).where(eq(contact_imports.id, id));
  return row ?? null;
}

/** A page of what was wrong, in the order of the lines, after the line `after`. */
export async function listProblems(
  { orm }: Db,
  { id, kind, limit, after }: { id: string; kind?: ProblemRow["kind"] | undefined; limit: number; after: number },
): Promise<{ rows: ProblemRow[]; next: number | null }> {
  const rows = await orm.select().from(import_problems)
    .where(and(
      eq(import_problems.import_id, id),
      gt(import_problems.line, after),
      kind === undefined ? undefined : eq(import_problems.kind, kind),
    ))
    .orderBy(asc(import_problems.line)).limit(limit + 1);
  return { rows: rows.slice(0, limit), next: rows.length > limit ? rows[limit - 1]!.line : null };
}

/** Begins an import; `entry` records who sent it. */
export async function beginImport(
  { client }: Db,
  row: Pick<ImportRow, "id" | "dry_run" | "list_id" | "actor" | "options" | "created_at">,
  entry: AuditRow | null,
): Promise<void> {
  await client.batch([
    {
      sql: `insert into contact_imports (id, state, dry_run, list_id, actor, options, created_at, updated_at)
        values (:id, 'running', :dry_run, :list_id, :actor, :options, :created_at, :created_at)`,
      args: { ...row },
    },
    ...auditStatements(entry === null ? [] : [entry]),
  ]);
}

export interface Report {
  /** Of everything stored so far. */
  progress: Progress;
  /** Since the last report. */
  problems: readonly NewProblem[];
}

export interface ImportGroup {
  import_id: string;
  list_id: string | null;
  /** Only look: no contact is stored. */
  dry_run: boolean;
  /** No two with the same number. */
  people: readonly ImportedContact[];
  maxFields: number;
  now: number;
}

/**
 * Stores a group of people in one transaction, together with the report of the groups before; a suppression that stands keeps its
 * person out, and one that comes later deletes the contact, so that no order of the two leaves the person in. Resolves with what was
 * known of each; null when the import is no longer running or its list is gone, and then nothing of the group was stored.
 */
export async function importGroup(
  { db: { client }, people: keys }: { db: Db; people: PersonKeys | null },
  { import_id, list_id, dry_run, people, maxFields, now }: ImportGroup,
  report: Report,
): Promise<Known[] | null> {
  const erased = await erasedUnder(client, keys);
  const keyed = (msisdn: string) => {
    const hashes = erased.recipientsOf(msisdn).slice(1);
    return hashes.length === 0 ? null : JSON.stringify(hashes);
  };
  const rows = JSON.stringify(people.map((one) => [
    one.id,
    one.msisdn,
    one.name,
    one.language,
    one.time_zone,
    Object.keys(one.fields).length === 0 ? null : JSON.stringify(one.fields),
    one.tags.length === 0 ? null : JSON.stringify(one.tags),
    keyed(one.msisdn),
  ]));
  const list = list_id === null ? "" : `and exists (select 1 from contact_lists l
    where l.id = :list and l.deleted_at is null and l.filter is null)`;
  const args = (statement: string) => ({
    rows,
    import: import_id,
    ...(statement.includes(":now") ? { now } : {}),
    ...(statement.includes(":list") ? { list: list_id } : {}),
    ...(statement.includes(":most") ? { most: maxFields } : {}),
  });
  const running = `exists (select 1 from contact_imports i where i.id = :import and i.state = 'running') ${list}`;
  const look = `${ROWS} select json_group_array(state) as states from (
    select ${STATE} as state from rows left join contacts c on c.msisdn = v->>1 where ${running} order by n)`;
  const upsert = `${ROWS} insert into contacts
      (id, msisdn, name, language, time_zone, fields, import_id, created_at, updated_at)
    select v->>0, v->>1, v->>2, v->>3, v->>4, v->>5, :import, :now, :now
      from rows left join contacts c on c.msisdn = v->>1
      where ${running} and ${STATE} in ('new', 'known', 'again') order by n
    on conflict (msisdn) do update set name = coalesce(excluded.name, name),
      language = coalesce(excluded.language, language), time_zone = coalesce(excluded.time_zone, time_zone),
      fields = iif(excluded.fields is null, fields, json_patch(coalesce(fields, '{}'), excluded.fields)),
      import_id = excluded.import_id, updated_at = excluded.updated_at`;
  // Whoever was kept out bears no mark of this import.
  const taken = `rows cross join contacts c on c.msisdn = v->>1 and c.import_id = :import`;
  const tag = `${ROWS} insert or ignore into contact_tags (contact_id, tag)
    select c.id, t.value from ${taken} cross join json_each(v->>6) t where ${running} order by n`;
  const join = `${ROWS} insert or ignore into list_members (list_id, contact_id, added_at)
    select :list, c.id, :now from ${taken} where ${running} and not ${hasLeft(":list", "c.msisdn")} order by n`;
  const writes = [
    upsert,
    ...(people.some(({ tags }) => tags.length > 0) ? [tag] : []),
    ...(list_id === null ? [] : [join]),
  ];
  const [looked] = await client.batch([
    { sql: look, args: args(look) },
    ...(dry_run ? [] : writes.map((sql) => ({ sql, args: args(sql) }))),
    ...reportStatements(import_id, report, now),
  ]);
  const states = JSON.parse(String(looked!.rows[0]!.states)) as Known[];
  return states.length === people.length ? states : null;
}

const ROWS = "with rows (n, v) as materialized (select key, value from json_each(:rows))";
const STATE = `case
  when exists (select 1 from suppressions s where s.recipient = v->>1 and s.lifted_at is null)
    or v->>7 is not null and exists (select 1 from json_each(v->>7) k
      join suppressions s on s.recipient = k.value and s.lifted_at is null) then 'suppressed'
  when c.id is null then 'new'
  when c.fields is not null and v->>5 is not null
    and (select count(*) from json_each(json_patch(c.fields, v->>5))) > :most then 'overfull'
  when c.import_id = :import then 'again'
  else 'known' end`;

/** Stores how far an import is; false when it is no longer running. */
export async function reportImport(db: Db, id: string, report: Report, now: number): Promise<boolean> {
  const results = await db.client.batch(reportStatements(id, report, now));
  return results.at(-1)!.rowsAffected > 0;
}

/** Ends an import; `error` says why it could not read on. One that was given up stays so. */
export async function endImport(
  db: Db,
  id: string,
  report: Report,
  error: string | null,
  now: number,
): Promise<ImportRow> {
  const results = await db.client.batch([
    ...reportStatements(id, report, now),
    {
      sql: "update contact_imports set state = ?, error = ? where id = ? and state = 'running'",
      args: [error === null ? "done" : "failed", error, id],
    },
    { sql: "select * from contact_imports where id = ?", args: [id] },
  ]);
  return results.at(-1)!.rows[0] as unknown as ImportRow;
}

/** Gives up imports that have shown no sign of life since `before`: their instance was killed, or the file stopped coming. */
export async function giveUpImports({ client }: Db, before: number): Promise<void> {
  await client.execute({
    sql:
      `update contact_imports set state = 'failed', error = 'No sign of life: the gateway was stopped in the middle. ' ||
        'Send the file again.' where state = 'running' and updated_at < ?`,
    args: [before],
  });
}

/** The progress last. */
function reportStatements(id: string, { progress, problems }: Report, now: number): InStatement[] {
  const names = ["lines", "created", "updated", "duplicates", "suppressed", "invalid"] as const;
  return [
    ...(problems.length === 0 ? [] : [{
      sql: `insert or ignore into import_problems (import_id, line, kind, detail)
        select ?, value->>0, value->>1, value->>2 from json_each(?)`,
      args: [id, JSON.stringify(problems.map(({ line, kind, detail }) => [line, kind, detail]))],
    }]),
    {
      sql: `update contact_imports set ${names.map((name) => `${name} = :${name}`).join(", ")}, updated_at = :now
        where id = :id and state = 'running'`,
      args: { ...Object.fromEntries(names.map((name) => [name, progress[name]])), id, now },
    },
  ];
}
