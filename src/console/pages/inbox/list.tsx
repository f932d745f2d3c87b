/** @jsxImportSource hono/jsx */
import type { Reader } from "../../console.ts";
import { Badge, Empty, When } from "../../parts.tsx";
import { type Choice, inboxPath, type OwnSender, type Page, type Thread } from "./data.ts";
import { inboxWords } from "./words.ts";

interface ListProps {
  reader: Reader;
  choice: Choice;
  page: Page<Thread>;
  /** ms since 1970. */
  now: number;
  /** The thread that is open. */
  current: string | null;
}

/** Characters of the last message that are shown: as much as fits on a wide screen. */
const EXCERPT = 120;

/** Threads, the last one spoken in first: parts that are renewed each by itself. */
export function ThreadList({ reader, choice, page, current, now }: ListProps) {
  const words = inboxWords(reader.language);
  const chosen = choice.q !== "" || choice.show !== "" || choice.sender !== "";
  return (
    <>
      <div id="threads-empty">
        {page.data.length > 0 ? null : chosen || choice.cursor !== ""
          ? (
            <Empty title={words.nothing_found}>
              <p>{words.nothing_found_text}</p>
              <a class="button quiet" href="/console/inbox">{words.clear}</a>
            </Empty>
          )
          : (
            <Empty title={words.empty}>
              <p>{words.empty_text}</p>
              <a class="button" href="/console/handsets">{words.try_handset}</a>
            </Empty>
          )}
      </div>
      <ul id="thread-list" data-merge>
        {page.data.map((thread) => (
          <ThreadItem reader={reader} choice={choice} thread={thread} now={now} open={thread.id === current} />
        ))}
      </ul>
      <p class="more" id="threads-more">
        {page.next_cursor === null
          ? null
          : (
            <a class="button quiet" href={inboxPath(null, { ...choice, cursor: page.next_cursor })}>
              {page.data.length === 0 ? words.look_further : words.more}
            </a>
          )}
      </p>
    </>
  );
}

interface ItemProps {
  reader: Reader;
  choice: Choice;
  thread: Thread;
  now: number;
  open: boolean;
}

function ThreadItem({ reader, choice, thread, now, open }: ItemProps) {
  const words = inboxWords(reader.language);
  const { last_message: last } = thread;
  return (
    <li id={`thread-${thread.id}`} class={thread.unread ? "unread" : ""}>
      <a href={inboxPath(thread.id, choice)} {...(open ? { "aria-current": "true" as const } : {})}>
        <span class="row between">
          <bdi class="who">{thread.name ?? thread.person}</bdi>
          <small>
            <When
              at={thread.last_message_at}
              as={sameDay(Date.parse(thread.last_message_at), now, reader) ? "time" : "day"}
              reader={reader}
            />
          </small>
        </span>
        <span class="excerpt">
          {last === null ? null : (
            <>
              {last.direction === "outbound" ? `${words.you} ` : ""}
              <bdi>{[...last.text.slice(0, EXCERPT * 2)].slice(0, EXCERPT).join("")}</bdi>
            </>
          )}
        </span>
        <span class="row tags">
          {thread.unread ? <Badge tone="info">{words.is_unread}</Badge> : null}
          <OptedOut thread={thread} reader={reader} />
          <small>{thread.sender}</small>
        </span>
      </a>
    </li>
  );
}

/** Always beside the name of whoever opted out. */
export function OptedOut({ thread, reader }: { thread: Thread; reader: Reader }) {
  const words = inboxWords(reader.language);
  if (thread.opted_out === "none") return null;
  return <Badge tone="bad">{thread.opted_out === "all" ? words.opted_out_all : words.opted_out_commercial}</Badge>;
}

function sameDay(a: number, b: number, { zone }: Reader): boolean {
  const day = (ms: number) => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(ms);
  return day(a) === day(b);
}

/** Search and filters; a plain form. */
export function Filters({ reader, choice, senders }: { reader: Reader; choice: Choice; senders: OwnSender[] }) {
  const words = inboxWords(reader.language);
  return (
    <form method="get" action="/console/inbox" class="thread-filters" role="search">
      <label class="unseen" for="q">{words.search}</label>
      <input type="search" id="q" name="q" value={choice.q} placeholder={words.search_short} maxlength={100} />
      <button type="submit" class="quiet">{words.search_go}</button>
      <label class="unseen" for="show">{words.filters}</label>
      <select id="show" name="show">
        {([["", words.all], ["unread", words.unread], ["mine", words.mine], ["none", words.nobodys]] as const).map((
          [value, label],
        ) => <option value={value} selected={choice.show === value}>{label}</option>)}
      </select>
      <label class="unseen" for="sender">{words.sender}</label>
      <select id="sender" name="sender">
        <option value="">{words.any_sender}</option>
        {senders.map(({ address }) => <option value={address} selected={choice.sender === address}>{address}</option>)}
      </select>
    </form>
  );
}
