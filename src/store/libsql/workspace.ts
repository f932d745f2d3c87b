import { type Db, openRemote } from "./client.ts";

/** One customer of the deployment; one workspace is one database (design 8). There is one today. */
export type Workspace = "default";

/**
 * The one way a workspace's database is opened: a libSQL server over HTTP anywhere, a file where `openFile` is given (an edge
 * runtime has neither a disk nor a thread for one). @throws DatabaseError that says what to do.
 */
export async function openWorkspace(
  _workspace: Workspace,
  { url, token }: { url: string; token: string | undefined },
  openFile?: (options: { url: string }) => Promise<Db>,
): Promise<Db> {
  return openFile !== undefined && url.startsWith("file:") ? await openFile({ url }) : openRemote({ url, token });
}
