import type { CheckName } from "../schema/verdict.js";
import type { GateFacts } from "./facts.js";

type Test = (value: unknown) => boolean;

const isNumber: Test = (value) => typeof value === "number" && Number.isFinite(value);
const isAmount: Test = (value) => typeof value === "number" && !Number.isNaN(value);
const isLeft: Test = (value) => value === null || isAmount(value);
const isBoolean: Test = (value) => typeof value === "boolean";
const isText: Test = (value) => typeof value === "string";
const isObject: Test = (value) => typeof value === "object" && value !== null;
const isFunction: Test = (value) => typeof value === "function";
const isList: Test = (value) => Array.isArray(value);
const isFiles: Test = (value) => isObject(value) && isFunction((value as { has?: unknown }).has);
const optional =
  (test: Test): Test =>
  (value) =>
    value === undefined || test(value);

const members =
  (tests: Readonly<Record<string, Test>>): Test =>
  (value) => {
    if (!isObject(value)) return false;
    for (const name in tests) if (tests[name]?.((value as Record<string, unknown>)[name]) !== true) return false;
    return true;
  };
/** Counts by index, because `every` skips what a sparse array lacks. */
const listOf =
  (test: Test): Test =>
  (value) => {
    if (!Array.isArray(value)) return false;
    for (let index = 0; index < value.length; index += 1) if (!test(value[index])) return false;
    return true;
  };

const isSignOff = members({ by: isText, proposalHash: isText, decision: isText, expiresMs: isNumber });
const isTextOrNull: Test = (value) => value === null || isText(value);
const isImage = members({
  path: isText,
  before: isTextOrNull,
  after: isText,
  base: optional(isTextOrNull),
  fault: optional(isText),
});
const isPathFact = members({ path: isText, kind: isText, linkOnTheWay: isBoolean });
const isPolicy = members({ id: isText, level: isText, pass: isBoolean, reason: isText, overridden: isBoolean });
const isAction = members({ kind: isText, targets: isNumber, irreversible: isBoolean, probeAgeMs: isLeft });

type FactTests = Partial<Record<keyof GateFacts, Test>>;

/** The facts each check stands on. A call is denied where one of them is missing or of another type. */
const FACTS_OF: Readonly<Record<CheckName, FactTests>> = {
  schema: { inputFault: optional(isText) },
  capability: { nowMs: isNumber, killed: isBoolean, capability: isObject, planHash: optional(isText) },
  plan: {
    shownRoot: isText,
    phaseActive: isBoolean,
    writes: members({ has: isFunction, leadsTo: isFunction, patterns: isList }),
    laterFiles: members({ has: isFunction, leadsTo: isFunction }),
    loadedFiles: isFiles,
    isDenied: isFunction,
    paths: listOf(isPathFact),
    images: listOf(isImage),
  },
  limits: { capability: isObject, images: listOf(isImage), elsewhere: optional(isFiles) },
  budget: { budget: members({ executionsLeft: isAmount, tokensLeft: isLeft, usdLeft: isLeft, timeLeftMs: isLeft }) },
  policy: { policies: listOf(isPolicy) },
  risk: {
    images: listOf(isImage),
    risk: members({
      auto: isNumber,
      auditor: isNumber,
      human: isNumber,
      humanReview: isText,
      violatedWithinDay: isBoolean,
      rejectedBefore: isBoolean,
      action: optional(isAction),
    }),
  },
  review: {
    nowMs: isNumber,
    review: members({
      auditor: (value) => value === null || isSignOff(value),
      humans: listOf(isSignOff),
      excluded: listOf(isText),
      selfReview: optional(isBoolean),
    }),
  },
};

/** The first fact of a check that is missing or of the wrong type; undefined when all are there. */
export function missingFact(check: CheckName, facts: GateFacts): string | undefined {
  if (!isObject(facts)) return "facts";
  const tests: Readonly<Record<string, Test>> = FACTS_OF[check];
  const values = facts as unknown as Readonly<Record<string, unknown>>;
  for (const name in tests) if (tests[name]?.(values[name]) !== true) return name;
  return undefined;
}
