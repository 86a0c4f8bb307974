// Ranges of numbers and of dates with round bounds, and how many objects are in each.

const MOST = 12;
const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];
const STEPS = [SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY];
const MONTHS = [1, 3, 6, 12, 24, 60, 120, 240, 600, 1_200, 6_000, 12_000];
const MONTH = 30.44 * DAY;

const tidy = (value) => Number(value.toPrecision(12));

function roundStep(span, least) {
  const rough = Math.max(span / MOST, least);
  const power = 10 ** Math.floor(Math.log10(rough));
  return Math.max(least, tidy([1, 2, 5, 10].find((each) => each * power >= rough * (1 - 1e-9)) * power));
}

function numberEdges(low, high, isWhole) {
  const step = roundStep(high - low || (isWhole ? 1 : Math.abs(low) || 1), isWhole ? 1 : Number.MIN_VALUE);
  const first = Math.floor(tidy(low / step));
  const last = Math.floor(tidy(high / step));
  return Array.from({ length: last - first + 2 }, (_, at) => tidy((first + at) * step));
}

function dateEdges(low, high) {
  const span = high - low;
  const step = STEPS.find((each) => span / each <= MOST - 1);
  if (step) {
    const first = Math.floor(low / step);
    return { step, edges: Array.from({ length: Math.floor(high / step) - first + 2 }, (_, at) => (first + at) * step) };
  }
  const months = MONTHS.find((each) => span / (each * MONTH) <= MOST - 1) ?? MONTHS.at(-1);
  const [from, to] = [low, high].map((each) => Math.floor((new Date(each).getUTCFullYear() * 12 + new Date(each).getUTCMonth()) / months));
  const edges = Array.from({ length: to - from + 2 }, (_, at) => {
    const edge = new Date(0);
    edge.setUTCFullYear(Math.floor(((from + at) * months) / 12), ((from + at) * months) % 12, 1);
    return edge.getTime();
  });
  return { step: months * MONTH, edges };
}

function dateText(time, step) {
  const zone = { timeZone: "UTC" };
  const shown =
    step >= 12 * MONTH
      ? { year: "numeric" }
      : step >= MONTH
        ? { year: "numeric", month: "short" }
        : step >= DAY
          ? { day: "numeric", month: "short", year: "numeric" }
          : { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", ...(step < MINUTE ? { second: "2-digit" } : {}), hour12: false };
  return new Date(time).toLocaleString("en", { ...zone, ...shown });
}

// `groups` are values with their numbers of objects. A range has its bounds as values of a filter: the upper one is
// below the next range's first value.
export function rangesOf(type, groups) {
  const isDate = type === "date";
  const values = groups.map(({ value, total }) => [isDate ? Date.parse(value) : value, total]).filter(([value]) => Number.isFinite(value));
  if (values.length === 0) return [];
  const numbers = values.map(([value]) => value);
  const [low, high] = [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
  const { edges, step } = isDate ? dateEdges(low, high) : { edges: numberEdges(low, high, type === "int") };
  const ranges = edges.slice(0, -1).map((from, at) => ({ ...boundsOf(type, from, edges[at + 1], step), count: 0 }));
  for (const [value, total] of values) {
    // The last edge that is not above the value.
    let [at, end] = [0, ranges.length - 1];
    while (at < end) {
      const middle = Math.ceil((at + end) / 2);
      if (edges[middle] <= value) at = middle;
      else end = middle - 1;
    }
    ranges[at].count += total;
  }
  return ranges;
}

// Alto's dates have a year of four digits.
const [FIRST, LAST] = [Date.parse("0001-01-01T00:00:00Z"), Date.parse("9999-12-31T23:59:59.999Z")];
const isoDate = (time) => new Date(Math.min(Math.max(time, FIRST), LAST)).toISOString();

function boundsOf(type, from, to, step) {
  if (type === "date") {
    const isOne = step < 2 * MONTH || step === 12 * MONTH;
    const [first, last] = [dateText(from, step), dateText(to - 1, step)];
    return { from: isoDate(from), to: isoDate(to), label: isOne || first === last ? first : `${first} – ${last}` };
  }
  if (type === "int") return { from, to, label: to - from === 1 ? String(from) : `${from} – ${to - 1}` };
  return { from, to, label: `${from} – ${to}` };
}
