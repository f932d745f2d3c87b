/** @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import type { Reader } from "./console.ts";
import type { Language } from "./words.ts";

/** Small parts that pages are made of. */

const STYLES = {
  day: { dateStyle: "medium" },
  time: { timeStyle: "short" },
  both: { dateStyle: "medium", timeStyle: "short" },
  exact: { dateStyle: "medium", timeStyle: "medium" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** An instant (RFC 3339, or milliseconds) in the reader's language and time zone. */
export function When({ at, as = "both", reader }: { at: string | number; as?: keyof typeof STYLES; reader: Reader }) {
  const date = new Date(at);
  return <time datetime={date.toISOString()}>{formatOf(as, reader).format(date)}</time>;
}

/** A format costs a hundred times what using it costs, and a page shows many instants. */
const formats = new Map<string, Intl.DateTimeFormat>();
const MOST_FORMATS = 200;

function formatOf(as: keyof typeof STYLES, { language, zone }: Reader): Intl.DateTimeFormat {
  const key = `${as} ${language} ${zone}`;
  let format = formats.get(key);
  if (format === undefined) {
    if (formats.size >= MOST_FORMATS) formats.clear();
    formats.set(key, format = new Intl.DateTimeFormat(language, { ...STYLES[as], timeZone: zone }));
  }
  return format;
}

/** Numbers as the language writes them. */
export function numberIn(language: Language, options: Intl.NumberFormatOptions = {}): (value: number) => string {
  const format = new Intl.NumberFormat(language, options);
  return (value) => format.format(value);
}

export type Tone = "neutral" | "good" | "warn" | "bad" | "info";

/** A word with a colour, which never tells more than the word. */
export function Badge({ tone = "neutral", children }: { tone?: Tone; children?: Child }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

/** Something to know, told by screen readers when it appears. */
export function Notice({ tone = "info", children }: { tone?: Tone; children?: Child }) {
  return <div class={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>{children}</div>;
}

/** In the place of a list that has nothing: what to do next. */
export function Empty({ title, children }: { title: string; children?: Child }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

interface FieldProps {
  label: string;
  name: string;
  hint?: string;
  /** What is wrong with it, from the API's answer. */
  error?: string | undefined;
  /** The control; gets `id` and `aria-describedby` by these names: `NAME`, `NAME-hint`, `NAME-error`. */
  children?: Child;
}

/** A labelled control with its hint and its error. */
export function Field({ label, name, hint, error, children }: FieldProps) {
  return (
    <div class={error === undefined ? "field" : "field wrong"}>
      <label for={name}>{label}</label>
      {children}
      {hint === undefined ? null : <p class="hint" id={`${name}-hint`}>{hint}</p>}
      {error === undefined ? null : <p class="error" id={`${name}-error`}>{error}</p>}
    </div>
  );
}

/** Attributes that tie a control to its `Field`. */
export function described(name: string, { hint = false, error }: { hint?: boolean; error?: string | undefined } = {}) {
  const ids = [...(hint ? [`${name}-hint`] : []), ...(error === undefined ? [] : [`${name}-error`])];
  return {
    id: name,
    name,
    ...(ids.length === 0 ? {} : { "aria-describedby": ids.join(" ") }),
    ...(error === undefined ? {} : { "aria-invalid": "true" as const }),
  };
}

interface FilterChoiceProps {
  label: string;
  name: string;
  /** Of the empty value, which filters nothing. */
  all: string;
  options: Readonly<Record<string, string>>;
  chosen: string | undefined;
}

/** A choice of a filter. */
export function FilterChoice({ label, name, all, options, chosen }: FilterChoiceProps) {
  return (
    <Field label={label} name={name}>
      <select {...described(name)}>
        <option value="">{all}</option>
        {Object.entries(options).map(([value, text]) => (
          <option value={value} selected={value === chosen}>{text}</option>
        ))}
      </select>
    </Field>
  );
}

interface PageTab {
  href: string;
  text: string;
  /** Of the page that is shown. */
  here: boolean;
}

/** Pages that belong together, one beside the other. */
export function PageTabs({ label, tabs }: { label: string; tabs: readonly PageTab[] }) {
  return (
    <nav aria-label={label}>
      <ul class="tabs">
        {tabs.map(({ href, text, here }) => (
          <li>
            <a href={href} {...(here ? { "aria-current": "page" as const } : {})}>{text}</a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** A link to the following page of a list. */
export function More({ href, label }: { href: string | null; label: string }) {
  return href === null ? null : (
    <p class="more">
      <a class="button quiet" href={href}>{label}</a>
    </p>
  );
}
