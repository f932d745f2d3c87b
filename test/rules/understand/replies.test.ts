import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideInbound, inboundFrame } from "../../../src/core/decide.ts";
import type { Scenario } from "../../../src/core/rulebook/rulebook_schema.ts";
import { scenarioInput } from "../../../src/rules/scenario.ts";
import { shippedRules } from "../../support/rulebook.ts";

const { rulebook, parsed } = await shippedRules();
const PEOPLE = {
  FR: "+33612000001",
  US: "+12125550123",
  ES: "+34612000001",
  DE: "+4915112000001",
  IT: "+393201200001",
  PT: "+351912000001",
  NL: "+31612000001",
} as const;
type Country = keyof typeof PEOPLE;

function input(text: string, country: Country, more: Partial<Scenario> = {}) {
  const told = scenarioInput({ text, from: PEOPLE[country], ...more }, rulebook, "inbound");
  if (told.direction !== "inbound") throw new Error("unreachable");
  return told.input;
}
const decide = (text: string, country: Country, more: Partial<Scenario> = {}) =>
  decideInbound(input(text, country, more), rulebook);
const rulesOf = (text: string, country: Country, more: Partial<Scenario> = {}) =>
  decide(text, country, more).decision.rules.map(({ id }) => id);
const effectsOf = (text: string, country: Country, more: Partial<Scenario> = {}) =>
  decide(text, country, more).effects.map((effect) =>
    effect.type === "open_review" || effect.type === "reply"
      ? `${effect.type} ${effect.kind}`
      : effect.type === "suppress"
      ? `suppress ${effect.scope}`
      : effect.type
  );

describe("every row of the table in the compliance reference 2.5", () => {
  test.each(
    [
      ["STOP", "US"],
      ["stop.", "US"],
      [" Stop\n", "US"],
      ["« STOP »", "FR"],
      ["ＳＴＯＰ", "US"],
      ["🛑", "US"],
      ["🛑🛑 stop", "US"],
      ["Arrêt", "FR"],
      ["ARRET", "FR"],
      ["arrête", "FR"],
      ["cancel", "US"],
    ] as const,
  )("%j is a keyword by itself", (text, country) => {
    expect(rulesOf(text, country)).toContain("intent.opt_out_keyword");
    expect(inboundFrame(input(text, country), rulebook).keyword_tier).toBe("T1");
  });

  test.each(
    [
      ["STOP ACME", "FR"],
      ["STOP SMS", "FR"],
      ["STOP 36123", "FR"],
      ["STOP SVP", "FR"],
      ["stop please", "US"],
    ] as const,
  )("%j is a keyword with a short tail", (text, country) => {
    expect(rulesOf(text, country, { sender: { brand: "Acme" } })).toContain("intent.opt_out_keyword");
  });

  test("please stop calling, text me instead: a voice opt-out is noted, SMS goes on", () => {
    expect(decide("please stop calling, text me instead", "US").intent).toBe("none");
    expect(rulesOf("please stop calling, text me instead", "US")).toContain("doubt.voice_opt_out");
    expect(effectsOf("please stop calling, text me instead", "US")).toEqual([]);
  });

  test("stop texting me, call me instead: an opt-out in free words", () => {
    expect(rulesOf("stop texting me, call me instead", "US")).toContain("intent.opt_out_phrase");
  });

  test.each(
    [
      ["don't stop by", "US"],
      ["Can you stop by?", "US"],
      ["I'll stop by at 5", "US"],
      ["STOP at the store", "US"],
      ["bus stop at 9", "US"],
      ["non stop", "US"],
      ["whistle-stop", "US"],
      ["don't stop", "US"],
      ["ne vous arrêtez pas", "FR"],
      ["Please cancel my order", "US"],
      ["annulez ma commande", "FR"],
      ["end of the month?", "US"],
      ["the end", "US"],
      ["can you help me?", "US"],
      ["oui", "FR"],
      ['Liked "Promo … STOP au 36123"', "FR"],
    ] as const,
  )("%j asks for nothing, and nothing is stopped", (text, country) => {
    expect(decide(text, country).intent).toBe("none");
    expect(effectsOf(text, country)).toEqual([]);
  });

  test("Stop it! is a doubt: advertising waits and a person looks; in the United States it stops first", () => {
    expect(effectsOf("Stop it!", "FR")).toEqual(["open_review doubtful_reply"]);
    expect(effectsOf("Stop it!", "US")).toEqual(["open_review doubtful_reply", "suppress all"]);
    expect(decide("Stop it!", "US").intent).toBe("none");
  });

  test("unstop and start bring back only who is opted out", () => {
    for (const text of ["unstop", "start"]) {
      expect(effectsOf(text, "US")).toEqual([]);
      expect(effectsOf(text, "US", { suppressed: "all" })).toContain("lift_suppression");
    }
  });

  test.each(["stop the medication?", "should I stop taking the pills"])(
    "%j goes to a person at once and stops nothing",
    (text) => {
      expect(decide(text, "US").intent).toBe("none");
      expect(effectsOf(text, "US")).toEqual(["open_review health"]);
    },
  );

  test("Stop or I call the police: a doubt that stops first, and a complaint", () => {
    expect(effectsOf("Stop or I call the police", "US")).toEqual(
      expect.arrayContaining(["open_review complaint"]),
    );
    expect(effectsOf("Stop or I call the police", "US").some((effect) => effect.startsWith("suppress"))).toBe(true);
  });

  test.each([["help", "US"], ["aide", "FR"]] as const)("%j gets the help answer", (text, country) => {
    expect(effectsOf(text, country)).toEqual(["reply help"]);
  });

  test("an insult alone holds advertising and opens a review", () => {
    expect(effectsOf("f*** off", "FR")).toEqual([]);
    expect(effectsOf("fuck off", "FR")).toEqual(["open_review doubtful_reply"]);
  });

  test("I never signed up for this: an opt-out, a complaint, and the consent is disputed", () => {
    const effects = effectsOf("I never signed up for this", "FR");
    expect(effects).toEqual(
      expect.arrayContaining(["suppress commercial", "open_review complaint", "dispute_consent"]),
    );
  });
});

