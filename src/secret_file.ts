import type { Config } from "./config.ts";
import { base64Url } from "./gateway/ids.ts";

/**
 * The secret of a gateway on a database file for which the environment gives none: a file beside the database, made at the first start,
 * that only its owner may read. Beside and not inside, so that a copy of the database alone tells nobody who was erased from it.
 */
const NAME = "secret";
const BYTES = 32;

/** Path of that file; null for a database that is no file, whose instances share no disk. `url`: of the database. */
export function secretPath(url: string): string | null {
  if (!/^file:/i.test(url)) return null;
  const path = decodeURIComponent(url.replace(/^file:(\/\/(localhost)?(?=\/))?/i, "").replace(/\?.*$/, ""));
  const slash = path.lastIndexOf("/");
  return slash < 0 ? NAME : `${path.slice(0, slash)}/${NAME}`;
}

/** Why there is no secret, and what to do: for the log of a gateway that could make none. `url`: of the database. */
export async function noSecret(url: string): Promise<string> {
  const path = secretPath(url);
  const why = path === null
    ? "instances on a libSQL server share no disk for a file of their own"
    : `${path} beside the database ${await whyNone(path)}`;
  return "People cannot be erased: set PARLEY_SECRET to 32 random characters or more, and keep it. It is not set, and " +
    `${why}.`;
}

async function whyNone(path: string): Promise<string> {
  try {
    await readSecret(path);
  } catch {
    return "cannot be read: let the user that runs the gateway read it, and start again";
  }
  return await Deno.stat(path).then(
    () => "is empty: put back the one of a backup, or remove it and start again",
    () => "cannot be made: the start task may write only the folder data",
  );
}

/**
 * What the file holds; made first where there is none and `make` says so. Null when there is none, or when it can be neither read nor
 * made: a gateway works without, only erasing people does not.
 */
export async function fileSecret(path: string, make: boolean): Promise<string | null> {
  try {
    return await readSecret(path) ?? (make ? await makeSecret(path) : null);
  } catch {
    return null;
  }
}

/**
 * Those of the environment, then the one beside the database file, which stays good when the environment gives another. `make`: where
 * there is none at all, one is made.
 */
export async function secretsOf(
  { secrets, database }: Pick<Config, "secrets" | "database">,
  make: boolean,
): Promise<readonly string[]> {
  const path = secretPath(database.url);
  const kept = path === null ? null : await fileSecret(path, make && secrets.length === 0);
  return kept === null || secrets.includes(kept) ? secrets : [...secrets, kept];
}

async function readSecret(path: string): Promise<string | null> {
  try {
    return (await Deno.readTextFile(path)).trim() || null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/**
 * Written whole under another name first: of two processes that start at once, one names it and both read that one. On the disk before
 * it has that name, and the name after it: a power cut must neither leave the name and lose the secret, nor lose both.
 */
async function makeSecret(path: string): Promise<string | null> {
  const temporary = `${path}.${base64Url(crypto.getRandomValues(new Uint8Array(6)))}`;
  const secret = base64Url(crypto.getRandomValues(new Uint8Array(BYTES)));
  await Deno.writeTextFile(temporary, `${secret}\n`, { mode: 0o600, createNew: true });
  try {
    using file = await Deno.open(temporary, { write: true });
    await file.sync();
    await Deno.link(temporary, path);
    await syncFolder(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  } finally {
    await Deno.remove(temporary);
  }
  return await readSecret(path);
}

/** A file that was synced is still lost with its name, which stands in the folder. Where folders cannot be opened (Windows), the system does it. */
async function syncFolder(path: string): Promise<void> {
  const slash = path.lastIndexOf("/");
  const folder = slash < 0 ? "." : path.slice(0, slash) || "/";
  using opened = await Deno.open(folder).catch(() => null);
  await opened?.sync();
}
