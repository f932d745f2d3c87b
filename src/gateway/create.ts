import type { Api } from "../api/context.ts";
import { type ApiKeys } from "../api/auth.ts";
import { acceptor } from "./accept.ts";
import { askConsent, type Question } from "./ask_consent.ts";
import { type Clock, realClock } from "./clock.ts";
import { reporter } from "./deliver.ts";
import { campaigner } from "./campaigns.ts";
import { contactKeeper } from "./contact_chores.ts";
import { booksChecker } from "./check_books.ts";
import { counter } from "./count.ts";
import { type Dispatcher, dispatcher } from "./dispatch.ts";
import { diverter } from "./divert.ts";
import { eraser } from "./erase.ts";
import { expirer } from "./expire.ts";
import type { Deps } from "./gateway.ts";
import { liveNews } from "./live.ts";
import { passwords, type ScryptCost } from "./passwords.ts";
import { receiver } from "./receive.ts";
import { wordIndexer } from "./index_words.ts";
import { retainer } from "./retain.ts";
import { sessions } from "./sessions.ts";
import { webhookDispatcher } from "./webhook_dispatch.ts";

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
