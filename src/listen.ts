import { type Config, ConfigError } from "./config.ts";

/** Binds the address of `HOST` and `PORT` and answers there. @throws ConfigError naming the variable that cannot be used, and why. */
export function listen(
  { host, port }: Pick<Config, "host" | "port">,
  answer: Deno.ServeHandler<Deno.NetAddr>,
): Deno.HttpServer<Deno.NetAddr> {
  const answered: Deno.ServeHandler<Deno.NetAddr> = (request, info) =>
    request.method === "HEAD" ? ofUnknownLength(answer(request, info)) : answer(request, info);
  try {
    // What it would print is said in the greeting.
    return Deno.serve({ hostname: host, port, onListen() {} }, answered);
  } catch (error) {
    throw new ConfigError(unusable(host, port, error), { cause: error });
  }
}

/** What a client that never ends its request, or never reads its answer, may hold the end of the process up by. */
const GRACE_MS = 5_000;

/**
 * Lets nobody in any more and waits for the answers that are under way, at most `graceMs`. False when some are left: the end of the
 * process cuts them off, since Deno (2.9) aborts no server that is shutting down.
 */
export async function closed(
  server: Pick<Deno.HttpServer, "shutdown">,
  graceMs = GRACE_MS,
): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), graceMs);
  try {
    return await Promise.race([server.shutdown().then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The answer to a HEAD. Of a body that is null Deno says that its length is 0, which is not the length of what a GET gives. */
async function ofUnknownLength(answer: Response | Promise<Response>): Promise<Response> {
  const { status, headers, body } = await answer;
  if (body !== null || status === 204 || status === 304) return new Response(body, { status, headers });
  return new Response(new ReadableStream({ start: (controller) => controller.close() }), { status, headers });
}

/** Nothing but binding can fail there, and the names of a host fail in many ways: what is not about the port is about the host. */
function unusable(host: string, port: number, error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `PORT: another process listens on port ${port} of ${host}; end it, or set PORT to a free port`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `PORT: this user may not listen on port ${port}; set PORT to one above 1023`;
  }
  const why = error instanceof Error ? error.message : String(error);
  return `HOST: cannot listen on "${host}" (${why}); set HOST to an address of this machine, or to 0.0.0.0 for all`;
}
