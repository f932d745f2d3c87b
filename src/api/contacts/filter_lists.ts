import { listsGone } from "../../store/campaigns/lists.ts";
import type { Db } from "../../store/libsql/client.ts";
import { invalidField } from "../http/problem.ts";

/**
 * A filter that is kept asks who is on lists with members. On any other nobody is: an audience that leaves out whom the filter means
 * would leave out nobody. @throws ProblemError 422.
 */
export async function requireMembers(
  db: Pick<Db, "client">,
  field: string,
  lists: readonly string[] = [],
): Promise<void> {
  const [wrong] = await listsGone(db, lists, { withMembers: true });
  if (wrong !== undefined) throw invalidField(field, `"${wrong}" is no list with members, so nobody is on it`);
}
