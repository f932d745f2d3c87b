/** @jsxImportSource hono/jsx */
import { may } from "../../../api/access/roles.ts";
import type { Reader, Viewer } from "../../console.ts";
import { When } from "../../parts.tsx";
import { nameOfStaff } from "../../staff_names.ts";
import { consentSource } from "../registers/consents_words.ts";
import { personPath } from "../registers/frame.tsx";
import { type Choice, inboxPath, type ThreadView } from "./data.ts";
import { inboxWords } from "./words.ts";

interface PanelProps {
  reader: Reader;
  viewer: Viewer;
  choice: Choice;
  view: ThreadView;
  works: boolean;
  /** A small screen shows nothing else. */
  alone?: boolean;
}

/** What is known of the person, who answers, and what staff noted. */
export function PersonPanel({ reader, viewer, choice, view, works, alone = false }: PanelProps) {
  const words = inboxWords(reader.language);
  const { thread } = view;
  return (
    <aside class="person" aria-label={words.person}>
      <a class="button quiet small back" href={inboxPath(thread.id, choice)}>{words.messages}</a>
      {alone
        ? (
          <h1>
            <bdi>{thread.name ?? thread.person}</bdi>
          </h1>
        )
        : (
          <h2>
            <bdi>{thread.name ?? thread.person}</bdi>
          </h2>
        )}
      <p class="row">
        {thread.person}
        {may(viewer.role, "GET /v1/people/{msisdn}") ? <a href={personPath(thread.person)}>{words.dossier}</a> : null}
      </p>
      <Standing reader={reader} view={view} />
      <h2 class="part">{words.assigned}</h2>
      <Assignment reader={reader} viewer={viewer} choice={choice} view={view} works={works} />
      <h2 class="part">{words.notes}</h2>
      {works ? <NoteForm reader={reader} choice={choice} thread={thread.id} /> : null}
      <Notes reader={reader} view={view} />
    </aside>
  );
}

/** Opt-out and consent, each with who said so and when. */
export function Standing({ reader, view }: { reader: Reader; view: ThreadView }) {
  const words = inboxWords(reader.language);
  const [latest] = view.consents.filter(({ status }) => status !== "pending");
  const nameOf = nameOfStaff(view.colleagues, reader.language);
  const enteredBy = (id: string) => {
    const actor = view.entered_by.get(id);
    return actor === undefined ? "" : ` (${nameOf(actor)})`;
  };
  return (
    <section id="standing" class="standing" aria-label={words.standing}>
      <h2 class="part">{words.standing}</h2>
      {view.suppressions.length === 0 ? <p>{words.no_optout}</p> : (
        <ul>
          {view.suppressions.map((one) => (
            <li class="opted-out">
              <strong>{words.suppressed[one.scope]}</strong>
              {one.sender === null ? null : ` ${words.from_sender(one.sender)}`}
              <br />
              <span>{words.by[one.source]}{enteredBy(one.id)}</span>, <When at={one.created_at} reader={reader} />
              {one.text === null ? null : <q class="said" dir="auto">{one.text}</q>}
              {one.note === null ? null : <span class="said" dir="auto">{one.note}</span>}
            </li>
          ))}
        </ul>
      )}
      <p>
        <strong>{words.consent[view.thread.consent]}</strong>
        {latest === undefined ? null : (
          <>
            <br />
            <When at={latest.granted_at} reader={reader} />, {consentSource(latest.source, reader.language)}
            {latest.recorded_by === null ? null : `, ${words.consent_by(nameOf(latest.recorded_by))}`}
          </>
        )}
      </p>
    </section>
  );
}

export function Assignment({ reader, viewer, choice, view, works }: PanelProps) {
  const words = inboxWords(reader.language);
  const { thread, colleagues } = view;
  const known = colleagues.filter(({ disabled_at, id, role }) =>
    id === thread.assigned_to || disabled_at === null && role !== "viewer"
  );
  const others = known.filter(({ id }) => id !== viewer.actor);
  const action = inboxPath(`${thread.id}/desk`, choice);
  const nameOf = (id: string) => colleagues.find((one) => one.id === id)?.name ?? id;
  if (!works) return <p id="assignment">{thread.assigned_to === null ? words.nobody : nameOf(thread.assigned_to)}</p>;
  return (
    <div id="assignment">
      <form method="post" action={action} hx-post={action} hx-swap="none" class="row">
        <label class="unseen" for="assigned">{words.assigned}</label>
        <select id="assigned" name="assigned_to">
          <option value="">{words.nobody}</option>
          <option value={viewer.actor} selected={thread.assigned_to === viewer.actor}>{words.me}</option>
          {others.map(({ id, name }) => <option value={id} selected={thread.assigned_to === id}>{name}</option>)}
          {thread.assigned_to === null || thread.assigned_to === viewer.actor ||
              others.some(({ id }) => id === thread.assigned_to)
            ? null
            : <option value={thread.assigned_to} selected>{thread.assigned_to}</option>}
        </select>
        <button type="submit" class="quiet small">{words.assign}</button>
      </form>
      {thread.assigned_to === viewer.actor
        ? null
        : (
          <form method="post" action={action} hx-post={action} hx-swap="none" id="assign-me">
            <button type="submit" name="assigned_to" value={viewer.actor} class="quiet small">{words.assign_me}</button>
          </form>
        )}
      {thread.unread || thread.last_inbound_at === null
        ? null
        : (
          <form method="post" action={action} hx-post={action} hx-swap="none">
            <button type="submit" name="read" value="false" class="quiet small">{words.mark_unread}</button>
          </form>
        )}
    </div>
  );
}

export function NoteForm({ reader, choice, thread, again }: {
  reader: Reader;
  choice: Choice;
  thread: string;
  again?: boolean;
}) {
  const words = inboxWords(reader.language);
  const action = inboxPath(`${thread}/notes`, choice);
  return (
    <form
      id="note-form"
      method="post"
      action={action}
      hx-post={action}
      hx-target="#note-form"
      hx-swap="outerHTML"
      hx-sync="this:drop"
    >
      <label for="note">{words.note}</label>
      <textarea id="note" name="text" rows={2} maxlength={4000} required aria-describedby="note-hint" autofocus={again}>
      </textarea>
      <p class="row between">
        <small id="note-hint">{words.note_hint}</small>
        <button type="submit" class="quiet small">{words.note_add}</button>
      </p>
    </form>
  );
}

export function Notes({ reader, view }: { reader: Reader; view: ThreadView }) {
  const words = inboxWords(reader.language);
  return (
    <ul id="notes" class="notes" data-merge>
      {view.notes.length === 0 ? <li id="no-notes" class="soft">{words.no_notes}</li> : null}
      {view.notes.map(({ id, text, author_name, created_at }) => (
        <li id={id}>
          <p class="said" dir="auto">{text}</p>
          <small>
            {author_name}, <When at={created_at} reader={reader} />
          </small>
        </li>
      ))}
    </ul>
  );
}
