import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { DeliveryReport, InboundSms, WebhookRequest } from "../../src/carriers/carrier.ts";
import { kannel } from "../../src/carriers/kannel.ts";
import { type Kannel, kannelInstalled, startKannel } from "../support/kannel.ts";
import { outgoing, testIo } from "./support.ts";

const SECRET = "test-webhook-secret_1";

if (!kannelInstalled()) {
  test("Kannel is not on this machine: its adapter is tested on recorded requests only", () => {
    expect(kannelInstalled()).toBe(false);
  });
} else {
  describe.each(["GET", "POST"] as const)("the Kannel adapter beside a real Kannel, MOs by %s", (inboundMethod) => {
    let running: Kannel;
    let server: Deno.HttpServer<Deno.NetAddr>;
    let publicUrl = "";
    const inbound: InboundSms[] = [];
    const reports: DeliveryReport[] = [];

    const settings = () =>
      kannel.config.parse({
        url: running.sendsmsUrl,
        username: running.username,
        password: running.password,
        webhook_secret: SECRET,
      });
    const io = () => testIo({ publicUrl, now: Date.now });
    const statusesOf = (id: string) => reports.filter((report) => report.messageId === id).map(({ status }) => status);

    beforeAll(async () => {
      server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
        const { method, url, headers } = request;
        const webhook: WebhookRequest = { method, url, headers, body: await request.bytes() };
        const isReport = url.startsWith(`${publicUrl}/carriers/acc_1/status?`);
        const parsed = isReport
          ? await kannel.status(webhook, settings(), io())
          : await kannel.inbound(webhook, settings(), io());
        if (!parsed.ok) return new Response(parsed.detail, { status: parsed.status });
        for (const item of parsed.value) "text" in item ? inbound.push(item) : reports.push(item);
        const { status, contentType, body } = kannel.answer([], settings());
        return new Response(body, { status, headers: { "Content-Type": contentType } });
      });
      // Escapes of our own must survive Kannel's: %C is one of them.
      publicUrl = `http://127.0.0.1:${server.addr.port}/caf%C3%A9`;
      const inboundUrl = `http://127.0.0.1:${server.addr.port}/carriers/acc_1/inbound?key=${SECRET}`;
      running = await startKannel({ inboundUrl, inboundMethod });
    });

    afterAll(async () => {
      await running?.stop();
      await server?.shutdown();
    });

    test.each([
      {
        label: "GSM-7",
        id: "msg_gsm",
        encoding: "GSM-7",
        from: "36105",
        text: "Déjà 10 % & 5 £ {ok} à 8€ = vrai+faux?\nFin",
      },
      { label: "UCS-2", id: "msg_ucs", encoding: "UCS-2", from: "36105", text: "Où êtes-vous ? 😀 « ça » %41" },
      { label: "long GSM-7", id: "msg_lg", encoding: "GSM-7", from: "36105", text: "Offre é€ ".repeat(60) + "fin" },
      {
        label: "long UCS-2",
        id: "msg_lu",
        encoding: "UCS-2",
        from: "36105",
        text: "Être ou ne pas être 😀 ".repeat(30),
      },
      { label: "accented sender", id: "msg_from", encoding: "GSM-7", from: "ÉLAN", text: "Bonjour" },
    ])("hands over $label text intact, and the reports come back for our id", async ({ id, encoding, from, text }) => {
      const message = outgoing({
        id,
        from,
        text,
        encoding: encoding === "UCS-2" ? "UCS-2" : "GSM-7",
        validUntil: Date.now() + 3_600_000,
      });
      expect(await kannel.send(message, settings(), io())).toEqual({
        ok: true,
        carrierMessageId: null,
        status: "sent",
      });
      await vi.waitFor(() => {
        expect(running.handsetReceived()).toContainEqual({ from, to: message.to, text });
        // Kannel may fetch them in either order; a status never moves backwards anyway.
        expect(statusesOf(id).toSorted()).toEqual(["delivered", "sent"]);
      }, 15_000);
    });

    test.each([
      { label: "ASCII", text: "STOP & go + 100%?" },
      { label: "GSM accents", text: "arrété à 5€, ça va" },
      { label: "UCS-2 accents and emoji", text: "Arrêtez, où êtes-vous 😀" },
      { label: "Arabic", text: "توقف" },
      { label: "one line break", text: "STOP\nmerci" },
    ])("an MO with $label arrives intact", async ({ label, text }) => {
      const from = `+3361234${label.length.toString().padStart(4, "0")}`;
      await running.handsetSend(from, "36105", text);
      await vi.waitFor(() => expect(inbound.map((sms) => sms.from)).toContain(from), 15_000);
      expect(inbound.filter((sms) => sms.from === from)).toEqual([{
        carrierMessageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        from,
        to: "36105",
        text,
        carrierIntent: null,
        alreadyAnswered: false,
        mediaUrls: [],
      }]);
    });

    test("an empty answer sends nothing back to the handset", async () => {
      await running.handsetSend("+33699999999", "36105", "silence");
      await vi.waitFor(() => expect(inbound.map((sms) => sms.text)).toContain("silence"), 15_000);
      // A later message that has arrived shows that an earlier one would have.
      await kannel.send(outgoing({ id: "msg_later", to: "+33699999999", text: "later" }), settings(), io());
      await vi.waitFor(() => expect(running.handsetReceived().map((sms) => sms.text)).toContain("later"), 15_000);
      expect(running.handsetReceived().filter((sms) => sms.to === "+33699999999")).toHaveLength(1);
    });

    test("a wrong password is the account's fault and named", async () => {
      expect(await kannel.send(outgoing(), { ...settings(), password: "wrong" }, io())).toEqual({
        ok: false,
        kind: "retryable",
        code: "unauthorized",
        detail: "Kannel answered HTTP 403: Authorization failed for sendsms",
        of: "account",
      });
    });

    test("a recipient that is no number is final and not quoted", async () => {
      const result = await kannel.send(outgoing({ to: "not-a-number" }), settings(), io());
      expect(result).toMatchObject({ ok: false, kind: "final", code: "denied_by_list" });
      expect(JSON.stringify(result)).not.toContain("not-a-number");
    });

    test("another path than sendsms is final", async () => {
      const url = running.sendsmsUrl.replace("sendsms", "nothing");
      expect(await kannel.send(outgoing(), { ...settings(), url }, io())).toMatchObject({
        kind: "final",
        code: "http_404",
      });
    });
  });
}
