import { taskArguments } from "../support/child.ts";
import { DOUBTFUL, type HostileCarrier } from "./carrier.ts";
import type { Fleet } from "./fleet.ts";
import { PROMO, type Told } from "./traffic.ts";

/** What the gateway promised, compared with what apps and people were told and with what the carrier took. */
export interface Verdict {
  counts: Record<string, number>;
  /** Broken promises, each with examples; empty when all were kept. */
  broken: string[];
}

/** A message as the API shows it, as far as it matters here. */
interface Shown {
  id: string;
  direction: string;
  status: string;
  to: string;
  text: string;
  carrier_message_id: string | null;
  error: { code: string } | null;
}

/**
 * What was under way when the STOP was acknowledged had left before: it was claimed before the STOP was committed, and nothing calls
 * it back. A second is far more than a hand-over needs to reach a carrier on this machine.
 */
const UNDER_WAY_MS = 1_000;

const TOOK = new Set(["sent", "delivered", "undelivered"]);
/** Hand-overs that an instance has under way at most: what a kill may leave in doubt. */
const SLOTS = 64;
/** After so many the gateway gives up. */
const MAX_ATTEMPTS = 10;

export async function judge(
  fleet: Fleet,
  carrier: HostileCarrier,
  { told, kills }: { told: Told; kills: number },
): Promise<Verdict> {
  const [outbound, inbound] = await Promise.all([
    allMessages(fleet, "outbound"),
    allMessages(fleet, "inbound"),
  ]);
  const broken: string[] = [];
  const check = (promise: string, violations: readonly string[]) => {
    if (violations.length > 0) {
      broken.push(`${promise}: ${violations.length}, for example ${violations.slice(0, 5).join(", ")}`);
    }
  };

  const takes = Map.groupBy(carrier.taken, ({ id }) => id);
  const times = new Map([...takes].map(([id, each]) => [id, each.length]));
  const shown = [...outbound.values()];

  check("an accepted message is lost", [...told.accepted.keys()].filter((id) => !outbound.has(id)));
  check(
    "a message was handed over twice",
    [...takes].filter(([, each]) => each.length > 1)
      .map(([id, each]) => `${id} (${each.map(({ answer, at }) => `${answer} at ${at}`).join(", ")})`),
  );
  check("the carrier took a message that is not stored", [...times.keys()].filter((id) => !outbound.has(id)));
  check(
    "a message counts as sent that the carrier never took",
    shown.filter(({ id, status }) => TOOK.has(status) && !times.has(id)).map(({ id }) => id),
  );
  check(
    "a message counts as not sent that the carrier took",
    shown.filter(({ id, status }) => times.has(id) && !TOOK.has(status) && status !== "unknown" && status !== "failed")
      .map(({ id, status }) => `${id} ${status}`),
  );
  check(
    "a message is failed that the carrier took and never reported as failed",
    shown.filter(({ id, status }) => status === "failed" && times.has(id) && carrier.reported.get(id) !== "failed")
      .map(({ id }) => id),
  );
  check(
    "an acknowledged report is not the message's status",
    [...carrier.reported].filter(([id, status]) => outbound.get(id)?.status !== status)
      .map(([id, status]) => `${id} ${outbound.get(id)?.status} instead of ${status}`),
  );
  // Otherwise a gateway would keep every promise that calls off what it finds hard.
  const answersTo = (id: string) => carrier.answers.get(id) ?? [];
  const listed = (given: Shown[]) => given.map(({ id, status, error }) => `${id} ${status} ${error?.code}`);
  check(
    "a message has failed without cause",
    listed(
      shown.filter(({ id, status }) =>
        status === "failed" && carrier.reported.get(id) !== "failed" && !answersTo(id).includes("refuse") &&
        answersTo(id).length < MAX_ATTEMPTS
      ),
    ),
  );
  check(
    "an accepted message was called off, and its person had not stopped",
    listed(
      shown.filter(({ id, to, status }) =>
        told.accepted.has(id) && ["canceled", "refused", "expired"].includes(status) && !told.stopped.has(to)
      ),
    ),
  );
  const unknown = shown.filter(({ status }) => status === "unknown");
  const [cutOff, doubted] = [true, false].map((cut) =>
    unknown.filter(({ error }) => cut === (error?.code === "outcome_unknown"))
  ) as [Shown[], Shown[]];
  check(
    "the outcome of a message is unknown without cause",
    listed([
      ...doubted.filter(({ id }) => !answersTo(id).some((answer) => DOUBTFUL.has(answer))),
      ...cutOff.slice(kills * SLOTS),
    ]),
  );
  check("messages are left waiting", shown.filter(({ status }) => WAITING.has(status)).map(({ id }) => id));

  const late = carrier.taken.flatMap(({ to, text, at }) => {
    const stoppedAt = told.stopped.get(to);
    return stoppedAt !== undefined && text.startsWith(PROMO) && at > stoppedAt ? [{ to, after: at - stoppedAt }] : [];
  });
  check(
    "advertising was handed over after a committed STOP",
    late.filter(({ after }) => after > UNDER_WAY_MS).map(({ to, after }) => `${to} ${after} ms after`),
  );
  check("advertising was accepted after a committed STOP", told.acceptedAfterStop);

  const stored = [...inbound.values()].map(({ carrier_message_id }) => carrier_message_id!);
  check("a message from a handset is lost", [...told.received].filter((id) => !stored.includes(id)));
  check("a message from a handset is stored twice", stored.filter((id, index) => stored.indexOf(id) !== index));
  const confirmed = carrier.taken.filter(({ to, text }) => told.stopped.has(to) && !text.startsWith(PROMO))
    .map(({ to }) => to);
  check("an opt-out was confirmed twice", confirmed.filter((to, index) => confirmed.indexOf(to) !== index));
  const suppressed = await suppressedPeople(fleet);
  check("a STOP left no suppression", [...told.stopped.keys()].filter((person) => !suppressed.has(person)));
  check("an answer surprised its caller", told.surprises);

  const { body: books } = await fleet.call("GET", "/v1/books");
  if (!books.balanced) {
    check(
      "the books do not balance",
      books.discrepancies.map(
        ({ message_id, problem }: { message_id: string; problem: string }) => `${message_id} ${problem}`,
      ),
    );
  }
  const confirmations = shown.length - told.submitted;
  check(
    "the books hold another number than was submitted",
    books.totals.accepted === shown.length && confirmations === told.stopped.size ? [] : [
      `${books.totals.accepted} in the books, ${shown.length} stored, ${told.submitted} submitted, ${told.stopped.size} STOPs`,
    ],
  );
  check("the audit log was altered", await auditProblems(fleet));

  return {
    counts: {
      accepted: told.accepted.size,
      refused: told.refused,
      stops: told.stopped.size,
      handed_over: carrier.taken.length,
      handed_over_twice: [...times.values()].filter((count) => count > 1).length,
      unknown: unknown.length,
      unknown_because_of_a_kill: cutOff.length,
      unknown_that_the_carrier_took: unknown.filter(({ id }) => times.has(id)).length,
      failed: shown.filter(({ status }) => status === "failed").length,
      canceled: shown.filter(({ status }) => status === "canceled").length,
      under_way_at_a_stop: late.length,
      longest_under_way_ms: Math.max(0, ...late.map(({ after }) => after)),
      reports_acknowledged: carrier.reported.size,
      ...Object.fromEntries(Object.entries(carrier.counts).map(([name, count]) => [`carrier ${name}`, count])),
    },
    broken,
  };
}

