import { sha256Hex } from "../kernel/canonical.js";
import { type Plan, planSchema } from "../schema/plan.js";
import { parseYaml, pathKey, type YamlDocument } from "./document.js";
import { lintPlan } from "./lint/lint-plan.js";
import { type DataPath, type Finding, type PlanFault, sortFaults } from "./plan-fault.js";
import { hasRepairBelow, isRepaired, type Repair, repair, startRepair } from "./repair.js";
import { findingsOf, plainPath } from "./schema-finding.js";

/** A plan, when its text has the format's shape, and every fault found in one pass. */
export interface LoadedPlan {
  readonly plan: Plan | undefined;
  readonly faults: PlanFault[];
}

/** Rounds of repairs before the linter gives up on a plan whose form is broken. */
const MAX_ROUNDS = 12;

/** SHA-256 of a plan's exact bytes: what a person approves. */
export function planHash(text: string): string {
  return sha256Hex(text);
}

/** Where parts of loaded plans stand in their files; gone with the plan. */
const documents = new WeakMap<Plan, YamlDocument>();

/** Place of a part of a loaded plan; line 1, column 1 for a plan made otherwise. */
export function placeIn(plan: Plan, path: DataPath): { line: number; column: number } {
  return documents.get(plan)?.locateKey(path) ?? { line: 1, column: 1 };
}

/**
 * Parses, validates and lints a plan; `path` is its place in the repository as given. Never throws.
 * A fault of form does not hide faults of meaning: malformed parts are set aside and the rest is
 * linted. `plan` may be there beside faults: check those first.
 */
export function loadPlan(text: string, path: string): LoadedPlan {
  const document = parseYaml(text);
  if (document.data === undefined) return { plan: undefined, faults: document.faults };
  const parsed = planSchema.safeParse(document.data);
  const findings = parsed.success ? lintPlan(parsed.data, path, document.data) : faultsOfForm(document.data, path);
  if (parsed.success) documents.set(parsed.data, document);
  const faults = findings.map((finding) => toFault(document, finding));
  return { plan: parsed.success ? parsed.data : undefined, faults: sortFaults([...document.faults, ...faults]) };
}

/** Unknown keys are told at the key, and what is missing at the key of what lacks it; the rest at the value. */
function toFault(document: YamlDocument, { path, code, message, severity, absence }: Finding): PlanFault {
  const atKey = absence === true || code === "unknown-key";
  return { ...(atKey ? document.locateKey(path) : document.locate(path)), code, message, severity };
}

/** Findings of a plan whose form is broken: those of its form, and those of meaning in the sound rest. */
function faultsOfForm(data: unknown, path: string): Finding[] {
  const state = startRepair(data);
  const findings = new Map<string, Finding>();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const parsed = planSchema.safeParse(state.data);
    if (parsed.success)
      return [...findings.values(), ...lintPlan(parsed.data, path, data).filter((found) => isSound(state, found))];
    for (const issue of parsed.error.issues) {
      if (isRepaired(state, plainPath(issue.path))) continue;
      for (const found of findingsOf(issue, state.data)) findings.set(`${pathKey(found.path)} ${found.message}`, found);
    }
    repair(state, parsed.error.issues);
  }
  return [...findings.values()];
}

/** Whether a finding is about what the file says, and not about what a repair put there or took away. */
function isSound(state: Repair, finding: Finding): boolean {
  if (isRepaired(state, finding.path)) return false;
  return finding.absence !== true || !hasRepairBelow(state, finding.path);
}
