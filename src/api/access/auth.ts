import type { Context, MiddlewareHandler } from "hono";
import type { Role } from "../../core/roles.ts";
import { findApiKey, hashKey } from "../../store/access/api_keys.ts";
import type { DbClient } from "../../store/libsql/client.ts";
import type { Env } from "../http/context.ts";
import { problem } from "../http/problem.ts";
import { rolesFor } from "./roles.ts";

/** Who asks. */
export interface Principal {
  /** What audit entries name: the id of an API key or of a user. */
  actor: string;
  /** For eyes, where it is shown who did something. */
  name: string;
  role: Role;
}

export interface ApiKeys {
  /** Who an `Authorization` header speaks for; null when nobody. */
  authenticate(authorization: string | null): Promise<Principal | null>;
  /** Forget what was cached: a revoked key stops at once on this instance, within five seconds on others. */
  forget(): void;
}

const CACHE_MS = 5_000;
const CACHE_ENTRIES = 1_000;

/**
 * Keys are looked up by their SHA-256, so no comparison ever touches the key itself and timing tells nothing about it. A slow
 * hash would protect guessable passwords; keys are 192 random bits.
 */
export function apiKeys(client: DbClient, elapsed: () => number = () => performance.now()): ApiKeys {
  const known = new Map<string, { principal: Principal; until: number }>();
  let forgotten = 0;
  return {
    async authenticate(authorization) {
      const key = authorization?.match(/^Bearer +(\S{8,200})$/i)?.[1];
      if (key === undefined) return null;
      const hashed = hashKey(key);
      const cached = known.get(hashed);
      if (cached !== undefined && cached.until > elapsed()) return cached.principal;
      const before = forgotten;
      const found = await findApiKey(client, hashed);
      if (found === null) {
        known.delete(hashed);
        return null;
      }
      const principal = { actor: found.id, name: found.name, role: found.role };
      // Reads do not wait for writes: what was read before a change must not be kept after it.
      if (forgotten !== before) return principal;
      if (known.size >= CACHE_ENTRIES) known.clear();
      known.set(hashed, { principal, until: elapsed() + CACHE_MS });
      return principal;
    },
    forget() {
      forgotten++;
      known.clear();
    },
  };
}

/** Asks, of a stream, whether its key still opens. A request of the console has none: the console ends its streams itself. */
export function stillOpen(c: Context, keys: ApiKeys): () => Promise<boolean> {
  const authorization = c.req.header("authorization");
  return async () => authorization === undefined || await keys.authenticate(authorization) !== null;
}

/** Whom a request made in this process speaks for. Nothing that arrives from outside can be in it. */
const spoken = new WeakMap<Request, Principal>();

/** Lets a request of the console, which signed the user in, pass for that user. Returns the request. */
export function speakAs(request: Request, principal: Principal): Request {
  spoken.set(request, principal);
  return request;
}

/** Without it a 401 is none (RFC 9110, 11.6.1). */
export const ASK_FOR_KEY = { "www-authenticate": "Bearer" };

/** Lets in who has a key, and requests of the console for the user who is signed in, to what their role may (`roles.ts`). */
export function requireKey(keys: ApiKeys): MiddlewareHandler<Env> {
  return async function requireKey(c, next) {
    const principal = spoken.get(c.req.raw) ?? await keys.authenticate(c.req.header("authorization") ?? null);
    if (principal === null) {
      throw problem(
        401,
        "unauthorized",
        "Unauthorized",
        "Send a valid API key: Authorization: Bearer KEY",
        ASK_FOR_KEY,
      );
    }
    if (principal.role !== "admin") {
      const roles = rolesFor(c);
      if (roles === null) return await c.notFound();
      if (!roles.includes(principal.role)) {
        throw problem(403, "forbidden", "Forbidden", `This is for ${roles.join(", ")}; you are ${principal.role}.`);
      }
    }
    c.set("principal", principal);
    await next();
  };
}
