import { describe, expect, test } from "vitest";
import { guardedFetch, OutgoingError, type OutgoingOptions } from "../../../src/gateway/network/outgoing_http.ts";
import { strictTransport } from "../../../src/gateway/network/pinned_tls.ts";
import { selfSigned } from "../../carriers/certificate.ts";

const NAME = "app.invalid";
const { certificate: cert, privateKey: key } = await selfSigned("250101000000Z", "491231235959Z", NAME);
const notPlain: NonNullable<OutgoingOptions["transport"]> = () => Promise.reject(new Error("no http: call expected"));

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
    transport: strictTransport(notPlain, cert),
    ...options,
  });
const post = { method: "POST", body: "é", headers: { "content-type": "application/json" } };
const failure = (call: Promise<Response>) =>
  call.then(
    () => null,
    (error: unknown) => error instanceof OutgoingError ? [error.kind, error.message] : String(error),
  );

describe("strictTransport() over TLS", () => {
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
      expect(await failure(caller({ transport: strictTransport(notPlain) })(url, post))).toMatchObject(["refused", {}]);
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
      expect(await failure(caller({ timeoutMs: 300 })(url, post))).toMatchObject([kind, {}]);
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

  test("nobody listening, or somebody who speaks no TLS, is refused; silence is a timeout", async () => {
    const closed = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const { port } = closed.addr;
    closed.close();
    expect(await failure(caller()(`https://${NAME}:${port}/`, post))).toMatchObject(["refused", {}]);
    const plain = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => new Response("x"));
    expect(await failure(caller()(`https://${NAME}:${plain.addr.port}/`, post))).toMatchObject(["refused", {}]);
    await plain.shutdown();
    using silent = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    expect(await failure(caller({ timeoutMs: 200 })(`https://${NAME}:${silent.addr.port}/`, post)))
      .toMatchObject(["timeout", {}]);
  });
});

test("strictTransport() leaves http: calls to the other transport", async () => {
  const call = caller({
    transport: strictTransport((url, _, address) => Promise.resolve(new Response(`${url} ${address}`))),
  });
  expect(await (await call("http://app.invalid/a", post)).text()).toBe("http://app.invalid/a 127.0.0.1");
});
