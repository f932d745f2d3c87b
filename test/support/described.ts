import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { expect } from "vitest";
import type { Reply } from "./call.ts";
import type { TestGateway } from "./gateway.ts";

/** What the OpenAPI document says of an operation, as far as tests ask for it. */
export interface Operation {
  parameters?: { name: string; in: string }[];
  requestBody?: { required?: boolean; content: Record<string, unknown> };
  responses: Record<string, { description: string; content?: Record<string, unknown> }>;
}

export interface Described {
  paths: Record<string, Record<string, Operation>>;
  /** Whether a body fits what the document says of an operation, such as `POST /v1/messages`. */
  takes(operation: string, body: unknown): boolean;
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

  return {
    paths: document.paths,
    takes,
    async call(operation, path, body) {
      const reply = await gateway.call(operation.split(" ")[0]!, path, body);
      const { status, headers } = reply;
      const type = headers.get("content-type")!.split(";")[0]!;
      const said = validator(...parts(operation), "responses", `${status}`, "content", type, "schema");
      expect([operation, status, said(reply.body) ? [] : said.errors]).toEqual([operation, status, []]);
      if (body !== undefined && status < 300) expect([operation, takes(operation, body)]).toEqual([operation, true]);
      return reply;
    },
  };
}
