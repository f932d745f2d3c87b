import { type Config, ConfigError } from "./config.ts";

/** Binds the address of `HOST` and `PORT` and answers there. @throws ConfigError naming the variable that cannot be used, and why. */
export function listen(
  { host, port }: Pick<Config, "host" | "port">,
  answer: Deno.ServeHandler<Deno.NetAddr>,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    // What it would print is said in the greeting.
    return Deno.serve({ hostname: host, port, onListen() {} }, answer);
  } catch (error) {
    throw new ConfigError(unusable(host, port, error), { cause: error });
  }
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
