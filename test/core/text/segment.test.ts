import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { measure } from "../../../src/core/text/segment.ts";

const gsm = (units: number) => "a".repeat(units);
/** `units` code units of which one is outside GSM-7. */
const ucs = (units: number) => "ê" + "a".repeat(units - 1);

describe("measure() gives the worked examples of docs/compliance.md section 10", () => {
  test.each([
    { text: gsm(147) + " STOP au 36123", encoding: "GSM-7", units: 161, segments: 2 },
    { text: gsm(147) + " STOP 36123", encoding: "GSM-7", units: 158, segments: 1 },
    { text: gsm(146) + " STOP au 36123", encoding: "GSM-7", units: 160, segments: 1 },
    { text: ucs(60) + " STOP au 36123", encoding: "UCS-2", units: 74, segments: 2 },
    { text: ucs(60).replace("ê", "e") + " STOP au 36123", encoding: "GSM-7", units: 74, segments: 1 },
    { text: gsm(299) + " STOP au 36123", encoding: "GSM-7", units: 313, segments: 3 },
    { text: gsm(299) + "1234567", encoding: "GSM-7", units: 306, segments: 2 },
    { text: ucs(56) + " STOP au 36123", encoding: "UCS-2", units: 70, segments: 1 },
    { text: ucs(57) + " STOP au 36123", encoding: "UCS-2", units: 71, segments: 2 },
  ])("$units units of $encoding are $segments", ({ text, ...expected }) => {
    expect(measure(text)).toEqual(expected);
  });

  test.each([[153, 67], [306, 134], [459, 201], [612, 268]].slice(1))(
    "capacity %i septets, %i code units",
    (gsm7, ucs2) => {
      const parts = gsm7 / 153;
      expect(measure(gsm(gsm7)).segments).toBe(parts);
      expect(measure(gsm(gsm7 + 1)).segments).toBe(parts + 1);
      expect(measure(ucs(ucs2)).segments).toBe(parts);
      expect(measure(ucs(ucs2 + 1)).segments).toBe(parts + 1);
    },
  );
});

describe("measure() knows the alphabet", () => {
  test.each([..."àäåéèìòùöüñøæßÄÅÇÉÖÜÑØÆ¿¡£¥§\n\r@_ΔΩ"])("%j is one septet", (char) => {
    expect(measure(char)).toEqual({ encoding: "GSM-7", segments: 1, units: 1 });
  });
  test.each([..."^{}\\[~]|€\f"])("%j is two septets", (char) => {
    expect(measure(char)).toEqual({ encoding: "GSM-7", segments: 1, units: 2 });
  });
  test.each([..."âçêëîïôûÿœÀÂÈÊËÎÏÔÙÛ«»’…–°áíóúãõÁÍÓÚÃÕ`\t\x1b"])("%j forces UCS-2", (char) => {
    expect(measure(char)).toEqual({ encoding: "UCS-2", segments: 1, units: 1 });
  });
  test("an emoji is two code units", () => expect(measure("🛑").units).toBe(2));
  test("an empty text is one part", () => expect(measure("")).toEqual({ encoding: "GSM-7", segments: 1, units: 0 }));
});

describe("measure() does not split pairs", () => {
  test("an escape pair at the end of a part moves to the next", () => {
    expect(measure(gsm(152) + "€" + gsm(151)).segments).toBe(2);
    expect(measure(gsm(152) + "€" + gsm(152))).toEqual({ encoding: "GSM-7", segments: 3, units: 306 });
  });
  test("a surrogate pair at the end of a part moves to the next", () => {
    expect(measure(ucs(66) + "🛑" + gsm(65)).segments).toBe(2);
    expect(measure(ucs(66) + "🛑" + gsm(66))).toEqual({ encoding: "UCS-2", segments: 3, units: 134 });
  });
});

/** Written for clarity: characters are dealt one by one into parts of the given size. */
function naive(text: string) {
  const base =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
  const extension = "\f^{}\\[~]|€";
  const isGsm = [...text].every((char) => base.includes(char) || extension.includes(char));
  const costs = [...text].map((char) => isGsm ? (extension.includes(char) ? 2 : 1) : char.length);
  const units = costs.reduce((sum, cost) => sum + cost, 0);
  const [single, part] = isGsm ? [160, 153] : [70, 67];
  const parts = [0];
  for (const cost of costs) {
    const last = parts.length - 1;
    if ((parts[last] ?? 0) + cost > part) parts.push(cost);
    else parts[last] = (parts[last] ?? 0) + cost;
  }
  return { encoding: isGsm ? "GSM-7" : "UCS-2", segments: units <= single ? 1 : parts.length, units };
}

test("measure() agrees with a naive count", () => {
  const plain = fc.string({ unit: fc.constantFrom(..."ab €[~\né"), maxLength: 700 });
  const wide = fc.string({ unit: fc.constantFrom("a", "ê", "🛑", "€", "\ud83d", "\uded1"), maxLength: 300 });
  fc.assert(
    fc.property(fc.oneof(plain, wide, fc.string({ unit: "binary", maxLength: 300 })), (text) => {
      expect(measure(text)).toEqual(naive(text));
    }),
    { numRuns: 200 },
  );
});
