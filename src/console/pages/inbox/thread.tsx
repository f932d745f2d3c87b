/** @jsxImportSource hono/jsx */
import type { Reader } from "../../console.ts";
import { Badge, When } from "../../parts.tsx";
import { decisionWords } from "../messages/decision_words.ts";
import { holdWords, Status } from "../messages/parts.tsx";
import { messageWords } from "../messages/words.ts";
import { type Choice, inboxPath, type Refusal, type Thread, type ThreadMessage, type ThreadView } from "./data.ts";
import { OptedOut } from "./list.tsx";
import { inboxWords } from "./words.ts";

interface HeadProps {
  reader: Reader;
  choice: Choice;
  thread: Thread;
  /** What stands against the person, newest first. */
  suppressions: Refusal[];
  /** Whether whoever reads may change anything. */
  works: boolean;
}

/** Whose thread it is, and what must never be out of sight. */
export function ThreadHead({ reader, choice, thread, suppressions, works }: HeadProps) {
  const [latest] = suppressions;
  const words = inboxWords(reader.language);
  return (
    <header id="thread-head" class="thread-head" data-thread={thread.id}>
      <a class="button quiet small back" href={inboxPath(null, choice)}>{words.back}</a>
      <div class="title">
        <h1>
          <bdi>{thread.name ?? thread.person}</bdi>
        </h1>
        <p class="row">
          {thread.name === null ? null : <small>{thread.person}</small>}
          <small>{thread.sender}</small>
          <OptedOut thread={thread} reader={reader} />
          {latest === undefined ? null : (
            <small>
              {words.by[latest.source]}, <When at={latest.created_at} reader={reader} />
            </small>
          )}
          <Badge tone={thread.consent === "granted" ? "good" : "neutral"}>{words.consent[thread.consent]}</Badge>
        </p>
      </div>
      {thread.unread && works
        ? (
          <form id="mark-read" method="post" action={inboxPath(`${thread.id}/desk`, choice)}>
            <button type="submit" name="read" value="true" class="quiet small">{words.mark_read}</button>
          </form>
        )
        : null}
      <a class="button quiet small to-person" href={inboxPath(thread.id, choice, { view: "person" })}>{words.person}</a>
    </header>
  );
}

interface MessagesProps {
  reader: Reader;
  choice: Choice;
  view: Pick<ThreadView, "messages" | "older"> & { thread: Pick<Thread, "id"> };
  works: boolean;
}

/** Oldest first, as one reads. */
export function Messages(props: MessagesProps) {
  return (
    <ol
      id="messages"
      class="messages"
      data-merge="keep"
      aria-live="polite"
      aria-label={inboxWords(props.reader.language).messages}
      tabindex={0}
    >
      <Bubbles {...props} />
    </ol>
  );
}

/** Its items, with where the older ones are. */
export function Bubbles({ reader, choice, view, works }: MessagesProps) {
  return (
    <>
      {view.older === null ? null : (
        <li class="more" id="older">
          <a
            class="button quiet small"
            href={inboxPath(view.thread.id, choice, { before: view.older })}
            hx-get={`/console/inbox/${view.thread.id}/older?before=${view.older}`}
            hx-target="#older"
            hx-swap="outerHTML show:none"
          >
            {inboxWords(reader.language).older}
          </a>
        </li>
      )}
      {view.messages.map((message) => <Bubble reader={reader} choice={choice} message={message} works={works} />)}
    </>
  );
}

interface BubbleProps {
  reader: Reader;
  choice: Choice;
  message: ThreadMessage;
  works: boolean;
}

function Bubble({ reader, choice, message, works }: BubbleProps) {
  const [words, about] = [inboxWords(reader.language), decisionWords(reader.language)];
  const { id, status, direction, category, intent, decision } = message;
  const hold = holdWords(message, reader);
  const refusal = status === "refused"
    ? decision.rules.find(({ effect }) => effect.startsWith("refuse"))?.reason ?? null
    : null;
  return (
    <li id={id} class={`message ${direction} ${status}`}>
      <p class="said" dir="auto">{message.text}</p>
      <p class="meta">
        <When at={message.created_at} reader={reader} />
        {direction === "outbound" ? <Status status={status} reader={reader} /> : null}
        {category === "commercial" ? <Badge>{messageWords(reader.language).categories.commercial}</Badge> : null}
        {intent !== null && intent in about.intents && intent !== "none"
          ? <Badge tone={intent === "opt_out" ? "bad" : "info"}>{about.intents[intent as "help"]}</Badge>
          : null}
        <a href={`/console/messages/${id}`}>{about.why}</a>
      </p>
      {hold === null ? null : (
        <div class="meta">
          <span>{hold}</span>
          {works
            ? (
              <form
                method="post"
                action={inboxPath(`${message.conversation_id}/cancel`, choice)}
                hx-post={`/console/inbox/${message.conversation_id}/cancel`}
                hx-swap="none"
              >
                <button type="submit" name="message" value={id} class="quiet small">{words.cancel}</button>
              </form>
            )
            : null}
        </div>
      )}
      {refusal === null ? null : <p class="meta">{refusal}</p>}
      {message.error === null ? null : <p class="meta">{message.error.detail || message.error.code}</p>}
    </li>
  );
}
