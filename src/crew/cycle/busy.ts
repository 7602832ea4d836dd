import type { Fault } from "../../kernel/fault.js";
import { invalid } from "../../kernel/fault.js";
import { type Holder, isHolderAlive, type LeaseReader } from "../../store/lease.js";

/** The fault of running a cycle that another process runs (exit 2). */
export function busyCycle(cycle: number, { pid, owner }: Holder): Fault {
  return invalid(
    "CYCLE_BUSY",
    `cycle ${cycle} is being run by process ${pid} (${owner}). Wait for it, or stop it with \`worknode kill\`.`,
  );
}

/** Throws Fault CYCLE_BUSY where a living process runs the cycle. Only a look: who runs it next takes the lease. */
export function requireFree(leases: LeaseReader, cycle: number): void {
  const lease = leases.read(`cycle:${cycle}`);
  if (lease?.held === true && isHolderAlive(lease)) throw busyCycle(cycle, lease);
}
