/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { ProposalStanding } from "../../../api/rules/proposals.ts";
import { ApiProblem } from "../../api_client.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { formOf, noteIn } from "../../form.ts";
import { Notice, When } from "../../parts.tsx";
import { staffNames } from "../../staff_names.ts";
import { STYLES } from "./browse.tsx";
import { Run } from "./draft_frame.tsx";
import { draftWords } from "./draft_words.ts";
import { type Refused, RuleLink, statusOf, Tabs, Version } from "./frame.tsx";
import { ProposalDecision } from "./proposal_decision.tsx";
import { Cannot } from "./results.tsx";
import { COMPARE, State } from "./version_parts.tsx";
import { versionWords } from "./version_words.ts";

/** One proposal: what it changes, who proposed and decided it, and its way into force. */
export function proposalRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  const proposalPage = async (c: ConsoleContext, id: string, refused?: Refused) => {
    const reader = c.get("reader");
    const words = versionWords(reader.language);
    const drafts = draftWords(reader.language);
    const api = console.api(c);
    const [one, { rulebook: active }] = await Promise.all([
      api.get<ProposalStanding>(`/v1/rulebooks/proposals/${encodeURIComponent(id)}`),
      api.get<{ rulebook: string }>("/v1/rulebooks/active/countries"),
    ]);
    const named = await staffNames(api, reader.language);
    return await console.page(
      c,
      { title: words.proposal, place: "rules", styles: STYLES },
      <>
        <h1>{words.proposal}</h1>
        <Tabs c={c} at="versions" />
        {refused === undefined ? null : <Cannot problem={refused.problem} reader={reader} />}
        {c.req.query("done") === "publish" && one.state === "published"
          ? (
            <Notice tone="good">
              {words.done_published} <a href="/console/handsets">{words.see}</a>
            </Notice>
          )
          : null}
        {c.req.query("done") === "draft_kept" ? <Notice tone="warn">{words.draft_kept}</Notice> : null}
        <p class="lead said">{one.note}</p>
        <ProposalDecision c={c} one={one} moved={one.base !== active} refused={refused} />
        <dl class="facts">
          <dt>{words.state}</dt>
          <dd>
            <State state={one.state} c={c} />
          </dd>
          <dt>{words.version}</dt>
          <dd>
            <Version hash={one.rulebook} />
          </dd>
          <dt>{words.proposed_by}</dt>
          <dd>
            {named(one.proposed_by)}, <When at={one.proposed_at} reader={reader} />
          </dd>
          {one.decided_by === null ? null : (
            <>
              <dt>{words.decided_by}</dt>
              <dd>
                {named(one.decided_by)}
                {one.decided_at === null ? null : (
                  <>
                    , <When at={one.decided_at} reader={reader} />
                  </>
                )}
                {one.decision_note === null ? null : <p class="said">{one.decision_note}</p>}
              </dd>
            </>
          )}
        </dl>
        <h2>{words.changes}</h2>
        <Run c={c} action={COMPARE} about={{ from: one.base ?? "active", to: one.rulebook }} />
        {one.simulation === null ? null : (
          <>
            <h2>{words.simulation}</h2>
            <p>{drafts.simulated(one.simulation.messages, one.simulation.changed)}</p>
            <ul class="plain">
              {one.simulation.groups.map((group) => (
                <li class="rule-item">
                  {group.count} · <span class="mono">{group.change}</span>{" "}
                  {group.rules.map(({ id }) => <RuleLink id={id} />)}
                </li>
              ))}
            </ul>
          </>
        )}
      </>,
      refused === undefined ? 200 : statusOf(refused),
    );
  };

  routes.get("/rules/proposals/:id", (c) => proposalPage(c, c.req.param("id")));

  routes.post("/rules/proposals/:id/:what{approve|reject|withdraw|publish}", async (c) => {
    const { id, what } = c.req.param();
    const note = noteIn(await formOf(c));
    try {
      await console.api(c).post(
        `/v1/rulebooks/proposals/${encodeURIComponent(id)}/${what}`,
        note === undefined ? {} : { note },
      );
    } catch (error) {
      if (error instanceof ApiProblem && error.status !== 404) {
        return await proposalPage(c, id, { problem: error, note });
      }
      throw error;
    }
    return c.redirect(`/console/rules/proposals/${id}?done=${what}`, 303);
  });

  return routes;
}
