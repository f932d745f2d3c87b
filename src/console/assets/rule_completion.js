// What may stand at a place of a rule file, from the JSON Schema of its kind.

import { placeAt } from "./rule_place.js";

/** `schemas`: by file name, as references name them. */
export function choicesAt(schemas, kind, lines, number, column) {
  const root = schemas[`${kind}.schema.json`];
  if (root === undefined) return null;
  const place = placeAt(lines, number, column);
  let nodes = [{ node: root, root }];
  for (const step of place.steps) {
    nodes = step.item ? nodes.flatMap(itemsOf(schemas)) : nodes.flatMap(childOf(schemas, step));
  }
  const inside = place.list ? nodes.flatMap(itemsOf(schemas)) : nodes;
  const choices = place.list
    ? inside.flatMap(valuesOf(schemas))
    : place.key === null
    ? nodes.flatMap(keysOf(schemas, place.siblings))
    : nodes.flatMap(childOf(schemas, { key: place.key, siblings: place.siblings })).flatMap(valuesOf(schemas));
  const known = new Map();
  for (const choice of choices) if (!known.has(choice.label)) known.set(choice.label, choice);
  return { word: place.word, isKey: !place.list && place.key === null, choices: [...known.values()] };
}

/** The schemas that hold for a node beside `siblings`: references followed, choices laid open, conditions asked. */
function open(schemas, siblings) {
  const opened = ({ node, root }, depth = 0) => {
    if (typeof node !== "object" || node === null || depth > 12) return [];
    if (node.$ref !== undefined) {
      const [file, path] = node.$ref.split("#");
      const other = file === "" ? root : schemas[file];
      const target = path.split("/").filter(Boolean).reduce((at, key) => at?.[key], other);
      return opened({ node: target, root: other }, depth + 1);
    }
    const parts = [...node.allOf ?? [], ...node.anyOf ?? [], ...node.oneOf ?? []].flatMap((part) => {
      const chosen = part.if === undefined ? part : holds(part.if, siblings) ? part.then : part.else;
      return opened({ node: chosen, root }, depth + 1);
    });
    return [{ node, root }, ...parts];
  };
  return opened;
}

function holds({ properties = {}, required = [] }, siblings) {
  return required.every((key) => key in siblings) &&
    Object.entries(properties).every(([key, { const: value }]) => !(key in siblings) || siblings[key] === value);
}

const childOf = (schemas, { key, siblings }) => (start) =>
  open(schemas, siblings)(start).flatMap(({ node, root }) => {
    const own = node.properties?.[key];
    if (own !== undefined) return own === false ? [] : [{ node: own, root }];
    return typeof node.additionalProperties === "object" ? [{ node: node.additionalProperties, root }] : [];
  });

const itemsOf = (schemas) => (start) =>
  open(schemas, {})(start).flatMap(({ node, root }) =>
    typeof node.items === "object" ? [{ node: node.items, root }] : []
  );

const keysOf = (schemas, siblings) => (start) =>
  open(schemas, siblings)(start).flatMap(({ node, root }) =>
    Object.entries(node.properties ?? {}).flatMap(([key, value]) =>
      value === false || key in siblings ? [] : [{ label: key, info: saidOf(schemas, { node: value, root }) }]
    )
  );

const valuesOf = (schemas) => (start) =>
  open(schemas, {})(start).flatMap(({ node }) => {
    const info = (at) => node.enumDescriptions?.[at] ?? node.description;
    const listed = node.enum ?? (node.const === undefined ? node.examples ?? [] : [node.const]);
    const values = listed.length === 0 && node.type === "boolean" ? [true, false] : listed;
    return values.map((value, at) => ({ label: String(value), info: info(at) }));
  });

function saidOf(schemas, start) {
  return open(schemas, {})(start).find(({ node }) => node.description !== undefined)?.node.description;
}
