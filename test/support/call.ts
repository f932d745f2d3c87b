export interface Reply {
  status: number;
  // deno-lint-ignore no-explicit-any -- a test reads whatever the answer holds
  body: any;
  text: string;
  headers: Headers;
}

/** A body that is no string is sent as JSON. The headers may name another key. */
export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Reply>;

/** Calls a gateway with a key: one in this process by its app, another with `fetch`. */
export function callerOf(
  request: (path: string, init: RequestInit) => Response | Promise<Response>,
  key: string,
): Call {
  return async (method, path, body, headers = {}) => {
    return await replyOf(
      await request(path, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    );
  };
}

/** Reads an answer, whose body is parsed where it says that it is JSON. */
export async function replyOf(response: Response): Promise<Reply> {
  const { status, headers } = response;
  const text = await response.text();
  // The answer to a HEAD has the type of a body that it lacks.
  const isJson = text !== "" && /^application\/(problem\+)?json/.test(headers.get("content-type") ?? "");
  return { status, body: isJson ? JSON.parse(text) : text, text, headers };
}
