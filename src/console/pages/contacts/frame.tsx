/** @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import type { ApiClient } from "../../api_client.ts";
import type { Contact, ContactList, Page } from "../../api_types.ts";
import type { Console, ConsoleContext } from "../../console.ts";
import { Badge, PageTabs } from "../../parts.tsx";
import { Table } from "../../table.tsx";
import { contactWords } from "./words.ts";

/** What the pages of contacts share. */

const TABS = {
  contacts: "/console/contacts",
  lists: "/console/contacts/lists",
  imports: "/console/contacts/imports",
} as const;

interface ContactPage {
  tab: keyof typeof TABS;
  title?: string;
  status?: 200 | 409 | 422;
  scripts?: readonly string[];
}

/** A page of contacts, below the tabs. */
export async function contactPage(
  console: Console,
  c: ConsoleContext,
  { tab, title, status = 200, scripts = [] }: ContactPage,
  content: Child,
): Promise<Response> {
  const words = contactWords(c.get("reader").language);
  const heading = title ?? words.tabs[tab];
  return await console.page(
    c,
    { title: heading, place: "contacts", scripts, styles: ["registers.css"] },
    <>
      <PageTabs
        label={words.title}
        tabs={(Object.keys(TABS) as (keyof typeof TABS)[]).map((name) => (
          { href: TABS[name], text: words.tabs[name], here: name === tab }
        ))}
      />
      <h1>{heading}</h1>
      {content}
    </>,
    status,
  );
}

/** Lists and saved filters that forms offer: the newest page of them. */
export async function offeredLists(api: ApiClient): Promise<ContactList[]> {
  return (await api.get<Page<ContactList>>("/v1/lists", { limit: 200 })).data;
}

interface TableProps {
  c: ConsoleContext;
  contacts: readonly Contact[];
  lists: readonly ContactList[];
}

/** Contacts, each leading to its page. */
export function ContactTable({ c, contacts, lists }: TableProps) {
  const words = contactWords(c.get("reader").language);
  const names = new Map(lists.map(({ id, name }) => [id, name]));
  return (
    <Table
      label={words.tabs.contacts}
      rows={contacts}
      columns={[
        {
          head: words.number,
          cell: ({ id, msisdn }) => <a href={`/console/contacts/${id}`}>{msisdn}</a>,
        },
        {
          head: words.name,
          cell: ({ name, suppressed }) => (
            <>
              <span class="said">{name ?? "–"}</span>
              {suppressed
                ? (
                  <>
                    {" "}
                    <Badge tone="bad">{words.suppressed}</Badge>
                  </>
                )
                : null}
            </>
          ),
        },
        { head: words.language, cell: ({ language }) => language ?? "–" },
        { head: words.tags, cell: ({ tags }) => <span class="said">{tags.join(", ") || "–"}</span> },
        {
          head: words.lists,
          cell: ({ lists }) => <span class="said">{lists.map((id) => names.get(id) ?? id).join(", ") || "–"}</span>,
        },
        {
          head: words.fields,
          cell: ({ fields }) => (
            <span class="said">
              {Object.entries(fields).map(([name, value]) => `${name}: ${value}`).join("; ") || "–"}
            </span>
          ),
        },
      ]}
    />
  );
}
