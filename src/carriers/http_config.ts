import { z } from "zod";
import { ID_FORMS } from "./message_key.ts";
import { Format, Match, Path } from "./http_document.ts";
import { placeholders } from "./http_template.ts";
import { Verification } from "./http_verify.ts";

/** Values of a message; `{credentials.NAME}` and `{basic}` come from the credentials. */
const MESSAGE_NAMES = [
  "id",
  "to",
  "to_digits",
  "from",
  "from_digits",
  "text",
  "encoding",
  "unicode",
  "segments",
  "valid_until",
  "valid_seconds",
  "status_url",
  "inbound_url",
] as const;
export type MessageName = typeof MESSAGE_NAMES[number];

/** A header takes no text of people and no names of senders: they may hold what headers cannot. */
const HEADER_NAMES: readonly string[] = ["id", "to", "to_digits", "encoding", "unicode", "segments", "valid_seconds"];

const HeaderName = z.string().regex(/^[A-Za-z0-9-]{1,60}$/, "must be the name of a header");
const Printable = z.string().regex(/^[\x20-\x7e]*$/, "must be printable ASCII");

const Kind = z.enum(["retryable", "throttled", "final", "opted_out", "ambiguous"]);

const Body = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("json"), value: z.json() }),
  z.strictObject({ type: z.literal("form"), fields: z.record(z.string(), z.string()) }),
  z.strictObject({
    type: z.literal("text"),
    content_type: Printable.default("text/plain; charset=UTF-8"),
    value: z.string(),
  }),
]);

const Send = z.strictObject({
  method: z.enum(["POST", "PUT", "GET"]).default("POST"),
  /** Values are escaped as parts of an address. */
  url: z.string(),
  headers: z.record(HeaderName, Printable).default({}),
  body: Body.optional(),
});

const Answer = z.strictObject({
  /** HTTP statuses that may mean yes. */
  statuses: z.array(z.int().min(200).max(299)).min(1).default([200, 201, 202]),
  /** What the answer must say besides, where the API says no with HTTP 200. */
  accepted: Match.optional(),
  message_id: Path.optional(),
  /** Of the answer that says no. */
  error_code: Path.optional(),
  /** The first that fits tells what a "no" means; without one the HTTP status does. */
  errors: z.array(z.strictObject({
    statuses: z.array(z.int().min(200).max(599)).optional(),
    codes: z.array(z.string()).optional(),
    kind: Kind,
    retry_after_seconds: z.int().min(1).max(86_400).optional(),
  })).max(50).default([]),
});

const Inbound = z.strictObject({
  format: Format.default("json"),
  /** Where the list of messages is; without it the whole document is one, or a list of them. */
  items: Path.optional(),
  /** Which items are messages of handsets. */
  only: Match.optional(),
  id: Path.optional(),
  from: Path,
  to: Path,
  text: Path,
  media: Path.optional(),
  /** Given when the carrier hands on long messages part by part. */
  part: z.strictObject({ reference: Path, number: Path, total: Path }).optional(),
  /** What the carrier says of a STOP that it recognised. */
  opt_out: Match.optional(),
});

const ReportStatus = z.enum(["queued", "sent", "delivered", "undelivered", "failed", "expired", "ignore"]);

const Status = z.strictObject({
  format: Format.default("json"),
  items: Path.optional(),
  only: Match.optional(),
  /** Ours, where the carrier gives it back; the address of `{status_url}` has it too. */
  message_id: Path.optional(),
  carrier_message_id: Path.optional(),
  /** How the carrier writes its id when it takes a message, and when it reports. */
  ids: z.strictObject({ answer: z.enum(ID_FORMS).default("exact"), report: z.enum(ID_FORMS).default("exact") })
    .refine(({ answer, report }) => (answer === "exact") === (report === "exact"), {
      message: "give both, or neither: an id in one form is not found in another",
    }).optional(),
  /** What tells the parts of a long message apart, when the carrier reports on each by itself. */
  part: Path.optional(),
  status: Path,
  statuses: z.record(z.string(), ReportStatus),
  error_code: Path.optional(),
  /** Error codes that mean: the person told the carrier to stop. */
  opted_out_codes: z.array(z.string()).default([]),
  expired_codes: z.array(z.string()).default([]),
});

