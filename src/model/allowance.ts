import { join } from "node:path";
import { stateHome } from "../effect/repository/repository-location.js";
import { sha256Hex } from "../kernel/canonical.js";
import { type Clock, systemClock } from "../kernel/clock.js";
import { type Cap, readCap, setCap } from "../store/allowance/money.js";
import { type Holder, holderOf, isHolderAlive } from "../store/lease.js";
import { lazyFile } from "./allowance-file.js";
import type { Connection } from "./connection.js";
import type { ParentBudget } from "./governor.js";
import { createPace, type Pace } from "./pace.js";
import { sharedBudget } from "./shared-budget.js";

/** What all crews of one user under one key share: the server's rates and a person's cap on money. */
export interface Allowance {
  readonly budget: ParentBudget;
  readonly pace: Pace;
  cap(): Cap | undefined;
  /** Counts from now on; null drops it. `allowed` is in nano-dollars. */
  setCap(allowed: number | null, by: string): void;
  close(): void;
}

/** How an allowance is opened. */
export interface AllowanceOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Crews take turns under this name. */
  readonly crew: string;
  readonly clock?: Clock;
  /** Told, once, when requests go on without knowing of the others' rates. */
  readonly onWarning?: (message: string) => void;
  readonly me?: Holder;
}

/** The file of a key: named by a hash, from which the key cannot be read back. */
export function allowancePath(
  env: NodeJS.ProcessEnv,
  { baseUrl, apiKey }: Pick<Connection, "baseUrl" | "apiKey">,
): string {
  const name = sha256Hex(`worknode allowance\n${new URL(baseUrl).origin}\n${apiKey}`).slice(0, 32);
  return join(stateHome(env), "worknode", "allowance", `${name}.db`);
}

/**
 * Opens what the crews of a connection's key share. The file is made when there is something to write in it; until then
 * nothing is limited. Throws Fault ALLOWANCE_UNREADABLE (exit 2) where there is one that cannot be used: money is
 * counted in it.
 */
export function openAllowance(
  connection: Pick<Connection, "baseUrl" | "apiKey">,
  options: AllowanceOptions,
): Allowance {
  const path = allowancePath(options.env, connection);
  const file = lazyFile(path);
  file.ifThere();
  const clock = options.clock ?? systemClock;
  const me = options.me ?? holderOf(process.pid, "");
  const who = { me, isAlive: isHolderAlive };
  return {
    budget: sharedBudget(file, who),
    pace: createPace(file, { ...who, crew: options.crew, clock, warn: options.onWarning ?? (() => {}) }),
    cap() {
      const db = file.ifThere();
      return db === undefined ? undefined : file.guard(() => readCap(db));
    },
    setCap: (allowed, by) =>
      file.guard(() => setCap(file.made(), allowed === null ? null : { allowed, atMs: clock.nowMs(), by })),
    close: () => file.close(),
  };
}
