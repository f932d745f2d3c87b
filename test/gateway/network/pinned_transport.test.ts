import { describe, expect, test } from "vitest";
import { guardedFetch, OutgoingError, type OutgoingOptions } from "../../../src/gateway/network/outgoing_http.ts";
import { pinnedTransport } from "../../../src/gateway/network/pinned_transport.ts";
import { selfSigned } from "../../carriers/certificate.ts";
import { withServer } from "../../carriers/support.ts";

const NAME = "app.invalid";
const { certificate: cert, privateKey: key } = await selfSigned("250101000000Z", "491231235959Z", NAME);
const never: OutgoingOptions["resolve"] = () => Promise.reject(new Error("no look-up expected"));

async function withTls(
  answer: (request: Request, port: number) => Response | Promise<Response>,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", cert, key, onListen() {} },
    (request, { remoteAddr }) => answer(request, remoteAddr.port),
  );
  try {
    await use(`https://${NAME}:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

/** The name means what it meant when it was looked up, and nothing elsewhere. */
const caller = (options: Partial<OutgoingOptions> = {}) =>
  guardedFetch({
    allowPrivate: true,
    resolve: () => Promise.resolve(["127.0.0.1"]),
    transport: pinnedTransport(cert),
    ...options,
  });
const post = { method: "POST", body: "é", headers: { "content-type": "application/json" } };
const failure = (call: Promise<Response>) =>
  call.then(
    () => null,
    (error: unknown) => error instanceof OutgoingError ? [error.kind, error.message] : String(error),
  );

describe("pinnedTransport() without TLS", () => {
  test("connects to the checked address and tells the server the name", () =>
    withServer(
      (request) => new Response(`${request.headers.get("Host")} ${new URL(request.url).pathname}`),
      async (url) => {
        const { port } = new URL(url);
        const call = guardedFetch({
          allowPrivate: true,
          resolve: () => Promise.resolve(["127.0.0.1"]),
          transport: pinnedTransport(),
        });
        // The name exists nowhere else: only the checked address can have answered.
        expect(await (await call(`http://carrier.invalid:${port}/a`)).text()).toBe(`carrier.invalid:${port} /a`);
      },
    ));

  test("writes the path alone into the request line: Kannel answers 404 to a whole URL", async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const firstLine = listener.accept().then(async (connection) => {
      const bytes = new Uint8Array(1_000);
      const length = await connection.read(bytes) ?? 0;
      await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
      connection.close();
      return new TextDecoder().decode(bytes.subarray(0, length)).split("\r\n")[0];
    });
    const call = guardedFetch({ allowPrivate: true, resolve: never, transport: pinnedTransport() });
    await call(`http://127.0.0.1:${listener.addr.port}/cgi-bin/sendsms?a=b`, { method: "POST", body: "x" });
    expect(await firstLine).toBe("POST /cgi-bin/sendsms?a=b HTTP/1.1");
  });

  test("keeps connections open between calls", async () => {
    const clients = new Set<number>();
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (_request, { remoteAddr }) => {
      clients.add(remoteAddr.port);
      return new Response("ok");
    });
    const call = guardedFetch({ allowPrivate: true, resolve: never, transport: pinnedTransport() });
    const url = `http://127.0.0.1:${server.addr.port}/`;
    for (let i = 0; i < 3; i++) await (await call(url, { method: "POST", body: "x" })).text();
    expect(clients.size).toBe(1);
    await server.shutdown();
  });
});

describe("pinnedTransport() over TLS", () => {
  test("connects to the checked address, verifies the name, and keeps the connection", async () => {
    const ports = new Set<number>();
    const echo = async (request: Request, port: number) => {
      ports.add(port);
      const { pathname, search } = new URL(request.url);
      const said = [request.method, pathname + search, request.headers.get("content-type"), await request.text()];
      return new Response(said.join(" "), { status: 429, headers: { "retry-after": "7" } });
    };
    await withTls(echo, async (url) => {
      const call = caller();
      for (let calls = 0; calls < 3; calls++) {
        const answer = await call(`${url}/a%20b?c=d`, post);
        expect([answer.status, answer.headers.get("retry-after"), await answer.text()])
          .toEqual([429, "7", "POST /a%20b?c=d application/json é"]);
      }
    });
    expect(ports.size).toBe(1);
  });

  test("a name that has another address by the time of the call still leads to the checked one", async () => {
    let looks = 0;
    await withTls(() => new Response(null, { status: 204 }), async (url) => {
      const call = caller({ resolve: () => Promise.resolve([looks++ === 0 ? "127.0.0.1" : "10.0.0.1"]) });
      expect((await call(url, post)).status).toBe(204);
      expect(looks).toBe(1);
    });
  });

  test("a server of another name hears nothing", async () => {
    let heard = 0;
    await withTls(() => new Response(String(++heard)), async (url) => {
      const [kind, message] = await failure(caller()(url.replace(NAME, "other.invalid"), post)) as string[];
      expect([kind, message]).toEqual(["refused", expect.stringContaining("ERR_TLS_CERT_ALTNAME_INVALID")]);
      expect(await failure(caller()(url.replace(NAME, "127.0.0.1"), post))).toMatchObject(["refused", {}]);
    });
    expect(heard).toBe(0);
  });

  test("a certificate that nobody vouches for is refused", () =>
    withTls(() => new Response("x"), async (url) => {
      expect(await failure(caller({ transport: pinnedTransport() })(url, post))).toMatchObject(["refused", {}]);
    }));

  test.each<[string, () => Response | Promise<Response>, string]>([
    ["a redirect", () => new Response(null, { status: 302, headers: { location: "http://127.0.0.1/" } }), "redirected"],
    [
      "an answer without end",
      () => new Response(new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(16_384)) })),
      "too_large",
    ],
    [
      "an answer that stops",
      () => new Response(new ReadableStream({ start: (s) => s.enqueue(new Uint8Array(1)) })),
      "timeout",
    ],
  ])("%s: %s", async (_, answer, kind) => {
    await withTls(answer, async (url) => {
      expect(await failure(caller({ timeoutMs: 2_000 })(url, post))).toMatchObject([kind, {}]);
    });
  });

  test("a connection that breaks after the request is reset", async () => {
    using listener = Deno.listenTls({ port: 0, hostname: "127.0.0.1", cert, key });
    const accepted = listener.accept().then(async (connection) => {
      await connection.read(new Uint8Array(1_024));
      connection.close();
    });
    expect(await failure(caller()(`https://${NAME}:${listener.addr.port}/`, post))).toMatchObject(["reset", {}]);
    await accepted;
  });

  test("nobody listening, or somebody who speaks no TLS, or is silent, is refused", async () => {
    const closed = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const { port } = closed.addr;
    closed.close();
    expect(await failure(caller()(`https://${NAME}:${port}/`, post))).toMatchObject(["refused", {}]);
    const plain = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => new Response("x"));
    expect(await failure(caller()(`https://${NAME}:${plain.addr.port}/`, post))).toMatchObject(["refused", {}]);
    await plain.shutdown();
    using silent = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    expect(await failure(caller({ timeoutMs: 200 })(`https://${NAME}:${silent.addr.port}/`, post)))
      .toMatchObject(["refused", {}]);
  });
});

