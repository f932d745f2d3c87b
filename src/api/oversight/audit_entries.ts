import type { Deps } from "../../gateway/gateway.ts";
import { type AuditAction, type AuditRow, auditRow } from "../../store/oversight/audit.ts";

/** Makes entries of the audit log for what is decided now. `actor`: the principal's; `subject`: id of the record that it is about. */
export function auditEntries(deps: Pick<Deps, "now" | "newId">) {
  return (actor: string, action: AuditAction, subject: string, details?: Record<string, unknown>): AuditRow =>
    auditRow({ at: deps.now(), actor, action, subject, details }, deps.newId);
}
