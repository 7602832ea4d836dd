import { type Allowance, openAllowance } from "../model/allowance.js";
import { createModelClient } from "../model/client.js";
import { resolveConnection } from "../model/connection.js";
import type { ModelClient } from "../model/request.js";
import type { Store } from "../store/store.js";
import { cycleStream, eventAt } from "./records.js";

/** How a crew reaches its model, and what it shares with the other crews of its key. */
export interface ModelAccess {
  readonly client: ModelClient;
  readonly allowance: Allowance;
}

/** Refuses a set-up that could ask nothing, before anything is opened for it. Throws Faults of exit 2. */
export function requireModel(env: NodeJS.ProcessEnv): void {
  openAllowance(resolveConnection(env), { env, crew: "" }).close();
}

/** Opens the way to the model for a cycle. The caller closes the allowance. Throws Faults of exit 2. */
export function openModel(
  { store, stateDir, cycle }: { store: Store; stateDir: string; cycle: number },
  env: NodeJS.ProcessEnv,
): ModelAccess {
  const connection = resolveConnection(env);
  const { baseUrl, apiKey, profile } = connection;
  const onWarning = (message: string): void => {
    const place = { stream: cycleStream(cycle), actor: "worknode", run: cycle, task: null };
    store.append([
      eventAt(place, "ALERT", { severity: "warning", message, to: "executive", key: `allowance:${cycle}` }),
    ]);
  };
  const allowance = openAllowance(connection, { env, crew: `${stateDir}:${cycle}`, clock: store.clock, onWarning });
  return { client: createModelClient({ baseUrl, apiKey, profile }), allowance };
}
