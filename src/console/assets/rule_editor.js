// The editor of a rule file, in the place of the text field that stands there without scripts: it completes, saves by itself, and
// shows what is wrong where it stands.

import { autocompletion, closeBrackets, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { choicesAt } from "./rule_completion.js";

const SAVE_AFTER_MS = 900;
const form = document.querySelector("#rule-form");
const field = form.querySelector("textarea");
const button = form.querySelector("button");
const state = document.querySelector("#save-state");
const problems = document.querySelector("#problems");
const words = JSON.parse(form.dataset.words);

// --- completion ---------------------------------------------------------------------------------------------------------

const schemas = {};
async function learn(kind) {
  for (const one of kind === "country" ? ["country", "rules"] : [kind]) {
    const name = `${one}.schema.json`;
    if (schemas[name] !== undefined) continue;
    const answer = await fetch(`/console/rules/schemas/${one}.json`);
    if (answer.ok) schemas[name] = await answer.json();
  }
}
const kindIn = (text) => /^kind:\s*([a-z_]+)/m.exec(text)?.[1];

async function complete(context) {
  const { state: now, pos } = context;
  const kind = kindIn(now.doc.toString());
  if (kind === undefined) return null;
  await learn(kind);
  const line = now.doc.lineAt(pos);
  const found = choicesAt(schemas, kind, now.doc.toString().split("\n"), line.number - 1, pos - line.from);
  if (found === null || found.choices.length === 0 || (found.word === "" && !context.explicit)) return null;
  const typed = found.word.replace(/^["']/, "");
  return {
    from: pos - typed.length,
    options: found.choices.map(({ label, info }) => ({
      label,
      type: found.isKey ? "property" : "constant",
      ...(info === undefined
        ? {}
        : { info: () => Object.assign(document.createElement("div"), { textContent: info }) }),
      apply: found.isKey ? `${label}: ` : label,
    })),
    validFor: /^[\w$.]*$/,
  };
}

// --- look -------------------------------------------------------------------------------------------------------------

const look = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--card)", fontSize: "0.875rem" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--sunk)", color: "var(--soft)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": {
    backgroundColor: "color-mix(in srgb, var(--accent-soft) 50%, transparent)",
  },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--info-soft)",
  },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--card)", color: "var(--text)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionInfo": { maxWidth: "24rem", padding: "8px 12px" },
  ".cm-panels input, .cm-panels button": { minHeight: "24px", width: "auto" },
});
const colours = HighlightStyle.define([
  { tag: tags.definition(tags.propertyName), color: "var(--accent)" },
  { tag: tags.comment, color: "var(--soft)", fontStyle: "italic" },
  { tag: [tags.string, tags.content], color: "var(--text)" },
  { tag: [tags.keyword, tags.bool, tags.number], color: "var(--info)" },
]);

// --- saving -----------------------------------------------------------------------------------------------------------

let view = null;
let timer = null;
/** The last time it was saved, or will have been: one after the other. */
let last = Promise.resolve();
let saved = field.value;
/** Another window saved: what is here is only written over it when somebody says so. */
let elsewhere = false;

const tell = (text) => state.textContent = text;

function save() {
  clearTimeout(timer);
  return last = last.then(saveNow);
}

async function saveNow() {
  if (elsewhere) return;
  const text = view.state.doc.toString();
  tell(words.saving);
  try {
    const body = new URLSearchParams({ file: form.file.value, revision: form.revision.value, text });
    const answer = await fetch(form.action, { method: "POST", body, headers: { accept: "application/json" } });
    const told = await answer.json();
    if (answer.ok) {
      form.revision.value = told.revision;
      saved = text;
      tell(view.state.doc.toString() === saved ? words.saved : words.unsaved);
      show(told.problems);
    } else if (told.problem === "elsewhere") {
      elsewhere = true;
      form.revision.value = told.revision;
      button.textContent = words.save_over;
      tell(words.elsewhere);
    } else tell(told.problem);
  } catch {
    tell(words.not_saved);
  }
}