describe("wrong numbers", () => {
  test.each(
    [
      ["Wrong number", "US"],
      ["Mauvais numéro", "FR"],
      ["Número equivocado", "ES"],
      ["Falsche Nummer", "DE"],
      ["Numero sbagliato", "IT"],
      ["Número errado", "PT"],
      ["Verkeerd nummer", "NL"],
    ] as const,
  )("%j stops everything from every sender and disputes the consent", (text, country) => {
    const { intent, effects } = decide(text, country);
    expect(intent).toBe("opt_out");
    expect(effects.filter(({ type }) => type === "suppress")).toEqual([
      { type: "suppress", scope: "all", sender: null, rule: "doubt.wrong_number_stops_everything" },
    ]);
    expect(effectsOf(text, country)).toEqual(expect.arrayContaining(["dispute_consent", "open_review wrong_number"]));
  });

  test("a question about it is none", () => {
    expect(decide("Is this the wrong number?", "US").intent).toBe("none");
  });
});

describe("what the message being answered offered", () => {
  const OFFER = "Vote on Tuesday! Reply Quit2End to opt out";
  test.each(["Quit2End", "quit2end", "Wuit2End", "Quit 2 end", "Quit2Enf please"])("%j is taken for it", (text) => {
    expect(decide(text, "US", { answered: [OFFER] }).intent).toBe("opt_out");
  });
  test.each(
    [
      ["FIN", "FR", "ACME : -20% samedi. Pour ne plus recevoir nos SMS, envoyez FIN au 36105"],
      ["Finn", "FR", "ACME : -20% samedi. Pour ne plus recevoir nos SMS, envoyez FIN au 36105"],
      ["NEIN", "DE", "ACME: 20% Rabatt. Keine Werbung mehr? Antworten Sie mit NEIN um sich abzumelden"],
    ] as const,
  )("%j counts only because it was offered", (text, country, answered) => {
    expect(decide(text, country).intent).toBe("none");
    expect(decide(text, country, { answered: [answered] }).intent).toBe("opt_out");
  });
  test("a word that was offered for something else does not count", () => {
    expect(decide("YES", "US", { answered: ["Your table is booked for 8pm. Reply YES to confirm"] }).intent).toBe(
      "none",
    );
  });
});

describe("quoted copies of our own text", () => {
  const OURS = "Soldes d'hiver : -50% sur tout le magasin jusqu'à dimanche ! STOP au 36105";
  test.each([
    `A aimé « ${OURS} »`,
    `Liked “${OURS}”`,
    `Laughed at "${OURS}"`,
    `Gefällt "${OURS}"`,
    `Le gustó “${OURS}”`,
    OURS,
    `"${OURS}"`,
  ])("%j opts nobody out", (text) => {
    expect(decide(text, "FR", { answered: [OURS] }).intent).toBe("none");
    expect(effectsOf(text, "FR", { answered: [OURS] })).toEqual([]);
  });
  test("a reaction is known for one without our text too", () => {
    expect(decide("Loved “Nouvelle collection ! STOP au 36105”", "FR").intent).toBe("none");
  });
  test("what the person writes beside the copy counts", () => {
    expect(decide(`${OURS}\nSTOP`, "FR", { answered: [OURS] }).intent).toBe("opt_out");
    expect(decide(`"${OURS}" ne m'envoyez plus de sms`, "FR", { answered: [OURS] }).intent).toBe("opt_out");
  });
  test("our mention alone is an answer to it", () => {
    expect(decide("STOP au 36105", "FR", { answered: [OURS] }).intent).toBe("opt_out");
  });
});

describe("machines and codes", () => {
  test.each(
    [
      ["This number does not accept SMS text messages. STOP", "US"],
      ["Automatic reply: I am out of the office, please stop by next week", "US"],
      ["Réponse automatique : je suis absent du bureau", "FR"],
      ["482913", "US"],
      ["G-482913", "US"],
    ] as const,
  )("%j asks for nothing", (text, country) => {
    expect(decide(text, country).intent).toBe("none");
    expect(effectsOf(text, country)).toEqual([]);
  });
});

