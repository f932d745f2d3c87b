/** @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";

interface Props {
  /** What is asked for, and done. */
  label: string;
  action: string;
  danger?: boolean;
  /** What one most likely came for. */
  main?: boolean;
  /** What follows from it. */
  children?: Child;
}

/** A step that is asked about once more, without scripts: the first press shows what follows, the second does it. */
export function Confirm({ label, action, danger = false, main = false, children }: Props) {
  const tone = danger ? "quiet dangerous" : main ? "" : "quiet";
  return (
    <details class="confirm">
      <summary class={`button ${tone}`}>{label}…</summary>
      <form method="post" action={action} class="card">
        {children}
        <button type="submit" class={danger ? "danger" : ""}>{label}</button>
      </form>
    </details>
  );
}
