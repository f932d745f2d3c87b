import ipaddr from "ipaddr.js";

/**
 * `blocked`: refused here, nothing was sent. `refused`: no connection came about, nothing was sent.
 * `timeout`, `reset`, `too_large`: the request may have reached the other side, and may have been acted upon.
 * `redirected`: the other side answered with a redirect instead of doing anything.
 */
export type OutgoingErrorKind = "blocked" | "refused" | "timeout" | "reset" | "redirected" | "too_large";

/**
 * Why a call came to nothing. The message names the host at most: addresses of carriers hold passwords and numbers, and for
 * the same reason the runtime's own error, which quotes the address, is not kept as `cause`.
 */
export class OutgoingError extends Error {
  override name = "OutgoingError";
  constructor(readonly kind: OutgoingErrorKind, message: string) {
    super(message);
  }
}

export interface OutgoingOptions {
  /** Addresses of a host name. Every one of them must be allowed. */
  resolve: (hostname: string) => Promise<string[]>;
  /** For what runs on the operator's own network (Kannel). Link-local addresses and those of cloud metadata stay refused. */
  allowPrivate?: boolean;
  /** From the look-up of the name to the last byte of the answer. */
  timeoutMs?: number;
  /** Of the decoded answer. */
  maxAnswerBytes?: number;
  /** A longer answer is cut there instead of being an error: for callers to whom its beginning says enough. */
  cutAnswer?: boolean;
  /**
   * Performs the call. `addresses` passed the check: a transport that connects to one of them, and not to whatever the name
   * means a moment later, leaves no room for a name that changes its address after the check (DNS rebinding).
   */
  transport?: (url: URL, init: RequestInit, addresses: readonly string[]) => Promise<Response>;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_ANSWER_BYTES = 64 * 1024;
const PRIVATE_RANGES = new Set(["private", "loopback", "uniqueLocal", "carrierGradeNat"]);
/** "Port blocking" of the Fetch Standard (read 2026-11-24): mail, name and file servers, which would act upon lines of a body. */
const BAD_PORTS = new Set(
  ("0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123 135 137 139 " +
    "143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993 995 1719 1720 1723 2049 " +
    "3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080").split(" "),
);
/**
 * What clouds tell a machine about itself, secrets included, outside the ranges that are refused anyhow (169.254/16, fe80::/10 and
 * 192.0.0/24, where Oracle's 192.0.0.192 lies). From the providers' own clients (cloud-init, WALinuxAgent, the SDK of Oracle).
 */
const CLOUD_METADATA = [
  "168.63.129.16/32", // Azure
  "100.100.100.200/32", // Alibaba
  "fd00:100::100:200/128", // Alibaba
  "fd00:ec2::/32", // AWS: metadata, credentials of pods, names, time
  "fd20:ce::254/128", // Google
  "fd00:c1::a9fe:a9fe/128", // Oracle
  "fd00:42::42/128", // Scaleway
  "fd00:a9fe:a9fe::1/128", // Akamai
  "2001:19f0:fc00::a9fe:a9fe/128", // Vultr
].map((range) => ipaddr.parseCIDR(range));
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * True when an IPv4 or IPv6 address (text, no brackets) may be called. Only global unicast addresses may; with `allowPrivate`
 * those of a private network and of this machine as well, cloud metadata never. Addresses that carry an IPv4 address inside count as that one when
 * mapped (`::ffff:…`) and are refused in every other form, as are documentation, multicast, link-local and reserved ranges.
 */
export function addressAllowed(address: string, allowPrivate: boolean): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (CLOUD_METADATA.some(([start, bits]) => parsed.kind() === start.kind() && parsed.match(start, bits))) return false;
  const range = parsed.range();
  if (PRIVATE_RANGES.has(range)) return allowPrivate;
  if (range !== "unicast") return false;
  // The library calls everything unicast that no registry entry covers, `::7f00:1` included.
  return parsed.kind() === "ipv4" || parsed.match(GLOBAL_IPV6);
}

/**
 * `fetch` for calls to addresses that somebody configured: http or https, no redirects, a deadline, a bounded answer (read to
 * the end before the promise resolves), and no private addresses unless allowed.
 * @throws {OutgoingError} and nothing else, unless `init` itself is malformed.
 */
