import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { systemResolve } from "../../../src/gateway/network/deno_network.ts";
import {
  addressAllowed,
  guardedFetch,
  OutgoingError,
  type OutgoingOptions,
} from "../../../src/gateway/network/outgoing_http.ts";
import { pinnedTransport } from "../../../src/gateway/network/pinned_transport.ts";
import { withServer } from "../../carriers/support.ts";

const never: OutgoingOptions["resolve"] = () => Promise.reject(new Error("no look-up expected"));
const neverSent: OutgoingOptions["transport"] = () => Promise.reject(new Error("nothing may be sent"));

async function failure(call: Promise<Response>): Promise<OutgoingError> {
  const error = await call.then((response) => `HTTP ${response.status}`, (thrown: unknown) => thrown);
  if (!(error instanceof OutgoingError)) throw new Error(`expected an OutgoingError, got ${error}`);
  return error;
}

describe("addressAllowed()", () => {
  test.each([
    // [address, on the public internet, also with allowPrivate]
    ["8.8.8.8", true, true],
    ["2606:4700::1111", true, true],
    ["::ffff:8.8.8.8", true, true],
    ["127.0.0.1", false, true],
    ["127.255.255.254", false, true],
    ["10.1.2.3", false, true],
    ["172.16.0.1", false, true],
    ["172.31.255.255", false, true],
    ["172.32.0.1", true, true],
    ["192.168.1.1", false, true],
    ["100.64.0.1", false, true],
    ["::1", false, true],
    ["fd00::1", false, true],
    ["::ffff:10.0.0.1", false, true],
    ["::ffff:127.0.0.1", false, true],
    ["169.254.169.254", false, false],
    ["::ffff:169.254.169.254", false, false],
    ["168.63.129.16", false, false],
    ["168.63.129.17", true, true],
    ["::ffff:168.63.129.16", false, false],
    ["100.100.100.200", false, false],
    ["100.100.100.201", false, true],
    ["192.0.0.192", false, false],
    ["fd00:100::100:200", false, false],
    ["fd00:ec2::254", false, false],
    ["fd00:ec2::23", false, false],
    ["fd00:ec3::254", false, true],
    ["fd20:ce::254", false, false],
    ["fd00:c1::a9fe:a9fe", false, false],
    ["fd00:42::42", false, false],
    ["fd00:a9fe:a9fe::1", false, false],
    ["2001:19f0:fc00::a9fe:a9fe", false, false],
    ["fe80::1", false, false],
    ["0.0.0.0", false, false],
    ["::", false, false],
    ["255.255.255.255", false, false],
    ["224.0.0.1", false, false],
    ["240.0.0.1", false, false],
    ["192.0.2.1", false, false],
    ["198.18.0.1", false, false],
    ["198.51.100.1", false, false],
    ["203.0.113.1", false, false],
    ["::7f00:1", false, false],
    ["64:ff9b::7f00:1", false, false],
    ["2002:7f00:1::", false, false],
    ["2001::1", false, false],
    ["2001:db8::1", false, false],
    ["fec0::1", false, false],
    ["ff02::1", false, false],
    ["localhost", false, false],
    ["", false, false],
  ])("%s: public %s, private %s", (address, asPublic, asPrivate) => {
    expect(addressAllowed(address, false)).toBe(asPublic);
    expect(addressAllowed(address, true)).toBe(asPrivate);
  });

  test("a mapped address counts as the one inside", () => {
    fc.assert(fc.property(fc.ipV4(), fc.boolean(), (address, allowPrivate) => {
      expect(addressAllowed(`::ffff:${address}`, allowPrivate)).toBe(addressAllowed(address, allowPrivate));
    }));
  });

  test("never throws", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV6()), (address) => {
      expect(typeof addressAllowed(address, false)).toBe("boolean");
    }));
  });
});

