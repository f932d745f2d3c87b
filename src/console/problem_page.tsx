/** @jsxImportSource hono/jsx */
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ApiProblem } from "./api_client.ts";
import type { Console, ConsoleContext } from "./console.ts";
import { wantsPart } from "./form.ts";
import { layoutWords } from "./layout_words.ts";
import { Notice } from "./parts.tsx";

/** What could not be done, as a page; as a notice above the page where htmx asked for a part of one. */
export async function problemPage(
  c: ConsoleContext,
  console: Console,
  status: number,
  problem?: ApiProblem,
): Promise<Response> {
  const words = layoutWords(c.get("reader").language);
  const [title, text] = status === 404
    ? [words.not_found, words.not_found_text]
    : status === 403
    ? [words.forbidden, words.forbidden_text]
    : [problem?.title ?? words.trouble, problem?.detail ?? words.trouble_text];
  if (wantsPart(c)) {
    c.header("hx-retarget", "#notices");
    c.header("hx-reswap", "innerHTML");
    return await c.html(<Notice tone="bad">{title}. {text}</Notice>, status as ContentfulStatusCode);
  }
  return await console.page(
    c,
    { title },
    <section class="narrow">
      <h1>{title}</h1>
      <p>{text}</p>
      <p>
        <a class="button" href="/console">{words.home}</a>
      </p>
    </section>,
    status as ContentfulStatusCode,
  );
}
