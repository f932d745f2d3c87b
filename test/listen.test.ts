import { expect, onTestFinished, test } from "vitest";
import { closed, listen } from "../src/listen.ts";

/** The head of an answer as it stands on the wire; a client may leave some of it out. */
async function headOf(method: string, answer: () => Response): Promise<string> {
  const server = listen({ host: "127.0.0.1", port: 0 }, answer);
  onTestFinished(() => server.shutdown());
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  await connection.write(new TextEncoder().encode(`${method} / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`));
  return await new Response(connection.readable).text();
}

test.each<[string, () => Response]>([
  ["no body", () => new Response(null, { status: 404, headers: { "content-type": "application/problem+json" } })],
  ["a body", () => new Response("{}", { status: 404, headers: { "content-type": "application/problem+json" } })],
])("a HEAD answered with %s is not said to be empty, and keeps status and headers", async (_, answer) => {
  const head = await headOf("HEAD", answer);
  expect(head).toMatch(/^HTTP\/1\.1 404 /);
  expect(head).toMatch(/^content-type: application\/problem\+json\r$/m);
  expect(head).not.toMatch(/^content-length: 0\r$/m);
  expect(head).toMatch(/\r\n\r\n$/);
});

test("a HEAD of nothing stays without a body, and a GET tells its length", async () => {
  expect(await headOf("HEAD", () => new Response(null, { status: 204 }))).toMatch(/^HTTP\/1\.1 204 /);
  expect(await headOf("GET", () => new Response("{}"))).toMatch(/^content-length: 2\r$/m);
});

test.each([
  ["a request that is never ended", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf"],
  ["an answer that is never read", "GET / HTTP/1.1\r\nhost: x\r\n\r\n"],
])("%s holds the end of the server up for its grace and no longer", async (_, sent) => {
  const chunk = new Uint8Array(1024 * 1024);
  const endless = () => new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const server = listen({ host: "127.0.0.1", port: 0 }, async (request) => {
    resolve();
    if (request.method === "GET") return new Response(endless());
    return new Response(await request.text().catch(() => ""));
  });
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  await connection.write(new TextEncoder().encode(sent));
  await asked;
  expect(await closed(server, 50)).toBe(false);
  connection.close();
});

test("who is being answered when the server ends gets the whole answer", async () => {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const server = listen({ host: "127.0.0.1", port: 0 }, async () => {
    resolve();
    await new Promise((resolve) => setTimeout(resolve, 30));
    return new Response("whole");
  });
  const answer = fetch(`http://127.0.0.1:${server.addr.port}/`);
  await asked;
  expect(await closed(server, 10_000)).toBe(true);
  expect(await (await answer).text()).toBe("whole");
});
