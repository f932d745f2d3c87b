import { expect, test } from "vitest";
import { consoleFetch } from "../support/console.ts";
import { testGateway } from "../support/gateway.ts";
import { member } from "../support/staff.ts";

test("a thread tells which colleague entered an opt-out, and who recorded the consent", async () => {
  const gateway = await testGateway();
  const colleague = await member(gateway, "compliance", "Night desk");
  const person = "+33639981000";
  const consent = {
    recipient: person,
    purpose: "commercial",
    source: "web_form",
    wording: "I agree",
    granted_at: "2026-01-10T09:00:00Z",
  };
  expect((await colleague.call("POST", "/v1/consents", consent)).status).toBe(201);
  await gateway.call("POST", "/carriers/sandbox/inbound", { from: person, to: "36105", text: "Bonjour" });
  const { body: { data: [thread] } } = await gateway.call("GET", "/v1/conversations");
  const page = async (language = "en") => {
    const fetch = consoleFetch(gateway, () => ({ actor: colleague.id, name: "Night desk", role: "compliance" }));
    return await (await fetch(
      new Request(`http://localhost/console/inbox/${thread.id}`, { headers: { "accept-language": language } }),
    )).text();
  };
  expect(await page()).toContain("web form, recorded by Night desk");
  expect(await page("fr")).toContain("formulaire web, enregistré par Night desk");
  const entered = await colleague.call("POST", "/v1/suppressions", {
    recipient: person,
    note: "Said so on the telephone",
  });
  expect(entered.status).toBe(201);
  expect(await page()).toContain("Entered by staff (Night desk)");
});
