import type { ApiClient } from "./api_client.ts";
import { attempt } from "./form.ts";
import { inLanguages, type Language } from "./words.ts";

const words = inLanguages(
  { person: "the person", system: "the gateway", files: "the rules folder", carrier: "the carrier" },
  { person: "la personne", system: "la passerelle", files: "le dossier des règles", carrier: "l’opérateur" },
);

/** Shows who did something, by the id that the audit log keeps: `usr_…`, `key_…`, `person`, `carrier:ID`, `files` or `system`. */
export type NameOf = (actor: string) => string;

/** Ids and names of users and, for whoever may know them, of API keys, by name. */
export type Staff = readonly { id: string; name: string }[];

/** Reads who there is. */
export async function readStaff(api: ApiClient): Promise<Staff> {
  const named = await Promise.all(
    ["/v1/users", "/v1/keys"].map((path) =>
      attempt(api.get<{ data: { id: string; name: string }[] }>(path, { limit: 200 }))
    ),
  );
  return named.flatMap((one) => one.ok ? one.value.data : []).toSorted((a, b) => a.name.localeCompare(b.name));
}

/** Names by id; what has no name is shown as its id. */
export function nameOfStaff(staff: Staff, language: Language): NameOf {
  const names = new Map(staff.map(({ id, name }) => [id, name]));
  const { carrier, ...others } = words(language);
  return (actor) =>
    names.get(actor) ?? (others as Record<string, string>)[actor] ??
      (actor.startsWith("carrier:") ? `${carrier} ${actor.slice("carrier:".length)}` : actor);
}

/** Both in one, for pages that only show names. */
export async function staffNames(api: ApiClient, language: Language): Promise<NameOf> {
  return nameOfStaff(await readStaff(api), language);
}

/** Actors that are nobody of the staff. */
export const OTHER_ACTORS = ["person", "system", "files"] as const;
