/** A JSON object as it came over the wire. */
export type Raw = Record<string, unknown>;

/** A demand of the API: the message of its refusal, or undefined when the value meets it. */
export type Rule<T> = (value: T) => string | undefined;

/** The first refusal, as the real API gives one at a time. */
export function firstFault<T>(rules: readonly Rule<T>[], value: T): string | undefined {
  for (const rule of rules) {
    const fault = rule(value);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** The first refusal among numbered parts. */
export function firstOf<T>(items: readonly T[], check: (item: T, index: number) => string | undefined) {
  for (const [index, item] of items.entries()) {
    const fault = check(item, index);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a block's text is missing or nothing but white space. */
export function isBlank(block: Raw | undefined): boolean {
  const text = block?.["text"];
  return typeof text !== "string" || text.trim() === "";
}

/** Refuses members outside `allowed`, in the API's words. */
export function extraInputs(value: Raw, allowed: ReadonlySet<string>, prefix: string): string | undefined {
  const extra = Object.keys(value).find((key) => !allowed.has(key));
  return extra === undefined ? undefined : `${prefix}${extra}: Extra inputs are not permitted`;
}
