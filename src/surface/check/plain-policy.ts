import type { CheckPolicy } from "../../schema/check-policy.js";
import { plainData } from "./plain-yaml.js";

/** The JSON Schema of a value of a policy, of the words that are understood here. */
export interface PolicyShape {
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: PolicyShape;
  readonly properties?: Readonly<Record<string, PolicyShape>>;
  readonly required?: readonly string[];
  readonly propertyNames?: PolicyShape;
  readonly additionalProperties?: boolean | PolicyShape;
  readonly default?: unknown;
}

/** What of a policy a change of nothing has to do with. */
export type PlainPolicy = Pick<CheckPolicy, "mode" | "exclude" | "plan">;

/**
 * A policy that plainly fits its schema. Undefined for every other policy, also for one that fits: the whole program
 * reads those. It never takes for good what the schema refuses, as `shape` is made of the schema itself.
 */
export function plainPolicy(text: string, shape: PolicyShape): PlainPolicy | undefined {
  const given = plainData(text);
  if (given === undefined || !fits(given, shape)) return undefined;
  const defaults = Object.entries(shape.properties ?? {}).map(([key, each]) => [key, each.default]);
  return { ...Object.fromEntries(defaults), ...given } as unknown as PlainPolicy;
}

/** Words of a schema that are all understood; another may say anything. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  "$schema",
  "const",
  "enum",
  "type",
  "minimum",
  "maximum",
  "minLength",
  "maxLength",
  "pattern",
  "minItems",
  "maxItems",
  "items",
  "properties",
  "required",
  "propertyNames",
  "additionalProperties",
  "default",
]);

function fits(value: unknown, shape: PolicyShape): boolean {
  if (!Object.keys(shape).every((word) => UNDERSTOOD.has(word))) return false;
  if (shape.const !== undefined) return value === shape.const;
  if (shape.enum !== undefined) return shape.enum.includes(value);
  return FITS[shape.type ?? ""]?.(value, shape) === true;
}

const FITS: Readonly<Record<string, (value: unknown, shape: PolicyShape) => boolean>> = {
  boolean: (value) => typeof value === "boolean",
  integer: (value, shape) => Number.isInteger(value) && isWithin(value as number, shape),
  number: (value, shape) => typeof value === "number" && isWithin(value, shape),
  string: (value, shape) => typeof value === "string" && fitsText(value, shape),
  array: (value, { items = {}, minItems = 0, maxItems = Number.POSITIVE_INFINITY }) =>
    Array.isArray(value) &&
    value.length >= minItems &&
    value.length <= maxItems &&
    value.every((each) => fits(each, items)),
  object: fitsObject,
};

function isWithin(value: number, { minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: PolicyShape): boolean {
  return value >= minimum && value <= maximum;
}

/** Blanks at an end may be taken away before the text is looked at. */
function fitsText(
  text: string,
  { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern }: PolicyShape,
): boolean {
  const fitsPattern = pattern === undefined || new RegExp(pattern).test(text);
  return text === text.trim() && text.length >= minLength && text.length <= maxLength && fitsPattern;
}

function fitsObject(value: unknown, shape: PolicyShape): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const isKnown = Object.entries(value).every(([key, each]) => fitsEntry(key, each, shape));
  return isKnown && (shape.required ?? []).every((key) => Object.hasOwn(value, key));
}

/** A key that is named, or any that the shape says the form of. */
function fitsEntry(key: string, value: unknown, shape: PolicyShape): boolean {
  const { properties = {}, propertyNames, additionalProperties } = shape;
  if (Object.hasOwn(properties, key)) return fits(value, properties[key] ?? {});
  if (propertyNames === undefined || typeof additionalProperties !== "object") return false;
  return fits(key, propertyNames) && fits(value, additionalProperties);
}