/** A carrier described by its configuration. Nothing in it is run: placeholders, paths and lists of values are all there is. */
export const HttpConfig = z.strictObject({
  /** Secrets for the request, used as `{credentials.NAME}`; `{basic}` is `username:password` of them in base64. */
  credentials: z.record(
    z.string().regex(/^[a-z0-9_]{1,40}$/),
    z.string().regex(/^[\x21-\x7e]+$/, "must be printable ASCII"),
  )
    .default({}),
  webhook_secret: z.string().regex(/^[\x21-\x7e]{16,}$/, "must be at least 16 printable ASCII characters"),
  verify: Verification,
  send: Send,
  answer: Answer.prefault({}),
  inbound: Inbound.optional(),
  status: Status.optional(),
  /** What the carrier wants to hear when its messages are stored. */
  reply: z.strictObject({
    status: z.int().min(200).max(299).default(200),
    content_type: Printable.default("text/plain"),
    body: z.string().default(""),
  }).prefault({}),
  /** Words alone in a message that the carrier answers by itself. */
  provider_stop_words: z.array(z.string().toUpperCase()).default([]),
  provider_other_words: z.array(z.string().toUpperCase()).default([]),
  /** Who confirms a STOP that the carrier recognised. */
  stop_reply: z.enum(["provider", "gateway"]).default("gateway"),
}).superRefine((config, context) => {
  const issue = (path: (string | number)[], message: string) => context.addIssue({ code: "custom", path, message });
  const allowed = (names: readonly string[], credentials = true) => {
    const basic = ["username", "password"].every((name) => Object.hasOwn(config.credentials, name));
    const known = credentials ? Object.keys(config.credentials).map((name) => `credentials.${name}`) : [];
    return new Set([...names, ...known, ...(credentials && basic ? ["basic"] : [])]);
  };
  const check = (path: (string | number)[], template: unknown, names: Set<string>) => {
    const used = placeholders(template);
    if (used === null) return issue(path, "a brace stands alone; braces are written {{ and }}");
    const unknown = used.find((name) => !names.has(name));
    if (unknown !== undefined) issue(path, `{${unknown}} is not known here; choose from ${[...names].join(", ")}`);
  };
  const { send, verify, webhook_secret } = config;
  // The host is fixed, so that no message can choose where it goes.
  if (!/^https?:\/\/[^/?#{}@\s]+\/[^\s#]*$/.test(send.url) || URL.parse(send.url.replace(/\{[^}]*\}/g, "x")) === null) {
    issue(["send", "url"], "must be an http or https address with a path, and no placeholder before it");
  } else check(["send", "url"], send.url, allowed(MESSAGE_NAMES));
  for (const [name, value] of Object.entries(send.headers)) {
    check(["send", "headers", name], value, allowed(HEADER_NAMES));
  }
  if (send.body !== undefined) {
    if (send.method === "GET") issue(["send", "body"], "a GET has none");
    const template = send.body.type === "form" ? send.body.fields : send.body.value;
    check(["send", "body"], template, allowed(MESSAGE_NAMES));
  }
  if (verify.scheme === "url_key" && !/^[A-Za-z0-9_-]+$/.test(webhook_secret)) {
    issue(["webhook_secret"], "stands in addresses: letters, digits, - and _ only");
  }
  if (verify.scheme === "hmac" && !verify.signed.includes("{url}")) {
    // Otherwise everything of interest would be unsigned.
    for (const part of ["inbound", "status"] as const) {
      if (config[part]?.format === "query") issue([part, "format"], "a query is only safe when {url} is signed");
    }
  }
});
export type HttpConfig = z.infer<typeof HttpConfig>;
