import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { CAMPAIGN_STATES, PAUSE_REASONS } from "../core/campaign.ts";
import { REPORTED } from "../core/ladder.ts";
import { KEY_ROLES, USER_ROLES } from "../core/roles.ts";
import { ALL_REVIEW_KINDS, CONSENT_STATUSES, MESSAGE_HOLD_REASONS, type ReplyKind, STATUSES } from "../core/message.ts";

/**
 * One workspace is one database. Instants are integers (ms since 1970), ids are prefixed and sort by creation. `person` is the
 * MSISDN of the handset and `sender` our address, whichever way a message went. The indexes of the dispatcher are partial:
 * they hold what is in flight, so they stay small however many messages are stored. A person's messages are reached through their
 * few threads: an index on the person itself would cost more than all else together, because its keys come in random order.
 */

/** Few of many messages, and the ones that somebody looks for. Not `held`: those have an index that the dispatcher must use. */
export const RARE_STATUSES = ["undelivered", "failed", "expired", "canceled", "refused", "unknown"] as const;

export const messages = sqliteTable("messages", {
  id: text().primaryKey(),
  direction: text({ enum: ["outbound", "inbound"] }).notNull(),
  status: text({ enum: STATUSES }).notNull(),
  person: text().notNull(),
  sender: text().notNull(),
  text: text().notNull(),
  /** As the caller wrote it; null when nothing was added. */
  submitted_text: text(),
  category: text({ enum: ["commercial", "informative"] }),
  declared_category: text({ enum: ["commercial", "informative"] }),
  encoding: text({ enum: ["GSM-7", "UCS-2"] }).notNull(),
  segments: integer().notNull(),
  max_segments: integer(),
  /** Confirmations 0, information 1, advertising 2: the order in which the dispatcher hands over. */
  priority: integer().notNull(),
  /** When the dispatcher next looks at it; null when it waits for a person or is done. */
  due_at: integer(),
  hold_until: integer(),
  hold_reason: text({ enum: MESSAGE_HOLD_REASONS }),
  scheduled_at: integer(),
  valid_until: integer(),
  /** Advertising that has not left by then is decided again: its window has closed. */
  allowed_until: integer(),
  /** Claim of the dispatcher that holds it, and until when: one crashed instance must not keep it for ever. */
  lease: text(),
  lease_until: integer(),
  attempts: integer().notNull(),
  /** The account that it leaves or left through; a failover changes it until one has taken the message. */
  carrier_id: text(),
  carrier_message_id: text(),
  /** In the form in which reports give it, where that is another one. */
  carrier_message_key: text(),
  conversation_id: text().notNull(),
  campaign_id: text(),
  /** What the person must have agreed to, as the caller named it; null asks for the company's own advertising. */
  purpose: text(),
  /** Inbound: the message of the person that came with the same words a moment before, under another id (or none). */
  repeats: text(),
  /** Inbound: 1 when parts of a long message never came. */
  incomplete: integer(),
  /** Which of the gateway's own answers this is, and the message it answers. */
  reply_kind: text().$type<ReplyKind>(),
  cause_id: text(),
  unsubscribe_token: text(),
  metadata: text(),
  error_code: text(),
  error_detail: text(),
  /** 1 once an attempt may have been taken: only the same account, which would know it again, may get it once more. */
  maybe_taken: integer(),
  /** The sending window of its campaign as JSON; null without one. */
  sending_window: text(),
  created_at: integer().notNull(),
  sent_at: integer(),
  delivered_at: integer(),
  /** The decision as JSON, with its rulebook version; the id of one that messages share (`shared_decisions.ts`). */
  decision: text().notNull(),
}, (table) => [
  index("messages_conversation").on(table.conversation_id, table.id),
  // One lane for each sender and account, so that an account out of service holds up nobody who can leave through another.
  index("messages_queued").on(table.sender, table.carrier_id, table.priority, table.due_at)
    .where(sql`status = 'queued'`),
  index("messages_held").on(table.due_at).where(sql`status = 'held'`),
  index("messages_undecided").on(table.created_at)
    .where(sql`status = 'held' and due_at is null and hold_reason is not 'paused'`),
  index("messages_valid").on(table.valid_until)
    .where(sql`(status = 'queued' or status = 'held') and valid_until is not null`),
  // A scheduled advertisement may leave long after it was accepted, and counts towards the frequency cap then.
  index("messages_scheduled").on(table.conversation_id, table.id).where(sql`scheduled_at is not null`),
  index("messages_leased").on(table.lease, table.lease_until).where(sql`status = 'sending'`),
  // Spelled out with `or`: SQLite does not see that `status = 'failed'` is among an `in (…)`.
  index("messages_rare").on(table.status, table.id)
    .where(sql.raw(RARE_STATUSES.map((status) => `status = '${status}'`).join(" or "))),
  index("messages_replies").on(table.person, table.created_at).where(sql`reply_kind is not null`),
  // The same webhook delivered twice, or to two instances at once, is one message.
  uniqueIndex("messages_inbound_once").on(table.carrier_id, table.carrier_message_id)
    .where(sql`direction = 'inbound' and carrier_message_id is not null`),
  index("messages_carrier_id").on(table.carrier_id, table.carrier_message_id)
    .where(sql`direction = 'outbound' and carrier_message_id is not null`),
  // Beside the other one, which every message is in: few carriers need this.
  index("messages_carrier_key").on(table.carrier_id, table.carrier_message_key)
    .where(sql`carrier_message_key is not null`),
  uniqueIndex("messages_unsubscribe").on(table.unsubscribe_token).where(sql`unsubscribe_token is not null`),
  index("messages_campaign").on(table.campaign_id, table.id).where(sql`campaign_id is not null`),
]);