/** Whoever connects hears nothing at all, as from a machine that is off: the queue of connections is full. */
async function withSilence(use: (port: number) => Promise<void>): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.2", port: 0, tcpBacklog: 1 } as Deno.TcpListenOptions);
  const { port } = listener.addr;
  const waiting = await Promise.all([0, 1].map(() => Deno.connect({ hostname: "127.0.0.2", port })));
  try {
    await use(port);
  } finally {
    for (const connection of waiting) connection.close();
    listener.close();
  }
}

describe("of the addresses of a name", () => {
  const named = (resolve: string[], options: Partial<OutgoingOptions> = {}) =>
    caller({ resolve: () => Promise.resolve(resolve), ...options });

  test.each([
    ["one that refuses", "127.0.0.3"],
    ["one of a family that nothing listens on", "::1"],
  ])("%s gives way to the next", async (_, dead) => {
    let heard = 0;
    await withTls(() => new Response(String(++heard)), async (url) => {
      expect(await (await named([dead, "127.0.0.1"])(url, post)).text()).toBe("1");
    });
    const plain = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => new Response(String(++heard)));
    const call = named([dead, "127.0.0.1"]);
    expect(await (await call(`http://${NAME}:${plain.addr.port}/`, post)).text()).toBe("2");
    await plain.shutdown();
  });

  test("one that is silent gives way in time for an answer, and comes last from then on", () =>
    withSilence(async (port) => {
      const server = Deno.serve(
        { port, hostname: "127.0.0.1", onListen() {} },
        () => new Response("heard", { headers: { connection: "close" } }),
      );
      const call = named(["127.0.0.2", "127.0.0.1"], { timeoutMs: 8_000 });
      expect(await (await call(`http://${NAME}:${port}/`, post)).text()).toBe("heard");
      const started = performance.now();
      expect(await (await call(`http://${NAME}:${port}/`, post)).text()).toBe("heard");
      expect(performance.now() - started).toBeLessThan(1_000);
      await server.shutdown();
    }));

  test("all of them silent: nothing has left, which is no timeout of the answer", () =>
    withSilence(async (port) => {
      expect(await failure(named(["127.0.0.2"], { timeoutMs: 200 })(`http://${NAME}:${port}/`, post)))
        .toMatchObject(["refused", {}]);
    }));

  test("the first that took the request keeps it: nothing is sent to another, whatever comes of it", async () => {
    using taking = Deno.listen({ port: 0, hostname: "127.0.0.2" });
    let heard = 0;
    const { port } = taking.addr;
    const other = Deno.serve({ port, hostname: "127.0.0.1", onListen() {} }, () => new Response(String(++heard)));
    const accepted = taking.accept().then(async (connection) => {
      await connection.read(new Uint8Array(1_024));
      connection.close();
    });
    expect(await failure(named(["127.0.0.2", "127.0.0.1"])(`http://${NAME}:${port}/`, post)))
      .toMatchObject(["reset", {}]);
    await accepted;
    await other.shutdown();
    expect(heard).toBe(0);
  });

  test("none that the process may not call is called", async () => {
    const program = `
      import { guardedFetch } from "./src/gateway/network/outgoing_http.ts";
      import { pinnedTransport } from "./src/gateway/network/pinned_transport.ts";
      const resolve = () => Promise.resolve(["127.0.0.2"]);
      const call = guardedFetch({ allowPrivate: true, resolve, transport: pinnedTransport() });
      await call("http://carrier.invalid:9/").catch(({ kind }) => console.log(kind));`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-net=127.0.0.1", "--ext=ts", "-"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    await new Blob([program]).stream().pipeTo(child.stdin);
    const { stdout } = await child.output();
    expect(new TextDecoder().decode(stdout)).toBe("blocked\n");
  });
});

test("a body without a type of its own is sent with the one that it has", () =>
  withServer((request) => new Response(request.headers.get("content-type")), async (url) => {
    const call = caller();
    const body = new URLSearchParams({ a: "1" });
    expect(await (await call(url, { method: "POST", body })).text())
      .toBe("application/x-www-form-urlencoded;charset=utf-8");
  }));
