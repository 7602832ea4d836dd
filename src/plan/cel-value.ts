import { MAX_EXPRESSION_MEMBERS, MAX_EXPRESSION_TEXT_CHARS, MAX_JSON_DEPTH } from "../kernel/bounds.js";

/** Plain data as CEL sees it: whole numbers become integers. Throws beyond the bounds. */
export function toCel(value: unknown, depth: number): unknown {
  if (depth > MAX_JSON_DEPTH) throw new Error("a value is nested too deeply");
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value === "string") return boundedText(value);
  if (typeof value !== "object" || value === null) return value ?? null;
  return mapMembers(value, (member) => toCel(member, depth + 1));
}

/** A CEL result as plain data. Throws on what JSON cannot hold. */
export function fromCel(value: unknown, depth: number): unknown {
  if (depth > MAX_JSON_DEPTH) throw new Error("the result is nested too deeply");
  switch (typeof value) {
    case "bigint":
      return toNumber(value);
    case "number":
      return finite(value);
    case "string":
      return boundedText(value);
    case "boolean":
      return value;
    default:
      return fromObject(value, depth);
  }
}

function fromObject(value: unknown, depth: number): unknown {
  if (value === null) return null;
  if (value instanceof Date) return value.toISOString();
  const plain = value instanceof Map ? Object.fromEntries(value) : value;
  const isPlain =
    Array.isArray(plain) || (typeof plain === "object" && Object.getPrototypeOf(plain) === Object.prototype);
  if (!isPlain) throw new Error("the result is not a plain value");
  return mapMembers(plain as object, (member) => fromCel(member, depth + 1));
}

/** A list or record with each member replaced; members without value are left out. Throws when there are too many. */
function mapMembers(value: object, replace: (member: unknown) => unknown): unknown {
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (members.length > MAX_EXPRESSION_MEMBERS) {
    throw new Error(`a list or map has more than ${MAX_EXPRESSION_MEMBERS} members`);
  }
  if (Array.isArray(value)) return value.map(replace);
  return Object.fromEntries(members.map(([key, member]) => [key, replace(member)]));
}

function toNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new Error(`the number ${value} is out of range`);
  return number;
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new Error("the result is not a finite number");
  return value;
}

function boundedText(text: string): string {
  if (text.length > MAX_EXPRESSION_TEXT_CHARS) throw new Error("a text is too long");
  return text;
}
