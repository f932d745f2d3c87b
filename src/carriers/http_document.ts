import { z } from "zod";
import type { WebhookRequest } from "./carrier.ts";
import { jsonBody } from "./webhook.ts";

/** `data.0.id`: keys and positions, `*` for every item of a list. Of forms and queries, the name of a field. */
export const Path = z.string().regex(
  /^[^.]{1,100}(\.[^.]{1,100}){0,9}$/,
  "must be names divided by dots, for example data.id",
);

/** How the content of a webhook is written. */
export const Format = z.enum(["json", "form", "query"]);
export type Format = z.infer<typeof Format>;

/** What a webhook brings; undefined when it is not written so. Of a repeated field the first counts. */
export function documentOf(request: WebhookRequest, format: Format): unknown {
  if (format === "json") return jsonBody(request);
  const text = format === "query"
    ? /\?([^#]*)/.exec(request.url)?.[1] ?? ""
    : new TextDecoder("utf-8", { ignoreBOM: true }).decode(request.body);
  return Object.fromEntries([...new URLSearchParams(text)].toReversed());
}

/** Every value at a path; none when there is nothing. A name with dots in it counts as it stands before it counts as a path. */
export function valuesAt(document: unknown, path: string): unknown[] {
  if (own(document, path)) return [document[path]];
  let values = [document];
  for (const name of path.split(".")) {
    values = values.flatMap((value) => {
      if (name === "*") return Array.isArray(value) ? value : [];
      return own(value, name) ? [value[name]] : [];
    });
  }
  return values;
}

/** The first value at a path as text; null when it is nothing that can be one. */
export function textAt(document: unknown, path: string | undefined): string | null {
  if (path === undefined) return null;
  const [value] = valuesAt(document, path);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

/** The items that a webhook speaks of: the list at `path`, or the document when that is a list, else the document alone. */
export function itemsOf(document: unknown, path: string | undefined): unknown[] {
  if (path === undefined) return Array.isArray(document) ? document : [document];
  return valuesAt(document, path).flatMap((value) => Array.isArray(value) ? value : [value]);
}

/** A value that stands at a path, one of several. */
export const Match = z.strictObject({ path: Path, equals: z.array(z.string()).min(1) });

export function matches(document: unknown, match: z.infer<typeof Match> | undefined): boolean {
  if (match === undefined) return true;
  const text = textAt(document, match.path);
  return text !== null && match.equals.includes(text);
}

function own(value: unknown, name: string): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name);
}
