import { OpenAPIHono } from "@hono/zod-openapi";
import type { Passwords } from "../../gateway/access/passwords.ts";
import type { Sessions } from "../../gateway/access/sessions.ts";
import type { Clock } from "../../gateway/clock.ts";
import type { Reporter } from "../../gateway/dispatch/deliver.ts";
import type { Deps } from "../../gateway/gateway.ts";
import type { Live } from "../../gateway/live.ts";
import type { Acceptor } from "../../gateway/pipeline/accept.ts";
import type { Asked, Question } from "../../gateway/pipeline/ask_consent.ts";
import type { Receiver } from "../../gateway/pipeline/receive.ts";
import type { ApiKeys, Principal } from "../access/auth.ts";
import { invalidInput } from "./problem.ts";

/** What the routes work with. */
export interface Api {
  deps: Deps;
  acceptor: Acceptor;
  receiver: Receiver;
  /** Asks a person to confirm a consent from the number itself. */
  askConsent: (question: Question) => Promise<Asked>;
  reporter: Reporter;
  live: Live;
  keys: ApiKeys;
  /** Who is signed in to the console. */
  sessions: Sessions;
  passwords: Passwords;
  /** For sessions, links and waiting, whatever a test clock shows. */
  realClock: Clock;
}

export interface Env {
  Variables: { principal: Principal; requestId: string };
}

/** A router whose zod schemas validate and describe at once; what does not fit is answered as problem details. */
export function router(): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (!result.success) throw invalidInput(result.error.issues);
    },
  });
}
