import { MAX_EXPRESSION_MEMBERS, MAX_EXPRESSION_TEXT_CHARS, MAX_JSON_DEPTH } from "../kernel/bounds.js";

/** Plain data as CEL sees it: whole numbers become integers. Throws beyond the bounds. */
export function toCel(value: unknown, depth: number): unknown {
  if (depth > MAX_JSON_DEPTH) throw new Error("a value is nested too deeply");
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof value === "string" && value.length > MAX_EXPRESSION_TEXT_CHARS) throw new Error("a text is too long");
  if (value === null || typeof value !== "object") return value ?? null;
  if (Array.isArray(value)) return bounded(value).map((member) => toCel(member, depth + 1));
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, toCel(member, depth + 1)]));
}

function bounded<T>(list: readonly T[]): readonly T[] {
  if (list.length > MAX_EXPRESSION_MEMBERS) throw new Error(`a list has more than ${MAX_EXPRESSION_MEMBERS} members`);
  return list;
}

/** A CEL result as plain data. Throws on what JSON cannot hold. */
export function fromCel(value: unknown, depth: number): unknown {
  if (depth > MAX_JSON_DEPTH) throw new Error("the result is nested too deeply");
  if (typeof value === "bigint") return toNumber(value);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return finite(value);
  if (typeof value === "string") return boundedText(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((member) => fromCel(member, depth + 1));
  const plain = value instanceof Map ? Object.fromEntries(value) : value;
  if (typeof plain !== "object" || Object.getPrototypeOf(plain) !== Object.prototype) {
    throw new Error("the result is not a plain value");
  }
  return Object.fromEntries(Object.entries(plain ?? {}).map(([key, member]) => [key, fromCel(member, depth + 1)]));
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
  if (text.length > MAX_EXPRESSION_TEXT_CHARS) throw new Error("the resulting text is too long");
  return text;
}
