import { describe, expect, test } from "vitest";
import { consoleFetch, staff } from "../support/console.ts";
import { testGateway } from "../support/gateway.ts";

/** Forms of the inbox as they are sent, whatever a browser would have let somebody type. */

const PERSON = "+33639980100";

async function inbox() {
  const g = await testGateway();
  await g.mo(PERSON, "36105", "Bonjour");
  const [{ id }] = (await g.call("GET", "/v1/conversations")).body.data;
  let role: "agent" | "viewer" = "agent";
  const fetch = consoleFetch(g, () => staff(role));
  const send = async (path: string, form: Record<string, string>) => {
    const request = new Request(`http://localhost/console/inbox/${id}/${path}`, {
      method: "POST",
      headers: { "sec-fetch-site": "same-origin" },
      body: new URLSearchParams(form),
    });
    const answer = await fetch(request);
    return { status: answer.status, html: await answer.text() };
  };
  const sent = async () => (await g.call("GET", "/v1/messages?direction=outbound")).body.data;
  return { send, sent, read: () => void (role = "viewer") };
}

describe("a reply for later", () => {
  test("whose time is none is refused, and never leaves now", async () => {
    const { send, sent } = await inbox();
    for (const at of ["25/11/2026 10:00", "2026-11-25", "2026-02-30T25:00", "demain", "<b>"]) {
      const answer = await send("reply", { text: "Bonjour, votre rendez-vous est confirmé.", at });
      expect(answer.html, at).toMatch(/notice bad/);
      expect(answer.html, at).not.toContain("<b>");
      const preview = await send("preview", { text: "Bonjour", at });
      expect(preview.html, at).toMatch(/<button type="submit" disabled/);
    }
    expect(await sent()).toEqual([]);
  });

  test("waits for its time, and without one it leaves", async () => {
    const { send, sent, read } = await inbox();
    expect((await send("reply", { text: "Votre rendez-vous est demain.", at: " 2026-11-25T10:00 " })).status).toBe(303);
    expect((await send("reply", { text: "Votre rendez-vous est confirmé.", at: "" })).status).toBe(303);
    expect((await sent()).map(({ scheduled_at }: { scheduled_at: string | null }) => scheduled_at)).toEqual(
      [null, "2026-11-25T10:00:00.000Z"],
    );
    read();
    expect((await send("reply", { text: "Moi aussi" })).status).toBe(403);
    expect(await sent()).toHaveLength(2);
  });
});
