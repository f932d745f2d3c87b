import { type Db, openRemote } from "./store/client.ts";
import { openEmbedded } from "./store/embedded.ts";

/** The one way a workspace's database is opened on a server: a file of its own, or a libSQL server. One workspace is one database. */
export async function openDatabase({ url, token }: { url: string; token: string | undefined }): Promise<Db> {
  return url.startsWith("file:") ? await openEmbedded({ url }) : openRemote({ url, token });
}
