import { RULE_APPROVERS } from "../../core/roles.ts";
import { personBehind } from "../access/api_keys.ts";
import type { Db, DbClient } from "../libsql/client.ts";

/**
 * Rules that one person brought into force alone: who tries the sandbox has nobody to ask. Such rules never decide for real people:
 * no real carrier account is made while they are in force, and beside one they do not come into force. Each condition is SQL for the
 * statement of the change that it allows, so that of two changes at once the first one counts.
 */

/** SQL: nothing that leaves reaches a phone. */
export const NO_REAL_CARRIER = "not exists (select 1 from carriers where kind != 'sandbox')";

/** SQL: the row is of somebody who can sign in and may approve. */
const approves = (row: string) =>
  `${row}.password_hash is not null and ${row}.disabled_at is null and ${row}.role in (${
    RULE_APPROVERS.map((role) => `'${role}'`).join(", ")
  })`;

/** SQL: somebody else on the staff than `person`, who is SQL as well, could approve. Whoever was only invited cannot. */
export const othersApprove = (person: string) =>
  `exists (select 1 from users o where o.id != ${person} and ${approves("o")})`;

/**
 * SQL: `actor` may approve what they proposed themselves. A user, and no key: nobody knows who holds a key, and a program has no
 * need to be shown what a rule does.
 */
export const aloneInSandbox = (actor: string) =>
  `(exists (select 1 from users me where me.id = ${actor} and ${approves("me")})
    and not ${othersApprove(actor)} and ${NO_REAL_CARRIER})`;

/** SQL: this row of `proposals` was approved by whoever proposed it, and by nobody else since. */
export const approvedAlone = (row: string) =>
  `(${row}.state in ('approved', 'published') and ${personBehind(`${row}.proposed_by`)} = ${
    personBehind(`${row}.decided_by`)
  })`;

/** SQL: the version came from the rules folder as it is, or two people once agreed on it. */
const agreed = (version: string) =>
  `exists (select 1 from activations g left join proposals q on q.id = g.proposal_id where g.rulebook = ${version}
    and (g.way = 'files' and g.note is null or g.way = 'publish' and not ${approvedAlone("q")}))`;

/**
 * SQL for the id of the proposal because of which a version, which is SQL as well, must not decide for real people; null when it may.
 * However it came into force: published, brought back, or put together with a change of the rules folder (rules/follow.ts), which
 * adds to what was in force.
 */
export const aloneBehind = (version: string) =>
  `(with recursive behind (rulebook) as (
      select ${version}
      union select (select before.rulebook from activations before where before.id < a.id order by before.id desc limit 1)
        from behind join activations a on a.rulebook = behind.rulebook
        where a.way = 'files' and a.note is not null and not ${agreed("behind.rulebook")})
    select max(p.id) from behind join activations a on a.rulebook = behind.rulebook and a.way = 'publish'
    join proposals p on p.id = a.proposal_id where ${approvedAlone("p")} and not ${agreed("behind.rulebook")})`;

/** The same of the version in force. */
export const ALONE_IN_FORCE = aloneBehind("(select value from settings where name = 'active_rulebook')");

/** The proposal because of which a version must not decide for real people; null when it may. */
export async function proposalAlone(client: DbClient, version: string): Promise<string | null> {
  const { rows } = await client.execute({ sql: `select ${aloneBehind(":version")} as id`, args: { version } });
  return rows[0]!["id"] as string | null;
}

/** How somebody stands to a proposal of `proposer`. Both are actors: ids of users or keys. */
export interface Standing {
  /** They proposed it, be it under a key of theirs. */
  yours: boolean;
  /** They may approve even what is theirs. */
  alone: boolean;
  /** Somebody else on the staff than the proposer could approve. */
  others: boolean;
}

export async function standingOf({ client }: Db, actor: string, proposer: string): Promise<Standing> {
  const { rows } = await client.execute({
    sql: `select ${personBehind(":actor")} = ${personBehind(":proposer")} as yours, ${
      aloneInSandbox(":actor")
    } as alone,
      ${othersApprove(personBehind(":proposer"))} as others`,
    args: { actor, proposer },
  });
  const { yours, alone, others } = rows[0]!;
  return { yours: yours === 1, alone: alone === 1, others: others === 1 };
}
