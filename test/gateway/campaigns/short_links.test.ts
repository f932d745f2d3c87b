import fc from "fast-check";
import { expect, test } from "vitest";
import { linkMark, shortUrl, withMarks } from "../../../src/gateway/campaigns/short_links.ts";

const PUBLIC_URL = "https://sms.example.com";
const token = fc.string({ unit: fc.constantFrom(..."AZaz09-_"), minLength: 16, maxLength: 16 });
const part = fc.oneof(
  fc.string(),
  fc.oneof(token, fc.constantFrom(linkMark(0), linkMark(1), linkMark(9))).map((one) => shortUrl(PUBLIC_URL, one)),
);

test("whatever a text holds, putting the tokens back gives it again, with what was appended", () => {
  fc.assert(fc.property(fc.array(part), (parts) => {
    const text = parts.join(" ");
    const { text: marked, restore } = withMarks(text, PUBLIC_URL);
    expect(marked.length).toBe(text.length);
    expect(restore(`${marked} STOP au 36105`)).toBe(`${text} STOP au 36105`);
  }));
});

test("what is decided does not depend on the letters of the tokens", () => {
  fc.assert(fc.property(fc.uniqueArray(token, { minLength: 2, maxLength: 4 }), (tokens) => {
    const text = tokens.map((one) => `Ici : ${shortUrl(PUBLIC_URL, one)}.`).join(" ");
    const marks = tokens.map((_, link) => `Ici : ${shortUrl(PUBLIC_URL, linkMark(link))}.`).join(" ");
    expect(withMarks(text, PUBLIC_URL).text).toBe(marks);
  }));
});
