import { type Fault, invalid } from "../../kernel/fault.js";
import type { Backend } from "./spec.js";

/** One thing that must hold before any command is run. */
export interface Probe {
  /** The sandbox it tried; none for what concerns them all. */
  readonly backend?: Backend;
  readonly name: string;
  readonly ok: boolean;
  /** What was seen. */
  readonly detail: string;
  /** The exact remedy; empty when the probe passed. */
  readonly fix: string;
}

/** Which sandbox this machine can run; with null only structured file tools are offered. */
export interface BackendReport {
  readonly chosen: Backend | null;
  readonly probes: readonly Probe[];
}

/** A passed probe. */
export function passed(name: string, detail: string): Probe {
  return { name, ok: true, detail, fix: "" };
}

/** A failed probe and its remedy. */
export function failed(name: string, detail: string, fix: string): Probe {
  return { name, ok: false, detail, fix };
}

/** What failed, one text each with the remedy on a line of its own. */
export function failures({ probes }: BackendReport): string[] {
  return probes
    .filter(({ ok }) => !ok)
    .map(({ backend = "sandbox", name, detail, fix }) => `${backend} ${name}: ${detail}\n  fix: ${fix}`);
}

/** The Fault NO_SANDBOX (exit 2) for what is not done as no command can be confined here, with every remedy. */
export function noSandbox(report: BackendReport, what: string): Fault {
  return invalid("NO_SANDBOX", `${what}, and this machine has no sandbox:\n${failures(report).join("\n")}`);
}
