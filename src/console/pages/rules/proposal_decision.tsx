/** @jsxImportSource hono/jsx */
import { may } from "../../../api/access/roles.ts";
import type { ProposalStanding } from "../../../api/rules/proposals.ts";
import { type ConsoleContext, viewerOf } from "../../console.ts";
import { wrongWith } from "../../form.ts";
import { described, Field, Notice } from "../../parts.tsx";
import { mayEdit, type Refused } from "./frame.tsx";
import { versionWords } from "./version_words.ts";

interface Props {
  c: ConsoleContext;
  one: ProposalStanding;
  /** Another version is in force than the one that it was compared with. */
  moved: boolean;
  refused: Refused | undefined;
}

/** What whoever looks at a proposal can do with it, and what somebody else has to do; nothing where it is done with. */
export function ProposalDecision({ c, one, moved, refused }: Props) {
  const words = versionWords(c.get("reader").language);
  const { id, state, yours } = one;
  const open = state === "proposed" || state === "approved";
  const alone = one.approved_alone && state === "published";
  if (!mayEdit(c)) return alone ? <Notice tone="warn">{words.alone_published}</Notice> : null;
  if (!open && !alone) return null;
  const why = state === "published"
    ? words.alone_published
    : state === "approved"
    ? words.publish_text
    : yours
    ? one.you_may_approve ? words.yours_alone : words.yours
    : words.approve_text;
  const nobody = yours && !one.you_may_approve && !one.others_may_approve && state !== "approved";
  if (alone && !one.you_may_approve) {
    return (
      <Notice tone="warn">
        <p>{why}</p>
        {nobody ? <Invite c={c} /> : null}
      </Notice>
    );
  }
  const wrong = wrongWith(refused?.problem, "note");
  const action = (what: string) => `/console/rules/proposals/${id}/${what}`;
  return (
    <form method="post" class="card" aria-label={words.decide}>
      {moved && open ? <Notice tone="warn">{words.base_moved}</Notice> : null}
      <p>{why}</p>
      {nobody ? <Invite c={c} /> : null}
      <Field label={`${words.note} (${words.optional})`} name="note" error={wrong}>
        <textarea {...described("note", { error: wrong })} rows={1} maxlength={1000}>{refused?.note}</textarea>
      </Field>
      <div class="row">
        {state === "approved" ? <button type="submit" formaction={action("publish")}>{words.publish}</button> : null}
        {one.you_may_approve
          ? (
            <button type="submit" class={state === "approved" ? "quiet" : ""} formaction={action("approve")}>
              {words.approve}
            </button>
          )
          : null}
        {!open
          ? null
          : yours
          ? <button type="submit" class="quiet" formaction={action("withdraw")}>{words.withdraw}</button>
          : <button type="submit" class="quiet" formaction={action("reject")}>{words.reject}</button>}
      </div>
    </form>
  );
}

/** For whoever may let somebody in. */
function Invite({ c }: { c: ConsoleContext }) {
  const { nobody_else, invite } = versionWords(c.get("reader").language);
  return (
    <p>
      {nobody_else} {may(viewerOf(c).role, "POST /v1/users") ? <a href="/console/users">{invite}</a> : null}
    </p>
  );
}
