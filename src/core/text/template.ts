import { isSeen } from "./text.ts";

/**
 * A text with fields, such as `Bonjour {name|cher client}, à bientôt à {field.city}`: `{name}` is the contact's name, `{field.…}` one
 * of its custom fields, and what stands after `|` is said where the contact has none. `{link https://shop.example/winter}` becomes a
 * short link of each recipient's own. `{{` and `}}` are braces.
 */

export interface Template {
  /** In order: words as they stand, fields and links. */
  parts: readonly TemplatePart[];
  /** Where its links lead, each address once and as browsers write it. */
  links: readonly string[];
}

export type TemplatePart = string | TemplateField | TemplateLink;

export interface TemplateLink {
  kind: "link";
  /** Place in `Template.links`. */
  link: number;
}

export interface TemplateField {
  /** `name`, or the name of a custom field. */
  kind: "name" | "field";
  field: string;
  /** Null where the field must be known. */
  fallback: string | null;
}

/** What a template can say of a person. */
export interface TemplateFacts {
  name: string | null;
  fields: Readonly<Record<string, string>>;
}

/** More would leave no room for words. */
export const MOST_LINKS = 5;
const LONGEST_LINK = 1_000;

const PART = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;

/** Reads a template; says what is wrong with it instead when it is none. */
export function parseTemplate(text: string): { template: Template } | { problem: string } {
  const parts: TemplatePart[] = [];
  const links: string[] = [];
  const say = (words: string) => {
    if (typeof parts.at(-1) === "string") parts[parts.length - 1] += words;
    else if (words !== "") parts.push(words);
  };
  let from = 0;
  for (const match of text.matchAll(PART)) {
    say(text.slice(from, match.index));
    from = match.index + match[0].length;
    const inner = match[1];
    if (match[0] === "{{" || match[0] === "}}") say(match[0][0]!);
    else if (inner === undefined) {
      return { problem: `"${match[0]}" at character ${match.index + 1} stands alone; a brace itself is written twice` };
    } else if (/^\s*link(\s|$)/.test(inner)) {
      const target = readTarget(inner);
      if (target === null) {
        return {
          problem: `"${match[0]}" is no link; a link is {link https://shop.example/winter}, http or https, without a ` +
            `password, of at most ${LONGEST_LINK} characters`,
        };
      }
      // Phones take whatever stands right beside an address for a part of it.
      if (!/(?:^|[\s(:"'«])$/.test(text.slice(0, match.index)) || !/^[.,;:!?)"'»]*(?:\s|$)/.test(text.slice(from))) {
        return { problem: `"${match[0]}" must stand apart, with a space before and after it` };
      }
      if (!links.includes(target)) links.push(target);
      if (links.length > MOST_LINKS) return { problem: `a text has at most ${MOST_LINKS} links` };
      parts.push({ kind: "link", link: links.indexOf(target) });
    } else {
      const field = readField(inner);
      if (field === null) {
        return {
          problem: `"${
            match[0]
          }" is no field; fields are {name} and {field.NAME}, with words to fall back on: {name|friend}`,
        };
      }
      parts.push(field);
    }
  }
  say(text.slice(from));
  return { template: { parts, links } };
}

function readField(inner: string): TemplateField | null {
  const bar = inner.indexOf("|");
  const name = (bar < 0 ? inner : inner.slice(0, bar)).trim();
  const fallback = bar < 0 ? null : inner.slice(bar + 1);
  if (name === "name") return { kind: "name", field: "name", fallback };
  const field = /^field\.(.+)$/.exec(name)?.[1];
  return field === undefined ? null : { kind: "field", field, fallback };
}

/** The address of a `{link …}` as browsers write it; null when no phone could open it. */
function readTarget(inner: string): string | null {
  const written = inner.trim().replace(/^link\s*/, "");
  const url = /^https?:\/\/\S+$/i.test(written) ? URL.parse(written) : null;
  if (url === null || url.username !== "" || url.password !== "" || url.href.length > LONGEST_LINK) return null;
  return url.href;
}

/**
 * The text for one person, or the first field that the person lacks and that has nothing to fall back on. `links`: what is said in the
 * place of each of the template's links.
 */
export function fillTemplate(
  { parts }: Template,
  facts: TemplateFacts,
  links: readonly string[],
): { text: string } | { missing: string } {
  let text = "";
  for (const part of parts) {
    if (typeof part === "string" || part.kind === "link") {
      text += typeof part === "string" ? part : links[part.link]!;
      continue;
    }
    // A field that the person may have by the name of a property of every object is none of those.
    const value = part.kind === "name"
      ? facts.name
      : Object.hasOwn(facts.fields, part.field)
      ? facts.fields[part.field]!
      : null;
    const said = value === null || !isSeen(value) ? part.fallback : value;
    if (said === null) return { missing: part.kind === "name" ? "name" : `field.${part.field}` };
    text += said;
  }
  return { text };
}
