/** @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import type { DraftRead } from "../../../api/rules/drafts.ts";
import type { Console, ConsoleContext } from "../../console.ts";
import { Notice, PageTabs } from "../../parts.tsx";
import { STYLES } from "./browse.tsx";
import { draftWords } from "./draft_words.ts";
import { Tabs, Version } from "./frame.tsx";

/** The frame of every step of a draft. */

const STEPS = ["edit", "check", "changes", "simulate", "try", "propose"] as const;
export type Step = (typeof STEPS)[number];

export function stepPath(id: string, step: Step): string {
  if (step === "try") return `/console/rules/try?draft=${id}`;
  return step === "edit" ? `/console/rules/drafts/${id}` : `/console/rules/drafts/${id}/${step}`;
}

export const draftPath = (id: string) => `/v1/rulebooks/drafts/${encodeURIComponent(id)}`;

/** The draft of the address. @throws ApiProblem 404 for another person's. */
export function draftOf(console: Console, c: ConsoleContext): Promise<DraftRead> {
  return console.api(c).get<DraftRead>(draftPath(c.req.param("id") ?? ""));
}

export function Steps({ c, draft, at }: { c: ConsoleContext; draft: Pick<DraftRead, "id">; at: Step }) {
  const words = draftWords(c.get("reader").language);
  return (
    <PageTabs
      label={words.parts}
      tabs={STEPS.map((step) => ({ href: stepPath(draft.id, step), text: words[step], here: step === at }))}
    />
  );
}

interface StepPageProps {
  draft: DraftRead;
  step: Step;
  scripts?: readonly string[];
}

/** A page of one step. */
export async function stepPage(
  console: Console,
  c: ConsoleContext,
  { draft, step, scripts = [] }: StepPageProps,
  content: Child,
  status: 200 | 409 | 422 = 200,
): Promise<Response> {
  const words = draftWords(c.get("reader").language);
  return await console.page(
    c,
    { title: `${draft.name} · ${words[step]}`, place: "rules", styles: STYLES, scripts },
    <>
      <h1>{draft.name}</h1>
      <Tabs c={c} at="drafts" />
      <Steps c={c} draft={draft} at={step} />
      {draft.base_active ? null : (
        <Notice tone="warn">
          <p>{words.stale}</p>
          <form method="post" action={`/console/rules/drafts/${draft.id}/rebase`}>
            <input type="hidden" name="revision" value={String(draft.revision)} />
            <button type="submit" class="quiet small">{words.rebase}</button> <Version hash={draft.base} />
          </form>
        </Notice>
      )}
      {content}
    </>,
    status,
  );
}

/** Work that takes a second or more: begun by itself where scripts run, by its button where they do not. */
export function Run(
  { c, action, about = {}, fields, children }: {
    c: ConsoleContext;
    action: string;
    /** What it is about: goes along with the form. */
    about?: Readonly<Record<string, string>>;
    fields?: Child;
    children?: Child;
  },
) {
  const words = draftWords(c.get("reader").language);
  const done = children !== undefined && children !== null;
  return (
    <>
      <form
        method="get"
        action={action}
        hx-get={action}
        hx-target="#result"
        hx-indicator="#running"
        {...(done || fields !== undefined ? {} : { "hx-trigger": "submit, load" })}
        class="filters"
      >
        <input type="hidden" name="run" value="1" />
        {Object.entries(about).map(([name, value]) => <input type="hidden" name={name} value={value} />)}
        {fields}
        <button type="submit" class={fields === undefined ? "quiet" : ""}>{words.run}</button>
        <span id="running" class="pending" role="status">{words.running}</span>
      </form>
      <div id="result" aria-live="polite">{children}</div>
    </>
  );
}