describe("typing errors", () => {
  test.each([
    "STPO",
    "SOTP",
    "TSOP",
    "STOPP",
    "SSTOP",
    "STTOP",
    "STOOOP",
    "DTOP",
    "SYOP",
    "SROP",
    "STIP",
    "STPP",
    "ST0P",
    "STOPS",
    "UNSUSCRIBE",
    "UNSUBCRIBE",
    "UNSUBSRIBE",
    "ARET",
    "ARRTE",
    "Wuit",
    "Quot2End",
    "Quit2Enf",
    "Stp2End",
    "stip 2 quit",
    "QUIT2ENF",
    "Stpo please",
  ])("%j is an opt-out", (text) => {
    expect(decide(text, "US").intent).toBe("opt_out");
  });

  test("outside North America somebody looks at it as well", () => {
    expect(effectsOf("Stpo", "FR")).toEqual(
      expect.arrayContaining(["suppress commercial", "open_review doubtful_reply"]),
    );
    expect(effectsOf("Stpo", "US").filter((effect) => effect.startsWith("open_review"))).toEqual([]);
  });

  test("no word that exists is ever taken for one, in any country that speaks its language", () => {
    const never = parsed.files.flatMap(({ content }) => content.kind === "typing_errors" ? [content.never] : [])[0]!;
    const speaking: Record<string, Country> = {
      en: "US",
      und: "FR",
      fr: "FR",
      es: "ES",
      de: "DE",
      it: "IT",
      pt: "PT",
      nl: "NL",
    };
    const wrong = Object.entries(never).flatMap(([language, words]) =>
      words.filter((word) => inboundFrame(input(word, speaking[language]!), rulebook).typing_error)
        .map((word) => `${language} ${word}`)
    );
    expect(wrong).toEqual([]);
  });

  test.each([
    "shop",
    "step",
    "spot",
    "slop",
    "atop",
    "stoop",
    "post",
    "tops",
    "opts",
    "top",
    "stock",
    "store",
    "story",
    "subscribe",
  ])(
    "%j is a word of its own",
    (text) => {
      for (const country of Object.keys(PEOPLE) as Country[]) expect(decide(text, country).intent).not.toBe("opt_out");
    },
  );
});

describe("the words that made a rule fire are shown as they were written", () => {
  test.each(
    [
      ["Merci de ne plus m'ENVOYER de messages !", "FR", "Merci de ne plus m'ENVOYER"],
      ["stp Désinscrivez-moi", "FR", "Désinscrivez-moi"],
      ["  StOp !!", "US", "StOp"],
      ["Srop", "US", "Srop"],
    ] as const,
  )("%j", (text, country, words) => {
    const reason = decide(text, country).decision.rules[0]!.reason;
    expect(reason).toContain(`"${words}"`);
  });
});

describe("properties", () => {
  const keyword = fc.constantFrom("STOP", "UNSUBSCRIBE", "ARRET", "STOPALL", "OPT OUT");
  const decorated = fc.tuple(
    keyword,
    fc.constantFrom("", " ", "\n", "...", "!!!", " ¡", "« ", "\u00a0", "\u200b", "“"),
    fc.constantFrom("", " ", "\n\n", ".", "!!", " 😡", " »", "\u00a0", "?!", "”"),
    fc.func(fc.boolean()),
  );
  test("case, accents, spaces and punctuation never change what a keyword means", () => {
    fc.assert(
      fc.property(decorated, ([word, before, after, upper]) => {
        const cased = [...word].map((letter, at) => upper(at) ? letter.toUpperCase() : letter.toLowerCase()).join("");
        const accented = cased.replaceAll("E", "É").replaceAll("e", "ê");
        expect(decide(`${before}${accented}${after}`, "FR").intent).toBe("opt_out");
      }),
      { numRuns: 300 },
    );
  });

  test("whatever is written, deciding never throws and says the same twice", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        const once = decide(text, "US", { answered: [text, "Reply STOP to opt out"] });
        expect(decide(text, "US", { answered: [text, "Reply STOP to opt out"] })).toEqual(once);
      }),
      { numRuns: 300 },
    );
  });

  test("words of the lexicons in any order never throw", () => {
    const words = fc.constantFrom(
      ..."stop dont never send me text no more list remove my number off ne plus m envoyer pas de sms quiero no mensajes please"
        .split(" "),
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 60 }), (text) => {
        expect(["opt_out", "opt_in", "help", "none"]).toContain(decide(text.join(" "), "US").intent);
      }),
      { numRuns: 200 },
    );
  });

  test("ten times the text costs about ten times the time, not a hundred times", () => {
    const hostile = (times: number) => "dont ever please send me any more stop no text ".repeat(times);
    const took = (text: string) => {
      const times = Array.from({ length: 5 }, () => {
        const started = performance.now();
        decide(text, "US", { answered: [text] });
        return performance.now() - started;
      });
      return Math.min(...times);
    };
    took(hostile(20));
    expect(took(hostile(400)) / took(hostile(40))).toBeLessThan(40);
  });
});
