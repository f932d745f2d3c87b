import { expect, test } from "vitest";
import { consoleFetch, staff } from "../support/console.ts";
import { testGateway } from "../support/gateway.ts";

/** What the pages of rules tell, as text; what they look like is tested in a browser. */

async function textOf(path: string): Promise<string> {
  const gateway = await testGateway();
  const viewer = () => staff("viewer");
  const answer = await consoleFetch(gateway, viewer)(new Request(`http://localhost/console/rules${path}`));
  expect(answer.status).toBe(200);
  return (await answer.text()).replaceAll(/<[^>]+>/g, "").replaceAll(/\s+/g, " ");
}

test("a country tells the stricter hours and other caps of its states, with their sources", async () => {
  const text = await textOf("/countries/US");
  expect(text).toMatch(/Stricter hours of \d+ states or regions/);
  expect(text).toMatch(/AL: Monday – Saturday 08:00 – 20:00, Sunday closed\. .*Alabama: 08-20, no Sunday, no holidays/);
  expect(text).toMatch(/Other caps of \d+ states or regions/);
  expect(text).toMatch(/FL: At most 3 advertisements to one person in 24 hours.*Florida: at most 3 per 24 hours/);
});

test("a country whose file names no states tells of none", async () => {
  expect(await textOf("/countries/FR")).not.toMatch(/states or regions/);
});