const WAITING = new Set(["queued", "sending", "held"]);

/** Number of messages that are still to be handed over. */
export async function waiting(fleet: Fleet): Promise<number> {
  let count = 0;
  for (const status of WAITING) {
    const { body } = await fleet.call("GET", `/v1/messages?status=${status}&limit=200`);
    count += body.data.length;
  }
  return count;
}

async function allMessages(fleet: Fleet, direction: string): Promise<Map<string, Shown>> {
  const found = new Map<string, Shown>();
  let cursor: string | null = null;
  do {
    const next: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await fleet.call("GET", `/v1/messages?direction=${direction}&limit=200${next}`);
    for (const message of body.data as Shown[]) found.set(message.id, message);
    cursor = body.next_cursor;
  } while (cursor !== null);
  return found;
}

async function suppressedPeople(fleet: Fleet): Promise<Set<string>> {
  const found = new Set<string>();
  let cursor: string | null = null;
  do {
    const next: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await fleet.call("GET", `/v1/suppressions?limit=200${next}`);
    for (const { recipient } of body.data) found.add(recipient);
    cursor = body.next_cursor;
  } while (cursor !== null);
  return found;
}

async function auditProblems({ databaseUrl, folder }: Fleet): Promise<string[]> {
  const project = new URL("../..", import.meta.url).pathname;
  const args = (await taskArguments("audit")).map((arg) => arg.startsWith("src/") ? project + arg : arg);
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...args, "verify"],
    cwd: folder,
    env: { PARLEY_DATABASE_URL: databaseUrl, NO_COLOR: "1" },
    stderr: "null",
  }).output();
  return success ? [] : [new TextDecoder().decode(stdout).slice(0, 500)];
}
