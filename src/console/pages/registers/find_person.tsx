/** @jsxImportSource hono/jsx */
import type { ConsoleContext } from "../../console.ts";
import { described } from "../../parts.tsx";
import { registerWords } from "./words.ts";

interface Props {
  c: ConsoleContext;
  value?: string | undefined;
  error?: string | undefined;
}

/** The box in which one types a number as one knows it. */
export function FindPerson({ c, value, error }: Props) {
  const words = registerWords(c.get("reader").language);
  return (
    <form method="get" action="/console/people" class="card" role="search" aria-label={words.find_person}>
      <div class={error === undefined ? "field" : "field wrong"}>
        <label for="number">{words.number}</label>
        <div class="row">
          <input
            {...described("number", { hint: true, error })}
            type="search"
            value={value ?? ""}
            class="grow"
            required
            autocomplete="off"
            maxlength={60}
          />
          <button type="submit">{words.find}</button>
        </div>
        <p class="hint" id="number-hint">{words.number_hint}</p>
        {error === undefined ? null : <p class="error" id="number-error">{error}</p>}
      </div>
    </form>
  );
}
