/** @jsxImportSource hono/jsx */
import type { Language } from "../../words.ts";
import { overviewWords } from "./words.ts";

/** In the place of charts while nothing has been sent or received: what to do first. */
export function StartHere({ language }: { language: Language }) {
  const words = overviewWords(language);
  const steps = [
    { href: "/console/handsets", name: words.start_handset, text: words.start_handset_text },
    { href: "/console/inbox", name: words.start_inbox, text: words.start_inbox_text },
    { href: "/console/rules", name: words.start_rules, text: words.start_rules_text },
    { href: "/docs", name: words.start_docs, text: words.start_docs_text },
  ];
  return (
    <section class="card" aria-labelledby="start-title">
      <h2 id="start-title">{words.start_title}</h2>
      <p>{words.start_text}</p>
      <ol class="columns steps">
        {steps.map(({ href, name, text }) => (
          <li>
            <a class="button" href={href}>{name}</a>
            <p class="soft">{text}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}
