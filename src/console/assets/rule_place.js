// Where in a YAML file a place is: the keys that lead to it, with what stands beside each. By indentation and not by a parser, since
// what is being written seldom parses.

/** What a line begins: its dashes and its key, each with its column. */
function beginnings(line) {
  const found = [];
  let at = line.search(/\S/);
  if (at === -1 || line[at] === "#") return found;
  while (/^-(\s|$)/.test(line.slice(at))) {
    found.push({ column: at, item: true });
    const next = line.slice(at + 1).search(/\S/);
    if (next === -1) return found;
    at += 1 + next;
  }
  const key = /^(?:"([^"]*)"|'([^']*)'|([^\s"'#{[\]},][^:#]*?))\s*:(?=\s|$)/.exec(line.slice(at));
  if (key !== null) {
    found.push({ column: at, key: key[1] ?? key[2] ?? key[3], after: at + key[0].length });
  }
  return found;
}

/** The keys of the mapping that begins at `column` around a line, with what is written behind them on their lines. */
function siblingsAt(lines, number, column) {
  const found = {};
  /** False where the mapping ends: something that stands further out. */
  const take = (at) => {
    const begun = beginnings(lines[at]);
    const own = begun.find((one) => one.key !== undefined && one.column === column);
    if (own !== undefined) found[own.key] = scalar(lines[at].slice(own.after));
    return begun.length === 0 || begun[0].column >= column;
  };
  for (let at = number; at >= 0 && (take(at) || at === number && beginnings(lines[at]).length === 0); at--);
  for (let at = number + 1; at < lines.length; at++) {
    const begun = beginnings(lines[at]);
    if (begun.length > 0 && begun[0].column < column) break;
    take(at);
  }
  return found;
}

function scalar(text) {
  const value = text.replace(/\s+#.*$/, "").trim();
  if (/^(["']).*\1$/.test(value)) return value.slice(1, -1);
  return value === "true" ? true : value === "false" ? false : /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}

/**
 * `lines`: the file. `number` and `column`: of the place, from 0. Answers `{steps, siblings, key, word}`: `steps` lead to the mapping or
 * list that the place is in ({key, siblings} or {item}), `siblings` stand in it, `key` is the one whose value is being written (null
 * where a key is), `word` is what is written of it so far.
 */
export function placeAt(lines, number, column) {
  const line = lines[number].slice(0, column);
  const begun = beginnings(line);
  const inline = begun.at(-1)?.key !== undefined ? begun.at(-1) : null;
  const dashes = begun.filter((one) => one.item);
  const end = inline?.after ?? (dashes.length > 0 ? dashes.at(-1).column + 1 : 0);
  const rest = line.slice(end);
  const first = end + (rest.search(/\S/) === -1 ? rest.length : rest.search(/\S/));
  const steps = blockSteps(lines, number, inline ?? { column: first }, dashes);
  const here = inline?.column ?? first;
  const siblings = siblingsAt(lines, number, here);
  const flow = flowSteps(rest);
  if (flow === null) {
    return { steps, siblings, key: inline?.key ?? null, word: rest.trimStart() };
  }
  if (inline !== null) steps.push({ key: inline.key, siblings });
  return { ...flow, steps: [...steps, ...flow.steps] };
}

/** Keys and items above a place, outermost first. */
function blockSteps(lines, number, place, dashes) {
  const steps = [];
  let least = place.column;
  let inItem = false;
  const up = (one, at) => {
    if (one.item ? one.column < least : one.column < least || (inItem && one.column === least)) {
      least = one.column;
      inItem = one.item === true;
      steps.unshift(one.item ? { item: true } : { key: one.key, siblings: siblingsAt(lines, at, one.column) });
    }
  };
  for (const one of dashes.toReversed()) up(one, number);
  for (let at = number - 1; at >= 0 && (least > 0 || inItem); at--) {
    for (const one of beginnings(lines[at]).toReversed()) up(one, at);
  }
  return steps;
}

/** What braces and brackets on the line before a place say; null where none is open. */
function flowSteps(text) {
  const open = [];
  let word = "";
  let key = null;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"' || char === "'") {
      const end = text.indexOf(char, at + 1);
      word += text.slice(at, end === -1 ? text.length : end + 1);
      if (end === -1) break;
      at = end;
    } else if (char === "{" || char === "[") {
      if (open.length > 0) open.at(-1).key = key;
      open.push({ list: char === "[", siblings: {}, key: null });
      word = "";
      key = null;
    } else if (char === "}" || char === "]") {
      open.pop();
      key = open.at(-1)?.key ?? null;
      word = "";
    } else if (char === "," && open.length > 0) {
      if (key !== null && !open.at(-1).list) open.at(-1).siblings[key] = scalar(word);
      key = null;
      word = "";
    } else if (char === ":" && /\s|$/.test(text[at + 1] ?? " ") && open.length > 0 && !open.at(-1).list) {
      key = word.trim().replace(/^["']|["']$/g, "");
      word = "";
    } else word += char;
  }
  if (open.length === 0) return null;
  const steps = open.slice(0, -1).flatMap((one) =>
    one.list ? [{ item: true }] : [{ key: one.key, siblings: one.siblings }]
  );
  const last = open.at(-1);
  if (last.list) return { steps: [...steps], list: true, siblings: {}, key: null, word: word.trimStart() };
  return { steps, siblings: last.siblings, key, word: word.trimStart() };
}
