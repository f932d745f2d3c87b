import { type Context } from "hono";
import { matchedRoutes } from "hono/route";
import { type Role, ROLES, RULE_APPROVERS } from "../../core/roles.ts";
import type { Env } from "../http/context.ts";

/** Who may do what: the one place that says so. `requireKey` applies it to whatever asks, a key or a user of the console. */

const ADMIN: readonly Role[] = ["admin"];
/** Rules and evidence: what decides who may be written to, and what shows it. */
const COMPLIANCE: readonly Role[] = ["admin", "compliance"];
const COMPLIANCE_AND_APPS: readonly Role[] = ["admin", "compliance", "app"];
/** The daily work with people: messages, threads, contacts; and what protects them, such as noting a refusal said on the telephone. */
const WORK: readonly Role[] = ["admin", "compliance", "agent", "app"];
/** Reading that apps have no use for. */
const STAFF: readonly Role[] = ["admin", "compliance", "agent", "viewer"];
const EVERYONE: readonly Role[] = ROLES;

/**
 * Every operation behind the key check, as the OpenAPI document names it. What is not here only `admin` may, so that a route without a
 * decision is closed; a test compares the two. Reading is for everyone but where it shows secrets (the addresses of webhooks may hold
 * some) or hands out a register as a whole.
 */