describe("guardedFetch() sends nothing to", () => {
  test.each([
    ["loopback", "http://127.0.0.1/"],
    ["loopback written in another base", "http://0x7f.1/"],
    ["loopback as one number", "http://2130706433/"],
    ["loopback in IPv6", "http://[::1]/"],
    ["a mapped address", "http://[::ffff:7f00:1]/"],
    ["cloud metadata", "http://169.254.169.254/latest"],
    ["a mail server", "http://8.8.8.8:25/"],
    ["a file server", "https://8.8.8.8:2049/"],
    ["a file", "file:///etc/passwd"],
    ["a data URL", "data:text/plain,x"],
    ["something that is no URL", "nonsense"],
    ["a URL with credentials", "https://user:pass@8.8.8.8/"],
  ])("%s", async (_label, url) => {
    const call = guardedFetch({ resolve: never, transport: neverSent });
    expect((await failure(call(url))).kind).toBe("blocked");
  });

  test.each([
    ["a name that means loopback", ["127.0.0.1"], "blocked"],
    ["a name of which one address is private", ["8.8.8.8", "10.0.0.1"], "blocked"],
    ["a name with what is no address", ["evil"], "blocked"],
    ["a name without an address", [], "refused"],
  ])("%s", async (_label, addresses, kind) => {
    const call = guardedFetch({ resolve: () => Promise.resolve(addresses), transport: neverSent });
    expect((await failure(call("https://carrier.example/"))).kind).toBe(kind);
  });

  test("a name that cannot be looked up, even when the deadline passes meanwhile", async () => {
    const failing = guardedFetch({ resolve: never, transport: neverSent });
    expect((await failure(failing("https://carrier.example/"))).kind).toBe("refused");
    const hanging = guardedFetch({ resolve: () => new Promise(() => {}), transport: neverSent, timeoutMs: 20 });
    expect((await failure(hanging("https://carrier.example/"))).kind).toBe("refused");
  });

  test("cloud metadata, although private addresses are allowed", async () => {
    const call = guardedFetch({ allowPrivate: true, resolve: never, transport: neverSent });
    expect((await failure(call("http://169.254.169.254/"))).kind).toBe("blocked");
  });
});

describe("guardedFetch() hands the transport the addresses that it has checked", () => {
  test.each([
    ["https://carrier.example/a?b", ["8.8.8.8", "9.9.9.9"]],
    ["https://[2606:4700::1111]:444/", ["2606:4700::1111"]],
  ])("%s: %s", async (url, addresses) => {
    const seen: unknown[] = [];
    const call = guardedFetch({
      resolve: () => Promise.resolve(["8.8.8.8", "9.9.9.9"]),
      transport: (target, _init, checked) => {
        seen.push(target.href, checked);
        return Promise.resolve(new Response("ok"));
      },
    });
    expect(await (await call(url)).text()).toBe("ok");
    expect(seen).toEqual([url, addresses]);
  });
});

const transports: [string, OutgoingOptions["transport"]][] = [
  ["fetch itself, as at the edge", undefined],
  ["pinned", pinnedTransport()],
];

