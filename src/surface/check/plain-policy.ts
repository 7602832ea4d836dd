import type { CheckMode } from "../../schema/check-policy.js";

/** The JSON Schema of a value of a policy, of the words that are understood here. */
export interface PolicyShape {
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly items?: PolicyShape;
  readonly properties?: Readonly<Record<string, PolicyShape>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly default?: unknown;
}

/** Characters of a policy that is read here. */
const MAX_CHARS = 10_000;
const COMMENT = /^ *(?:#.*)?$/;
const ENTRY = /^([A-Za-z]+): (.+?)(?: +#.*)?$/;
const WORD = /^[A-Za-z]+$/;
const NUMBER = /^(?:0|[1-9]\d{0,8})(?:\.\d{1,9})?$/;

/**
 * The mode of a policy that plainly fits its schema: lines of a key with a word, a number, `{ key: value }` or `[word]`,
 * all that a new set-up has. Undefined for every other policy, also for one that fits: the whole program reads those.
 * It never takes for good what the schema refuses, as `shape` is made of the schema itself.
 */
export function plainMode(text: string, shape: PolicyShape): CheckMode | undefined {
  if (text.length > MAX_CHARS || !/^[ -~\n]*$/.test(text)) return undefined;
  const lines = text.split("\n").filter((line) => !COMMENT.test(line));
  const policy = recordOf(lines);
  if (policy === undefined || !fits(policy, shape)) return undefined;
  return (policy["mode"] ?? shape.properties?.["mode"]?.default) as CheckMode | undefined;
}

type Scalar = string | number | boolean;
type Value = Scalar | readonly (Scalar | undefined)[] | PlainRecord;
interface PlainRecord {
  readonly [key: string]: Value;
}

/** Entries `key: value`; undefined where one is not of that form, or given twice. */
function recordOf(entries: readonly string[]): PlainRecord | undefined {
  const found = entries.map((entry) => ENTRY.exec(entry) ?? ["", "", ""]);
  const values = new Map(found.map(([, key = "", text = ""]) => [key, valueOf(text)]));
  const whole = values.size === entries.length && ![...values.values()].includes(undefined);
  return whole ? (Object.fromEntries(values) as PlainRecord) : undefined;
}

function valueOf(text: string): Value | undefined {
  const inside = text.slice(2, -2).split(", ");
  if (text.startsWith("{ ") && text.endsWith(" }")) return recordOf(inside.map(flat));
  if (text.startsWith("[") && text.endsWith("]")) return text.slice(1, -1).split(", ").map(scalarOf);
  return scalarOf(text);
}

/** A record in a record holds none: what would begin one is no scalar either. */
function flat(entry: string): string {
  return /[{}[\]#]/.test(entry) ? "" : entry;
}

function scalarOf(text: string): Scalar | undefined {
  if (text === "true" || text === "false") return text === "true";
  if (NUMBER.test(text)) return Number(text);
  return WORD.test(text) ? text : undefined;
}

/** Words of a schema that are all understood; another may say anything. */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  "$schema",
  "const",
  "enum",
  "type",
  "minimum",
  "maximum",
  "minItems",
  "items",
  "properties",
  "required",
  "additionalProperties",
  "default",
]);

function fits(value: unknown, shape: PolicyShape): boolean {
  if (!Object.keys(shape).every((word) => UNDERSTOOD.has(word))) return false;
  if (shape.const !== undefined) return value === shape.const;
  if (shape.enum !== undefined) return shape.enum.includes(value);
  return FITS[shape.type ?? ""]?.(value, shape) === true;
}

/** What is neither named one by one nor of these types, texts above all, may have to fit more than a schema says. */
const FITS: Readonly<Record<string, (value: unknown, shape: PolicyShape) => boolean>> = {
  boolean: (value) => typeof value === "boolean",
  integer: (value, shape) => Number.isInteger(value) && isWithin(value as number, shape),
  number: (value, shape) => typeof value === "number" && isWithin(value, shape),
  array: (value, { items, minItems = 0 }) =>
    Array.isArray(value) &&
    value.length >= minItems &&
    items?.enum !== undefined &&
    value.every((each) => fits(each, items)),
  object: fitsObject,
};

function isWithin(value: number, { minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: PolicyShape): boolean {
  return value >= minimum && value <= maximum;
}

function fitsObject(value: unknown, { properties = {}, required = [], additionalProperties }: PolicyShape): boolean {
  if (typeof value !== "object" || value === null || additionalProperties !== false) return false;
  const given = Object.entries(value);
  const isKnown = given.every(([key, each]) => Object.hasOwn(properties, key) && fits(each, properties[key] ?? {}));
  return isKnown && required.every((key) => Object.hasOwn(value, key));
}