/**
 * A message of a handset whose carrier hands on its parts one by one. Open, it takes parts; closed, because it is complete or too much
 * time has passed, it becomes a row of `messages`, once. Then it stays a few days, so that a part that is brought again is known.
 */
export const long_messages = sqliteTable("long_messages", {
  id: text().primaryKey(),
  carrier_id: text().notNull(),
  person: text().notNull(),
  sender: text().notNull(),
  reference: text().notNull(),
  total: integer().notNull(),
  created_at: integer().notNull(),
  /** When it has to be closed, or closed already to become a message; null once it is one. */
  due_at: integer(),
  closed_at: integer(),
  /** Of the opt-out that one of its parts was by itself: what refers to it expects the message under the id of this row. */
  opt_out_scope: text({ enum: ["commercial", "all"] }),
}, (table) => [
  // Not unique: a handset uses a reference again, after 256 messages at the latest.
  index("long_messages_key").on(table.person, table.sender, table.reference),
  index("long_messages_due").on(table.due_at).where(sql`due_at is not null`),
]);

export const message_parts = sqliteTable("message_parts", {
  id: text().primaryKey(),
  long_message_id: text().notNull(),
  number: integer().notNull(),
  carrier_id: text().notNull(),
  carrier_message_id: text(),
  /** As JSON: a part may end in the middle of a character, and half a surrogate pair is no text that SQLite keeps. */
  text: text().notNull(),
  /** JSON array of addresses. */
  media: text(),
  carrier_intent: text(),
  already_answered: integer().notNull(),
}, (table) => [
  uniqueIndex("message_parts_once").on(table.long_message_id, table.number),
  // With the number: a carrier may give all parts of a message one id.
  uniqueIndex("message_parts_carrier").on(table.carrier_id, table.carrier_message_id, table.number)
    .where(sql`carrier_message_id is not null`),
]);

/** What happened to a message after it was accepted: one row per change of status or attempt. */
export const message_events = sqliteTable("message_events", {
  id: integer().primaryKey({ autoIncrement: true }),
  message_id: text().notNull(),
  at: integer().notNull(),
  status: text().notNull(),
  detail: text(),
}, (table) => [index("message_events_message").on(table.message_id)]);

/** Reports on single parts of a long message that is under way; they go when the message has come to its end. */
export const report_parts = sqliteTable("report_parts", {
  message_id: text().notNull(),
  part: text().notNull(),
  status: text({ enum: REPORTED }).notNull(),
  at: integer().notNull(),
}, (table) => [
  primaryKey({ columns: [table.message_id, table.part] }),
  index("report_parts_at").on(table.at),
]);

/**
 * Reports that know a message by the carrier's id only, and came before the carrier's answer told us that id. They are looked at again
 * for a while.
 */
export const parked_reports = sqliteTable("parked_reports", {
  id: integer().primaryKey({ autoIncrement: true }),
  carrier_id: text().notNull(),
  carrier_message_id: text().notNull(),
  /** As in `messages.carrier_message_key`. */
  key: text(),
  /** The report as JSON. */
  report: text().notNull(),
  received_at: integer().notNull(),
  next_at: integer().notNull(),
}, (table) => [
  index("parked_reports_next").on(table.next_at),
  uniqueIndex("parked_reports_once").on(table.carrier_id, table.carrier_message_id, table.report),
]);

/**
 * What became of the messages of an hour, told apart by what the overview asks for. Kept by the tick (store/totals.ts) and longer than
 * the messages: it holds nothing of any person.
 */
