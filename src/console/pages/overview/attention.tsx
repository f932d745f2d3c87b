/** @jsxImportSource hono/jsx */
import type { OverviewView } from "../../../api/oversight/overview.ts";
import type { Reader } from "../../console.ts";
import { Badge, numberIn, When } from "../../parts.tsx";
import { overviewWords } from "./words.ts";

type Item = OverviewView["attention"][number];

/** Where each kind is looked into and settled. */
const PLACES: Readonly<Record<Item["kind"], (subject: string | null) => string>> = {
  queue_overdue: () => "/console/overview/carriers",
  books_unbalanced: () => "/console/overview/books",
  carrier_out_of_service: () => "/console/overview/carriers",
  carrier_paused: () => "/console/overview/carriers",
  webhook_failing: (id) => `/console/registers/webhooks/${id}`,
  webhook_disabled: (id) => `/console/registers/webhooks/${id}`,
  outcome_unknown: () => "/console/overview/unknown",
  reviews_open: () => "/console/registers/reviews",
  overrides_requested: () => "/console/registers/overrides",
  proposals_waiting: () => "/console/rules/versions",
  rules_approved_alone: (id) => `/console/rules/proposals/${id}`,
  campaign_paused: (id) => `/console/campaigns/${id}`,
};

/** What keeps messages from people, or tells that something is wrong; the others can wait an hour. */
const URGENT: readonly Item["kind"][] = [
  "queue_overdue",
  "books_unbalanced",
  "carrier_out_of_service",
  "webhook_failing",
  "webhook_disabled",
];

/** What needs somebody, each with the way to where it is settled; nothing where nothing does. */
export function Attention({ attention, reader }: { attention: readonly Item[]; reader: Reader }) {
  if (attention.length === 0) return null;
  const words = overviewWords(reader.language);
  const shown = numberIn(reader.language);
  return (
    <section class="card attention" aria-labelledby="attention-title">
      <h2 id="attention-title">{words.attention}</h2>
      <ul>
        {attention.map(({ kind, subject, since, count }) => (
          <li>
            <a id={`attention-${kind}-${subject ?? "all"}`} href={PLACES[kind](subject)}>{words.problems[kind]}</a>
            <Badge tone={URGENT.includes(kind) ? "bad" : "warn"}>{subject ?? shown(count)}</Badge>
            {since === null ? null : (
              <small>
                {words.since} <When at={since} reader={reader} />
              </small>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
