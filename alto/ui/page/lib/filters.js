// Filters of the page: a list of conditions, all of which hold.

import { short } from "./format.js";

export const OPERATORS = {
  text: [["equal", "is"], ["not_equal", "is not"], ["contains_any", "is any of"], ["has_words", "has the words"], ["like", "is like"], ["is_null", "is missing"]],
  number: [["equal", "="], ["greater_or_equal", "≥"], ["less_or_equal", "≤"], ["greater_than", ">"], ["less_than", "<"], ["not_equal", "≠"], ["is_null", "is missing"]],
  boolean: [["equal", "is"], ["is_null", "is missing"]],
};
const WORDS = new Map(Object.values(OPERATORS).flat().reverse());
const LOWER = ["greater_or_equal", "greater_than"];
const UPPER = ["less_than", "less_or_equal"];

export const typeOf = (property) => property?.type?.replace("[]", "") ?? "text";

export const kindOf = (property) => {
  const type = typeOf(property);
  if (["int", "number", "date"].includes(type)) return "number";
  return type === "boolean" ? "boolean" : "text";
};

export function readFilters(text) {
  try {
    const found = JSON.parse(text || "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

export const writeFilters = (conditions) => (conditions.length ? JSON.stringify(conditions) : undefined);

export const filterOf = (conditions) =>
  conditions.length === 0 ? undefined : conditions.length === 1 ? conditions[0] : { and: conditions };

export function typedValue(property, operator, text) {
  if (operator === "is_null") return true;
  if (operator === "contains_any") return text.split(",").map((each) => each.trim()).filter(Boolean);
  const type = typeOf(property);
  if (type === "int" || type === "number") return Number(text);
  if (type === "boolean") return text === "true";
  return text;
}

const isChoice = (each, name) => each.property === name && ["equal", "contains_any"].includes(each.operator);
export const isRange = (each, name) => each.property === name && [...LOWER, ...UPPER].includes(each.operator);

// The values of a property that are chosen, any of which an object may have.
export const chosenValues = (filters, name) =>
  filters.filter((each) => isChoice(each, name)).flatMap((each) => each.value);

export function toggleValue(filters, name, value) {
  const chosen = chosenValues(filters, name);
  const values = chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value];
  const rest = filters.filter((each) => !isChoice(each, name));
  if (values.length === 0) return rest;
  const condition = values.length === 1 ? { property: name, operator: "equal", value: values[0] } : { property: name, operator: "contains_any", value: values };
  return [...rest, condition];
}

// A range from its first value, up to but without `to`.
export function setRange(filters, name, from, to) {
  const rest = filters.filter((each) => !isRange(each, name));
  const bounds = [["greater_or_equal", from], ["less_than", to]].filter(([, value]) => value !== undefined);
  return [...rest, ...bounds.map(([operator, value]) => ({ property: name, operator, value }))];
}

// What a facet counts: all conditions except those of its own property, so that its other values stay in sight.
export const withoutOwn = (filters, name) => filters.filter((each) => !isChoice(each, name) && !isRange(each, name));

export function describe({ property, operator, value }) {
  if (operator === "is_null") return `${property} ${WORDS.get(operator)}`;
  if (operator === "contains_any") return `${property} is ${[].concat(value).map(short).join(" or ")}`;
  return `${property} ${WORDS.get(operator) ?? operator} ${short(value)}`;
}

// Conditions as they are shown: both ends of a range are one.
export function chipsOf(filters) {
  const chips = [];
  for (const each of filters) {
    const pair = UPPER.includes(each.operator) && chips.find((chip) => chip.conditions.length === 1 && chip.conditions[0].property === each.property && LOWER.includes(chip.conditions[0].operator));
    if (pair) {
      pair.conditions.push(each);
      pair.text = `${pair.text}, ${WORDS.get(each.operator)} ${short(each.value)}`;
    } else chips.push({ text: describe(each), conditions: [each] });
  }
  return chips;
}
