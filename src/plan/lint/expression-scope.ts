import type { ValueType } from "../../schema/plan-scalar.js";
import type { PlanTask } from "../../schema/plan-task.js";
import type { Scope, Shape } from "../expression-check.js";
import type { LintSubject } from "./subject.js";

/** CEL types of declared values. A number may be whole or not, so that it is dynamic. */
const TYPES: Readonly<Record<ValueType, string>> = {
  string: "string",
  number: "dyn",
  boolean: "bool",
  list: "list",
  map: "map",
};

const NOW: Shape = { weekday: "int", hour: "int", minute: "int", day: "int", month: "int", year: "int" };
const CALL: Shape = { tool: "string", agent: "string", tier: "string", task: "string", phase: "string" };

/** An empty shape is not a type in CEL: nothing can be read from it, which is what it means here. */
function shapeOf(members: Record<string, Shape>): Shape {
  return Object.keys(members).length === 0 ? { "": "dyn" } : members;
}

function outputShape(task: PlanTask): Shape {
  const types = Object.entries(task.outputs).map(([name, output]): [string, Shape] => [name, TYPES[output.type]]);
  return shapeOf(Object.fromEntries(types));
}

function inputShape({ plan }: LintSubject): Shape {
  const types = Object.entries(plan.inputs).map(([name, input]): [string, Shape] => [name, TYPES[input.type]]);
  return shapeOf(Object.fromEntries(types));
}

/** What conditions and templates outside steps see: tasks, phases, inputs, files and the cycle. */
export function cycleScope(subject: LintSubject): Scope {
  const tasks = subject.tasks.map(({ task }): [string, Shape] => [
    task.id,
    { status: "string", outputs: outputShape(task) },
  ]);
  const phases = subject.plan.phases.map(({ id }): [string, Shape] => [id, { status: "string" }]);
  return {
    tasks: shapeOf(Object.fromEntries(tasks)),
    phases: shapeOf(Object.fromEntries(phases)),
    inputs: inputShape(subject),
    files: "Files",
    cycle: { number: "int" },
  };
}

/** Outputs of the steps before one; `result` is there for the step's own outputs only. */
export function stepShapes(task: PlanTask, before: number): Shape {
  const steps = task.steps.slice(0, before).map((step): [string, Shape] => {
    const names = step.kind === "agent" ? Object.keys(step.outputs) : [];
    const outputs = names.map((name): [string, Shape] => {
      const declared = task.outputs[name];
      return [name, declared === undefined ? "dyn" : TYPES[declared.type]];
    });
    return [step.id, { status: "string", outputs: shapeOf(Object.fromEntries(outputs)) }];
  });
  return shapeOf(Object.fromEntries(steps));
}

/** Names of a task's `with`; a template's value may have any type. */
export function withShape(task: PlanTask): Shape {
  return shapeOf(Object.fromEntries(Object.keys(task.with).map((name) => [name, "dyn"])));
}

/** What policies see: the time in the plan's zone, the call and the inputs. */
export function policyScope(subject: LintSubject): Scope {
  return { now: NOW, call: CALL, inputs: inputShape(subject) };
}