export const hourly_totals = sqliteTable("hourly_totals", {
  id: integer().primaryKey(),
  /** Beginning of the hour in which they were accepted or received (ms, UTC). */
  hour: integer().notNull(),
  direction: text({ enum: ["outbound", "inbound"] }).notNull(),
  /** Account, or empty for none. */
  carrier_id: text().notNull(),
  /** ISO 3166 code of the person's number, or empty where it tells none. */
  country: text().notNull(),
  /** `queued` also while it is being handed over. */
  status: text({ enum: STATUSES }).notNull(),
  /** Code of the error, or what an inbound message asked for; empty for nothing. */
  reason: text().notNull(),
  n: integer().notNull(),
}, (table) => [
  uniqueIndex("hourly_totals_key").on(
    table.hour,
    table.direction,
    table.carrier_id,
    table.country,
    table.status,
    table.reason,
  ),
]);

/**
 * Where each stored message is counted, so that a change takes it from there and nothing is counted twice.
 * Goes with the message. `without rowid` (in the migration): half the writing.
 */
export const counted_messages = sqliteTable("counted_messages", {
  id: text().primaryKey(),
  /** Id in `hourly_totals`. */
  bucket: integer().notNull(),
});

/** How many opt-outs of an hour took so long from their arrival to the commit that stops everything (store/barrier.ts). */
export const barrier_totals = sqliteTable("barrier_totals", {
  /** ms, UTC. */
  hour: integer().notNull(),
  /** Rounded up to two digits. */
  ms: integer().notNull(),
  n: integer().notNull(),
}, (table) => [primaryKey({ columns: [table.hour, table.ms] })]);

/** One row, or none before the first: how far messages (by rowid, the order in which they were committed) and their journal (by id) are counted. */
export const counting = sqliteTable("counting", {
  id: integer().primaryKey(),
  messages: integer().notNull(),
  /** Id of the message with that rowid: a copy of the database may number rows anew, and then all are gone over again. */
  message_id: text().notNull(),
  events: integer().notNull(),
});

export const conversations = sqliteTable("conversations", {
  id: text().primaryKey(),
  person: text().notNull(),
  sender: text().notNull(),
  created_at: integer().notNull(),
  last_message_at: integer().notNull(),
  last_inbound_at: integer(),
  /** The person's last message when it was an ordinary one; null again once they asked to stop, for help or to return. */
  last_chat_at: integer(),
}, (table) => [
  uniqueIndex("conversations_person_sender").on(table.person, table.sender),
  index("conversations_newest").on(table.last_message_at),
]);

/**
 * What staff make of a thread: whose it is, and up to where it was read. Beside the thread, because receiving writes that one. No row
 * means nobody's, and never read.
 */
export const desk = sqliteTable("desk", {
  conversation_id: text().primaryKey(),
  /** Who answers: the id of a user, or of an API key. */
  assigned_to: text(),
  /** `conversations.last_inbound_at` when it was last read: another one there means that something came since. */
  read_at: integer(),
  /** Counts up with every change of any row, and every note: those who look at threads ask for what is above the last they know. */
  changed: integer().notNull(),
}, (table) => [
  index("desk_assigned").on(table.assigned_to).where(sql`assigned_to is not null`),
  uniqueIndex("desk_changed").on(table.changed),
]);

/** What staff tell each other about a thread; the person never sees it, and it goes with the thread. */
export const notes = sqliteTable("notes", {
  id: text().primaryKey(),
  conversation_id: text().notNull(),
  text: text().notNull(),
  /** Id of a user or an API key, and the name that it had. */
  author: text().notNull(),
  author_name: text().notNull(),
  created_at: integer().notNull(),
}, (table) => [index("notes_conversation").on(table.conversation_id, table.id)]);

