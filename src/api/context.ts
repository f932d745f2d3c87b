import { OpenAPIHono } from "@hono/zod-openapi";
import type { Acceptor } from "../gateway/accept.ts";
import type { Reporter } from "../gateway/deliver.ts";
import type { Asked, Question } from "../gateway/ask_consent.ts";
import type { Clock } from "../gateway/clock.ts";
import type { Deps } from "../gateway/gateway.ts";
import type { Live } from "../gateway/live.ts";
import type { Passwords } from "../gateway/passwords.ts";
import type { Receiver } from "../gateway/receive.ts";
import type { Sessions } from "../gateway/sessions.ts";
import type { ApiKeys, Principal } from "./auth.ts";
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
