import { hasLapsed, type PurposeKind, purposeKind } from "./consent.ts";
import { type Composed, type MentionState, mentionState, mentionWay } from "./mention.ts";
import { type Category, type ConsentStatus, type OutboundMessage, type PersonFacts, type Sender } from "./message.ts";
import { type CountryBook, type Place, type Rulebook } from "./rulebook/rulebook.ts";
import { DOUBLE_OPT_IN, type FrequencyCap } from "./rulebook/rulebook_schema.ts";
import { type Content, weighContent } from "./text/content.ts";
import { measure } from "./text/segment.ts";
import { type Token, tokenize } from "./text/text.ts";
import { compileWeek, quiet } from "./time/quiet_hours.ts";
import { DAY, daysSince, HOUR, minutesSince } from "./time/since.ts";

/** The facts about a message of ours, each computed at most once and only when a rule asks. */

/** Delay after which a message that waits for missing facts is decided again. */
const RETRY_MS = 15 * 60_000;
/** As many words as a reason tells: those that weigh most explain the score, and every decision is stored. */
const TOLD_WORDS = 8;

export class OutboundFrame {
  readonly [fact: string]: unknown;
  category: Category = "commercial";
  composed: Composed | null = null;
  #tokens: Token[] | undefined;
  #content: Content | undefined;
  #quiet: ReturnType<typeof quiet> | undefined;
  #mention: MentionState | undefined;
  #cap: (FrequencyCap & { count: number }) | undefined;
  #sending: ReturnType<typeof quiet> | undefined;

  constructor(
    readonly message: OutboundMessage,
    readonly sender: Sender,
    readonly person: PersonFacts,
    readonly place: Place,
    readonly book: CountryBook,
    readonly rulebook: Rulebook,
    readonly now: number,
  ) {}

