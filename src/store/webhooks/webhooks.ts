import type { InStatement } from "@libsql/client/web";
import type { Db } from "../libsql/client.ts";
import { auditIfChanged, type AuditRow } from "../oversight/audit.ts";
import type { webhook_endpoints } from "../schema.ts";
import { moveUp } from "./order.ts";

/** Endpoints: the addresses of apps, as staff configure them. */

type Columns = typeof webhook_endpoints.$inferSelect;
export interface WebhookSecret {
  secret: string;
  /** ms; null for the one in force. */
  until: number | null;
}
export type EndpointRow = Omit<Columns, "events" | "secrets"> & { events: string[]; secrets: WebhookSecret[] };

/** What staff may set. */
export type EndpointSettings = Pick<EndpointRow, "url" | "description" | "events" | "ordered">;

/** So that an instance that calls them all at once stays within its sockets. */
export const MAX_ENDPOINTS = 16;
/** A secret that was replaced signs for so long, as Standard Webhooks advises. */
export const OVERLAP_MS = 24 * 3_600_000;
/** Secrets that sign at once: each makes the header longer. */
const MAX_SECRETS = 4;

export function readEndpoint(row: Record<string, unknown>): EndpointRow {
  const { events, secrets, ordered, ...columns } = row as unknown as Columns;
  return {
    ...columns,
    ordered: Boolean(ordered),
    events: JSON.parse(events) as string[],
    secrets: JSON.parse(secrets) as WebhookSecret[],
  };
}

/** All of them, newest first: they are few. */
export async function listEndpoints({ client }: Db): Promise<EndpointRow[]> {
  const { rows } = await client.execute("select * from webhook_endpoints where state != 'deleted' order by id desc");
  return rows.map((row) => readEndpoint({ ...row }));
}

export async function findEndpoint({ client }: Db, id: string): Promise<EndpointRow | null> {
  const { rows } = await client.execute({
    sql: "select * from webhook_endpoints where id = ? and state != 'deleted'",
    args: [id],
  });
  return rows[0] === undefined ? null : readEndpoint({ ...rows[0] });
}

/** False when there are as many as there may be. */
export async function createEndpoint(
  { client }: Db,
  { id, url, description, events, ordered }: EndpointSettings & { id: string },
  { secret, at }: { secret: string; at: number },
  audit: AuditRow,
): Promise<boolean> {
  const [inserted] = await client.batch([
    {
      sql:
        `insert into webhook_endpoints (id, url, description, events, ordered, secrets, state, created_at, updated_at)
        select :id, :url, :description, :events, :ordered, :secrets, 'enabled', :at, :at
        where (select count(*) from webhook_endpoints where state != 'deleted') < :most`,
      args: {
        id,
        url,
        description,
        events: JSON.stringify(events),
        ordered: Number(ordered),
        secrets: JSON.stringify([{ secret, until: null }]),
        at,
        most: MAX_ENDPOINTS,
      },
    },
    ...auditIfChanged(audit),
  ]);
  return inserted!.rowsAffected === 1;
}

const WELL = { failing_since: null, warned_at: null, quiet_until: null };

/** Changes what is given. Enabling, and another address, forget the failures before; what was given up is left for a replay. */
export async function updateEndpoint(
  db: Db,
  id: string,
  { url, description, events, ordered, state }: Partial<EndpointSettings & Pick<EndpointRow, "state">>,
  at: number,
  audit: AuditRow,
): Promise<EndpointRow | null> {
  const set: Record<string, string | number | null> = {
    updated_at: at,
    ...(url === undefined ? {} : { url, ...WELL }),
    ...(description === undefined ? {} : { description }),
    ...(events === undefined ? {} : { events: JSON.stringify(events) }),
    ...(ordered === undefined ? {} : { ordered: Number(ordered) }),
    ...(state === "enabled" ? { disabled_at: null, disabled_reason: null, ...WELL } : {}),
  };
  const [updated] = await db.client.batch([
    {
      sql: `update webhook_endpoints set ${Object.keys(set).map((column) => `${column} = :${column}`).join(", ")}
          ${state === "enabled" ? ", state = 'enabled'" : ""}
        where id = :id and state != 'deleted' returning id`,
      args: { ...set, id },
    },
    ...auditIfChanged(audit),
    ...(state === "disabled" ? [disable(id, "by_hand", at)] : []),
    // What was ahead may have been given up while what was behind it was not yet.
    ...(state === "enabled"
      ? [moveUp(
        `select distinct endpoint_id, thread from webhook_deliveries
          where endpoint_id = :id and thread is not null and finished_at is null`,
        { id },
      )]
      : []),
  ]);
  return updated!.rows.length === 0 ? null : await findEndpoint(db, id);
}

/** Stops an enabled endpoint. What waits for it is given up by the tick, in pieces. */
export function disable(id: string, reason: NonNullable<EndpointRow["disabled_reason"]>, at: number): InStatement {
  return {
    sql:
      `update webhook_endpoints set state = 'disabled', disabled_at = :at, disabled_reason = :reason, updated_at = :at
      where id = :id and state = 'enabled'`,
    args: { id, reason, at },
  };
}

/** False when there is none. Its deliveries go with it, cleared away by the tick. */
export async function deleteEndpoint({ client }: Db, id: string, audit: AuditRow): Promise<boolean> {
  const [deleted] = await client.batch([
    {
      // Nothing of it is of use any more; least of all its secrets.
      sql:
        "update webhook_endpoints set state = 'deleted', secrets = '[]', url = '' where id = ? and state != 'deleted'",
      args: [id],
    },
    ...auditIfChanged(audit),
  ]);
  return deleted!.rowsAffected === 1;
}

/** Puts `secret` in force; the ones before sign on for a while. False when there is no endpoint. */
export async function rotateSecret(
  db: Db,
  id: string,
  { secret, at }: { secret: string; at: number },
  audit: AuditRow,
): Promise<boolean> {
  while (true) {
    const endpoint = await findEndpoint(db, id);
    if (endpoint === null) return false;
    const before = JSON.stringify(endpoint.secrets);
    const kept = signingSecrets(endpoint, at).map((one) => ({ ...one, until: one.until ?? at + OVERLAP_MS }));
    const secrets = JSON.stringify([{ secret, until: null }, ...kept].slice(0, MAX_SECRETS));
    const [updated] = await db.client.batch([
      {
        sql: "update webhook_endpoints set secrets = ?, updated_at = ? where id = ? and json(secrets) = json(?)",
        args: [secrets, at, id, before],
      },
      ...auditIfChanged(audit),
    ]);
    // Somebody else rotated it in between: theirs must not be lost.
    if (updated!.rowsAffected === 1) return true;
  }
}

/** Those that sign at that instant, the newest first. */
export function signingSecrets({ secrets }: Pick<EndpointRow, "secrets">, at: number): WebhookSecret[] {
  return secrets.filter(({ until }) => until === null || until > at);
}
