/** Commands in Markdown documents, and what the documents say they print. */

export interface DocumentedCommand {
  /** Of the first line of the block. */
  line: number;
  title: string;
  script: string;
  /** The `json` or `console` block that follows at once; null when none does. */
  expected: string | null;
}

interface Block {
  line: number;
  info: string;
  body: string;
  /** Offsets of the block in the document. */
  from: number;
  to: number;
}

/** Blocks marked `sh run`, in order. */
export function documentedCommands(text: string): DocumentedCommand[] {
  const blocks = blocksOf(text);
  return blocks.flatMap((block, index): DocumentedCommand[] => {
    if (block.info !== "sh run") return [];
    const next = blocks[index + 1];
    const follows = next !== undefined && /^(json|console)$/.test(next.info) &&
      text.slice(block.to, next.from).trim() === "";
    return [{
      line: block.line,
      title: block.body.split("\n", 1)[0]!.slice(0, 70),
      script: block.body,
      expected: follows ? next.body : null,
    }];
  });
}

/** Blocks marked `sh setup`: they go before each command, since every command has a shell of its own. */
export function setupOf(text: string): string {
  return blocksOf(text).filter(({ info }) => info === "sh setup").map(({ body }) => body).join("\n");
}

/** Matches a text without white space; `…` in `expected` stands for anything. */
export function matcherOf(expected: string): RegExp {
  const parts = expected.replace(/\s+/g, "").split("…").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*?")}$`);
}

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```([^\n`]+)\n([^]*?)^```$/gm)].map((match) => ({
    line: text.slice(0, match.index).split("\n").length,
    info: match[1]!.trim(),
    body: match[2]!.trimEnd(),
    from: match.index,
    to: match.index + match[0].length,
  }));
}
