import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { expect } from "vitest";
import type { Reply } from "./call.ts";
import type { TestGateway } from "./gateway.ts";

// deno-lint-ignore no-explicit-any -- a test reads whatever the schema holds
type Content = Record<string, { schema: any }>;

/** What the OpenAPI document says of an operation, as far as tests ask for it. */
export interface Operation {
  parameters?: { name: string; in: string }[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, { description: string; content?: Content }>;
}

export interface Described {
  paths: Record<string, Record<string, Operation>>;
  /** Whether a body fits what the document says of an operation, such as `POST /v1/messages`. */
  takes(operation: string, body: unknown): boolean;
  /** What of an answer does not fit what the document says of it. */
  answers(operation: string, status: number, body: unknown): unknown[];
  /** Calls, and expects that the document tells of the answer and, where it was taken, of the body. */
  call(operation: string, path: string, body?: unknown): Promise<Reply>;
}

/** Reads requests and answers as whoever makes a client from the document: with a validator of JSON Schema 2020-12. */
export async function described(gateway: TestGateway): Promise<Described> {
  const { body: document } = await gateway.call("GET", "/openapi.json");
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  (formats as unknown as { default: (ajv: Ajv2020) => void }).default(ajv);
  ajv.addSchema(document, "openapi.json");

  const made = new Map<string, ValidateFunction>();
  const validator = (...steps: string[]): ValidateFunction => {
    const pointer = steps.map((step) => encodeURIComponent(step.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");
    const known = made.get(pointer) ?? ajv.compile({ $ref: `openapi.json#/${pointer}` });
    made.set(pointer, known);
    return known;
  };
  const parts = (operation: string) => {
    const [method, path] = operation.split(" ") as [string, string];
    return ["paths", path, method.toLowerCase()] as const;
  };
  const takes = (operation: string, body: unknown) =>
    validator(...parts(operation), "requestBody", "content", "application/json", "schema")(body);

  const answers = (operation: string, status: number, body: unknown) => {
    const type = status < 400 ? "application/json" : "application/problem+json";
    const said = validator(...parts(operation), "responses", `${status}`, "content", type, "schema");
    return said(body) ? [] : said.errors!;
  };

  return {
    paths: document.paths,
    takes,
    answers,
    async call(operation, path, body) {
      const reply = await gateway.call(operation.split(" ")[0]!, path, body);
      const { status } = reply;
      expect([operation, status, answers(operation, status, reply.body)]).toEqual([operation, status, []]);
      if (body !== undefined && status < 300) expect([operation, takes(operation, body)]).toEqual([operation, true]);
      return reply;
    },
  };
}
