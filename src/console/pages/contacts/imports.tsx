/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { may } from "../../../api/access/roles.ts";
import { type ApiClient, withQuery } from "../../api_client.ts";
import type { ContactImport, FileColumns, ImportProblem, Page } from "../../api_types.ts";
import { type Console, type ConsoleContext, type ConsoleEnv, viewerOf } from "../../console.ts";
import { attempt, formOf } from "../../form.ts";
import { Badge, Empty, When } from "../../parts.tsx";
import { Pager, Table } from "../../table.tsx";
import { Refused } from "../../told.tsx";
import { contactPage, offeredLists } from "./frame.tsx";
import { ImportForm, Mapping } from "./import_form.tsx";
import { importQuery } from "./import_query.ts";
import { ImportResult, Progress } from "./import_result.tsx";
import { importWords } from "./imports_words.ts";

const PATH = "/console/contacts/imports";
/** Imports among which the one that runs is looked for. */
const RECENT = 10;
/** Of the beginning of a file, which the API takes to tell its columns. */
const COLUMNS_BYTES = 120 * 1024;

/** Files of contacts: the columns are told, a dry run shows every line that is wrong, then the real one. */
export function contactImportPages(console: Console): Hono<ConsoleEnv> {
  const routes = new Hono<ConsoleEnv>();

  routes.get("/contacts/imports", async (c) => {
    const words = importWords(c.get("reader").language);
    const page = await console.api(c).get<Page<ContactImport>>("/v1/contacts/imports", {
      cursor: c.req.query("cursor"),
    });
    return await contactPage(
      console,
      c,
      { tab: "imports" },
      <>
        <div class="row between">
          <p class="soft">{words.intro}</p>
          {may(viewerOf(c).role, "POST /v1/contacts/imports")
            ? <a class="button" href={`${PATH}/new`}>{words.new}</a>
            : null}
        </div>
        {page.data.length === 0
          ? (
            <Empty title={words.empty}>
              <p>{words.empty_text}</p>
            </Empty>
          )
          : <Imports c={c} rows={page.data} />}
        <Pager c={c} next={page.next_cursor} />
      </>,
    );
  });

  routes.get("/contacts/imports/new", async (c) => {
    const words = importWords(c.get("reader").language);
    return await contactPage(
      console,
      c,
      { tab: "imports", title: words.new, scripts: ["import.js"] },
      <ImportForm c={c} lists={await offeredLists(console.api(c))} />,
    );
  });

  // The beginning of the file, for the form that says which column is what.
  routes.post("/contacts/imports/columns", async (c) => {
    const body = (await c.req.arrayBuffer()).slice(0, COLUMNS_BYTES);
    const headers = { "content-type": "text/csv" };
    const read = await attempt(console.api(c).raw("/v1/contacts/imports/columns", { method: "POST", body, headers }));
    if (!read.ok) return c.html(<Refused c={c} problem={read.problem} />, 422);
    const columns: FileColumns = await read.value.json();
    return c.html(<Mapping c={c} columns={columns} />);
  });

  // Goes through to the API as it arrives, whatever its length.
  routes.post("/contacts/imports/file", async (c) => {
    const query = importQuery(new URL(c.req.url).searchParams);
    return await resultOf(console, c, c.req.raw.body, query);
  });

  // Without scripts: a form that says what the columns are called.
  routes.post("/contacts/imports/form", async (c) => {
    const form = await formOf(c);
    const query = importQuery(form.typed);
    const sent = await attempt(send(console.api(c), form.file("file")?.stream() ?? null, query));
    if (sent.ok) return c.redirect(`${PATH}/${sent.value.id}`, 303);
    return await contactPage(
      console,
      c,
      { tab: "imports", title: importWords(c.get("reader").language).new, status: 422 },
      <>
        <Refused c={c} problem={sent.problem} />
        <ImportForm c={c} lists={await offeredLists(console.api(c))} />
      </>,
    );
  });

  // How far the newest import is that still runs.
  routes.get("/contacts/imports/running", async (c) => {
    const { data } = await console.api(c).get<Page<ContactImport>>("/v1/contacts/imports", { limit: RECENT });
    return c.html(<Progress c={c} running={data.find(({ state }) => state === "running")} />);
  });

  routes.get("/contacts/imports/:id", async (c) => {
    const api = console.api(c);
    const path = `/v1/contacts/imports/${encodeURIComponent(c.req.param("id"))}`;
    const [done, problems] = await Promise.all([
      api.get<ContactImport>(path),
      api.get<Page<ImportProblem>>(`${path}/problems`, { limit: 200, cursor: c.req.query("cursor") }),
    ]);
    const words = importWords(c.get("reader").language);
    return await contactPage(
      console,
      c,
      { tab: "imports", title: done.dry_run ? words.dry_run : words.was_real },
      <>
        <ImportResult c={c} done={done} problems={problems.data} whole />
        <Pager c={c} next={problems.next_cursor} />
      </>,
    );
  });

  return routes;
}

async function send(
  api: ApiClient,
  body: ReadableStream<Uint8Array> | null,
  query: string[][],
): Promise<ContactImport> {
  const answer = await api.raw(withQuery("/v1/contacts/imports", {}) + `?${new URLSearchParams(query)}`, {
    method: "POST",
    body,
    headers: { "content-type": "text/csv" },
  });
  return await answer.json();
}

/** What became of a file, as a part of the page. */
async function resultOf(
  console: Console,
  c: ConsoleContext,
  body: ReadableStream<Uint8Array> | null,
  query: string[][],
): Promise<Response> {
  const api = console.api(c);
  const sent = await attempt(send(api, body, query));
  if (!sent.ok) return c.html(<Refused c={c} problem={sent.problem} />, 422);
  const { data } = await api.get<Page<ImportProblem>>(`/v1/contacts/imports/${sent.value.id}/problems`, { limit: 50 });
  return c.html(<ImportResult c={c} done={sent.value} problems={data} />);
}

function Imports({ c, rows }: { c: ConsoleContext; rows: readonly ContactImport[] }) {
  const reader = c.get("reader");
  const words = importWords(reader.language);
  return (
    <Table
      label={words.intro}
      rows={rows}
      columns={[
        {
          head: words.when,
          cell: ({ id, created_at }) => (
            <a href={`${PATH}/${id}`}>
              <When at={created_at} reader={reader} />
            </a>
          ),
        },
        {
          head: words.state,
          cell: ({ state, dry_run }) => (
            <>
              <Badge tone={state === "failed" ? "bad" : state === "done" ? "good" : "info"}>
                {words.states[state]}
              </Badge>
              {dry_run
                ? (
                  <>
                    {" "}
                    <Badge>{words.dry_run}</Badge>
                  </>
                )
                : null}
            </>
          ),
        },
        ...(["lines", "created", "updated", "duplicates", "suppressed", "invalid"] as const).map((name) => ({
          head: words.counts[name],
          cell: (row: ContactImport) => row[name],
          number: true,
        })),
      ]}
    />
  );
}
