import { ROLES } from "../../core/roles.ts";
import type { OpenApiDocument } from "./docs.ts";

/**
 * Answers that any operation of a kind may give. Said here for all of them when the document is made: a route that says more of
 * one keeps its own words.
 */

const CONTENT = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };

/** Where a JSON body is read. */
const OF_JSON = {
  400: "`invalid_json`, `invalid_encoding` or `body_incomplete`: the body cannot be read, and nothing was stored",
  415: "`unsupported_media_type`: the detail says which content type to send",
};
const TOO_LARGE = { 413: "`body_too_large`: the detail says how much is taken" };
/** Read while it arrives, whatever its length. */
const OF_ANY_LENGTH = "/v1/contacts/imports";
const NOT_FOR_ALL = { 403: "`forbidden`: not with your role" };

type Item = NonNullable<OpenApiDocument["paths"]>[string];
export type Operation = NonNullable<Item["get"]>;

/** Adds to an operation the problems that it answers as others do, and to each what a problem looks like. */
export function describeProblems(path: string, operation: Operation): void {
  const body = operation.requestBody;
  const types = body === undefined || "$ref" in body ? [] : Object.keys(body.content);
  const roles = operation["x-roles"] as readonly string[] | undefined;
  const shared: Record<string, string> = {
    ...(types.includes("application/json") ? OF_JSON : {}),
    ...(types.length > 0 && path !== OF_ANY_LENGTH ? TOO_LARGE : {}),
    ...(roles !== undefined && roles.length < ROLES.length ? NOT_FOR_ALL : {}),
  };
  const responses = operation.responses ??= {};
  for (const [status, description] of Object.entries(shared)) responses[status] ??= { description };
  for (const [status, answer] of Object.entries(responses)) {
    if (Number(status) >= 400) answer.content ??= CONTENT;
  }
}
