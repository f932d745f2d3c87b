import { html } from "hono/html";
import type { OpenApiDocument } from "./docs.ts";

/** A page that people read, made from the OpenAPI document on the server: no script, nothing from another host. */

type Html = ReturnType<typeof html>;

/** The part of JSON Schema that the document uses. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  example?: unknown;
  enum?: unknown[];
  const?: unknown;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  additionalProperties?: boolean | Schema;
  default?: unknown;
}

interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
}

type Content = Record<string, { schema?: Schema }>;

interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  security?: unknown[];
  "x-roles"?: string[];
  parameters?: Parameter[];
  requestBody?: { content: Content };
  responses?: Record<string, { description: string; content?: Content }>;
}

interface Described {
  method: string;
  path: string;
  operation: Operation;
}

export const DOCS_STYLE = `:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem 1.25rem 4rem; }
nav ul { columns: 16rem; padding-left: 1.2rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid; }
h3 { margin-top: 2.5rem; }
code, .path { font-family: ui-monospace, monospace; font-size: .95em; }
.method { text-transform: uppercase; font-weight: 700; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; }
caption { text-align: left; font-weight: 600; padding-top: .75rem; }
.needed { font-weight: 600; }
`;

export function docsPage(document: OpenApiDocument): Html {
  const operations: Described[] = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({ method, path, operation }))
  );
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags ?? []))];
  const withTag = (tag: string) => operations.filter(({ operation }) => operation.tags?.includes(tag));
  const schemas = Object.entries((document.components?.schemas ?? {}) as Record<string, Schema>);
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>${document.info.title} API</title>
        <link rel="stylesheet" href="/docs/style.css">
      </head>
      <body>
        <header>
          <h1>${document.info.title} API</h1>
          ${(document.info.description ?? "").split("\n").map((line) => html`<p>${withCode(line)}</p>`)}
          <p>The same for machines: <a href="/openapi.json">openapi.json</a></p>
        </header>
        <nav aria-label="Operations">
          ${tags.map((tag) =>
            html`
              <h2>${tag}</h2>
              <ul>${withTag(tag).map(({ method, path, operation }) =>
                html`<li><a href="#${operation.operationId}"><span class="method">${method}</span> <span class="path">${path}</span></a></li>`
              )}</ul>
            `
          )}
        </nav>
        <main>
          ${tags.map((tag) => html`<h2>${tag}</h2>${withTag(tag).map(operationSection)}`)}
          <h2>Schemas</h2>
          ${schemas.map(([name, schema]) =>
            html`<section id="schema-${name}"><h3>${name}</h3>
        ${schema.description === undefined ? "" : html`<p>${withCode(schema.description)}</p>`}
        ${properties(schema, "Fields")}</section>`
          )}
        </main>
      </body>
    </html>
  `;
}

function operationSection({ method, path, operation }: Described): Html {
  const { operationId, summary, description, parameters = [], requestBody, responses = {} } = operation;
  return html`<section id="${operationId}">
  <h3><span class="method">${method}</span> <span class="path">${path}</span></h3>
  <p>${withCode(summary ?? "")} (${operation["x-roles"]?.join(", ") ?? "no key needed"})</p>
  ${description === undefined ? "" : html`<p>${withCode(description)}</p>`}
  ${
    parameters.length === 0 ? "" : table(
      "Parameters",
      parameters.map(({ name, in: place, required, description, schema }) =>
        row(`${name}`, required === true, html`${typeName(schema ?? {})}, in the ${place}`, {
          ...schema,
          ...(description === undefined ? {} : { description }),
        })
      ),
    )
  }
  ${
    requestBody === undefined
      ? ""
      : Object.entries(requestBody.content).map(([type, { schema = {} }]) => bodyOf("Body", type, schema))
  }
  ${
    Object.entries(responses).map(([status, { description, content = {} }]) =>
      html`<p><strong>${status}</strong> ${withCode(description)}${
        Object.entries(content).map(([type, { schema = {} }]) => html`: <code>${type}</code>, ${typeName(schema)}`)
      }</p>`
    )
  }
</section>`;
}

function bodyOf(caption: string, type: string, schema: Schema): Html {
  return html`<p>${caption}: <code>${type}</code>, ${typeName(schema)}</p>${
    schema.properties === undefined ? "" : properties(schema, caption)
  }`;
}

function properties(schema: Schema, caption: string): Html {
  const entries = Object.entries(schema.properties ?? {});
  if (entries.length === 0) return html`<p>${typeName(schema)}</p>`;
  return table(
    caption,
    entries.map(([name, property]) =>
      row(name, schema.required?.includes(name) === true, typeName(property), property)
    ),
  );
}

function table(caption: string, rows: Html[]): Html {
  return html`
    <div class="scroll" tabindex="0" role="group" aria-label="${caption}">
      <table>
        <caption>${caption}</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Type</th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>${rows}</tbody>
      </table>
    </div>
  `;
}

function row(name: string, required: boolean, type: Html, schema: Schema): Html {
  return html`
    <tr>
      <th scope="row"><code>${name}</code>${required
        ? html`
          <span class="needed">required</span>
        `
        : ""}</th>
      <td>${type}</td>
      <td>${withCode(schema.description ?? "")}${schema.default === undefined ? "" : html`
        Default: <code>${JSON.stringify(schema.default)}</code>.
      `}${schema.example === undefined ? "" : html`
        Example: <code>${JSON.stringify(schema.example)}</code>
      `}</td>
    </tr>
  `;
}

function typeName(schema: Schema): Html {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace("#/components/schemas/", "");
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices !== undefined) {
    return html`${choices.map((one, index) => html`${index > 0 ? " or " : ""}${typeName(one)}`)}`;
  }
  if (schema.enum !== undefined) return html`${schema.enum.map((value) => String(value)).join(", ")}`;
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.items !== undefined) return html`list of ${typeName(schema.items)}`;
  if (schema.properties !== undefined && schema.type === "object") {
    return html`{${
      Object.entries(schema.properties).map(([name, property], index) =>
        html`${index > 0 ? ", " : ""}<code>${name}</code>: ${typeName(property)}`
      )
    }}`;
  }
  return html`${[schema.type ?? "anything"].flat().join(" or ")}`;
}

/** `code` between backticks. */
function withCode(text: string): Html {
  return html`${text.split("`").map((part, index) => index % 2 === 1 ? html`<code>${part}</code>` : part)}`;
}
