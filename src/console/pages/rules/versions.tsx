/** @jsxImportSource hono/jsx */
import type { z } from "@hono/zod-openapi";
import { Hono } from "hono";
import type { ProposalRead } from "../../../api/rules/proposals.ts";
import type { SettingsRead } from "../../../api/rules/rulebook_reading.ts";
import type { ActivationSchema, VersionSchema } from "../../../api/rules/rulebook_schemas.ts";
import { ApiProblem, withQuery } from "../../api_client.ts";
import type { Console, ConsoleContext, ConsoleEnv } from "../../console.ts";
import { formOf, noteIn, wantsPart, wrongWith } from "../../form.ts";
import { described, Field, More, Notice, When } from "../../parts.tsx";
import { staffNames } from "../../staff_names.ts";
import { STYLES } from "./browse.tsx";
import { Run } from "./draft_frame.tsx";
import { mayEdit, onVersion, type Refused, statusOf, Tabs, Version } from "./frame.tsx";
import { Cannot, type Change, Changes } from "./results.tsx";
import { COMPARE, State } from "./version_parts.tsx";
import { versionWords } from "./version_words.ts";

type VersionRead = z.infer<typeof VersionSchema>;
type Activation = z.infer<typeof ActivationSchema>;

const HASH = "rb_[0-9a-f]{20}";