export const ROLES_OF: Readonly<Record<string, readonly Role[]>> = {
  "POST /v1/messages": WORK,
  // Many people at once: not for somebody who answers one at a time.
  "POST /v1/messages/batch": COMPLIANCE_AND_APPS,
  // Stores nothing.
  "POST /v1/messages/preview": EVERYONE,
  "GET /v1/messages": EVERYONE,
  "GET /v1/messages/{id}": EVERYONE,
  "GET /v1/messages/{id}/explain": EVERYONE,
  "DELETE /v1/messages/{id}": WORK,
  "POST /v1/messages/{id}/settle": COMPLIANCE,

  "GET /v1/conversations": EVERYONE,
  "GET /v1/conversations/{id}": EVERYONE,
  "GET /v1/conversations/{id}/messages": EVERYONE,
  "PATCH /v1/conversations/{id}": WORK,
  "GET /v1/conversations/{id}/notes": EVERYONE,
  "POST /v1/conversations/{id}/notes": WORK,
  "GET /v1/live": EVERYONE,
  "GET /v1/canned_replies": EVERYONE,
  "GET /v1/canned_replies/{id}": EVERYONE,
  "POST /v1/canned_replies": WORK,
  "PATCH /v1/canned_replies/{id}": WORK,
  "DELETE /v1/canned_replies/{id}": WORK,
  "GET /v1/sandbox/handsets": EVERYONE,
  "GET /v1/sandbox/numbers": EVERYONE,
  "GET /v1/sandbox/handsets/{msisdn}": EVERYONE,
  "POST /v1/sandbox/handsets/{msisdn}/messages": WORK,
  "GET /v1/sandbox/clock": EVERYONE,
  // It moves everybody's time: whoever writes rules wants to try a Sunday night.
  "PUT /v1/sandbox/clock": COMPLIANCE,
  "DELETE /v1/sandbox/clock": COMPLIANCE,

  "POST /v1/contacts": WORK,
  "GET /v1/contacts": EVERYONE,
  "GET /v1/contacts/{id}": EVERYONE,
  "PATCH /v1/contacts/{id}": WORK,
  "DELETE /v1/contacts/{id}": WORK,
  "GET /v1/contacts/export": COMPLIANCE_AND_APPS,
  "POST /v1/contacts/imports": WORK,
  "POST /v1/contacts/imports/columns": WORK,
  "GET /v1/contacts/imports": EVERYONE,
  "GET /v1/contacts/imports/{id}": EVERYONE,
  "GET /v1/contacts/imports/{id}/problems": EVERYONE,
  "POST /v1/lists": WORK,
  "GET /v1/lists": EVERYONE,
  "GET /v1/lists/{id}": EVERYONE,
  "PATCH /v1/lists/{id}": WORK,
  "DELETE /v1/lists/{id}": WORK,
  "GET /v1/lists/{id}/contacts": EVERYONE,
  "POST /v1/lists/{id}/members": WORK,
  "POST /v1/lists/{id}/members/remove": WORK,
  "PUT /v1/lists/{id}/members/{contact_id}": WORK,
  "DELETE /v1/lists/{id}/members/{contact_id}": WORK,

  // An agent writes a campaign and may stop one; that it begins, somebody answers for who knows the law.
  "POST /v1/campaigns": WORK,
  "GET /v1/campaigns": EVERYONE,
  "GET /v1/campaigns/{id}": EVERYONE,
  "PUT /v1/campaigns/{id}": WORK,
  "DELETE /v1/campaigns/{id}": WORK,
  "POST /v1/campaigns/preview": WORK,
  "POST /v1/campaigns/{id}/preview": WORK,
  "POST /v1/campaigns/{id}/start": COMPLIANCE_AND_APPS,
  "POST /v1/campaigns/{id}/pause": WORK,
  "POST /v1/campaigns/{id}/resume": COMPLIANCE_AND_APPS,
  "POST /v1/campaigns/{id}/cancel": WORK,
  "POST /v1/campaigns/{id}/settle": COMPLIANCE,
  "GET /v1/campaigns/{id}/messages": EVERYONE,
  "GET /v1/campaigns/{id}/export": COMPLIANCE_AND_APPS,
  "GET /v1/campaigns/{id}/results": EVERYONE,
  "GET /v1/campaigns/{id}/progress": EVERYONE,

  "POST /v1/consents": COMPLIANCE_AND_APPS,
  "GET /v1/consents": EVERYONE,
  "GET /v1/consents/{id}": EVERYONE,
  "POST /v1/consents/withdraw": WORK,
  "POST /v1/consents/{id}/withdraw": WORK,
  "POST /v1/consents/import": COMPLIANCE_AND_APPS,
  "GET /v1/consents/export": COMPLIANCE_AND_APPS,
  "POST /v1/suppressions": WORK,
  "GET /v1/suppressions": EVERYONE,
  "GET /v1/suppressions/{id}": EVERYONE,
  "POST /v1/suppressions/import": COMPLIANCE_AND_APPS,
  "GET /v1/suppressions/export": COMPLIANCE_AND_APPS,
  "POST /v1/suppressions/{id}/lift": COMPLIANCE,
  "POST /v1/suppressions/{id}/overrides": COMPLIANCE,
  "GET /v1/overrides": STAFF,
  "GET /v1/overrides/{id}": STAFF,
  "POST /v1/overrides/{id}/approve": COMPLIANCE,
  "POST /v1/overrides/{id}/reject": COMPLIANCE,
  "GET /v1/reviews": EVERYONE,
  "GET /v1/reviews/{id}": EVERYONE,
  "POST /v1/reviews/{id}/settle": COMPLIANCE,

  "GET /v1/rulebooks": EVERYONE,
  "GET /v1/rulebooks/diff": EVERYONE,
  "GET /v1/rulebooks/{hash}": EVERYONE,
  "GET /v1/rulebooks/{hash}/rules": EVERYONE,
  "GET /v1/rulebooks/{hash}/rules/{id}": EVERYONE,
  "GET /v1/rulebooks/{hash}/countries": EVERYONE,
  "GET /v1/rulebooks/{hash}/countries/{code}": EVERYONE,
  "GET /v1/rulebooks/{hash}/search": EVERYONE,
  "GET /v1/rulebooks/{hash}/file": EVERYONE,
  "GET /v1/rulebooks/{hash}/settings": EVERYONE,
  // Stores nothing; with changed files only who may check them.
  "POST /v1/rulebooks/{hash}/try": EVERYONE,
  "GET /v1/rulebooks/schemas/{kind}": EVERYONE,
  "POST /v1/rulebooks": COMPLIANCE,
  "POST /v1/rulebooks/diff": COMPLIANCE,
  "GET /v1/rulebooks/drafts": COMPLIANCE,
  "POST /v1/rulebooks/drafts": COMPLIANCE,
  "GET /v1/rulebooks/drafts/{id}": COMPLIANCE,
  "PATCH /v1/rulebooks/drafts/{id}": COMPLIANCE,
  "DELETE /v1/rulebooks/drafts/{id}": COMPLIANCE,
  "POST /v1/rulebooks/validate": COMPLIANCE,
  "POST /v1/rulebooks/{hash}/simulate": COMPLIANCE,
  "POST /v1/rulebooks/{hash}/propose": COMPLIANCE,
  "POST /v1/rulebooks/rollback": COMPLIANCE,
  "GET /v1/rulebooks/proposals": EVERYONE,
  "GET /v1/rulebooks/proposals/{id}": EVERYONE,
  "POST /v1/rulebooks/proposals/{id}/approve": RULE_APPROVERS,
  "POST /v1/rulebooks/proposals/{id}/reject": COMPLIANCE,
  "POST /v1/rulebooks/proposals/{id}/withdraw": COMPLIANCE,
  "POST /v1/rulebooks/proposals/{id}/publish": COMPLIANCE,

  "GET /v1/audit": STAFF,
  "GET /v1/audit/verification": STAFF,
  "GET /v1/people": STAFF,
  "GET /v1/people/{msisdn}": STAFF,
  "GET /v1/people/{msisdn}/export": COMPLIANCE,
  "DELETE /v1/people/{msisdn}": COMPLIANCE,
  "GET /v1/erasures": STAFF,
  "GET /v1/erasures/{id}": STAFF,
  "GET /v1/retention": STAFF,
  "GET /v1/books": EVERYONE,
  "GET /v1/overview": EVERYONE,
  "GET /metrics": EVERYONE,

  "GET /v1/carriers": EVERYONE,
  "GET /v1/carriers/{id}": EVERYONE,
  "PUT /v1/carriers/{id}": ADMIN,
  "DELETE /v1/carriers/{id}": ADMIN,
  "POST /v1/carriers/{id}/reconcile": ADMIN,
  "GET /v1/senders": EVERYONE,
  "GET /v1/senders/{address}": EVERYONE,
  "PUT /v1/senders/{address}": ADMIN,
  "DELETE /v1/senders/{address}": ADMIN,
  "POST /v1/keys": ADMIN,
  "GET /v1/keys": ADMIN,
  "DELETE /v1/keys/{id}": ADMIN,
  "POST /v1/users": ADMIN,
  // Names of colleagues stand at threads, notes and entries of the log.
  "GET /v1/users": STAFF,
  "GET /v1/users/{id}": STAFF,
  "PATCH /v1/users/{id}": ADMIN,
  "POST /v1/users/{id}/link": ADMIN,
  "POST /v1/users/{id}/sign-out": ADMIN,
  // One's own account.
  "GET /v1/users/me": STAFF,
  "PATCH /v1/users/me": STAFF,
  "POST /v1/users/me/password": STAFF,
  "GET /v1/users/me/sessions": STAFF,
  "DELETE /v1/users/me/sessions/{id}": STAFF,
  "POST /v1/webhooks": ADMIN,
  "GET /v1/webhooks": ADMIN,
  "GET /v1/webhooks/{id}": ADMIN,
  "PATCH /v1/webhooks/{id}": ADMIN,
  "DELETE /v1/webhooks/{id}": ADMIN,
  "POST /v1/webhooks/{id}/rotate": ADMIN,
  "POST /v1/webhooks/{id}/test": ADMIN,
  "POST /v1/webhooks/{id}/replay": ADMIN,
  "GET /v1/webhooks/{id}/deliveries": ADMIN,
  "GET /v1/webhooks/{id}/deliveries/{delivery_id}": ADMIN,
  "POST /v1/webhooks/{id}/deliveries/{delivery_id}/replay": ADMIN,
};

/** The same under the names that the router gives to routes: `GET /v1/messages/:id`. */
const BY_ROUTE = new Map(
  Object.entries(ROLES_OF).map(([operation, roles]) => [operation.replaceAll(/\{(\w+)\}/g, ":$1"), roles]),
);

/** Roles that may call an operation, by its name in the OpenAPI document, such as `GET /v1/messages/{id}`. */
export function rolesOf(operation: string): readonly Role[] {
  return ROLES_OF[operation] ?? ADMIN;
}

/** Whether a principal may call an operation, by its name in the OpenAPI document: for pages that show only what one may. */
export function may(role: Role, operation: string): boolean {
  return rolesOf(operation).includes(role);
}

/**
 * Roles that may call what this request is about; null when there is nothing at its address. The router's own match tells, so that no
 * spelling of an address can mean one thing here and another there.
 */
export function rolesFor(c: Context<Env>): readonly Role[] | null {
  // The first that is no middleware answers.
  const route = matchedRoutes(c).find(({ method }) => method !== "ALL");
  return route === undefined ? null : BY_ROUTE.get(`${route.method} ${route.path}`) ?? ADMIN;
}
