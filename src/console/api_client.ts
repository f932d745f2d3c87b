import type { Principal } from "../api/access/auth.ts";
import { speakAs } from "../api/access/auth.ts";

/** Answers requests: the app of `src/app.ts`. */
export type Fetch = (request: Request) => Response | Promise<Response>;

/** What the API refused, as problem details (RFC 9457). */
export class ApiProblem extends Error {
  override name = "ApiProblem";
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string | undefined,
    readonly errors: readonly { field: string; detail: string }[],
    /** The whole answer: refusals of messages carry their decision. */
    readonly body: Readonly<Record<string, unknown>>,
  ) {
    super(detail ?? title);
  }
}

type Headers = Readonly<Record<string, string>>;
type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

/**
 * The public API as a signed-in user may use it: the console has no other way to read or change anything, so what it shows and
 * does is what the API validates, decides, audits and allows the user's role. Each method resolves with the parsed JSON of
 * an answer in the 200s (undefined where there is none). @throws ApiProblem.
 */
export interface ApiClient {
  get<T>(path: string, query?: Query): Promise<T>;
  post<T>(path: string, body?: unknown, headers?: Headers): Promise<T>;
  put<T>(path: string, body: unknown, headers?: Headers): Promise<T>;
  patch<T>(path: string, body: unknown): Promise<T>;
  delete<T>(path: string, body?: unknown, headers?: Headers): Promise<T>;
  /** The answer itself, for files and event streams. */
  raw(path: string, init?: RequestInit): Promise<Response>;
}

export function apiClient(fetch: Fetch, principal: Principal): ApiClient {
  const raw = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const answer = await fetch(speakAs(new Request(`http://parley.internal${path}`, init), principal));
    if (!answer.ok) throw await problemOf(answer);
    return answer;
  };
  const send = async <T>(method: string, path: string, body?: unknown, headers: Headers = {}): Promise<T> => {
    const answer = await raw(
      path,
      body === undefined
        ? { method, headers }
        : { method, body: JSON.stringify(body), headers: { ...headers, "content-type": "application/json" } },
    );
    const text = await answer.text();
    return (text === "" ? undefined : JSON.parse(text)) as T;
  };
  return {
    get: (path, query = {}) => send("GET", withQuery(path, query)),
    post: (path, body, headers) => send("POST", path, body, headers),
    put: (path, body, headers) => send("PUT", path, body, headers),
    patch: (path, body) => send("PATCH", path, body),
    delete: (path, body, headers) => send("DELETE", path, body, headers),
    raw,
  };
}

/** `path` with what of the query is there: what is null, undefined or empty is left out, as fields of forms are. */
export function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === null || value === "" ? [] : [[name, String(value)]]
  );
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

async function problemOf(answer: Response): Promise<ApiProblem> {
  const body: Record<string, unknown> = await answer.json().catch(() => ({}));
  const text = (name: string) => typeof body[name] === "string" ? body[name] : undefined;
  const errors = Array.isArray(body["errors"]) ? body["errors"] as ApiProblem["errors"] : [];
  return new ApiProblem(
    answer.status,
    text("code") ?? "http_error",
    text("title") ?? answer.statusText,
    text("detail"),
    errors,
    body,
  );
}
