import type { Api } from "../api/http/context.ts";
import type { Fetch } from "./api_client.ts";
import { createConsole, isConsole } from "./mod.ts";
import { entranceRoutes } from "./pages/access/entrance.tsx";
import { sessionCookie, signedIn } from "./session.ts";

/** What a server hands over beside a request: where it came from. */
type Connection = Deno.ServeHandlerInfo;

/** The API and the console on it, as one server answers both. */
export function withConsole(
  app: { fetch(request: Request, connection?: Connection): Response | Promise<Response> },
  api: Api,
): (request: Request, connection?: Connection) => Response | Promise<Response> {
  const { deps, sessions } = api;
  const cookie = sessionCookie(deps.publicUrl);
  const inside: Fetch = (request) => app.fetch(request);
  const pages = createConsole({
    api: inside,
    signIn: signedIn(sessions, cookie),
    entrance: (console) => entranceRoutes(api, cookie, console),
    publicUrl: deps.publicUrl,
    now: deps.now,
    log: deps.log,
  });
  return (request, connection) => (isConsole(request.url) ? pages : app).fetch(request, connection);
}
