import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { assert } from "../kernel/assert.js";
import { err, ok, type Result } from "../kernel/result.js";
import type { Connection } from "./connection.js";
import { isOsLocked, signOfLife } from "./os-lock.js";
import { readLease } from "./sql/read-lease.js";
import { releaseLease } from "./sql/release-lease.js";
import { takeLease } from "./sql/take-lease.js";

/** The process that holds a lease. A pid alone may have been given to another process since. */
export interface Holder {
  readonly pid: number;
  /** When it started, in the kernel's own words; see `holderOf`. */
  readonly startTime: string;
  /** For people: who runs it. */
  readonly owner: string;
  /** File that it holds locked while it lives; undefined where none is known. Numbers of processes differ between containers. */
  readonly sign?: string;
}

/** A lease as last given. `held` is false after its release. */
export interface Lease extends Holder {
  readonly name: string;
  /** Grows with every holder; a write with an older fence is a zombie's. */
  readonly fence: number;
  readonly held: boolean;
}

/** Name of the lease of whoever makes one call as an agent, outside a run: `status` tells by it whether that process lives. */
export function callLease({ cycle, task, agent }: { cycle: number; task: string; agent: string }): string {
  return `call:${cycle}:${task}:${agent}`;
}

/** Who holds what. */
export interface LeaseReader {
  readonly read: (name: string) => Lease | undefined;
}

/** Exclusive rights by name, for example to run a cycle. */
export interface Leases extends LeaseReader {
  /** Takes a free lease, the caller's own, or that of a dead process; else the living holder's lease. */
  acquire(name: string, holder: Holder, isAlive: (holder: Holder) => boolean): Result<{ fence: number }, Lease>;
  /** False when the fence has passed to another holder. */
  release(name: string, fence: number): boolean;
}

interface LeaseRow {
  name: string;
  fence: number;
  held: number;
  pid: number;
  start_time: string;
  owner: string;
}

/** What stands between a holder's start and the name of its sign of life. */
const SIGN = "~";

/** Where the holders of a database's leases show that they live. */
function signsOf(path: string): string {
  return `${path}.holders`;
}

/** The leases of a database, to look at. */
export function createLeaseReader(db: Pick<Connection, "get" | "path">): LeaseReader {
  return {
    read(name) {
      const row = db.get<LeaseRow>(readLease, [name]);
      if (row === undefined) return undefined;
      const { fence, pid, owner } = row;
      const [startTime = "", sign] = row.start_time.split(SIGN);
      const lease = { name, fence, held: row.held === 1, pid, startTime, owner };
      return sign === undefined ? lease : { ...lease, sign: join(signsOf(db.path), basename(sign)) };
    },
  };
}

/** The leases of a database; `transaction` runs its argument in one immediate transaction. */
export function createLeases(db: Connection, transaction: <T>(work: () => T) => T): Leases {
  const { read } = createLeaseReader(db);
  return {
    acquire: (name, holder, isAlive) =>
      transaction(() => {
        const lease = read(name);
        const sign = signOfLife(signsOf(db.path));
        if (lease?.held === true && !isSame(lease, { ...holder, ...(sign && { sign }) }) && isAlive(lease))
          return err(lease);
        const start_time = sign === undefined ? holder.startTime : `${holder.startTime}${SIGN}${basename(sign)}`;
        db.run(takeLease, { name, pid: holder.pid, start_time, owner: holder.owner });
        const taken = read(name);
        assert(taken !== undefined, "a lease just taken is there");
        return ok({ fence: taken.fence });
      }),
    release: (name, fence) => transaction(() => db.run(releaseLease, [name, fence]) === 1),
    read,
  };
}

function isSame(lease: Lease, holder: Holder): boolean {
  return lease.pid === holder.pid && lease.startTime === holder.startTime && lease.sign === holder.sign;
}

/** Whether this process holds a lease. */
export function isOwnLease(lease: Lease): boolean {
  const { pid, startTime } = holderOf(process.pid, "");
  const sign = lease.sign === undefined ? undefined : signOfLife(dirname(lease.sign));
  return lease.held && isSame(lease, { ...lease, pid, startTime, ...(sign && { sign }) });
}

/**
 * State and start of a process from `/proc/<pid>/stat`, or undefined when there is none. The name in
 * parentheses may hold anything, so fields are counted behind the last one.
 */
function readStat(pid: number): { state: string; startTicks: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", startTicks: fields[19] ?? "" };
  } catch {
    return undefined;
  }
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8);
  } catch {
    return "";
  }
}

/** The holder a process is: its start in clock ticks since boot, with the boot's id. */
export function holderOf(pid: number, owner: string): Holder {
  return { pid, startTime: `${readStat(pid)?.startTicks ?? ""}@${bootId()}`, owner };
}

/** Whether a holder still runs, in whichever container of this kernel: whether its sign of life is locked, else by its number. */
export function isHolderAlive(holder: Holder): boolean {
  return holder.sign === undefined ? isHolderHere(holder) : isOsLocked(holder.sign);
}

/**
 * Whether a holder's number is that of a process here: same pid, same start, not a zombie. Without `/proc`, whether the pid
 * exists. Only then is the number good for a signal.
 */
export function isHolderHere(holder: Holder): boolean {
  if (holder.startTime.startsWith("@")) return pidExists(holder.pid);
  const stat = readStat(holder.pid);
  if (stat === undefined || stat.state === "Z" || stat.state === "X") return false;
  return `${stat.startTicks}@${bootId()}` === holder.startTime;
}

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as { code?: unknown }).code === "EPERM";
  }
}
