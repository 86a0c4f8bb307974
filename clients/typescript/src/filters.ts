/** Filters: `collection.filter.byProperty("year").greaterThan(1990)`, combined by `Filters.and(...)`. */
import type { Filter, Schemas } from "./schema.ts";

type Scalar = string | number | boolean | Date;
type Operator = Schemas["Condition"]["operator"];

const stored = (value: Scalar): string | number | boolean => (value instanceof Date ? value.toISOString() : value);

/** Builds a condition on one property. */
export class FilterBy {
  readonly #property: string;
  readonly #length: boolean;

  constructor(property: string, length = false) {
    this.#property = property;
    this.#length = length;
  }

  equal = (value: Scalar): Filter => this.#condition("equal", stored(value));
  notEqual = (value: Scalar): Filter => this.#condition("not_equal", stored(value));
  lessThan = (value: Scalar): Filter => this.#condition("less_than", stored(value));
  lessOrEqual = (value: Scalar): Filter => this.#condition("less_or_equal", stored(value));
  greaterThan = (value: Scalar): Filter => this.#condition("greater_than", stored(value));
  greaterOrEqual = (value: Scalar): Filter => this.#condition("greater_or_equal", stored(value));
  like = (pattern: string): Filter => this.#condition("like", pattern);
  isNull = (isNull: boolean): Filter => this.#condition("is_null", isNull);
  containsAny = (values: Scalar[]): Filter => this.#condition("contains_any", values.map(stored));
  containsAll = (values: Scalar[]): Filter => this.#condition("contains_all", values.map(stored));
  containsNone = (values: Scalar[]): Filter => this.#condition("contains_none", values.map(stored));
  /** Within `distance` metres of a place. */
  withinGeoRange = (range: { latitude: number; longitude: number; distance: number }): Filter =>
    this.#condition("within_geo_range", { lat: range.latitude, lon: range.longitude, meters: range.distance });

  #condition(operator: Operator, value: Schemas["Condition"]["value"]): Filter {
    return { property: this.#property, operator, value, ...(this.#length ? { length: true } : {}) };
  }
}

/** `collection.filter`. */
export const filter = {
  byProperty: (name: string, length = false): FilterBy => new FilterBy(name, length),
  byId: (): FilterBy => new FilterBy("_id"),
  byCreationTime: (): FilterBy => new FilterBy("_created"),
  byUpdateTime: (): FilterBy => new FilterBy("_updated"),
};

export const Filters = {
  and: (...filters: Filter[]): Filter => ({ and: filters }),
  or: (...filters: Filter[]): Filter => ({ or: filters }),
  not: (negated: Filter): Filter => ({ not: negated }),
};
