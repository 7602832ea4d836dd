import { invalid } from "../../kernel/fault.js";
import type { PlanInput } from "../../schema/plan-setting.js";
import type { PlanSource } from "./plan-source.js";

/** The values of a plan's inputs, from `--input NAME=VALUE` or their defaults. Throws Faults with exit 2. */
export function readInputs(source: PlanSource, given: Readonly<Record<string, string>>): Record<string, unknown> {
  const unknown = Object.keys(given).find((name) => source.plan.inputs[name] === undefined);
  if (unknown !== undefined) throw invalid("UNKNOWN_INPUT", `the plan has no input '${unknown}'.`);
  const specs = Object.entries(source.plan.inputs);
  return Object.fromEntries(specs.map(([name, spec]) => [name, readInput(name, spec, given[name])]));
}

function readInput(name: string, spec: PlanInput, text: string | undefined): unknown {
  const value = text === undefined ? spec.default : typedInput(spec.type, text);
  if (value === undefined) throw invalid("MISSING_INPUT", `the plan needs --input ${name}=….`);
  if (typeof value === "number" && !withinBounds(value, spec))
    throw invalid("BAD_INPUT", `input ${name} must be a number within its bounds.`);
  if (spec.enum !== undefined && !spec.enum.includes(value))
    throw invalid("BAD_INPUT", `input ${name} must be one of ${spec.enum.join(", ")}.`);
  return value;
}

function typedInput(type: PlanInput["type"], text: string): string | number | boolean {
  if (type === "number") return Number(text);
  return type === "boolean" ? text === "true" : text;
}

/** Not a number is within no bounds. */
function withinBounds(value: number, { min = value, max = value }: PlanInput): boolean {
  return value >= min && value <= max;
}
