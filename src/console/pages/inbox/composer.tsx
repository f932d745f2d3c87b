/** @jsxImportSource hono/jsx */
import type { Reader } from "../../console.ts";
import { Badge, Notice } from "../../parts.tsx";
import { decisionWords } from "../messages/decision_words.ts";
import { dateWords } from "../messages/parts.tsx";
import { messageWords } from "../messages/words.ts";
import type { Reply, ThreadMessage } from "./data.ts";
import { inboxWords } from "./words.ts";

/** What a reply would become, from the API's preview. */
export type Preview = Omit<ThreadMessage, "id" | "conversation_id"> & { code: string | null; detail: string | null };

interface ComposerProps {
  reader: Reader;
  thread: string;
  /** What was typed, when it comes back. */
  text?: string;
  at?: string;
  /** Why the API did not take it. */
  problem?: { title: string; detail: string } | null;
  preview?: Preview | null;
  /** Shown again in the place of the one before: typing goes on. */
  again?: boolean;
}

/** Where a reply is written; what it would become stands beside it while it is. */
export function Composer({ reader, thread, text = "", at = "", problem = null, preview = null, again }: ComposerProps) {
  const words = inboxWords(reader.language);
  const path = `/console/inbox/${thread}`;
  return (
    <form
      id="composer"
      class="composer"
      method="post"
      action={`${path}/reply`}
      hx-post={`${path}/reply`}
      hx-target="#composer"
      hx-swap="outerHTML"
      hx-sync="this:drop"
    >
      {/* A reply that is sent twice by one form, a second click or a reload, is one message. */}
      <input type="hidden" name="key" value={crypto.randomUUID()} />
      {problem === null ? null : <Notice tone="bad">{problem.title} {problem.detail}</Notice>}
      <div class="write">
        <label class="unseen" for="text">{words.reply}</label>
        <textarea
          id="text"
          name="text"
          rows={3}
          maxlength={1530}
          required
          placeholder={words.reply}
          aria-describedby="text-hint"
          autofocus={again}
          hx-post={`${path}/preview`}
          hx-trigger="input changed delay:250ms, change from:#at, parley:typed"
          hx-target="#verdict"
          hx-swap="outerHTML"
          hx-sync="this:replace"
        >
          {text}
        </textarea>
        <p class="hint unseen" id="text-hint">{words.reply_hint}</p>
      </div>
      <Verdict reader={reader} preview={preview} />
      <div class="row between">
        <details class="later" open={at !== ""}>
          <summary>{words.schedule}</summary>
          <label for="at" class="unseen">{words.schedule}</label>
          <input type="datetime-local" id="at" name="at" value={at} aria-describedby="at-hint" />
          <small id="at-hint">{words.schedule_hint(reader.zone)}</small>
        </details>
        <button type="button" id="open-canned" class="quiet small" hidden aria-haspopup="dialog">{words.canned}</button>
      </div>
    </form>
  );
}

/** The outcome, and the button that it allows or not. */
export function Verdict({ reader, preview, detail }: { reader: Reader; preview: Preview | null; detail?: string }) {
  const words = inboxWords(reader.language);
  const refused = preview !== null && preview.code !== null;
  return (
    <div id="verdict" class="verdict" data-outcome={preview === null ? "" : preview.code ?? preview.status}>
      <div aria-live="polite" tabindex={0}>
        {preview === null
          ? <small>{detail ?? words.nothing_typed}</small>
          : <Outcome reader={reader} preview={preview} />}
      </div>
      <button type="submit" disabled={refused || detail !== undefined}>{words.send}</button>
    </div>
  );
}

function Outcome({ reader, preview }: { reader: Reader; preview: Preview }) {
  const [words, about] = [inboxWords(reader.language), decisionWords(reader.language)];
  const { code, category, hold_until, hold_reason, text, submitted_text, segments, encoding, decision } = preview;
  const said = decision.rules.filter(({ effect }) => /^(refuse|hold|append)/.test(effect));
  const until = hold_until === null ? words.would_hold_open : words.would_hold(dateWords(hold_until, reader));
  return (
    <>
      <p class="row">
        {code !== null
          ? <Badge tone="bad">{words.would_refuse}</Badge>
          : preview.status === "held"
          ? <Badge tone="warn">{until}</Badge>
          : <Badge tone="good">{words.would_send}</Badge>}
        {category === null ? null : <Badge>{messageWords(reader.language).categories[category]}</Badge>}
        <small>{about.segments(segments, encoding)}</small>
      </p>
      {code === null ? null : <p>{(about.codes as Record<string, string>)[code] ?? preview.detail ?? code}</p>}
      {code !== null || hold_reason === null ? null : <p>{about.holds[hold_reason]}</p>}
      {said.length === 0 ? null : (
        <ul class="reasons">
          {said.map(({ reason, source }) => (
            <li>
              <span>{reason}</span> <small>{about.source}: {source}</small>
            </li>
          ))}
        </ul>
      )}
      {text === submitted_text || code !== null ? null : (
        <>
          <small>{words.becomes}</small>
          <p class="said becomes" dir="auto">{text}</p>
        </>
      )}
    </>
  );
}

/** Canned replies to choose from, filled for the person; `data-text` is what goes into the reply. */
export function CannedDialog({ reader, replies }: { reader: Reader; replies: Reply[] }) {
  const words = inboxWords(reader.language);
  return (
    <dialog id="canned" class="keys-dialog" aria-labelledby="canned-title">
      <h2 id="canned-title">{words.canned}</h2>
      {replies.length === 0 ? <p class="soft">{words.canned_empty}</p> : (
        <ul class="canned">
          {replies.map(({ title, language, text, filled }) => (
            <li>
              <button type="button" class="quiet" data-text={filled ?? text}>
                <strong>{title}</strong> <small>{language}</small>
                <span class="said" dir="auto">{filled ?? text}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <p>
        <a class="button quiet small" href="/console/inbox/canned">{words.canned_manage}</a>
      </p>
      <form method="dialog">
        <button type="submit" class="quiet">{words.close}</button>
      </form>
    </dialog>
  );
}

/** The keys, and the switch that turns the single ones off (WCAG 2.1.4). */
export function KeysDialog({ reader }: { reader: Reader }) {
  const words = inboxWords(reader.language);
  return (
    <dialog id="keys" class="keys-dialog" aria-labelledby="keys-title">
      <h2 id="keys-title">{words.keys}</h2>
      <dl class="facts">
        {Object.entries(words.key_list).map(([key, what]) => (
          <>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
      <label class="inline">
        <input type="checkbox" id="keys-on" checked /> {words.keys_on}
      </label>
      <form method="dialog">
        <button type="submit" class="quiet">{words.close}</button>
      </form>
    </dialog>
  );
}
