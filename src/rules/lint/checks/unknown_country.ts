import { isSupportedCountry } from "libphonenumber-js/max";
import { type Check, type Draft, filesOf } from "../finding.ts";

/** What is written for a code that no number has, such as UK, is never applied: the strict default is, or the price of elsewhere. */
export const unknownCountry: Check = (book) => {
  const named = [
    ...book.countries.filter(({ table }) => table.code !== "default").flatMap(({ file, table }) => [
      { file, at: ["code"], code: table.code },
      ...(table.territories ?? []).map((code, index) => ({ file, at: ["territories", index], code })),
    ]),
    ...filesOf(book, "deployment").flatMap(({ path, content }) =>
      Object.keys(content.prices?.per_segment ?? {})
        .map((code) => ({ file: path, at: ["prices", "per_segment", code], code }))
    ),
  ];
  return named.filter(({ code }) => !isSupportedCountry(code)).map(({ file, at, code }): Draft => ({
    file,
    at,
    severity: "error",
    problem: `${code} is no country that a number can belong to, so this would never be applied`,
    advice: "Write its ISO 3166 code: GB for the United Kingdom, GR for Greece.",
  }));
};
