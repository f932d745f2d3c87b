import { expect, onTestFinished, test } from "vitest";
import { listen } from "../src/listen.ts";

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
