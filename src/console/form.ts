import { HTTPException } from "hono/http-exception";
import { ApiProblem } from "./api_client.ts";
import type { ConsoleContext } from "./console.ts";

/** What somebody filled in: text without blanks around it, and nothing for what was left empty. */
export interface Form {
  text(name: string): string | undefined;
  /** A text with its blanks and lines as they were typed: a browser ends each line with `\r\n`, we with `\n`. Empty for none. */
  lines(name: string): string;
  all(name: string): string[];
  has(name: string): boolean;
  file(name: string): File | undefined;
  /** Everything as it was typed: to show it again, and for passwords, whose blanks count. */
  typed: URLSearchParams;
}

/** @throws HTTPException 400 for what is no form. */
export async function formOf(c: ConsoleContext): Promise<Form> {
  const data = await c.req.formData().catch(() => {
    throw new HTTPException(400, { message: "This is no form." });
  });
  const typed = new URLSearchParams();
  for (const [name, value] of data) if (typeof value === "string") typed.append(name, value);
  return {
    ...fieldsOf(typed),
    file(name) {
      const value = data.get(name);
      return value instanceof File && value.size > 0 ? value : undefined;
    },
  };
}

/** The same of a query. */
export function fieldsOf(typed: URLSearchParams): Omit<Form, "file"> {
  const all = (name: string) => typed.getAll(name).map((value) => value.trim()).filter((value) => value !== "");
  return {
    text: (name) => all(name)[0],
    lines: (name) => (typed.get(name) ?? "").replaceAll("\r\n", "\n"),
    all,
    has: (name) => all(name).length > 0,
    typed,
  };
}

/** Why, in the words of whoever decides; nothing for blanks alone. */
export function noteIn(form: Form): string | undefined {
  return form.has("note") ? form.lines("note") : undefined;
}

export type Attempt<T> = { ok: true; value: T } | { ok: false; problem: ApiProblem };

/** What the API refuses is told beside the form; a failure of ours goes on as it is. */
export async function attempt<T>(work: Promise<T>): Promise<Attempt<T>> {
  try {
    return { ok: true, value: await work };
  } catch (error) {
    if (error instanceof ApiProblem && error.status < 500) return { ok: false, problem: error };
    throw error;
  }
}

/** What is wrong with a field, from the API's answer. */
export function wrongWith(problem: ApiProblem | undefined, field: string): string | undefined {
  return problem?.errors.find((one) => one.field === field || one.field.startsWith(`${field}.`))?.detail;
}

/** Back to a page that tells what was done, by the name of its words. */
export function done(c: ConsoleContext, path: string, told: string): Response {
  return c.redirect(`${path}${path.includes("?") ? "&" : "?"}told=${told}`, 303);
}

/** Whether htmx asks for a part of the page. */
export function wantsPart(c: ConsoleContext): boolean {
  return c.req.header("hx-request") === "true";
}

/** A file of the API, for whoever is signed in. */
export function passOn(answer: Response): Response {
  const headers = new Headers();
  for (const name of ["content-type", "content-disposition", "cache-control"]) {
    const value = answer.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  return new Response(answer.body, { status: answer.status, headers });
}
