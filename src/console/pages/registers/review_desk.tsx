/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { may } from "../../../api/access/roles.ts";
import type { ApiProblem } from "../../api_client.ts";
import type { Page, Review } from "../../api_types.ts";
import { type Console, type ConsoleContext, type ConsoleEnv, viewerOf } from "../../console.ts";
import { attempt, formOf, noteIn, wantsPart, wrongWith } from "../../form.ts";
import { Badge, described, Empty, Field, Notice, When } from "../../parts.tsx";
import { staffNames } from "../../staff_names.ts";
import { Refused } from "../../told.tsx";
import { PersonLink, personPath, registerPage, RuleLink } from "./frame.tsx";
import { reviewWords, settlementText } from "./reviews_words.ts";

const PATH = "/console/registers/reviews";
/** As many as one page of the API counts. */
const COUNTED = 200;
/** Seconds between two looks at how many are left. */
const COUNT_EVERY_S = 5;

/** The desk that settles one review after the other. */
export function reviewDeskRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/registers/reviews", async (c) => {
    const id = c.req.query("settled");
    const settled = id === undefined ? null : await attempt(reviewOf(console, c, id));
    return await deskPage(
      console,
      c,
      settled?.ok === true && settled.value.state === "settled" ? { settled: settled.value } : {},
    );
  });

  routes.get("/registers/reviews/count", async (c) => c.html(<Count c={c} count={await openCount(console, c)} />));

  routes.get("/registers/reviews/:id", async (c) => {
    return await deskPage(console, c, { review: await reviewOf(console, c, c.req.param("id")) });
  });

  routes.post("/registers/reviews/:id", async (c) => {
    const id = c.req.param("id");
    const form = await formOf(c);
    const settlement = form.text("settlement") ?? "";
    const settled = await attempt(
      console.api(c).post<Review>(`/v1/reviews/${encodeURIComponent(id)}/settle`, {
        settlement,
        note: noteIn(form),
      }),
    );
    // The next one at once, with what became of this one above it.
    if (settled.ok && !wantsPart(c)) return c.redirect(`${PATH}?settled=${encodeURIComponent(id)}`, 303);
    if (settled.ok) return await deskPage(console, c, { settled: settled.value });
    const { problem } = settled;
    // Only past one that needs nobody any more: the keys would mean another person.
    if (problem.code === "already_settled" || problem.status === 404) return await deskPage(console, c, { problem });
    return await deskPage(console, c, { review: await reviewOf(console, c, id), problem, note: form.lines("note") });
  });

  return routes;
}

interface DeskState {
  /** The one that was asked for; else the first that is open. */
  review?: Review | undefined;
  settled?: Review;
  problem?: ApiProblem;
  /** As it was typed, of the one that could not be settled. */
  note?: string;
}

async function reviewOf(console: Console, c: ConsoleContext, id: string): Promise<Review> {
  return await console.api(c).get(`/v1/reviews/${encodeURIComponent(id)}`);
}

async function deskPage(console: Console, c: ConsoleContext, state: DeskState): Promise<Response> {
  const api = console.api(c);
  const open = await api.get<Page<Review>>("/v1/reviews", { state: "open", limit: COUNTED });
  const review = state.review ?? open.data[0];
  const count = `${open.data.length}${open.next_cursor === null ? "" : "+"}`;
  const nameOf = review === undefined || review.settled_by === null
    ? null
    : await staffNames(api, c.get("reader").language);
  const desk = (
    <Desk c={c} {...state} review={review} count={count} settledBy={nameOf?.(review?.settled_by ?? "") ?? null} />
  );
  if (wantsPart(c)) return await c.html(desk);
  const status = state.problem === undefined ? 200 : 409;
  return await registerPage(console, c, { register: "reviews", scripts: ["reviews.js"], status }, desk);
}

interface DeskProps extends DeskState {
  c: ConsoleContext;
  count: string;
  settledBy: string | null;
}

