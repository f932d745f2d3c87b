import type { PersonKeys } from "../../gateway/people/person_keys.ts";
import { type ClickRow, clicksOn } from "../campaigns/link_clicks.ts";
import type { ConsentRow } from "../consent/consents.ts";
import type { OverrideRow } from "../consent/overrides.ts";
import type { SuppressionRow } from "../consent/suppressions.ts";
import { CONTACT_COLUMNS, type ContactRow } from "../contacts/contacts.ts";
import { named } from "../dispatch/outbox.ts";
import type { NoteRow } from "../inbox/desk.ts";
import type { Db } from "../libsql/client.ts";
import { walk } from "../libsql/pages.ts";
import { withDecisions } from "../messages/shared_decisions.ts";
import type { MessageRow } from "../messages/writes.ts";
import { type AuditEntry } from "../oversight/audit_read.ts";
import type { ReviewRow, TimelineRow } from "./dossier.ts";
import { recipientsOf } from "./erased.ts";

/** Everything that is stored about one person, read in pages, so that memory stays bounded however much it is. */
export interface PersonExport {
  contact(): Promise<ContactRow | null>;
  /** Lists that the person is on, and those that they left by themselves. */
  lists(): Promise<{ id: string; name: string; added_at: number | null; left_at: number | null }[]>;
  conversations(): AsyncGenerator<Conversation[], void>;
  notes(): AsyncGenerator<NoteRow[], void>;
  consents(): AsyncGenerator<ConsentRow[], void>;
  suppressions(): AsyncGenerator<SuppressionRow[], void>;
  overrides(): AsyncGenerator<OverrideRow[], void>;
  reviews(): AsyncGenerator<ReviewRow[], void>;
  /** Each with its timeline, and the clicks on its short links. */
  messages(): AsyncGenerator<ExportedMessage[], void>;
  audit(): AsyncGenerator<AuditEntry[], void>;
  /** Names of campaigns. */
  campaigns(ids: readonly string[]): Promise<{ id: string; name: string }[]>;
}

export type ExportedMessage = MessageRow & { timeline: TimelineRow[]; clicks: ClickRow[] };

interface Conversation {
  id: string;
  sender: string;
  created_at: number;
  last_message_at: number;
  last_inbound_at: number | null;
}

/** `person`: E.164. What was kept of an earlier erasure is told as well. */
export function exportOf(
  { db: { client }, people }: { db: Db; people: PersonKeys | null },
  person: string,
): PersonExport {
  const recipients = JSON.stringify(recipientsOf(person, people));
  const own = "in (select value from json_each(:recipients))";
  const all = async <T>(sql: string, args: Record<string, string | number> = {}): Promise<T[]> =>
    (await client.execute(named(sql, { person, recipients, ...args }))).rows as unknown as T[];
  const pages = <T extends { id: string }>(sql: string) =>
    walk<T>((after, limit) => all<T>(`${sql} limit :limit`, { after, limit }));
  return {
    contact: async () =>
      (await all<ContactRow>(`select ${CONTACT_COLUMNS} from contacts where msisdn = :person`))[0] ?? null,
    lists: () =>
      all(`select l.id, l.name, b.added_at, null as left_at from contacts k join list_members b on b.contact_id = k.id
          join contact_lists l on l.id = b.list_id and l.deleted_at is null where k.msisdn = :person
        union all select l.id, l.name, null, d.left_at from list_departures d join contact_lists l on l.id = d.list_id
          where d.person = :person`),
    conversations: () => pages("select * from conversations where person = :person and id > :after order by id"),
    notes: () =>
      pages(
        "select * from notes where conversation_id in (select id from conversations where person = :person) and id > :after order by id",
      ),
    consents: () => pages(`select * from consents where recipient ${own} and id > :after order by id`),
    suppressions: () => pages(`select * from suppressions where recipient ${own} and id > :after order by id`),
    overrides: () =>
      pages(`select * from overrides where subject_id in (select id from suppressions where recipient ${own})
        and id > :after order by id`),
    reviews: () => pages("select * from reviews where person = :person and id > :after order by id"),
    // Thread by thread: so the index gives them in order, and a long thread is not sorted for every page.
    messages: async function* () {
      const threads = await all<{ id: string }>("select id from conversations where person = :person order by id");
      for (const { id: thread } of threads) {
        yield* messagesOf(
          (after, limit) =>
            all<MessageRow>(
              "select * from messages where conversation_id = :thread and id > :after order by id limit :limit",
              { thread, after, limit },
            ),
          all,
          (rows) => withDecisions(client, rows),
        );
      }
    },
    audit: () =>
      pages(`select l.*, d.person, d.details from audit_details d join audit_log l on l.id = d.id
        where d.person ${own} and d.id > :after order by d.id`),
    campaigns: (ids) =>
      all("select id, name from campaigns where id in (select value from json_each(:ids)) order by id", {
        ids: JSON.stringify(ids),
      }),
  };
}

type Read = <T>(sql: string, args: Record<string, string | number>) => Promise<T[]>;

async function* messagesOf(
  page: (after: string, limit: number) => Promise<MessageRow[]>,
  all: Read,
  shown: (rows: MessageRow[]) => Promise<MessageRow[]>,
): AsyncGenerator<ExportedMessage[], void> {
  for await (const rows of walk(page)) {
    const ids = { ids: JSON.stringify(rows.map(({ id }) => id)) };
    const events = await all<TimelineRow>(
      `select message_id, at, status, detail from message_events
        where message_id in (select value from json_each(:ids)) order by id`,
      ids,
    );
    const clicks = await all<ClickRow>(clicksOn("select value from json_each(:ids)"), ids);
    const clicked = Map.groupBy(clicks, ({ message_id }) => message_id);
    const timelines = Map.groupBy(events, ({ message_id }) => message_id);
    yield (await shown(rows)).map((row) => ({
      ...row,
      timeline: timelines.get(row.id) ?? [],
      clicks: clicked.get(row.id) ?? [],
    }));
  }
}
