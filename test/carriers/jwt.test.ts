import { createHmac, createPublicKey, createVerify, generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jwtClaims, rs256Token } from "../../src/carriers/jwt.ts";

const SECRET = "a-secret-of-tests";

function part(value: unknown): string {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
}

function signed(head: unknown, payload: unknown, hash = "sha256", secret = SECRET): string {
  const text = `${part(head)}.${part(payload)}`;
  return `${text}.${createHmac(hash, secret).update(text).digest("base64url")}`;
}

describe("jwtClaims()", () => {
  test.each([["HS256", "sha256"], ["HS384", "sha384"], ["HS512", "sha512"]])("reads what %s signed", (alg, hash) => {
    expect(jwtClaims(signed({ alg, typ: "JWT" }, { iss: "é" }, hash), SECRET, ["HS256", "HS384", "HS512"]))
      .toEqual({ iss: "é" });
  });

  const good = signed({ alg: "HS256" }, { iss: "x" });
  test.each([
    ["another secret", signed({ alg: "HS256" }, {}, "sha256", "other")],
    ["another algorithm than allowed", signed({ alg: "HS512" }, {}, "sha512")],
    ["an algorithm that is not the one used", signed({ alg: "HS256" }, {}, "sha512")],
    ["alg none", `${part({ alg: "none" })}.${part({})}.`],
    ["alg none, signed all the same", signed({ alg: "none" }, {})],
    ["no alg", signed({}, {})],
    ["an alg that every object has", signed({ alg: "constructor" }, {})],
    ["a head that is no object", signed([], {})],
    ["claims that are no object", signed({ alg: "HS256" }, [1])],
    ["claims that are no JSON", signed({ alg: "HS256" }, "{")],
    ["no signature", good.replace(/\.[^.]*$/, ".")],
    ["a signature cut short", good.slice(0, -1)],
    ["two parts", good.replace(/\.[^.]*$/, "")],
    ["four parts", `${good}.x`],
    ["nothing", ""],
  ])("refuses %s", (_label, token) => expect(jwtClaims(token, SECRET, ["HS256"])).toBeNull());

  test("never throws", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.base64String(), (a, b) => {
      expect(jwtClaims(`${a}.${b}.${a}`, SECRET, ["HS256"])).toBeNull();
    }));
  });
});

test("rs256Token() is what the public key confirms", async () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const [head = "", payload = "", signature = ""] = (await rs256Token({ jti: "é" }, pem)).split(".");
  expect(JSON.parse(Buffer.from(head, "base64url").toString())).toEqual({ alg: "RS256", typ: "JWT" });
  expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toEqual({ jti: "é" });
  const verify = createVerify("RSA-SHA256").update(`${head}.${payload}`);
  expect(verify.verify(createPublicKey(privateKey), signature, "base64url")).toBe(true);
});
