import { expect, test } from "vitest";
import { sharedGateway } from "../../support/shared_gateway.ts";

const gateway = sharedGateway("embedded");
const get = async (path: string) => (await gateway.call("GET", `/v1/rulebooks/active${path}`)).body;

test("every rule of every file is told, with what it does and where that comes from", async () => {
  const { data } = await get("/rules");
  expect(data.length).toBeGreaterThan(50);
  for (const rule of data) {
    expect([rule.id, rule.source.text === null]).toEqual([rule.id, rule.source.section !== null]);
  }
  const quiet = data.find(({ id }: { id: string }) => id === "hours.quiet");
  expect(quiet).toMatchObject({
    stage: "release",
    effect: "hold quiet_hours",
    country: null,
    source: { section: "quiet_hours" },
  });
});

test("in a country each rule has the source that its file gives, also in a territory", async () => {
  for (const country of ["FR", "RE"]) {
    const { data } = await get(`/rules?country=${country}`);
    const quiet = data.find(({ id }: { id: string }) => id === "hours.quiet");
    expect(quiet.source).toMatchObject({ text: expect.stringContaining("SureSMS"), confidence: "unconfirmed" });
  }
});

test("one rule has its text, its examples, and what the country says to it", async () => {
  const rule = await get("/rules/hours.quiet?country=FR");
  expect(rule.text).toContain("id: hours.quiet");
  expect(rule.examples.matches.length).toBeGreaterThan(0);
  expect(rule.in_country[0]).toMatchObject({ file: "countries/fr.yaml", text: expect.stringContaining("fr-common") });
  expect((await gateway.call("GET", "/v1/rulebooks/active/rules/no.such_rule")).body.code).toBe("no_such_rule");
});

test("a country is told as it is in force", async () => {
  const france = await get("/countries/FR");
  expect(france).toMatchObject({
    file: "countries/fr.yaml",
    hours: { profile: "fr-common", chosen: false, week: { sat: "08:00-20:00", sun: "closed" }, holidays: "closed" },
    caps: [{ max: 10, hours: 24, by: "country" }],
    example_number: expect.stringMatching(/^\+33/),
  });
  expect(france.hours.next_holidays[0]).toBe("2026-12-25");
  const stop = france.keywords.filter(({ intent, home }: { intent: string; home: boolean }) =>
    intent === "opt_out" && home
  );
  expect(stop.flatMap(({ words }: { words: string[] }) => words)).toContain("ARRET");
  expect(france.replies).toEqual([expect.objectContaining({ language: "fr" })]);
  expect((await get("/countries/JP")).table.code).toBe("default");
  expect((await get("/countries")).data.map(({ code }: { code: string }) => code)).toContain("US");
});

test("words are found whatever their case and accents, with the rule they stand in", async () => {
  const { data } = await get("/search?q=DESINSCRIPTION%20prise");
  expect(data).toContainEqual(
    expect.objectContaining({ file: "replies/fr.yaml", line: expect.any(Number), rule: null }),
  );
  const rules = (await get("/search?q=quiet_until&limit=200")).data;
  expect(rules.map(({ rule }: { rule: string }) => rule)).toContain("hours.quiet");
  expect((await gateway.call("GET", "/v1/rulebooks/active/search?q=x")).status).toBe(422);
});

test("one file, as it was written; nothing beside the files of the version", async () => {
  expect((await get("/file?path=countries/fr.yaml")).text).toContain("code: FR");
  for (const path of ["../deno.json", "toString", "__proto__", "schema/rules.schema.json"]) {
    expect((await gateway.call("GET", `/v1/rulebooks/active/file?path=${encodeURIComponent(path)}`)).status).toBe(404);
  }
});

test("what stands beside rules and countries", async () => {
  const settings = await get("/settings");
  expect(settings).toMatchObject({ active: true, deployment: { brand: "Parley" }, flows: [] });
  expect(settings.folder).toBe(settings.rulebook);
  expect(settings.retention.message_texts.days).toBe(1095);
  expect(settings.files.map(({ path }: { path: string }) => path)).toContain("flows.yaml");
});
