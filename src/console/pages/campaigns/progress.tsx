/** @jsxImportSource hono/jsx */
import { may } from "../../../api/access/roles.ts";
import type { Campaign } from "../../api_types.ts";
import { Confirm } from "../../confirm.tsx";
import { type ConsoleContext, viewerOf } from "../../console.ts";
import { Badge, described, Field, Notice, type Tone } from "../../parts.tsx";
import { messageWords } from "../messages/words.ts";
import { campaignWords } from "./words.ts";

const PATH = "/console/campaigns";
const TONES: Readonly<Record<Campaign["state"], Tone>> = {
  draft: "neutral",
  scheduled: "info",
  running: "info",
  paused: "warn",
  canceled: "neutral",
  done: "good",
};

export function StateBadge({ c, state }: { c: ConsoleContext; state: Campaign["state"] }) {
  return <Badge tone={TONES[state]}>{campaignWords(c.get("reader").language).states[state]}</Badge>;
}

/** How far it is, in a bar and in numbers; sent anew with every change. */
export function CampaignProgress({ c, campaign }: { c: ConsoleContext; campaign: Campaign }) {
  const { language } = c.get("reader");
  const words = campaignWords(language);
  const statuses = messageWords(language).statuses as Record<string, string>;
  const number = new Intl.NumberFormat(language);
  const { messages, done, complete, counts, opted_out, clicked, state } = campaign;
  const making = !complete && (state === "running" || state === "paused");
  return (
    <>
      <label for="bar">
        {words.progress_of(number.format(done), number.format(messages))}
        {making ? <span class="soft">. {words.still_making}</span> : null}
      </label>
      <progress id="bar" max={Math.max(messages, 1)} value={done}></progress>
      <ul class="tiles growing" aria-label={words.by_status}>
        {[
          ...Object.entries(counts).map(([status, count]) => [statuses[status] ?? status, count] as const),
          ...(opted_out > 0 ? [[words.opted_out, opted_out] as const] : []),
          ...(clicked > 0 ? [[words.clicked, clicked] as const] : []),
        ].map(([label, count]) => (
          <li class="tile">
            <span class="figure">{number.format(count)}</span>
            <span class="label">{label}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Where it stands and what one may do now; sent anew when the state changes, so that nobody loses a button they are about to press. */
export function CampaignSteps({ c, campaign }: { c: ConsoleContext; campaign: Campaign }) {
  const words = campaignWords(c.get("reader").language);
  const { role } = viewerOf(c);
  const { id, state, pause_reason } = campaign;
  const seen = <input type="hidden" name="revision" value={campaign.revision} />;
  const step = (name: "start" | "pause" | "resume" | "cancel") =>
    may(role, `POST /v1/campaigns/{id}/${name}`)
      ? (
        <Confirm
          label={words[name]}
          action={`${PATH}/${id}/${name}`}
          danger={name === "cancel"}
          main={name === "start" || name === "resume"}
        >
          {name === "start" ? seen : null}
          <p>{words[`${name}_text`]}</p>
        </Confirm>
      )
      : null;
  const doubtful = state === "paused" && pause_reason === "needs_review";
  return (
    <>
      <p>
        <StateBadge c={c} state={state} />
      </p>
      {pause_reason === null
        ? null
        : <Notice tone={pause_reason === "by_hand" ? "info" : "warn"}>{words.pauses[pause_reason]}</Notice>}
      {doubtful && may(role, "POST /v1/campaigns/{id}/settle") ? <Settle c={c} id={id} /> : null}
      <div class="row steps">
        {state === "draft"
          ? (
            <>
              {may(role, "PUT /v1/campaigns/{id}")
                ? <a class="button quiet" href={`${PATH}/${id}/edit`}>{words.edit}</a>
                : null}
              {step("start")}
              {may(role, "DELETE /v1/campaigns/{id}")
                ? (
                  <Confirm label={words.delete} action={`${PATH}/${id}/delete`} danger>
                    {seen}
                    <p>{words.delete_text}</p>
                  </Confirm>
                )
                : null}
            </>
          )
          : null}
        {state === "scheduled" || state === "running" ? step("pause") : null}
        {state === "paused" ? step("resume") : null}
        {state === "scheduled" || state === "running" || state === "paused" ? step("cancel") : null}
      </div>
    </>
  );
}

function Settle({ c, id }: { c: ConsoleContext; id: string }) {
  const { language } = c.get("reader");
  const words = campaignWords(language);
  const categories = messageWords(language).categories;
  return (
    <form method="post" action={`${PATH}/${id}/settle`} class="card">
      <p>{words.settle_text}</p>
      <Field label={words.settle_as} name="category">
        <select {...described("category")}>
          {(["commercial", "informative"] as const).map((one) => <option value={one}>{categories[one]}</option>)}
        </select>
      </Field>
      <button type="submit">{words.settle}</button>
    </form>
  );
}
