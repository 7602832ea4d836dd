import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { MAX_JSON_DEPTH, MAX_PLAN_BYTES } from "../kernel/bounds.js";
import { messageOf } from "../kernel/fault.js";
import type { DataPath, PlanFault } from "./plan-fault.js";

/** Line and column, both counted from 1. */
export interface Place {
  line: number;
  column: number;
}

/** A YAML file as plain data, with the place of every value and key in it. */
export interface YamlDocument {
  /** Undefined when nothing could be read. */
  data: unknown;
  faults: PlanFault[];
  /** Place of the value at `path`, or of its nearest ancestor that is in the file. */
  locate(path: DataPath): Place;
  /** Place of the key at `path`; falls back as `locate` does. */
  locateKey(path: DataPath): Place;
}

/** State of one conversion of YAML nodes into data. */
interface Conversion {
  values: Map<string, number>;
  keys: Map<string, number>;
  faults: PlanFault[];
  place(offset: number): Place;
}

const START: Place = { line: 1, column: 1 };

/**
 * Parses YAML 1.2 into plain data. Anchors, aliases, merge keys, tags, duplicate and non-string
 * keys, several documents and nesting beyond MAX_JSON_DEPTH are faults. Never throws.
 */
export function parseYaml(text: string): YamlDocument {
  if (Buffer.byteLength(text) > MAX_PLAN_BYTES) {
    return unreadable("too-large", `the file is larger than ${MAX_PLAN_BYTES} bytes; split the plan`);
  }
  try {
    return readDocument(text);
  } catch (thrown) {
    return unreadable("yaml-syntax", `the file cannot be read as YAML: ${messageOf(thrown)}`);
  }
}

function unreadable(code: string, message: string): YamlDocument {
  const fault: PlanFault = { ...START, code, message, severity: "error" };
  return { data: undefined, faults: [fault], locate: () => START, locateKey: () => START };
}

function readDocument(text: string): YamlDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.max(0, offset));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const conversion: Conversion = { values: new Map(), keys: new Map(), faults: [], place };
  for (const problem of [...document.errors, ...document.warnings]) {
    const code = problem.code === "DUPLICATE_KEY" ? "duplicate-key" : "yaml-syntax";
    conversion.faults.push({ ...place(problem.pos[0]), code, message: problem.message, severity: "error" });
  }
  const data = convert(conversion, document.contents, []);
  return {
    data,
    faults: conversion.faults,
    locate: (path) => find(conversion, [conversion.values, conversion.keys], path),
    locateKey: (path) => find(conversion, [conversion.keys, conversion.values], path),
  };
}

function find(conversion: Conversion, maps: readonly Map<string, number>[], path: DataPath): Place {
  for (let length = path.length; length >= 0; length -= 1) {
    const key = pathKey(path.slice(0, length));
    for (const map of maps) {
      const offset = map.get(key);
      if (offset !== undefined) return conversion.place(offset);
    }
  }
  return START;
}

/** A path as one string, for maps and sets. */
export function pathKey(path: DataPath): string {
  return JSON.stringify(path);
}

type Ranged = { range?: [number, number, number] | null };

/** What is wrong with a node itself, its members apart; undefined when nothing is. */
function nodeFault(node: unknown, depth: number): [code: string, message: string] | undefined {
  if (isAlias(node)) return ["yaml-alias", "aliases are not allowed; write the value out"];
  if (isNode(node) && node.anchor !== undefined) return ["yaml-alias", `anchors are not allowed: &${node.anchor}`];
  if (depth > MAX_JSON_DEPTH) return ["too-deep", `nested more than ${MAX_JSON_DEPTH} levels deep`];
  if (isScalar(node) && !isPlainValue(node.value))
    return ["yaml-value", "not a plain value; quote it to make it a string"];
  return undefined;
}

type YamlNode = Scalar | YAMLMap<unknown, unknown> | YAMLSeq;

function isNode(node: unknown): node is YamlNode {
  return isScalar(node) || isMap(node) || isSeq(node);
}

function isPlainValue(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return value === null || typeof value === "string" || typeof value === "boolean";
}

function convert(conversion: Conversion, node: unknown, path: DataPath): unknown {
  const fault = nodeFault(node, path.length);
  if (fault !== undefined) report(conversion, node, fault);
  if (!isNode(node) || path.length > MAX_JSON_DEPTH) return null;
  conversion.values.set(pathKey(path), offsetOf(node));
  if (isMap(node)) return convertMap(conversion, node.items, path);
  if (isSeq(node)) return node.items.map((item, index) => convert(conversion, item, [...path, index]));
  return isPlainValue(node.value) ? node.value : null;
}

/** Where a node starts in the text (characters). */
function offsetOf(node: unknown): number {
  return (node as Ranged | null)?.range?.[0] ?? 0;
}

function report(conversion: Conversion, node: unknown, [code, message]: [string, string]): void {
  conversion.faults.push({ ...conversion.place(offsetOf(node)), code, message, severity: "error" });
}

function convertMap(conversion: Conversion, items: readonly Pair[], path: DataPath): Record<string, unknown> {
  const data: Record<string, unknown> = {};
  for (const { key, value } of items) {
    const name = keyName(key);
    if (name === undefined) {
      report(conversion, key, ["yaml-key", "a key must be a plain string; quote numbers and true/false"]);
      continue;
    }
    const inside = [...path, name];
    const known = conversion.keys.get(pathKey(inside));
    conversion.keys.set(pathKey(inside), known ?? offsetOf(key));
    data[name] = convert(conversion, value, inside);
  }
  return data;
}

function keyName(key: unknown): string | undefined {
  const name = isScalar(key) ? key.value : undefined;
  return typeof name === "string" && name !== "__proto__" ? name : undefined;
}
