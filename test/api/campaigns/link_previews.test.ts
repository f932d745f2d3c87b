import { describe, expect, test } from "vitest";
import { isPreview } from "../../../src/api/campaigns/link_previews.ts";

const SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) " +
  "Version/17.5 Mobile/15E148 Safari/604.1";
const asked = (headers: Record<string, string>, method = "GET") => isPreview(method, (name) => headers[name]);

describe("no person opened a link", () => {
  test.each([
    ["WhatsApp", "WhatsApp/2.23.20.0 A"],
    [
      "Messages of an iPhone",
      "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 " +
      "facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    ],
    ["Telegram", "TelegramBot (like TwitterBot)"],
    ["Slack", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"],
    ["Skype", "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com"],
    [
      "Google",
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/56 Safari/537.36 Google " +
      "(+https://developers.google.com/+/web/snippet/)",
    ],
    ["Viber", "Viber/13.3.0.5 CFNetwork/1410 Darwin/22.6.0"],
    ["an app of an iPhone", "Shop/3 CFNetwork/1410.0.3 Darwin/22.6.0"],
    ["a search engine", "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"],
    ["a program", "curl/8.5.0"],
    ["another one", "python-requests/2.31"],
    ["nobody who says who they are", ""],
  ])("%s", (_, agent) => expect(asked({ "user-agent": agent })).toBe(true));

  test.each([
    ["without a name", {}, "GET"],
    ["HEAD", { "user-agent": SAFARI }, "HEAD"],
    ["a browser ahead of the person", { "user-agent": SAFARI, "sec-purpose": "prefetch;prerender" }, "GET"],
    ["an older one", { "user-agent": SAFARI, "x-moz": "prefetch" }, "GET"],
    ["Safari's top sites", { "user-agent": SAFARI, "x-purpose": "preview" }, "GET"],
  ])("%s", (_, headers, method) => expect(asked(headers, method)).toBe(true));
});

describe("a person opened it, as far as can be told", () => {
  test.each([
    SAFARI,
    "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 9; CUBOT_X18_Plus) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 12; M2101K6G; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/440.0.0.0;]",
    "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0",
    "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
    "Opera/9.80 (Android; Opera Mini/36.2/191.250; U; en) Presto/2.12.423 Version/12.16",
  ])("%s", (agent) => expect(asked({ "user-agent": agent })).toBe(false));
});
