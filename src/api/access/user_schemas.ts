import { z } from "@hono/zod-openapi";
import { USER_ROLES } from "../../core/roles.ts";
import { instant, instantOrNull } from "../../gateway/message_view.ts";
import type { User as UserRow } from "../../store/access/users.ts";
import { line } from "../http/fields.ts";

/** Shapes of users, shared by what administrators do with them and what they do themselves. */

export const UserRoleSchema = z.enum(USER_ROLES).openapi({ description: "See docs/console.md, roles" });
/** Languages of the console's pages. */
export const ConsoleLanguage = z.enum(["en", "fr"]);
export const UserName = line(100);
export const Email = z.email().max(254);

export const MIN_PASSWORD = 12;
export const MAX_PASSWORD = 200;
/** Few signs make a long password short: `aaaaaaaaaaaa`, `121212121212`. */
const MIN_SIGNS = 5;
/**
 * Length is what makes a password hard to guess; asking for kinds of characters makes people choose worse ones (NIST SP 800-63B-4,
 * 3.1.1.2, read 2026-11-23).
 */
export const NewPassword = z.string().min(MIN_PASSWORD).max(MAX_PASSWORD)
  .refine((password) => new Set(password).size >= MIN_SIGNS, `must have ${MIN_SIGNS} different characters or more`)
  .openapi({ description: `${MIN_PASSWORD} characters or more, ${MIN_SIGNS} of them different` });

export const User = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: UserRoleSchema,
  language: z.string().nullable().openapi({ description: "Of the console; null: as the browser asks" }),
  joined: z.boolean().openapi({ description: "They have set a password" }),
  created_at: z.string(),
  created_by: z.string().openapi({ description: "API key or user; `system` for the first" }),
  disabled_at: z.string().nullable(),
}).openapi("User");

export const OneTimeLink = z.object({
  url: z.string().openapi({ description: "Lets whoever opens it set a password, once. Shown only now" }),
  expires_at: z.string(),
}).openapi("OneTimeLink");

export function userView({ created_at, disabled_at, ...user }: UserRow): z.infer<typeof User> {
  return { ...user, created_at: instant(created_at), disabled_at: instantOrNull(disabled_at) };
}
