import type { Principal } from "../../src/api/access/auth.ts";
import type { Fetch } from "../../src/console/api_client.ts";
import { createConsole, isConsole } from "../../src/console/mod.ts";

/** Users of tests: no account behind them, so that a page is tested without signing in. */
export function staff(role: Principal["role"], actor = `usr_${role}`, name = `Some ${role}`): Principal {
  return { actor, name, role };
}

/** The console and the API of a gateway as one server answers them, for whoever is signed in. A failure of a page fails the test. */
export function consoleFetch(
  gateway: { app: { fetch: Fetch }; clock: { now(): number } },
  viewer: () => Principal | null,
): Fetch {
  const failures: string[] = [];
  const console = createConsole({
    api: gateway.app.fetch,
    signIn: async (c, next) => {
      c.set("viewer", viewer());
      await next();
    },
    now: gateway.clock.now,
    log: (_level, event, fields) => failures.push(`${event} ${JSON.stringify(fields)}`),
  });
  return async (request) => {
    const answer = await (isConsole(request.url) ? console : gateway.app).fetch(request);
    if (failures.length > 0) throw new Error(failures.splice(0).join("\n"));
    return answer;
  };
}
