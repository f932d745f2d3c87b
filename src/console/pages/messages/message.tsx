/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import type { z } from "zod";
import type { Explanation } from "../../../api/messages/explain.ts";
import type { Console, ConsoleEnv } from "../../console.ts";
import { When } from "../../parts.tsx";
import type { ThreadMessage } from "../inbox/data.ts";
import { decisionWords } from "./decision_words.ts";
import { holdWords, Status } from "./parts.tsx";
import { messageWords } from "./words.ts";

type Timeline = ThreadMessage & { timeline: { at: string; status: string; detail: string | null }[] };

/** One message: what became of it, which rules said so, and what they stand on. */
export function messagePageRoutes(console: Console): Hono<ConsoleEnv> {
  return new Hono<ConsoleEnv>().get("/messages/:id", async (c) => {
    const reader = c.get("reader");
    const words = decisionWords(reader.language);
    const { statuses, categories } = messageWords(reader.language);
    const api = console.api(c);
    const path = `/v1/messages/${encodeURIComponent(c.req.param("id"))}`;
    const [message, why] = await Promise.all([
      api.get<Timeline>(path),
      api.get<z.infer<typeof Explanation>>(`${path}/explain`),
    ]);
    const intent = message.intent;
    return await console.page(
      c,
      { title: words.message, place: "inbox" },
      <>
        <h1>{words.title}</h1>
        <section class="card">
          <dl class="facts">
            <dt>{words.text}</dt>
            <dd>
              <span class="said" dir="auto">{message.text}</span>
            </dd>
            {message.submitted_text === message.text ? null : (
              <>
                <dt>{words.submitted}</dt>
                <dd>
                  <span class="said" dir="auto">{message.submitted_text}</span>
                </dd>
              </>
            )}
            <dt>{words.from}</dt>
            <dd>{message.from}</dd>
            <dt>{words.to}</dt>
            <dd>{message.to}</dd>
            <dt>{words.status}</dt>
            <dd>
              <Status status={message.status} reader={reader} />{" "}
              {holdWords(message, reader) ?? statuses[message.status]}
            </dd>
            {intent === null ? null : (
              <>
                <dt>{words.intent}</dt>
                <dd>{intent in words.intents ? words.intents[intent as "none"] : intent}</dd>
              </>
            )}
            {message.category === null ? null : (
              <>
                <dt>{words.category}</dt>
                <dd>{categories[message.category]}</dd>
              </>
            )}
            <dt>{words.rulebook}</dt>
            <dd class="mono">
              <a href={`/console/rules/versions/${why.decision.rulebook}`}>{why.decision.rulebook}</a>
            </dd>
          </dl>
          <p>
            <a class="button quiet" href={`/console/inbox/${message.conversation_id}`}>{words.thread}</a>
          </p>
        </section>
        <h2>{words.decided}</h2>
        {why.rules.length === 0 ? <p class="soft">{words.no_rules}</p> : why.rules.map((rule) => (
          <section class="card">
            <h3 class="mono">
              <a href={`/console/rules/${rule.id}?version=${why.decision.rulebook}`}>{rule.id}</a>
            </h3>
            <p>{rule.reason}</p>
            <dl class="facts">
              <dt>{words.effect}</dt>
              <dd class="mono">{rule.effect}</dd>
              {rule.matched === null ? null : (
                <>
                  <dt>{words.matched}</dt>
                  <dd>
                    <q class="said">{rule.matched}</q>
                  </dd>
                </>
              )}
              <dt>{words.source}</dt>
              <dd>
                {rule.source} ({(words.confidences as Record<string, string>)[rule.confidence] ?? rule.confidence})
              </dd>
            </dl>
            {rule.text === null ? null : (
              <details>
                <summary>{words.rule_text} ({rule.file}:{rule.line})</summary>
                <pre tabindex={0}>{rule.text}</pre>
              </details>
            )}
          </section>
        ))}
        <h2>{words.timeline}</h2>
        <div class="scroll">
          <table>
            <tbody>
              {message.timeline.map(({ at, status, detail }) => (
                <tr>
                  <td>
                    <When at={at} as="exact" reader={reader} />
                  </td>
                  <td>{(statuses as Record<string, string>)[status] ?? status}</td>
                  <td>{detail ?? ""}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </>,
    );
  });
}