/** What is wrong: marked in the lines, and told below for whoever does not see marks. */
function show(all) {
  const { doc } = view.state;
  const here = all.filter(({ file }) => file === form.file.value);
  view.dispatch(setDiagnostics(
    view.state,
    here.map(({ line, problem }) => {
      const at = doc.line(Math.min(Math.max(line ?? 1, 1), doc.lines));
      return { from: at.from, to: at.to, severity: "error", message: problem };
    }),
  ));
  if (all.length === 0) {
    problems.replaceChildren(
      Object.assign(document.createElement("p"), { className: "hint", textContent: words.no_problems }),
    );
    return;
  }
  const list = Object.assign(document.createElement("ul"), { className: "plain" });
  for (const { file, line, problem } of [...here, ...all.filter((one) => !here.includes(one))]) {
    const item = Object.assign(document.createElement("li"), { className: "rule-item" });
    const place = Object.assign(document.createElement("a"), {
      className: "mono",
      href: `${form.getAttribute("action").replace(/\/file$/, "")}?file=${encodeURIComponent(file)}${
        line === null ? "" : `&line=${line}`
      }`,
      textContent: line === null ? file : `${file}, ${words.line.replace("0", line)}`,
    });
    const told = Object.assign(document.createElement("p"), { lang: "en", textContent: problem });
    item.append(place, told);
    list.append(item);
  }
  problems.replaceChildren(list);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (elsewhere) button.textContent = form.dataset.save;
  elsewhere = false;
  void save();
});
// What else is done to the draft waits for what is being saved, and then goes with the revision of that. Where another window saved,
// it keeps its own and is refused.
for (const other of document.querySelectorAll("form:not(#rule-form):has([name=revision])")) {
  let waited = false;
  other.addEventListener("submit", async (event) => {
    if (elsewhere || waited) return;
    event.preventDefault();
    await (unsaved() ? save() : last);
    if (elsewhere) return;
    other.revision.value = form.revision.value;
    waited = true;
    // Not within the submission that was held up: that would be ignored.
    setTimeout(() => other.requestSubmit(event.submitter));
  });
}
const unsaved = () => view.state.doc.toString() !== saved;
addEventListener("beforeunload", (event) => {
  if (unsaved()) event.preventDefault();
});
// Whoever goes on to the next step right after typing has it there.
addEventListener("click", async (event) => {
  const way = event.target.closest("a[href]");
  const aside = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
  if (way === null || aside || elsewhere || !unsaved()) return;
  event.preventDefault();
  await save();
  if (!elsewhere) location.assign(way.href);
});

// --- the editor -----------------------------------------------------------------------------------------------------------

form.dataset.save = button.textContent;
const box = Object.assign(document.createElement("div"), { className: "code" });
field.hidden = true;
field.before(box);
form.querySelector("label").htmlFor = "";
view = new EditorView({
  parent: box,
  state: EditorState.create({
    doc: field.value,
    extensions: [
      EditorView.cspNonce.of(form.dataset.nonce),
      lineNumbers(),
      lintGutter(),
      history(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      autocompletion({ override: [complete], activateOnTypingDelay: 150 }),
      yaml(),
      syntaxHighlighting(colours),
      look,
      EditorState.tabSize.of(2),
      EditorView.contentAttributes.of({
        "aria-label": form.querySelector("label").textContent,
        "aria-describedby": "problems",
        spellcheck: "false",
        tabindex: "0",
      }),
      keymap.of([
        { key: "Mod-s", run: () => (form.requestSubmit(), true) },
        ...completionKeymap,
        ...lintKeymap,
        ...searchKeymap,
        ...historyKeymap,
        // Tab stays what it is elsewhere: the way to the next control.
        ...defaultKeymap,
      ]),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        clearTimeout(timer);
        if (elsewhere) return;
        tell(words.unsaved);
        timer = setTimeout(save, SAVE_AFTER_MS);
      }),
    ],
  }),
});
tell(words.keys);
const wanted = Number(form.dataset.line);
if (wanted >= 1 && wanted <= view.state.doc.lines) {
  const { from } = view.state.doc.line(wanted);
  view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
  view.focus();
}