/** Versions: which was in force when and by whom, what two of them differ in, and the way back. Their proposals: `proposals.tsx`. */
export function versionRoutes(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/rules/versions", async (c) => {
    const reader = c.get("reader");
    const words = versionWords(reader.language);
    const api = console.api(c);
    const [versions, proposed, approved, settings] = await Promise.all([
      api.get<{ data: VersionRead[]; next_cursor: string | null }>("/v1/rulebooks", {
        limit: 30,
        cursor: c.req.query("cursor"),
      }),
      api.get<{ data: ProposalRead[] }>("/v1/rulebooks/proposals", { state: "proposed", limit: 50 }),
      api.get<{ data: ProposalRead[] }>("/v1/rulebooks/proposals", { state: "approved", limit: 50 }),
      api.get<SettingsRead>("/v1/rulebooks/active/settings"),
    ]);
    const waiting = [...proposed.data, ...approved.data];
    const named = await staffNames(api, reader.language);
    return await console.page(
      c,
      { title: words.title, place: "rules", styles: STYLES },
      <>
        <h1>{words.title}</h1>
        <Tabs c={c} at="versions" />
        {settings.folder !== null && settings.folder !== settings.rulebook
          ? <Notice tone="warn">{words.folder_differs}</Notice>
          : null}
        <h2>{words.waiting}</h2>
        {waiting.length === 0 ? <p>{words.nothing_waits}</p> : (
          <ul class="plain">
            {waiting.map((one) => (
              <li class="rule-item">
                <div class="row">
                  <State state={one.state} c={c} />
                  <a href={`/console/rules/proposals/${one.id}`}>{one.note.split("\n")[0]}</a>
                </div>
                <p class="hint">
                  {words.proposed_by} {named(one.proposed_by)}, <When at={one.proposed_at} reader={reader} />
                </p>
              </li>
            ))}
          </ul>
        )}
        <h2>{words.title}</h2>
        <p>{words.lead}</p>
        <div class="scroll" tabindex={0} role="region" aria-label={words.title}>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.version}</th>
                <th scope="col">{words.state}</th>
                <th scope="col">{words.stored}</th>
                <th scope="col">{words.in_force_since}</th>
              </tr>
            </thead>
            <tbody>
              {versions.data.map((one) => (
                <tr>
                  <th scope="row">
                    <Version hash={one.hash} />
                  </th>
                  <td>
                    <State state={one.state} c={c} />
                  </td>
                  <td>
                    <When at={one.created_at} reader={reader} />
                  </td>
                  <td>{one.activated_at === null ? "–" : <When at={one.activated_at} reader={reader} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <More
          href={versions.next_cursor === null
            ? null
            : withQuery("/console/rules/versions", { cursor: versions.next_cursor })}
          label={words.more}
        />
      </>,
    );
  });

  const versionPage = async (c: ConsoleContext, hash: string, refused?: Refused) => {
    const reader = c.get("reader");
    const words = versionWords(reader.language);
    const api = console.api(c);
    const [version, proposals, { data: others }] = await Promise.all([
      api.get<VersionRead & { activations: Activation[] }>(`/v1/rulebooks/${hash}`),
      api.get<{ data: ProposalRead[] }>("/v1/rulebooks/proposals", { rulebook: hash, limit: 20 }),
      api.get<{ data: VersionRead[] }>("/v1/rulebooks", { limit: 50 }),
    ]);
    const named = await staffNames(api, reader.language);
    const wrong = wrongWith(refused?.problem, "note");
    return await console.page(
      c,
      { title: `${words.version} ${hash.slice(0, 11)}`, place: "rules", styles: STYLES },
      <>
        <h1>
          {words.version} <span class="mono wrap">{hash}</span>
        </h1>
        <Tabs c={c} at="versions" />
        {refused === undefined ? null : <Cannot problem={refused.problem} reader={reader} />}
        {c.req.query("done") === "rolled_back" ? <Notice tone="good">{words.done_rolled_back}</Notice> : null}
        <div class="row">
          <State state={version.state} c={c} />
          <span class="hint">
            {words.stored} <When at={version.created_at} reader={reader} />
          </span>
        </div>
        <div class="row">
          <a class="button quiet" href={onVersion("/console/rules", version.state === "active" ? "active" : hash)}>
            {words.read}
          </a>
          {!mayEdit(c) || version.state === "active" ? null : (
            <form method="post" action="/console/rules/drafts">
              <input type="hidden" name="from" value={hash} />
              <button type="submit" class="quiet">{words.take_up}</button>
            </form>
          )}
        </div>
        <h2>{words.history}</h2>
        {version.activations.length === 0 ? <p>{words.never_in_force}</p> : (
          <ul class="plain">
            {version.activations.map(({ at, by, way, note, proposal_id }) => (
              <li class="rule-item">
                <When at={at} reader={reader} /> · {words.ways[way]} · {by === "files" ? words.folder : named(by)}
                {proposal_id === null ? null : (
                  <>
                    {" · "}
                    <a href={`/console/rules/proposals/${proposal_id}`}>{words.proposal}</a>
                  </>
                )}
                {note === null ? null : <p class="said">{note}</p>}
              </li>
            ))}
          </ul>
        )}
        {proposals.data.length === 0 ? null : (
          <>
            <h2>{words.proposals}</h2>
            <ul class="plain">
              {proposals.data.map((one) => (
                <li class="rule-item">
                  <State state={one.state} c={c} />{" "}
                  <a href={`/console/rules/proposals/${one.id}`}>{one.note.split("\n")[0]}</a>
                  <p class="hint">
                    {words.proposed_by} {named(one.proposed_by)}, <When at={one.proposed_at} reader={reader} />
                    {one.decided_by === null ? "" : ` · ${words.decided_by} ${named(one.decided_by)}`}
                  </p>
                </li>
              ))}
            </ul>
          </>
        )}
        <h2>{words.compare}</h2>
        <form method="get" action="/console/rules/compare" class="filters">
          <input type="hidden" name="to" value={hash} />
          <div>
            <label for="from">{words.compare_with}</label>
            <select id="from" name="from">
              <option value="active">{words.states.active}</option>
              {others.filter((one) => one.hash !== hash).map((one) => (
                <option value={one.hash}>{one.hash.slice(0, 11)} · {words.states[one.state]}</option>
              ))}
            </select>
          </div>
          <button type="submit" class="quiet">{words.compare}</button>
        </form>
        {version.state !== "superseded" || !mayEdit(c) ? null : (
          <section class="card">
            <h2>{words.roll_back}</h2>
            <p>{words.roll_back_text}</p>
            <form method="post" action={`/console/rules/versions/${hash}/rollback`}>
              <Field label={words.why} name="note" error={wrong}>
                <textarea {...described("note", { error: wrong })} rows={2} maxlength={1000} required>
                  {refused?.note}
                </textarea>
              </Field>
              <button type="submit" class="danger">{words.roll_back}</button>
            </form>
          </section>
        )}
      </>,
      refused === undefined ? 200 : statusOf(refused),
    );
  };

  routes.get(`/rules/versions/:hash{${HASH}}`, (c) => versionPage(c, c.req.param("hash")));

  routes.post(`/rules/versions/:hash{${HASH}}/rollback`, async (c) => {
    const hash = c.req.param("hash");
    const note = noteIn(await formOf(c)) ?? "";
    try {
      await console.api(c).post("/v1/rulebooks/rollback", { to: hash, note });
    } catch (error) {
      if (error instanceof ApiProblem && error.status !== 404) {
        return await versionPage(c, hash, { problem: error, note });
      }
      throw error;
    }
    return c.redirect(`/console/rules/versions/${hash}?done=rolled_back`, 303);
  });

  routes.get("/rules/compare", async (c) => {
    const reader = c.get("reader");
    const words = versionWords(reader.language);
    const side = (name: string) => {
      const given = c.req.query(name) ?? "active";
      return new RegExp(`^(active|${HASH})$`).test(given) ? given : "active";
    };
    const [from, to] = [side("from"), side("to")];
    const result = c.req.query("run") === undefined ? null : await differences(c, from, to);
    if (result !== null && wantsPart(c)) return c.html(result);
    const shown = (ref: string) => ref === "active" ? words.states.active : <Version hash={ref} />;
    return await console.page(
      c,
      { title: words.compare, place: "rules", styles: STYLES },
      <>
        <h1>{words.compare}</h1>
        <Tabs c={c} at="versions" />
        <p>
          {words.from}: {shown(from)} · {words.to}: {shown(to)}
        </p>
        <Run c={c} action={COMPARE} about={{ from, to }}>{result}</Run>
      </>,
    );
  });

  async function differences(c: ConsoleContext, from: string, to: string) {
    const reader = c.get("reader");
    try {
      const { changes } = await console.api(c).get<{ changes: Change[] }>("/v1/rulebooks/diff", { from, to });
      return <Changes changes={changes} reader={reader} />;
    } catch (error) {
      if (error instanceof ApiProblem) return <Cannot problem={error} reader={reader} />;
      throw error;
    }
  }

  return routes;
}
