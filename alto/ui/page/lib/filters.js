// Filters of the page: a list of conditions, all of which hold.

export const OPERATORS = {
  text: [["equal", "is"], ["not_equal", "is not"], ["has_words", "has the words"], ["like", "is like"], ["is_null", "is missing"]],
  number: [["equal", "="], ["greater_or_equal", "≥"], ["less_or_equal", "≤"], ["not_equal", "≠"], ["is_null", "is missing"]],
  boolean: [["equal", "is"], ["is_null", "is missing"]],
};

export const kindOf = (property) => {
  const type = property?.type?.replace("[]", "") ?? "text";
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

export const filterOf = (conditions) =>
  conditions.length === 0 ? undefined : conditions.length === 1 ? conditions[0] : { and: conditions };

export function typedValue(property, operator, text) {
  if (operator === "is_null") return true;
  const type = property?.type?.replace("[]", "");
  if (type === "int" || type === "number") return Number(text);
  if (type === "boolean") return text === "true";
  return text;
}

export function describe({ property, operator, value }) {
  const words = Object.values(OPERATORS).flat().find(([name]) => name === operator)?.[1] ?? operator;
  return operator === "is_null" ? `${property} ${words}` : `${property} ${words} ${value}`;
}
