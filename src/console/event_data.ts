/**
 * The `data` of server-sent events as they arrive (https://html.spec.whatwg.org/multipage/server-sent-events.html), for streams of the
 * API that a page turns into its own. Names of events are passed over; one event is bounded by what the API makes.
 */
export async function* eventData(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = events.pop()!;
    for (const event of events) {
      const data = event.split("\n").flatMap((line) =>
        line.startsWith("data:") ? [line.slice(5).replace(/^ /, "")] : []
      );
      if (data.length > 0) yield data.join("\n");
    }
  }
}
