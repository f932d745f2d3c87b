import type { ApiClient } from "./api_client.ts";
import { attempt } from "./form.ts";
import { inLanguages, type Language } from "./words.ts";

const words = inLanguages(
  { person: "the person", system: "the gateway", files: "the rules folder", carrier: "the carrier" },
  { person: "la personne", system: "la passerelle", files: "le dossier des règles", carrier: "l’opérateur" },
);

/** Shows who did something, by the id that the audit log keeps: `usr_…`, `key_…`, `person`, `carrier:ID`, `files` or `system`. */
export type NameOf = (actor: string) => string;

/** Reads the names of users and, for whoever may know them, of API keys. What has no name is shown as its id. */
export async function staffNames(api: ApiClient, language: Language): Promise<NameOf> {
  const named = await Promise.all(
    ["/v1/users", "/v1/keys"].map((path) =>
      attempt(api.get<{ data: { id: string; name: string }[] }>(path, { limit: 200 }))
    ),
  );
  const names = new Map(named.flatMap((one) => one.ok ? one.value.data.map(({ id, name }) => [id, name]) : []));
  const { carrier, ...others } = words(language);
  return (actor) =>
    names.get(actor) ?? (others as Record<string, string>)[actor] ??
      (actor.startsWith("carrier:") ? `${carrier} ${actor.slice("carrier:".length)}` : actor);
}