  get tokens(): Token[] {
    return this.#tokens ??= tokenize(this.message.text);
  }
  /** When the message would leave if nothing held it. */
  get leavesAt(): number {
    return Math.max(this.now, this.message.scheduled_at ?? 0);
  }
  get to_country(): string {
    return this.place.country ?? "unknown";
  }
  get to_region(): string {
    return this.place.region ?? "unknown";
  }
  get country() {
    return this.book.table;
  }
  get declared_category(): Category | "none" {
    return this.message.category ?? "none";
  }
  get reply_kind(): string {
    const kind = this.message.reply_kind;
    return kind === null ? "none" : kind.startsWith("flow:") ? "flow" : kind;
  }
  get copies(): number {
    return this.message.copies ?? 1;
  }
  get content(): Content {
    return this.#content ??= weighContent(
      this.message.text,
      this.tokens,
      this.book.signals.match(this.tokens),
      this.rulebook.weights,
      this.rulebook.thresholds,
    );
  }
  get content_score(): number {
    return this.content.score;
  }
  get content_category(): Category | "unclear" {
    return this.content.category;
  }
  get conversation_minutes(): number {
    return minutesSince(this.person.last_chat_at, this.now);
  }
  get sender_kind(): string {
    return this.sender.kind;
  }
  get sender_serves_country(): boolean {
    // A sender for a country serves the territories that follow its file.
    return this.sender.countries.length === 0 ||
      (this.place.country !== null &&
        [this.place.country, this.book.table.code].some((code) => this.sender.countries.includes(code)));
  }
  get purpose(): string {
    return this.message.purpose ?? "commercial";
  }
  get purpose_kind(): PurposeKind {
    return purposeKind(this.purpose);
  }
  get consent(): ConsentStatus {
    const { consent, consent_given, last_inbound_at } = this.person;
    if (consent_given === null) return consent;
    return hasLapsed(consent_given, this.purpose, this.book.table.consent, last_inbound_at, this.now)
      ? "expired"
      : consent;
  }
  get consent_soft(): boolean {
    return this.person.consent_given?.soft ?? false;
  }
  get minutes_since_opt_in_request(): number {
    return minutesSince(this.person.replies.find(({ kind }) => kind === "opt_in_request")?.at ?? null, this.now);
  }
  get opt_in_request_pause(): number {
    return (this.rulebook.deployment.double_opt_in ?? DOUBLE_OPT_IN).again_hours * 60;
  }
  get open_review(): boolean {
    return this.person.open_review;
  }
  get settled_category(): Category | "none" {
    return this.message.settled_category ?? "none";
  }
  get suppression(): "none" | "commercial" | "all" {
    let strongest: "none" | "commercial" = "none";
    for (const one of this.person.suppressions) {
      if (one.scope === "all" && (one.sender === null || one.sender === this.sender.address)) return "all";
      strongest = "commercial";
    }
    return strongest;
  }
  /** Of all caps the one that leaves least room; the first of several. */
  get #tightest(): FrequencyCap & { count: number } {
    if (this.#cap !== undefined) return this.#cap;
    const caps = this.book.caps(this.place.region).map((cap) => ({
      ...cap,
      count: this.#sentWithin(cap.hours * HOUR),
    }));
    return this.#cap = caps.reduce((tightest, one) =>
      one.max - one.count < tightest.max - tightest.count ? one : tightest
    );
  }
  /** Others may be planned for later: the fullest of the periods in which this one would leave is what counts. */
  #sentWithin(period: number): number {
    const others = this.person.advertising_at;
    if (others.length === 0) return 0;
    const leaves = this.window.until ?? this.leavesAt;
    const ends = [leaves, ...others.filter((at) => at > leaves && at < leaves + period)];
    return Math.max(...ends.map((end) => others.filter((at) => at > end - period && at <= end).length));
  }
  get advertising_count(): number {
    return this.#tightest.count;
  }
  get advertising_limit(): number {
    return this.#tightest.max;
  }
  get advertising_hours(): number {
    return this.#tightest.hours;
  }
  #commercialIn(period: number): number {
    const end = this.leavesAt;
    return this.person.advertising_at.filter((at) => at > end - period && at <= end).length;
  }
  get commercial_last_24_hours(): number {
    return this.#commercialIn(DAY);
  }
  get commercial_last_7_days(): number {
    return this.#commercialIn(7 * DAY);
  }
  get commercial_last_30_days(): number {
    return this.#commercialIn(30 * DAY);
  }
  get days_since_last_commercial(): number {
    return daysSince(this.person.advertising_at.find((at) => at <= this.leavesAt) ?? null, this.leavesAt);
  }
  get days_since_last_inbound(): number {
    return daysSince(this.person.last_inbound_at, this.leavesAt);
  }
  get mention(): MentionState {
    return this.#mention ??= this.message.unsubscribe_url === "" && mentionWay(this.sender, this.book.table) === "link"
      ? "impossible"
      : mentionState(this.message.text, this.tokens, this.sender, this.book.table, this.book.mentions);
  }
  get facts_available(): boolean {
    return this.person.available;
  }
  get zones_known(): boolean {
    return this.place.zones.length > 0;
  }
  get measured(): Composed {
    if (this.composed === null) {
      const { encoding, segments } = measure(this.message.text);
      this.composed = { text: this.message.text, encoding, segments };
    }
    return this.composed;
  }
  get segments(): number {
    return this.measured.segments;
  }
  get over_budget(): boolean {
    return this.message.max_segments !== null && this.segments > this.message.max_segments;
  }
  get scheduled(): boolean {
    return this.message.scheduled_at !== null && this.message.scheduled_at > this.now;
  }
  get scheduled_at(): number | null {
    return this.message.scheduled_at;
  }
  get window() {
    return this.#quiet ??= quiet(this.leavesAt, this.place.zones, this.book.hours(this.place.region));
  }
  get quiet(): boolean {
    return this.window.quiet;
  }
  get quiet_until(): number | null {
    return this.window.until;
  }
  /** What the campaign's own hours say; null where it has none. */
  get sending() {
    const { sending_window } = this.message;
    if (!sending_window) return null;
    const hours = { week: compileWeek(sending_window), closedOn: () => false };
    return this.#sending ??= quiet(this.leavesAt, this.place.zones, [hours]);
  }
  get outside_window(): boolean {
    return this.sending?.quiet ?? false;
  }
  get window_until(): number | null {
    return this.sending?.until ?? null;
  }
  get retry_at(): number {
    return this.leavesAt + RETRY_MS;
  }
  /** Words for reason templates. */
  get matched(): string {
    return this.content.words(TOLD_WORDS).join(", ") || "nothing";
  }
}
