import { createRoute, z } from "@hono/zod-openapi";
import { NoRulebookError } from "../../gateway/settings.ts";
import { DatabaseError, type DatabaseErrorKind } from "../../store/libsql/database_error.ts";
import { ACCOUNTS, type Books, readBooks } from "../../store/oversight/books.ts";
import { carrierStates, inFlight, tryWrite, webhookStates } from "../../store/oversight/operations.ts";
import { requireKey } from "../access/auth.ts";
import { type Api, router } from "../http/context.ts";
import { problem, ProblemSchema } from "../http/problem.ts";
import { json, problems } from "../http/schemas.ts";

const PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
const notReady = {
  503: { description: "Not ready", content: { "application/problem+json": { schema: ProblemSchema } } },
};

/** The books that metrics show are of this long, and at most so old: whoever asks every few seconds must not make them anew. */
const BOOKS_MS = 3_600_000;
const BOOKS_KEPT_MS = 300_000;

/** A write that worked stands for this long, one that failed for so long: whoever asks for readiness needs no key. */
const WRITABLE_MS = 10_000;
const NOT_WRITABLE_MS = 1_000;

/** Liveness, readiness and metrics. */
export function operationsRoutes({ deps, acceptor, receiver, keys }: Api) {
  const routes = router();
  let tried: { until: number; write: Promise<void> } | null = null;
  const writable = (): Promise<void> => {
    if (tried === null || performance.now() >= tried.until) {
      const attempt = { until: Infinity, write: tryWrite(deps.db.client) };
      attempt.write.then(() => WRITABLE_MS, () => NOT_WRITABLE_MS).then((ms) => attempt.until = performance.now() + ms);
      tried = attempt;
    }
    return tried.write;
  };
  let kept: { at: number; books: Promise<Books> } | null = null;
  const recentBooks = (now: number): Promise<Books> => {
    if (kept === null || Math.abs(now - kept.at) >= BOOKS_KEPT_MS) {
      const books = readBooks(deps.db.client, { from: now - BOOKS_MS, to: now + 1, now });
      kept = { at: now, books };
      books.catch(() => kept = null);
    }
    return kept.books;
  };

  routes.openapi(
    createRoute({
      method: "get",
      path: "/healthz",
      summary: "Whether the process answers",
      tags: ["Operations"],
      security: [],
      responses: { 200: json(z.object({ status: z.literal("ok") }), "It does") },
    }),
    (c) => c.json({ status: "ok" as const }, 200),
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/readyz",
      summary: "Whether messages can be taken: the database answers and takes writes, and a rulebook is active",
      tags: ["Operations"],
      security: [],
      responses: {
        200: json(z.object({ status: z.literal("ok"), rulebook: z.string() }), "They can"),
        ...notReady,
      },
    }),
    async (c) => {
      try {
        const { rulebook } = await deps.settings.refresh();
        await writable();
        return c.json({ status: "ok" as const, rulebook: rulebook.hash }, 200);
      } catch (error) {
        throw whyNotReady(error);
      }
    },
  );

  routes.openapi(
    createRoute({
      method: "get",
      path: "/metrics",
      summary: "Metrics for Prometheus",
      description: "Needs a key, since it tells volumes.",
      tags: ["Operations"],
      middleware: [requireKey(keys)] as const,
      responses: { 200: { description: "Metrics", content: { "text/plain": { schema: z.string() } } }, ...problems },
    }),
    async (c) => {
      const now = deps.now();
      const { client } = deps.db;
      const [{ rulebook }, flight, books, carriers, webhooks] = await Promise.all([
        deps.settings.current(),
        inFlight(client, now),
        recentBooks(now),
        carrierStates(client, now),
        webhookStates(client),
      ]);
      const flagOf = (flag: "open" | "paused") =>
        carriers.map((one) => [`{carrier="${one.id}"}`, one[flag] ? 1 : 0] as const);
      const overdueSeconds = flight.oldest_due_at === null ? 0 : (now - flight.oldest_due_at) / 1000;
      const text = [
        gauge("parley_messages_waiting", "Outbound messages that have not left, by status.", [
          [`{status="queued"}`, flight.queued],
          [`{status="held"}`, flight.held],
          [`{status="sending"}`, flight.sending],
        ]),
        gauge("parley_messages_unknown", "Messages of which nobody knows whether the carrier took them.", [
          ["", flight.unknown],
        ]),
        gauge("parley_carrier_out_of_service", "1 while the circuit breaker of the account is open.", flagOf("open")),
        gauge("parley_carrier_paused", "1 while the account has asked to send more slowly.", flagOf("paused")),
        gauge(
          "parley_webhook_waiting",
          "Events that wait to be sent to the webhook.",
          webhooks.map(({ id, waiting }) => [`{webhook="${id}"}`, waiting]),
        ),
        gauge(
          "parley_webhook_failing_seconds",
          "How long the webhook has taken nothing of what it was sent.",
          webhooks.map((
            { id, failing_since: since },
          ) => [`{webhook="${id}"}`, since === null ? 0 : (now - since) / 1000]),
        ),
        gauge("parley_oldest_due_seconds", "How long the oldest due message has waited.", [["", overdueSeconds]]),
        gauge("parley_queue_depth", "Requests of this instance that wait for their group commit.", [
          [`{queue="accept"}`, acceptor.depth],
          [`{queue="receive"}`, receiver.depth],
        ]),
        gauge("parley_books_messages", "What became of the messages accepted in the last hour.", bookSamples(books)),
        gauge(
          "parley_books_unaccounted",
          "Messages accepted in the last hour that are counted nowhere: GET /v1/books.",
          [
            ["", books.unaccounted],
          ],
        ),
        gauge("parley_rulebook_info", "The active rulebook.", [[`{hash="${rulebook.hash}"}`, 1]]),
      ].join("");
      return c.body(text, 200, { "content-type": PROMETHEUS }) as never;
    },
  );

  return routes;
}

/** By carrier account and what became of them; accounts' ids hold nothing that a label would have to escape. */
function bookSamples({ entries }: Books): [labels: string, value: number][] {
  const sums = new Map<string, number>();
  for (const { carrier_id, accounts } of entries) {
    for (const name of ACCOUNTS) {
      const labels = `{carrier="${carrier_id ?? ""}",account="${name}"}`;
      sums.set(labels, (sums.get(labels) ?? 0) + accounts[name]);
    }
  }
  return [...sums];
}

/** Prometheus text exposition format. */
function gauge(name: string, help: string, samples: readonly (readonly [labels: string, value: number])[]): string {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...samples.map(([labels, value]) => `${name}${labels} ${value}`),
  ]
    .map((line) => `${line}\n`).join("");
}

function whyNotReady(error: unknown): unknown {
  if (error instanceof NoRulebookError) return problem(503, "no_rulebook", "Not ready", error.message);
  if (!(error instanceof DatabaseError)) return error;
  return problem(503, `database_${error.kind}`, "Not ready", WHY[error.kind]);
}

const WHY: Record<DatabaseErrorKind, string> = {
  busy: "Something else holds the write lock of the database.",
  readonly: "The database takes no writes: make its file and folder, or the server, writable.",
  full: "The disk of the database is full: make room there.",
  corrupt: "The database is damaged: look at its disk, and have a backup ready.",
  unavailable: "The database does not answer.",
  constraint: "The database refused to be written to.",
  // Without its tables the database answers, but not to this question.
  other: "The database has no tables, or older ones: run `deno task migrate` against it.",
};
