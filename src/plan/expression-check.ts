import type { Environment } from "@marcbachmann/cel-js";
import { MAX_EXPRESSION_CHARS } from "../kernel/bounds.js";
import { messageOf } from "../kernel/fault.js";
import { boundFault, createEnvironment, nodesOf } from "./cel-environment.js";
import { bareExpression } from "./template.js";

/** Types an expression sees: a CEL type name, or members with their own types. */
export type Shape = string | { readonly [name: string]: Shape };
/** Variables of a scope by name. */
export type Scope = { readonly [name: string]: Shape };

/** Why an expression is refused: `code` is the linter's. */
export interface ExpressionFault {
  code: "expression-syntax" | "expression-unknown-name" | "expression-type" | "expression-unbounded";
  message: string;
}

const UNKNOWN = new Set(["no_such_key", "unknown_variable"]);

/** Checks expressions of one scope; the environment is built once, when there is one to check. */
export interface ExpressionChecker {
  /** What is wrong with the expression; a condition must be a boolean. Undefined when nothing is. */
  check(expression: string, wants: "condition" | "value"): ExpressionFault | undefined;
}

/** Makes the checker of a scope. */
export function createChecker(scope: Scope): ExpressionChecker {
  let environment: Environment | undefined;
  return {
    check(expression, wants) {
      environment ??= environmentOf(scope);
      return checkIn(environment, bareExpression(expression), wants);
    },
  };
}

function environmentOf(scope: Scope): Environment {
  const environment = createEnvironment(false);
  for (const [name, shape] of Object.entries(scope)) {
    if (typeof shape === "string") environment.registerVariable(name, shape);
    else environment.registerVariable({ name, schema: shape as Record<string, string> });
  }
  return environment;
}

function checkIn(environment: Environment, text: string, wants: "condition" | "value"): ExpressionFault | undefined {
  if (text.length > MAX_EXPRESSION_CHARS) {
    return { code: "expression-unbounded", message: `longer than ${MAX_EXPRESSION_CHARS} characters` };
  }
  try {
    const bound = boundFault(environment.parse(text).ast);
    if (bound !== undefined) return { code: "expression-unbounded", message: `${text}: ${bound}` };
  } catch (thrown) {
    return { code: "expression-syntax", message: `${text}: ${firstLine(thrown)}` };
  }
  return checkTypes(environment, text, wants);
}

function checkTypes(environment: Environment, text: string, wants: "condition" | "value"): ExpressionFault | undefined {
  try {
    const result = environment.check(text);
    if (!result.valid) return typeFault(text, result.error);
    const unknown = unknownInTest(environment, text);
    if (unknown !== undefined) return unknown;
    if (wants === "value" || result.type === "bool" || result.type === "dyn") return undefined;
    return { code: "expression-type", message: `${text}: a condition must be true or false, this is ${result.type}` };
  } catch (thrown) {
    return { code: "expression-type", message: `${text}: ${firstLine(thrown)}` };
  }
}

function typeFault(text: string, thrown: { code?: string | undefined } | undefined): ExpressionFault {
  const name = thrown?.code ?? "";
  const code = UNKNOWN.has(name) ? "expression-unknown-name" : "expression-type";
  return { code, message: `${text}: ${firstLine(thrown)}${HINTS[name] ?? ""}` };
}

/** What to write instead, for errors whose own message does not say. */
const HINTS: Readonly<Record<string, string>> = {
  invalid_macro_argument: "; after an index write tasks['ID'].outputs.?name.hasValue()",
};

/** CEL does not look at the names inside has() and after `.?`: they must be declared all the same. */
function unknownInTest(environment: Environment, text: string): ExpressionFault | undefined {
  const tested = nodesOf(environment.parse(text).ast).flatMap((node) => {
    if (node.op === ".?") return [text.slice(node.start, node.end)];
    const argument = node.op === "call" && node.args[0] === "has" ? node.args[1][0] : undefined;
    return argument === undefined ? [] : [text.slice(argument.start, argument.end)];
  });
  for (const reference of tested) {
    const result = environment.check(reference.replaceAll(".?", "."));
    if (!result.valid && UNKNOWN.has(result.error?.code ?? "")) {
      return { code: "expression-unknown-name", message: `${text}: ${firstLine(result.error)}` };
    }
  }
  return undefined;
}

function firstLine(thrown: unknown): string {
  return messageOf(thrown).split("\n")[0] ?? "";
}
