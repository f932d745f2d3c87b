/** Of users of the console, the most powerful first: each may all that the ones behind it may. */
export const USER_ROLES = ["admin", "compliance", "agent", "viewer"] as const;
export type UserRole = (typeof USER_ROLES)[number];

/** Users who may approve a change of the rules. */
export const RULE_APPROVERS = ["admin", "compliance"] as const satisfies readonly UserRole[];

/** Of API keys: `app` is a program, which is none of the people above. */
export const KEY_ROLES = ["admin", "app"] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

export type Role = UserRole | KeyRole;
export const ROLES = ["admin", "compliance", "agent", "viewer", "app"] as const satisfies readonly Role[];