export function guardedFetch(options: OutgoingOptions): (url: string, init?: RequestInit) => Promise<Response> {
  const allowPrivate = options.allowPrivate ?? false;
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const maxAnswerBytes = options.maxAnswerBytes ?? DEFAULT_MAX_ANSWER_BYTES;
  const transport = options.transport ?? ((url, init) => fetch(url, init));

  return async (address, init = {}) => {
    const url = checkedUrl(address);
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = init.signal ? AbortSignal.any([deadline, init.signal]) : deadline;
    const addresses = await checkedAddresses(url, options.resolve, allowPrivate, signal);
    try {
      const response = await transport(
        url,
        { ...init, ...await sentOnce(init), redirect: "manual", signal },
        addresses,
      );
      return await readBounded(response, maxAnswerBytes, options.cutAnswer ?? false, url.host);
    } catch (error) {
      throw error instanceof OutgoingError ? error : classify(error, signal, url.host);
    }
  };
}

/**
 * A body that is sent once. Of one that it still holds, Deno's `fetch` sends a second copy, and tells nobody, when the kept connection
 * that took the first breaks before the answer (seen with 2.9.6): the carrier may have read it, and the person gets two messages. A
 * blob is read as it is sent, so there is nothing to repeat, and keeps its `Content-Length`.
 */
async function sentOnce({ body }: RequestInit): Promise<{ body?: Blob }> {
  return body === null || body === undefined ? {} : { body: await new Response(body).blob() };
}

function checkedUrl(address: string): URL {
  const url = URL.parse(address);
  if (url === null) throw new OutgoingError("blocked", "the address is not a URL");
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new OutgoingError("blocked", `${url.protocol} addresses are not called, only http: and https:`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new OutgoingError("blocked", `the address of ${url.host} holds credentials, which fetch does not accept`);
  }
  if (BAD_PORTS.has(url.port)) throw new OutgoingError("blocked", `port ${url.port} is never of a web server`);
  return url;
}

async function checkedAddresses(
  url: URL,
  resolve: OutgoingOptions["resolve"],
  allowPrivate: boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const hostname = url.hostname.replace(/^\[|\]$/g, "");
  const addresses = ipaddr.isValid(hostname) ? [hostname] : await resolveBefore(signal, resolve, hostname);
  if (addresses.length === 0) throw new OutgoingError("refused", `${hostname} has no address`);
  if (!addresses.every((address) => addressAllowed(address, allowPrivate))) {
    throw new OutgoingError("blocked", `${hostname} is an address that this gateway does not call`);
  }
  return addresses;
}

async function resolveBefore(
  signal: AbortSignal,
  resolve: OutgoingOptions["resolve"],
  hostname: string,
): Promise<string[]> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([resolve(hostname), aborted]);
  } catch {
    // Nothing has left yet, so even a deadline that passes here is not a `timeout`.
    throw new OutgoingError("refused", `the address of ${hostname} could not be looked up`);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function readBounded(response: Response, maxBytes: number, cut: boolean, host: string): Promise<Response> {
  if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
    await response.body?.cancel();
    throw new OutgoingError("redirected", `${host} answered with a redirect (HTTP ${response.status})`);
  }
  if (response.body === null) return response;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  // Leaving the loop cancels the stream.
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > maxBytes && cut) {
      chunks.push(chunk.subarray(0, chunk.byteLength - (size - maxBytes)));
      break;
    }
    if (size > maxBytes) throw new OutgoingError("too_large", `${host} answered with more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return new Response(new Blob(chunks), {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
  });
}

/** Anything that is not surely "never left" counts as "may have been taken". */
function classify(error: unknown, signal: AbortSignal, host: string): OutgoingError {
  if (signal.aborted) return new OutgoingError("timeout", `${host} did not answer in time`);
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  // Deno's wording for a connection that did not come about: name, TCP or TLS.
  const connect = /client error \(Connect\)(?:: (.*))?$/s.exec(reason);
  if (connect) return new OutgoingError("refused", `no connection to ${host}: ${connect[1] ?? "unknown reason"}`);
  if (error instanceof Error && error.name === "NotCapable") {
    return new OutgoingError("blocked", `this process may not call ${host}`);
  }
  return new OutgoingError("reset", `the connection to ${host} broke`);
}
