import { visible } from "../kernel/visible.js";

/** One fault of a plan, agent or profile file; line and column count from 1. `code` is stable. */
export interface PlanFault {
  line: number;
  column: number;
  code: string;
  message: string;
  severity: "error" | "warning";
}

/** Where a value sits in the file's data: keys and indexes from the root. */
export type DataPath = readonly (string | number)[];

/** A fault that still says where it is by its place in the data. */
export interface Finding {
  path: DataPath;
  code: string;
  message: string;
  severity: "error" | "warning";
  /** The fault is that something is missing; void when that something is there but malformed. */
  absence?: boolean;
}

/** A finding that stops the plan. */
export function error(path: DataPath, code: string, message: string): Finding {
  return { path, code, message, severity: "error" };
}

/** A finding that is only told. */
export function warning(path: DataPath, code: string, message: string): Finding {
  return { path, code, message, severity: "warning" };
}

/** Whether any fault is an error. */
export function hasErrors(faults: readonly PlanFault[]): boolean {
  return faults.some((fault) => fault.severity === "error");
}

/** Sorts by place, then code, and drops exact repetitions. */
export function sortFaults(faults: readonly PlanFault[]): PlanFault[] {
  const seen = new Set<string>();
  const unique = faults.filter((fault) => {
    const key = `${fault.line}:${fault.column}:${fault.code}:${fault.message}`;
    return !seen.has(key) && seen.add(key);
  });
  return unique.sort((a, b) => a.line - b.line || a.column - b.column || a.code.localeCompare(b.code));
}

/** `path:line:column: severity code: message`, the form editors make clickable, on one line whatever the plan says. */
export function formatFault(file: string, fault: PlanFault): string {
  const message = visible(fault.message).replace(/\s*\n\s*/g, " ");
  return `${file}:${fault.line}:${fault.column}: ${fault.severity} ${fault.code}: ${message}`;
}