/** Texts that staff answer with again and again. */
export const canned_replies = sqliteTable("canned_replies", {
  id: text().primaryKey(),
  title: text().notNull(),
  language: text().notNull(),
  /** May hold `{name}` (core/template.ts). */
  text: text().notNull(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
}, (table) => [uniqueIndex("canned_replies_title").on(table.language, table.title)]);

/**
 * Messages whose words can be searched: `n` is their row in `message_words` (FTS5; migrations). The tick
 * fills both, and what deletes or blanks a message takes it out of both in the same transaction (message_words.ts).
 */
export const searchable = sqliteTable("searchable", {
  n: integer().primaryKey({ autoIncrement: true }),
  message_id: text().notNull().unique(),
  conversation_id: text().notNull(),
});

export const contacts = sqliteTable("contacts", {
  id: text().primaryKey(),
  msisdn: text().notNull().unique(),
  name: text(),
  language: text(),
  time_zone: text(),
  fields: text(),
  /** The import that brought or changed it last. */
  import_id: text(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
});

/** Goes with its contact, as membership in lists does: whatever deletes a contact takes the person out of everything. */
export const contact_tags = sqliteTable("contact_tags", {
  contact_id: text().notNull().references(() => contacts.id, { onDelete: "cascade" }),
  tag: text().notNull(),
}, (table) => [
  primaryKey({ columns: [table.contact_id, table.tag] }),
  index("contact_tags_tag").on(table.tag, table.contact_id),
]);

/** With a `filter` (JSON) the list is a saved filter, evaluated when it is used; without, it has members. */
export const contact_lists = sqliteTable("contact_lists", {
  id: text().primaryKey(),
  name: text().notNull(),
  description: text(),
  filter: text(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
  /** Gone for everybody; the tick clears away its members, since a million of them would hold the database up. */
  deleted_at: integer(),
}, (table) => [
  uniqueIndex("contact_lists_name").on(table.name).where(sql`deleted_at is null`),
  index("contact_lists_deleted").on(table.deleted_at).where(sql`deleted_at is not null`),
]);

export const list_members = sqliteTable("list_members", {
  list_id: text().notNull().references(() => contact_lists.id),
  contact_id: text().notNull().references(() => contacts.id, { onDelete: "cascade" }),
  added_at: integer().notNull(),
}, (table) => [
  primaryKey({ columns: [table.list_id, table.contact_id] }),
  index("list_members_contact").on(table.contact_id),
]);

/** Who left a list by themselves: no import and nobody on the staff puts them back on it. Goes with its list. */
export const list_departures = sqliteTable("list_departures", {
  list_id: text().notNull().references(() => contact_lists.id, { onDelete: "cascade" }),
  /** E.164: the contact may be deleted and made anew. */
  person: text().notNull(),
  /** The message whose link they used. */
  message_id: text().notNull(),
  left_at: integer().notNull(),
}, (table) => [
  primaryKey({ columns: [table.list_id, table.person] }),
  index("list_departures_person").on(table.person),
]);

/** One file of contacts; its counters tell how far it is. Each line is in exactly one of the five after `lines`. */
export const contact_imports = sqliteTable("contact_imports", {
  id: text().primaryKey(),
  state: text({ enum: ["running", "done", "failed"] }).notNull(),
  dry_run: integer().notNull(),
  list_id: text(),
  /** Who sent it: the id of an API key. */
  actor: text().notNull(),
  /** What each column was taken for, and the other choices, as JSON. */
  options: text().notNull(),
  lines: integer().notNull().default(0),
  created: integer().notNull().default(0),
  updated: integer().notNull().default(0),
  duplicates: integer().notNull().default(0),
  suppressed: integer().notNull().default(0),
  invalid: integer().notNull().default(0),
  error: text(),
  created_at: integer().notNull(),
  /** While it runs: a sign of life. */
  updated_at: integer().notNull(),
}, (table) => [index("contact_imports_running").on(table.updated_at).where(sql`state = 'running'`)]);

/** Lines of an import that did not become a contact of their own, and why. */
export const import_problems = sqliteTable("import_problems", {
  import_id: text().notNull().references(() => contact_imports.id),
  line: integer().notNull(),
  kind: text({ enum: ["invalid", "suppressed", "duplicate"] }).notNull(),
  detail: text().notNull(),
}, (table) => [primaryKey({ columns: [table.import_id, table.line] })]);

/**
 * One text for an audience. Its messages are its ledger: they are made in the order of the numbers, and `cursor` moves in the
 * transaction that makes them, so that nobody is left out or comes twice.
 */
export const campaigns = sqliteTable("campaigns", {
  id: text().primaryKey(),
  name: text().notNull(),
  state: text({ enum: CAMPAIGN_STATES }).notNull(),
  sender: text().notNull(),
  template: text().notNull(),
  declared_category: text({ enum: ["commercial", "informative"] }),
  /** As of a message. */
  purpose: text(),
  /** What somebody on the staff settled about its words. */
  settled_category: text({ enum: ["commercial", "informative"] }),
  max_segments: integer(),
  /** JSON: `{lists, filter, exclude_lists}`. */
  audience: text().notNull(),
  scheduled_at: integer(),
  valid_until: integer(),
  /** JSON: opening hours at the recipient's place. */
  sending_window: text(),
  /** Null: as fast as the sender may. */
  rate_per_second: real(),
  /** JSON: `{opt_out_percent, failure_percent, after}`. */
  fuse: text().notNull(),
  pause_reason: text({ enum: PAUSE_REASONS }),
  /** Recipients when it began, counted up to a bound: how many have this text. */
  copies: integer(),
  /** The last number that was looked at; empty before the first. */
  cursor: text().notNull().default(""),
  /** Messages are planned one after the other within the rate: so many since it was started or last resumed, and when that was. */
  planned: integer().notNull().default(0),
  planned_from: integer().notNull().default(0),
  /** When everybody of the audience had their message made. */
  expanded_at: integer(),
  lease: text(),
  lease_until: integer(),
  /** What has to be done to the messages that wait, and how far that is (the id of a message). */
  sweep: text({ enum: ["pause", "resume", "cancel"] }),
  sweep_cursor: text().notNull().default(""),
  /** JSON: the counts at the last start, from which the fuse counts on. */
  fuse_from: text(),
  /** Tenths of its messages that apps were told are done. */
  told: integer().notNull().default(0),
  created_by: text().notNull(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
  started_at: integer(),
  finished_at: integer(),
}, (table) => [
  index("campaigns_live").on(table.state).where(sql`state in ('scheduled', 'running') or sweep is not null`),
]);

/**
 * How many messages of a campaign have each status, `opted_out`: how many people left because of it, and clicks on its links
 * (core/campaign.ts). Written with the messages and the clicks, and by triggers of the database when messages change.
 */
export const campaign_counts = sqliteTable("campaign_counts", {
  campaign_id: text().notNull(),
  name: text().notNull(),
  n: integer().notNull(),
}, (table) => [primaryKey({ columns: [table.campaign_id, table.name] })]);

/**
 * That somebody opened a short link of their message, and how often: nothing of the device or the network. Goes with the message. One row
 * however often it is opened.
 */
export const link_clicks = sqliteTable("link_clicks", {
  message_id: text().notNull().references(() => messages.id, { onDelete: "cascade" }),
  /** Place among the links of the campaign's text. */
  link: integer().notNull(),
  clicks: integer().notNull(),
  first_at: integer().notNull(),
}, (table) => [primaryKey({ columns: [table.message_id, table.link] })]);

/** One that stands is never deleted; a lifted one keeps its row, with who lifted it, for as long as the retention file says. */
export const suppressions = sqliteTable("suppressions", {
  id: text().primaryKey(),
  /** E.164; of somebody who was erased, the keyed hash of that (gateway/person_keys.ts). */
  recipient: text().notNull(),
  scope: text({ enum: ["commercial", "all"] }).notNull(),
  /** The sender it was said to; empty when it stands for every sender. */
  sender: text().notNull().default(""),
  source: text({ enum: ["keyword", "carrier", "operator", "import", "link", "erasure"] }).notNull(),
  rule: text(),
  message_id: text(),
  text: text(),
  note: text(),
  created_at: integer().notNull(),
  lifted_at: integer(),
  lifted_by: text(),
  lift_reason: text(),
}, (table) => [
  uniqueIndex("suppressions_active").on(table.recipient, table.scope, table.sender).where(sql`lifted_at is null`),
  index("suppressions_recipient").on(table.recipient, table.id),
  // Few of many: what the overview counts beside the words of STOP.
  index("suppressions_links").on(table.created_at).where(sql`source = 'link'`),
]);

/**
 * Append-only ledger: the newest row of a recipient and purpose is what holds now. `pending` is a question (double opt-in) that the
 * person has to answer before `confirm_until`; it changes nothing by itself.
 */
export const consents = sqliteTable("consents", {
  id: text().primaryKey(),
  recipient: text().notNull(),
  purpose: text().notNull(),
  status: text({ enum: CONSENT_STATUSES }).notNull(),
  /** How it was obtained; `customer_relationship` is the soft opt-in of an own customer. */
  source: text().notNull(),
  /** What the person read, in full, with its version and language. */
  wording: text(),
  wording_version: text(),
  wording_language: text(),
  granted_at: integer().notNull(),
  expires_at: integer(),
  /** Further proof as JSON: page, IP, form, reference of the sale … */
  evidence: text(),
  /** Where the proof itself is kept: a file and its hash, a sheet, a recording. */
  evidence_ref: text(),
  /** An API key, `person` for what the person wrote, or a carrier. */
  recorded_by: text(),
  /** The address that a pending question was sent from, and that alone may be answered. */
  sender: text(),
  confirm_until: integer(),
  /** Of a consent that was confirmed by its person: the pending row. */
  confirms: text(),
  message_id: text(),
  rule: text(),
  created_at: integer().notNull(),
}, (table) => [index("consents_recipient").on(table.recipient, table.purpose, table.id)]);

export const carriers = sqliteTable("carriers", {
  id: text().primaryKey(),
  kind: text().notNull(),
  config: text().notNull(),
  /** What the account itself may send a second, all senders together; null when only its senders have rates. */
  rate_per_second: real(),
  /** As of a sender. */
  next_at: real().notNull().default(0),
  /** Hand-overs in a row of which the account was out of order. */
  failures: integer().notNull().default(0),
  /** Since when the circuit breaker is open; null while the account is in service. */
  opened_at: integer(),
  /** While it is open: from when one message may try whether the account is back. */
  probe_at: integer(),
  /** Times in a row that it asked to send more slowly, and until when nothing leaves through it. */
  throttles: integer().notNull().default(0),
  paused_until: integer().notNull().default(0),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
});

export const senders = sqliteTable("senders", {
  address: text().primaryKey(),
  kind: text({ enum: ["short_code", "long_code", "toll_free", "alphanumeric"] }).notNull(),
  country: text(),
  /** JSON array of ISO codes; empty for every country. */
  countries: text().notNull(),
  /** The first of its routes. */
  carrier_id: text().notNull(),
  /** JSON array of `{carrier_id, countries}`, in order; empty when there is the one account only. */
  routes: text().notNull().default("[]"),
  stop_number: text(),
  brand: text(),
  rate_per_second: real().notNull(),
  /** Instant (ms) from which the next message may be handed over: the rate shared by all instances. */
  next_at: real().notNull().default(0),
  created_at: integer().notNull(),
});

export const api_keys = sqliteTable("api_keys", {
  id: text().primaryKey(),
  /** SHA-256 of the key, in hex; the key itself is shown once and stored nowhere. */
  hash: text().notNull().unique(),
  name: text().notNull(),
  role: text({ enum: KEY_ROLES }).notNull(),
  created_at: integer().notNull(),
  revoked_at: integer(),
  /** The user who made it, themselves or through a key of theirs; null for others. Whoever uses it counts as that person. */
  user_id: text(),
});

/** The staff who sign in to the console. Nobody is deleted: audit entries name them. */
export const users = sqliteTable("users", {
  id: text().primaryKey(),
  name: text().notNull(),
  /** In lower case, so that it is unique however it is written. */
  email: text().notNull().unique(),
  role: text({ enum: USER_ROLES }).notNull(),
  /** Of the console's pages; null: as the browser asks. */
  language: text(),
  /** With its parameters (gateway/passwords.ts); null until the invitation was used. */
  password_hash: text(),
  created_at: integer().notNull(),
  /** The API key or user who invited; `system` for the first. */
  created_by: text().notNull(),
  disabled_at: integer(),
});

/** Who is signed in where. Instants are of the real clock, whatever a test clock shows. */
export const sessions = sqliteTable("sessions", {
  id: text().primaryKey(),
  /** SHA-256 of the token, in hex; the token itself is in the cookie and stored nowhere. */
  hash: text().notNull().unique(),
  user_id: text().notNull(),
  user_agent: text(),
  created_at: integer().notNull(),
  /** To within some minutes. */
  last_seen_at: integer().notNull(),
  expires_at: integer().notNull(),
}, (table) => [index("sessions_user").on(table.user_id)]);

/** Links that let somebody set a password, once: a row is gone when it was used. Real clock. */
export const user_links = sqliteTable("user_links", {
  /** SHA-256 of the token, in hex. */
  hash: text().primaryKey(),
  kind: text({ enum: ["first_start", "invitation", "reset"] }).notNull(),
  /** Null for the first start, which makes the user. */
  user_id: text(),
  expires_at: integer().notNull(),
});

/** Wrong passwords, counted for all instances together. Real clock. */
export const sign_in_failures = sqliteTable("sign_in_failures", {
  /** SHA-256 of what is counted: nothing here tells who tried. */
  key: text().primaryKey(),
  failures: integer().notNull(),
  /** When counting begins anew. */
  until: integer().notNull(),
}, (table) => [index("sign_in_failures_until").on(table.until)]);

export const idempotency_keys = sqliteTable("idempotency_keys", {
  api_key_id: text().notNull(),
  key: text().notNull(),
  body_hash: text().notNull(),
  message_id: text().notNull(),
  /** The answer as it was given, so that a repetition gets the same one. */
  status: integer().notNull(),
  body: text().notNull(),
  created_at: integer().notNull(),
}, (table) => [
  primaryKey({ columns: [table.api_key_id, table.key] }),
  // Also its age: ids sort by creation.
  index("idempotency_keys_message").on(table.message_id),
]);

/** Decisions as JSON, each by an id made of its content: what `messages.decision` may refer to. They say nothing of a person. */
export const shared_decisions = sqliteTable("shared_decisions", {
  id: text().primaryKey(),
  decision: text().notNull(),
});

/** Every version that was ever checked in or active, so that a decision can be read with the rules as they stood. */
export const rulebooks = sqliteTable("rulebooks", {
  hash: text().primaryKey(),
  /** JSON object of path to file content. */
  sources: text().notNull(),
  /** JSON object of path to what the file says: an instance that starts need not read YAML. Null in versions kept before 0002. */
  contents: text(),
  created_at: integer().notNull(),
});

/** A change of rules on its way: proposed by one person, approved by another, then published. */
export const proposals = sqliteTable("proposals", {
  id: text().primaryKey(),
  rulebook: text().notNull(),
  /** The version that was active when it was proposed: what it is compared with. */
  base: text(),
  note: text().notNull(),
  state: text({ enum: ["proposed", "approved", "rejected", "withdrawn", "published"] }).notNull(),
  proposed_by: text().notNull(),
  proposed_at: integer().notNull(),
  decided_by: text(),
  decided_at: integer(),
  decision_note: text(),
  /** What the simulation that went with it counted, as JSON. */
  simulation: text(),
}, (table) => [index("proposals_rulebook").on(table.rulebook)]);

/** A change of the rules that somebody is writing: theirs alone until they store it as a version. */
export const rule_drafts = sqliteTable("rule_drafts", {
  id: text().primaryKey(),
  /** Id of a user or of an API key. */
  owner: text().notNull(),
  name: text().notNull(),
  /** The version that it changes. */
  base: text().notNull(),
  /** What it changes, as JSON: path to content, null for a file that goes. */
  files: text().notNull(),
  /** Grows with every change, so that of two windows the one that knows an older state is told. */
  revision: integer().notNull(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
}, (table) => [index("rule_drafts_owner").on(table.owner, table.id)]);

/** Which version was active from when on: the newest row is the active one. */
export const activations = sqliteTable("activations", {
  id: integer().primaryKey({ autoIncrement: true }),
  rulebook: text().notNull(),
  at: integer().notNull(),
  by: text().notNull(),
  way: text({ enum: ["files", "publish", "rollback"] }).notNull(),
  proposal_id: text(),
  note: text(),
}, (table) => [index("activations_rulebook").on(table.rulebook)]);

/**
 * What a person on the staff has to look at: a reply that may be an opt-out, a complaint, a wrong number, a message whose
 * declared category contradicts its words. While a doubt about a person is open, advertising to them is held.
 */
export const reviews = sqliteTable("reviews", {
  id: text().primaryKey(),
  kind: text({ enum: ALL_REVIEW_KINDS }).notNull(),
  person: text().notNull(),
  sender: text(),
  message_id: text().notNull(),
  rule: text(),
  /** The words that made it doubtful. */
  words: text(),
  created_at: integer().notNull(),
  settled_at: integer(),
  settled_by: text(),
  settlement: text(),
  note: text(),
}, (table) => [
  index("reviews_open").on(table.person).where(sql`settled_at is null`),
  index("reviews_person").on(table.person, table.id),
  uniqueIndex("reviews_message").on(table.message_id, table.kind),
]);

/** Exceptions that one person asks for and another grants: lifting an opt-out by hand (compliance.md 7.3). */
export const overrides = sqliteTable("overrides", {
  id: text().primaryKey(),
  kind: text({ enum: ["lift_suppression"] }).notNull(),
  subject_id: text().notNull(),
  reason: text().notNull(),
  evidence: text().notNull(),
  state: text({ enum: ["requested", "approved", "rejected"] }).notNull(),
  requested_by: text().notNull(),
  requested_at: integer().notNull(),
  decided_by: text(),
  decided_at: integer(),
  decision_note: text(),
}, (table) => [index("overrides_subject").on(table.subject_id)]);

/**
 * Append-only and hash-chained: each entry's `hash` covers the one before. An entry is written in the transaction of what it
 * records and sealed (its hash filled in) a moment later, in order, by whichever instance comes first. It holds no personal
 * data: that is in `audit_details`, of which the entry keeps the digest, so that erasing a person leaves the chain whole.
 */
export const audit_log = sqliteTable("audit_log", {
  seq: integer().primaryKey({ autoIncrement: true }),
  id: text().notNull().unique(),
  at: integer().notNull(),
  actor: text().notNull(),
  action: text().notNull(),
  /** Id of the record it is about. */
  subject: text().notNull(),
  /** SHA-256 of the details, which hold a random part so that a number cannot be guessed from it. */
  digest: text().notNull(),
  hash: text(),
}, (table) => [
  index("audit_log_subject").on(table.subject),
  index("audit_log_unsealed").on(table.seq).where(sql`hash is null`),
]);

export const audit_details = sqliteTable("audit_details", {
  /** Id of its entry. */
  id: text().primaryKey(),
  person: text(),
  details: text().notNull(),
}, (table) => [index("audit_details_person").on(table.person)]);

/**
 * People who are being erased, and that some were. The number stands here only while there is still something to erase; what the person
 * said and how they were reached never does.
 */
export const erasures = sqliteTable("erasures", {
  id: text().primaryKey(),
  /** E.164; null once it is done. */
  person: text(),
  state: text({ enum: ["running", "done"] }).notNull(),
  requested_by: text({ enum: ["person", "operator", "authority"] }).notNull(),
  reason: text().notNull(),
  /** API key. */
  actor: text().notNull(),
  created_at: integer().notNull(),
  /** Not done before: what was being accepted or received when it began is stored by then, and erased as well. */
  settles_at: integer().notNull(),
  finished_at: integer(),
  /** One instance works on it at a time; should it be gone, another goes on. */
  lease_until: integer().notNull().default(0),
  messages: integer().notNull().default(0),
  conversations: integer().notNull().default(0),
  contacts: integer().notNull().default(0),
  reviews: integer().notNull().default(0),
  audit_details: integer().notNull().default(0),
  /** Kept under the keyed hash. */
  suppressions: integer().notNull().default(0),
  consents: integer().notNull().default(0),
}, (table) => [
  uniqueIndex("erasures_person").on(table.person).where(sql`person is not null`),
  index("erasures_running").on(table.lease_until).where(sql`state = 'running'`),
]);

/** Addresses of apps that are told what happens. While there is none, nothing is recorded for any. */
export const webhook_endpoints = sqliteTable("webhook_endpoints", {
  id: text().primaryKey(),
  url: text().notNull(),
  description: text(),
  /** JSON array of event types; `*` and `message.*` stand for all that fit. */
  events: text().notNull(),
  ordered: integer({ mode: "boolean" }).notNull(),
  /** JSON array of `{secret, until}`, the newest first: each of them signs until its instant (ms; null: for good). */
  secrets: text().notNull(),
  /** `deleted` until the last of its deliveries is cleared away, which is done in small pieces. */
  state: text({ enum: ["enabled", "disabled", "deleted"] }).notNull(),
  disabled_at: integer(),
  disabled_reason: text({ enum: ["by_hand", "gone", "failing"] }),
  /** First failure since anything was last taken; null while all is well. */
  failing_since: integer(),
  /** When notice was given that it will be disabled. */
  warned_at: integer(),
  /** It asked for silence until then (`Retry-After`). */
  quiet_until: integer(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
});

/**
 * What apps may want to know, in the order in which it was committed (one writer at a time, and `autoincrement` never gives a
 * number twice). Triggers of the database write these rows (migrations), in the transaction of what they tell of, so that no path
 * to a change of status can forget its event; without an endpoint they write nothing. A row holds no text and no number: what is
 * sent is read when it is sent, so that an erasure erases here as well.
 */
export const webhook_events = sqliteTable("webhook_events", {
  seq: integer().primaryKey({ autoIncrement: true }),
  /** Makes the id that receivers know unlike any other, also after a return to an older copy of the database. */
  nonce: text().notNull().default(sql`(lower(hex(randomblob(8))))`),
  type: text().notNull(),
  /** Id of the message, suppression or review; of the endpoint, for a test. */
  subject: text().notNull(),
  /** Conversation whose events keep their order where that is asked for. */
  thread: text(),
  /** When it happened; null until a tick has made its deliveries. */
  at: integer(),
}, (table) => [
  index("webhook_events_at").on(table.at),
  // What apps answered to the events of a person is erased with the person.
  index("webhook_events_subject").on(table.subject),
]);

/** One event for one endpoint. */
export const webhook_deliveries = sqliteTable("webhook_deliveries", {
  n: integer().primaryKey({ autoIncrement: true }),
  endpoint_id: text().notNull(),
  event_seq: integer().notNull(),
  /** `waiting`: behind an earlier event of its conversation. `failed`: given up, until somebody replays it. */
  status: text({ enum: ["waiting", "pending", "sending", "delivered", "failed"] }).notNull(),
  /** Set where the order is kept. */
  thread: text(),
  due_at: integer(),
  lease: text(),
  lease_until: integer(),
  /** Since it was made or last replayed: its place in the schedule of retries. */
  tries: integer().notNull().default(0),
  created_at: integer().notNull(),
  finished_at: integer(),
}, (table) => [
  uniqueIndex("webhook_deliveries_once").on(table.endpoint_id, table.event_seq),
  index("webhook_deliveries_due").on(table.endpoint_id, table.due_at).where(sql`status = 'pending'`),
  index("webhook_deliveries_leased").on(table.lease_until).where(sql`status = 'sending'`),
  index("webhook_deliveries_failed").on(table.endpoint_id, table.event_seq).where(sql`status = 'failed'`),
  index("webhook_deliveries_thread").on(table.endpoint_id, table.thread, table.event_seq)
    .where(sql`thread is not null and finished_at is null`),
]);

export const webhook_attempts = sqliteTable("webhook_attempts", {
  id: integer().primaryKey({ autoIncrement: true }),
  delivery: integer().notNull(),
  at: integer().notNull(),
  duration_ms: integer().notNull(),
  /** Null when no answer came. */
  http_status: integer(),
  /** Why no answer came. */
  error: text(),
  /** The beginning of the answer. */
  answer: text(),
}, (table) => [index("webhook_attempts_delivery").on(table.delivery)]);

/** Single values shared by all instances: `active_rulebook`. */
export const settings = sqliteTable("settings", {
  name: text().primaryKey(),
  value: text().notNull(),
});
