import type { Context } from "hono";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Principal } from "../api/access/auth.ts";
import type { ApiClient } from "./api_client.ts";
import type { PageProps } from "./layout.tsx";
import type { Language } from "./words.ts";

/** How somebody reads the console: chosen in it and kept in cookies, for sign-in too. */
export interface Reader {
  language: Language;
  /** `auto` follows the device. */
  theme: "auto" | "light" | "dark";
  /** IANA name told by the browser; UTC until it has told. */
  zone: string;
}

/** Who is signed in. */
export type Viewer = Principal;

export interface ConsoleEnv {
  /** `session`: id of the one that the viewer is signed in with. */
  Variables: { reader: Reader; viewer: Viewer | null; session?: string };
}

export type ConsoleContext = Context<ConsoleEnv>;

/** What pages work with. */
export interface Console {
  /** The public API, asked in this process for whoever is signed in. */
  api(c: ConsoleContext): ApiClient;
  /** Answers with `content` in the frame. */
  page(c: ConsoleContext, props: PageProps, content: Child, status?: ContentfulStatusCode): Promise<Response>;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Whoever is signed in. Pages behind `requireSignIn` always have somebody. */
export function viewerOf(c: ConsoleContext): Viewer {
  const viewer = c.get("viewer");
  if (viewer === null) throw new Error("This page is not behind sign-in");
  return viewer;
}
