/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { Child } from "hono/jsx";
import { streamSSE } from "hono/streaming";
import type { DraftRead } from "../../../api/rules/drafts.ts";
import { ApiProblem, withQuery } from "../../api_client.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { formOf, wantsPart, wrongWith } from "../../form.ts";
import { described, Empty, Field, Notice } from "../../parts.tsx";
import { draftOf, draftPath, Run, type Step, stepPage, stepPath } from "./draft_frame.tsx";
import { draftWords } from "./draft_words.ts";
import {
  Cannot,
  type Change,
  Changes,
  CheckResult,
  type Simulation,
  SimulationResult,
  type Validation,
} from "./results.tsx";

const LAST = 1_000;
const MOST = 20_000;

/** How somebody wanted to propose, and why that was not done. */
interface Proposing {
  note?: string;
  problem?: ApiProblem;
  /** Another window saved after this one showed the draft. */
  changed?: boolean;
}

/** What becomes of a draft: checked, compared, tried on past messages, proposed. */
export function draftStepRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  /** A page that works something out when it is asked to: the result alone for htmx. */
  const step = (
    name: Step,
    lead: "check_lead" | "changes_lead",
    work: (c: ConsoleContext, draft: DraftRead) => Promise<Child>,
  ) =>
    routes.get(`/rules/drafts/:id/${name}`, async (c) => {
      const draft = await draftOf(console, c);
      const result = c.req.query("run") === undefined ? null : await orCannot(c, () => work(c, draft));
      if (result !== null && wantsPart(c)) return c.html(<>{result}</>);
      return await stepPage(
        console,
        c,
        { draft, step: name },
        <>
          <p>{draftWords(c.get("reader").language)[lead]}</p>
          <Run c={c} action={stepPath(draft.id, name)}>{result}</Run>
        </>,
      );
    });

  step("check", "check_lead", async (c, { id, base, files }) => {
    const found = await console.api(c).post<Validation>("/v1/rulebooks/validate", { base, files, lint: true });
    return <CheckResult found={found} draft={id} reader={c.get("reader")} />;
  });

  step("changes", "changes_lead", async (c, { base, files }) => {
    const { changes } = await console.api(c).post<{ changes: Change[] }>("/v1/rulebooks/diff", { base, files });
    return <Changes changes={changes} reader={c.get("reader")} />;
  });

  routes.get("/rules/drafts/:id/simulate", async (c) => {
    const draft = await draftOf(console, c);
    const reader = c.get("reader");
    const words = draftWords(reader.language);
    const last = lastOf(c);
    if (c.req.query("run") !== undefined && wantsPart(c)) {
      return c.html(
        <div hx-ext="sse" sse-connect={`${stepPath(draft.id, "simulate")}/stream?last=${last}`} sse-close="done">
          <div sse-swap="progress">
            <progress max={last} value={0}></progress>
          </div>
          <div sse-swap="result"></div>
        </div>,
      );
    }
    const result = c.req.query("run") === undefined ? null : await orCannot(c, async () => {
      const simulation = await console.api(c).post<Simulation>(`/v1/rulebooks/${draft.base}/simulate`, {
        files: draft.files,
        last,
      });
      return <SimulationResult simulation={simulation} reader={reader} />;
    });
    return await stepPage(
      console,
      c,
      { draft, step: "simulate" },
      <>
        <p>{words.simulate_lead}</p>
        <Run
          c={c}
          action={stepPath(draft.id, "simulate")}
          fields={
            <div>
              <label for="last">{words.last}</label>
              <input type="number" id="last" name="last" min={1} max={MOST} value={String(last)} />
            </div>
          }
        >
          {result}
        </Run>
      </>,
    );
  });

  routes.get("/rules/drafts/:id/simulate/stream", async (c) => {
    const draft = await draftOf(console, c);
    const reader = c.get("reader");
    const words = draftWords(reader.language);
    const last = lastOf(c);
    const answer = await orProblem(() =>
      console.api(c).raw(`/v1/rulebooks/${draft.base}/simulate`, {
        method: "POST",
        body: JSON.stringify({ files: draft.files, last }),
        headers: { "content-type": "application/json", accept: "text/event-stream" },
      })
    );
    return streamSSE(c, async (stream) => {
      const show = async (event: string, content: unknown) => stream.writeSSE({ event, data: await String(content) });
      if (answer instanceof ApiProblem) {
        await show("result", await <Cannot problem={answer} reader={reader} />);
      } else {
        for await (const { event, data } of eventsIn(answer)) {
          if (event === "progress") {
            const { messages } = data as { messages: number };
            await show("progress", <Progress done={messages} of={last} label={words.progress(messages, last)} />);
          } else if (event === "result") {
            await show("progress", "");
            await show("result", <SimulationResult simulation={data as Simulation} reader={reader} />);
          } else {
            const { title, detail } = data as { title: string; detail?: string };
            await show("result", <p class="notice bad">{detail ?? title}</p>);
          }
        }
      }
      await show("done", "");
    });
  });

  const proposePage = async (
    c: ConsoleContext,
    draft: DraftRead,
    { note = "", problem, changed = false }: Proposing,
  ) => {
    const reader = c.get("reader");
    const words = draftWords(reader.language);
    const wrong = wrongWith(problem, "note");
    const form = (
      <>
        <p>{words.propose_lead}</p>
        {changed ? <Notice tone="bad">{words.changed_meanwhile}</Notice> : null}
        {problem === undefined || wrong !== undefined ? null : <Cannot problem={problem} reader={reader} />}
        <form method="post" class="card">
          <input type="hidden" name="revision" value={String(draft.revision)} />
          <Field label={words.note} name="note" hint={words.note_hint} error={wrong}>
            <textarea {...described("note", { hint: true, error: wrong })} rows={4} maxlength={1000} required>
              {note}
            </textarea>
          </Field>
          <button type="submit">{words.propose_it}</button>
        </form>
      </>
    );
    return await stepPage(
      console,
      c,
      { draft, step: "propose" },
      // On another base it would take back what others published since; the frame offers to bring it up to date.
      !draft.base_active
        ? note === "" ? null : (
          <>
            <p>{words.note_kept}</p>
            <p class="said">{note}</p>
          </>
        )
        : draft.changed.length === 0
        ? (
          <Empty title={words.nothing_to_propose}>
            <p>
              <a class="button" href={stepPath(draft.id, "edit")}>{words.edit}</a>
            </p>
          </Empty>
        )
        : form,
      !draft.base_active || changed ? 409 : problem === undefined ? 200 : 422,
    );
  };

  routes.get("/rules/drafts/:id/propose", async (c) => await proposePage(c, await draftOf(console, c), {}));

  routes.post("/rules/drafts/:id/propose", async (c) => {
    const draft = await draftOf(console, c);
    const form = await formOf(c);
    const note = form.lines("note");
    if (!draft.base_active) return await proposePage(c, draft, { note });
    if (Number(form.text("revision")) !== draft.revision) return await proposePage(c, draft, { note, changed: true });
    const api = console.api(c);
    const proposal = await orProblem(async () => {
      const { hash } = await api.post<{ hash: string }>("/v1/rulebooks", { base: draft.base, files: draft.files });
      return await api.post<{ id: string }>(`/v1/rulebooks/${hash}/propose`, { note });
    });
    if (proposal instanceof ApiProblem) return await proposePage(c, draft, { note, problem: proposal });
    // What it says is in the proposed version now, from which it can be taken up again.
    const gone = await orProblem(() => api.delete(withQuery(draftPath(draft.id), { revision: draft.revision })));
    // What another window saved meanwhile is in no version: the draft stays, and the proposal says so.
    if (gone instanceof ApiProblem && gone.code !== "draft_changed" && gone.status !== 404) throw gone;
    const kept = gone instanceof ApiProblem && gone.code === "draft_changed" ? "?done=draft_kept" : "";
    return c.redirect(`/console/rules/proposals/${proposal.id}${kept}`, 303);
  });

  return routes;
}

function Progress({ done, of, label }: { done: number; of: number; label: string }) {
  return (
    <p role="status">
      <progress max={of} value={done} aria-label={label}></progress> {label}
    </p>
  );
}

function lastOf(c: ConsoleContext): number {
  const asked = Math.floor(Number(c.req.query("last") ?? LAST));
  return asked >= 1 && asked <= MOST ? asked : LAST;
}

async function orProblem<T>(work: () => Promise<T>): Promise<T | ApiProblem> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiProblem) return error;
    throw error;
  }
}

async function orCannot(c: ConsoleContext, work: () => Promise<Child>): Promise<Child> {
  const done = await orProblem(work);
  return done instanceof ApiProblem ? <Cannot problem={done} reader={c.get("reader")} /> : done;
}

/** The events of a stream of the API, whose data is JSON on one line. */
async function* eventsIn(answer: Response): AsyncGenerator<{ event: string; data: unknown }> {
  let rest = "";
  for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + piece).split("\n\n");
    rest = parts.pop()!;
    for (const part of parts) {
      const event = /^event: (.*)$/m.exec(part)?.[1];
      const data = /^data: (.*)$/m.exec(part)?.[1];
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) };
    }
  }
}
