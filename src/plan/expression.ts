import type { Environment } from "@marcbachmann/cel-js";
import { MAX_EXPRESSION_CHARS, MAX_EXPRESSION_TEXT_CHARS } from "../kernel/bounds.js";
import { canonicalJson } from "../kernel/canonical.js";
import { messageOf } from "../kernel/fault.js";
import { err, ok, type Result } from "../kernel/result.js";
import { BoundedFiles, boundFault, createEnvironment, type FileReader } from "./cel-environment.js";
import { fromCel, toCel } from "./cel-value.js";
import { bareExpression, splitTemplate, type TemplatePart } from "./template.js";

/** What an expression may see. A name that is not given is unknown to it: an error, not an empty value. */
export interface ExpressionContext {
  tasks?: Record<string, { status: string; outputs: Record<string, unknown> }>;
  phases?: Record<string, { status: string }>;
  steps?: Record<string, { status: string; outputs: Record<string, unknown> }>;
  with?: Record<string, unknown>;
  inputs?: Record<string, unknown>;
  files?: FileReader;
  /** See `nowFacts`. */
  now?: object;
  cycle?: object;
  /** What the agent submitted; only for a step's outputs. */
  result?: object;
  /** The call being judged; only for policies: `{tool, agent, tier, task, phase}`. */
  call?: object;
}

let shared: Environment | undefined;

/**
 * Evaluates a CEL expression, bare or as one `${{ ... }}`. Total: a syntax, type or look-up error, or
 * a bound that is reached, is an error value. Integers come back as numbers.
 */
export function evaluate(expression: string, context: ExpressionContext): Result<unknown, string> {
  const text = bareExpression(expression);
  if (text.length > MAX_EXPRESSION_CHARS) return err(`expression longer than ${MAX_EXPRESSION_CHARS} characters`);
  try {
    shared ??= createEnvironment(true);
    const program = shared.parse(text);
    const fault = boundFault(program.ast);
    if (fault !== undefined) return err(`${text}: ${fault}`);
    return ok(fromCel(program(toContext(context)), 0));
  } catch (thrown) {
    return err(`${text}: ${firstLine(thrown)}`);
  }
}

function firstLine(thrown: unknown): string {
  return messageOf(thrown).split("\n")[0] ?? "";
}

function toContext(context: ExpressionContext): Record<string, unknown> {
  const { files, ...rest } = context;
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) values[name] = toCel(value, 0);
  if (files !== undefined) values["files"] = new BoundedFiles(files);
  return values;
}

/** Evaluates a condition; anything but true or false is an error. */
export function evaluateCondition(expression: string, context: ExpressionContext): Result<boolean, string> {
  const result = evaluate(expression, context);
  if (!result.ok) return result;
  if (typeof result.value === "boolean") return ok(result.value);
  return err(`${bareExpression(expression)}: a condition must be true or false`);
}

/**
 * Replaces each `${{ ... }}` of a template. A template that is one expression keeps the value's type.
 * An expression without value (null or empty text) is an error: context that was to be passed is
 * missing (REQUIREMENTS 111). The result is data; it is never part of a command.
 */
export function interpolate(template: string, context: ExpressionContext): Result<unknown, string> {
  const parts = splitTemplate(template);
  if (parts === undefined) return err("'${{' is not closed by '}}'");
  const values: unknown[] = [];
  for (const part of parts) {
    const value = valueOf(part, context);
    if (!value.ok) return value;
    values.push(value.value);
  }
  if (parts.length === 1) return ok(values[0]);
  const text = values.map(textOf).join("");
  return text.length > MAX_EXPRESSION_TEXT_CHARS ? err("the resulting text is too long") : ok(text);
}

function valueOf(part: TemplatePart, context: ExpressionContext): Result<unknown, string> {
  if (part.kind === "text") return ok(part.text);
  const result = evaluate(part.text, context);
  if (result.ok && (result.value === null || result.value === "")) return err(`${part.text}: the value is empty`);
  return result;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : canonicalJson(value);
}