/** One review, large, with the answers it may have. Swapped as a whole; `reviews.js` presses the buttons by their keys. */
function Desk({ c, review, settled, problem, note = "", count, settledBy }: DeskProps) {
  const reader = c.get("reader");
  const words = reviewWords(reader.language);
  return (
    <div id="desk" class="desk">
      <div class="row between">
        <Count c={c} count={count} />
        <a href={`${PATH}/all`}>{words.list}</a>
      </div>
      {settled === undefined ? null : <After c={c} settled={settled} />}
      <Refused c={c} problem={problem} />
      {review === undefined
        ? (
          <Empty title={words.empty}>
            <p>{words.empty_text}</p>
          </Empty>
        )
        : (
          <article class="card" aria-labelledby="question">
            <p class="row between">
              <Badge tone="warn">{words.kinds[review.kind]}</Badge>
              <span>
                <PersonLink number={review.person} /> · <When at={review.created_at} reader={reader} />
              </span>
            </p>
            <blockquote class="said">{review.text}</blockquote>
            <p>
              {review.words === null ? null : (
                <>
                  {words.doubt}: <q class="said">{review.words}</q> ·{" "}
                </>
              )}
              <RuleLink id={review.rule} />
            </p>
            <h2 id="question">{words.question[review.kind]}</h2>
            {review.state === "settled"
              ? (
                <p>
                  {words.settled_as}: <strong>{settlementText(review.settlement, words)}</strong>
                  {settledBy === null ? null : <>, {settledBy}</>} {review.note === null ? null : <q>{review.note}</q>}
                </p>
              )
              : may(viewerOf(c).role, "POST /v1/reviews/{id}/settle")
              ? <Answers c={c} review={review} note={note} wrong={wrongWith(problem, "note")} />
              : <p class="soft">{words.read_only}</p>}
          </article>
        )}
    </div>
  );
}

interface AnswersProps {
  c: ConsoleContext;
  review: Review;
  note: string;
  /** What is wrong with the note. */
  wrong: string | undefined;
}

function Answers({ c, review, note, wrong }: AnswersProps) {
  const words = reviewWords(c.get("reader").language);
  const action = `${PATH}/${review.id}`;
  return (
    <form method="post" action={action} hx-post={action} hx-target="#desk" hx-swap="outerHTML" hx-sync="this:drop">
      <div class="row">
        {review.settlements.map((one, index) => (
          <button
            type="submit"
            name="settlement"
            value={one}
            class={one === "opt_out" || one === "refuse" ? "danger" : "quiet"}
            data-key={index + 1}
            aria-keyshortcuts={String(index + 1)}
          >
            <kbd aria-hidden="true">{index + 1}</kbd> {settlementText(one, words)}
          </button>
        ))}
      </div>
      <p class="hint">{words.keys}</p>
      <Field label={words.note} name="note" error={wrong}>
        {/* Not an input: Enter in one presses the first answer, and none can be taken back. */}
        <textarea {...described("note", { error: wrong })} rows={1} maxlength={1000}>{note}</textarea>
      </Field>
    </form>
  );
}

/** What became of the last one; an opt-out cannot be taken back by a click, a missed one can be entered. */
function After({ c, settled }: { c: ConsoleContext; settled: Review }) {
  const words = reviewWords(c.get("reader").language);
  const missed = settled.settlement === "not_opt_out" || settled.settlement === "answered";
  return (
    <Notice tone="good">
      {settled.person}: {(words.after as Record<string, string>)[settled.settlement ?? ""] ?? settled.settlement}{" "}
      {missed
        ? (
          <a href={`/console/registers/suppressions/new?recipient=${encodeURIComponent(settled.person)}`}>
            {words.undo}
          </a>
        )
        : <a href={personPath(settled.person)}>{words.dossier}</a>}
    </Notice>
  );
}

async function openCount(console: Console, c: ConsoleContext): Promise<string> {
  const { data, next_cursor } = await console.api(c).get<Page<Review>>("/v1/reviews", {
    state: "open",
    limit: COUNTED,
  });
  return `${data.length}${next_cursor === null ? "" : "+"}`;
}

function Count({ c, count }: { c: ConsoleContext; count: string }) {
  return (
    <p
      id="left"
      hx-get={`${PATH}/count`}
      hx-trigger={`every ${COUNT_EVERY_S}s`}
      hx-swap="outerHTML"
      class="soft"
    >
      {reviewWords(c.get("reader").language).left(count)}
    </p>
  );
}