describe.each(transports)("guardedFetch() over a real socket, %s", (_, transport) => {
  const call = (options: Partial<OutgoingOptions> = {}) =>
    guardedFetch({ allowPrivate: true, resolve: never, ...(transport ? { transport } : {}), ...options });

  test("passes method, headers and body on, and status, headers and body back", () =>
    withServer(async (request) => {
      const heard = [request.method, request.headers.get("X-A"), await request.text()].join(" ");
      return new Response(heard, { status: 418, headers: { "X-B": "b" } });
    }, async (url) => {
      const response = await call()(url, { method: "POST", headers: { "X-A": "a" }, body: "é" });
      expect([response.status, response.headers.get("X-B"), await response.text()]).toEqual([418, "b", "POST a é"]);
    }));

  test("an answer without a body is an answer", () =>
    withServer(() => new Response(null, { status: 204 }), async (url) => {
      expect((await call()(url)).status).toBe(204);
    }));

  test.each([301, 302, 303, 307, 308])("HTTP %s is an error and is not followed", async (status) => {
    let calls = 0;
    await withServer(() => {
      calls++;
      return new Response(null, { status, headers: { Location: "http://127.0.0.1:1/" } });
    }, async (url) => expect((await failure(call()(url))).kind).toBe("redirected"));
    expect(calls).toBe(1);
  });

  test("a body of the limit passes, one byte more does not", () =>
    withServer((request) => new Response("x".repeat(Number(new URL(request.url).pathname.slice(1)))), async (url) => {
      const limited = call({ maxAnswerBytes: 1000 });
      expect((await (await limited(`${url}/1000`)).text()).length).toBe(1000);
      expect((await failure(limited(`${url}/1001`))).kind).toBe("too_large");
    }));

  test("a longer body is cut where its beginning is enough, and an endless one is not read on", async () => {
    let left = false;
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(16 * 1024)),
          cancel: () => void (left = true),
        }),
      );
    await withServer(endless, async (url) => {
      const answer = await call({ maxAnswerBytes: 1000, cutAnswer: true })(url);
      expect([answer.status, (await answer.bytes()).length]).toEqual([200, 1000]);
    });
    expect(left).toBe(true);
  });

  test("an endless body is cut off", () =>
    withServer(() =>
      new Response(
        new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(16 * 1024)) }),
      ), async (url) => expect((await failure(call()(url))).kind).toBe("too_large")));

  test.each([
    ["headers", () => new Promise<Response>((resolve) => setTimeout(() => resolve(new Response("late")), 2_000))],
    ["a body", () => new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array(1)) }))],
  ])("a deadline that passes while waiting for %s is a timeout", async (_label, answer) => {
    const { promise: done, resolve } = Promise.withResolvers<void>();
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, answer);
    server.finished.then(resolve);
    try {
      // Long enough for a connection on a busy machine: before it, nothing has left, which is no timeout.
      const error = await failure(call({ timeoutMs: 1_000 })(`http://127.0.0.1:${server.addr.port}/`));
      expect(error.kind).toBe("timeout");
    } finally {
      await server.shutdown();
      await done;
    }
  });

  test("a caller's own signal counts as a deadline", async () => {
    const caller = new AbortController();
    const { promise: given, resolve: answer } = Promise.withResolvers<Response>();
    await withServer(() => {
      caller.abort();
      return given;
    }, async (url) => {
      expect((await failure(call()(url, { signal: caller.signal }))).kind).toBe("timeout");
      answer(new Response("late"));
    });
  });

  test("a port that nobody listens on is refused", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const error = await failure(call()(`http://127.0.0.1:${port}/path?password=hunter2`));
    expect(error.kind).toBe("refused");
    expect(error.message).toContain(`127.0.0.1:${port}`);
    expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain("hunter2");
  });

  test("a failed TLS handshake is refused, since no request has left", () =>
    withServer(() => new Response("plain"), async (url) => {
      expect((await failure(call()(url.replace("http:", "https:")))).kind).toBe("refused");
    }));

  test("a connection that breaks after the request is reset", async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const accepted = listener.accept().then(async (connection) => {
      await connection.read(new Uint8Array(1024));
      connection.close();
    });
    const error = await failure(call()(`http://127.0.0.1:${listener.addr.port}/?password=hunter2`));
    await accepted;
    expect(error.kind).toBe("reset");
    expect(`${error.message}${error.stack}${String(error.cause)}`).not.toContain("hunter2");
  });
});

describe("a request reaches its server once", () => {
  /** Answers the first request of each connection, and closes the connection once it has read the second. */
  async function withClosingServer(use: (url: string, read: () => number) => Promise<void>): Promise<void> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    let read = 0;
    const serve = async (connection: Deno.TcpConn) => {
      const chunk = new Uint8Array(65_536);
      for (let requests = 1; await connection.read(chunk) !== null; requests++) {
        read++;
        if (requests === 2) break;
        await connection.write(new TextEncoder().encode("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"));
      }
      connection.close();
    };
    const serving = (async () => {
      for await (const connection of listener) void serve(connection).catch(() => {});
    })();
    try {
      await use(`http://127.0.0.1:${listener.addr.port}/`, () => read);
    } finally {
      listener.close();
      await serving;
    }
  }

  describe.each(transports)("over a kept connection that breaks, %s", (_, transport) => {
    const call = guardedFetch({ allowPrivate: true, resolve: never, ...(transport ? { transport } : {}) });
    test.each<[string, BodyInit]>([
      ["text", "hello"],
      ["a form", new URLSearchParams({ a: "1" })],
      ["bytes", new Uint8Array([1, 2, 3])],
    ])("with %s as its body", async (_, body) => {
      await withClosingServer(async (url, read) => {
        for (let calls = 1; calls <= 4; calls++) {
          const answer = await call(url, { method: "POST", body }).then(({ status }) => status, (error) => error.kind);
          expect([202, "reset"]).toContain(answer);
          expect(read()).toBe(calls);
        }
      });
    });
  });

  test("without a body, pinned", async () => {
    const call = guardedFetch({ allowPrivate: true, resolve: never, transport: pinnedTransport() });
    await withClosingServer(async (url, read) => {
      for (let calls = 1; calls <= 4; calls++) {
        const answer = await call(url).then(({ status }) => status, (error) => error.kind);
        expect([202, "reset"]).toContain(answer);
        expect(read()).toBe(calls);
      }
    });
  });
});

describe("systemResolve()", () => {
  test("knows this machine", async () => {
    expect((await systemResolve("localhost")).every((address) => addressAllowed(address, true))).toBe(true);
  });

  test("rejects a name that does not exist", async () => {
    await expect(systemResolve("nothing.invalid")).rejects.toThrow();
  });
});
