import { type ApiKeys } from "../api/access/auth.ts";
import type { Api } from "../api/http/context.ts";
import { passwords, type ScryptCost } from "./access/passwords.ts";
import { sessions } from "./access/sessions.ts";
import { campaigner } from "./campaigns/campaigns.ts";
import { type Clock, realClock } from "./clock.ts";
import { contactKeeper } from "./contact_chores.ts";
import { reporter } from "./dispatch/deliver.ts";
import { type Dispatcher, dispatcher } from "./dispatch/dispatch.ts";
import { diverter } from "./dispatch/divert.ts";
import { expirer } from "./dispatch/expire.ts";
import type { Deps } from "./gateway.ts";
import { wordIndexer } from "./index_words.ts";
import { liveNews } from "./live.ts";
import { booksChecker } from "./oversight/check_books.ts";
import { counter } from "./oversight/count.ts";
import { eraser } from "./people/erase.ts";
import { retainer } from "./people/retain.ts";
import { acceptor } from "./pipeline/accept.ts";
import { askConsent, type Question } from "./pipeline/ask_consent.ts";
import { receiver } from "./pipeline/receive.ts";
import { webhookDispatcher } from "./webhooks/dispatch.ts";

/** What only tests choose otherwise: the clock of sessions, and how much a password costs to look at. */
export interface StaffOptions {
  clock?: Clock;
  passwordCost?: ScryptCost;
}

/** Wires the shell together. `stored` is called whenever a commit left something to hand over. */
export function createGateway(
  deps: Deps,
  keys: ApiKeys,
  stored: () => void,
  { clock = realClock, passwordCost }: StaffOptions = {},
): { api: Api; dispatcher: Dispatcher; webhooks: Dispatcher; campaigns: Dispatcher } {
  const live = liveNews(deps);
  const accepted = () => {
    stored();
    live.wake();
  };
  const api: Api = {
    deps,
    keys,
    live,
    acceptor: acceptor(deps, accepted),
    receiver: receiver(deps, stored, live.wake),
    sessions: sessions(deps.db.client, clock),
    passwords: passwords(passwordCost),
    realClock: clock,
    reporter: reporter(deps),
    askConsent: async (question: Question) => {
      const asked = await askConsent(deps, question);
      if (asked.ok) stored();
      return asked;
    },
  };
  return {
    api,
    dispatcher: dispatcher(deps, [
      { name: "long_messages", run: () => api.receiver.closeDue() },
      { name: "parked_reports", run: () => api.reporter.matchParked() },
      { name: "expiry", run: expirer(deps) },
      { name: "diversion", run: diverter(deps) },
      { name: "contacts", run: contactKeeper(deps) },
      { name: "message_words", run: wordIndexer(deps) },
      { name: "erasures", run: eraser(deps) },
      // Before what lets messages go, since nothing goes that is not counted.
      { name: "totals", run: counter(deps) },
      { name: "books", run: booksChecker(deps) },
      { name: "retention", run: retainer(deps) },
    ], live.wake),
    webhooks: webhookDispatcher(deps),
    campaigns: campaigner(deps, stored),
  };
}
