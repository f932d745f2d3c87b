/**
 * Texts with placeholders: `{name}` stands for a value, `{{` and `}}` for braces. There is nothing else to it (no conditions, no
 * calls, no paths), so a configuration cannot compute.
 */
export type Part = { literal: string } | { name: string };

/** A value of a placeholder; null when this message has none. */
export type Value = string | number | boolean | null;

const TOKEN = /\{\{|\}\}|\{([A-Za-z0-9_.-]+)\}|[{}]/g;

/** The parts of a template; null when a brace stands alone. */
export function templateParts(template: string): Part[] | null {
  const parts: Part[] = [];
  let end = 0;
  for (const match of template.matchAll(TOKEN)) {
    if (match.index > end) parts.push({ literal: template.slice(end, match.index) });
    end = match.index + match[0].length;
    if (match[1] !== undefined) parts.push({ name: match[1] });
    else if (match[0] === "{{" || match[0] === "}}") parts.push({ literal: match[0][0] ?? "" });
    else return null;
  }
  if (end < template.length) parts.push({ literal: template.slice(end) });
  return parts;
}

/** Names of the placeholders of every text in `template`; null when one of the texts is malformed. */
export function placeholders(template: unknown): string[] | null {
  if (typeof template === "string") {
    return templateParts(template)?.flatMap((part) => "name" in part ? [part.name] : []) ?? null;
  }
  if (typeof template !== "object" || template === null) return [];
  const inside = Object.values(template).map(placeholders);
  return inside.every((names) => names !== null) ? inside.flat() : null;
}

/** The text with the values put in, each through `escape`; a value that the message lacks is left out. */
export function filled(
  template: string,
  values: ReadonlyMap<string, Value>,
  escape: (value: string) => string = (value) => value,
): string {
  return (templateParts(template) ?? [])
    .map((part) => "literal" in part ? part.literal : escape(String(values.get(part.name) ?? "")))
    .join("");
}

/**
 * JSON with the values put into its texts. A text that is one placeholder alone becomes the value itself, number or true and false
 * included; a field of an object whose value the message lacks is left out.
 */
export function filledJson(template: unknown, values: ReadonlyMap<string, Value>): unknown {
  if (typeof template === "string") {
    const [only, ...rest] = templateParts(template) ?? [];
    return only !== undefined && "name" in only && rest.length === 0
      ? values.get(only.name) ?? null
      : filled(template, values);
  }
  if (Array.isArray(template)) return template.map((item) => filledJson(item, values));
  if (typeof template !== "object" || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).flatMap(([key, inner]) => {
      const value = filledJson(inner, values);
      return value === null && inner !== null ? [] : [[key, value]];
    }),
  );
}
