import type { AnyEvent, EventType } from "../../schema/event.js";
import type { Connection } from "../connection.js";
import { agentProjectors } from "./agents.js";
import { callProjectors } from "./calls.js";
import { cycleProjectors } from "./cycles.js";
import { gateProjectors } from "./gates.js";
import { memoryProjectors } from "./memory.js";
import type { Projectors } from "./projector.js";
import { taskProjectors } from "./tasks.js";
import { usageProjectors } from "./usage.js";

const projectors: Projectors = {
  ...cycleProjectors,
  ...taskProjectors,
  ...agentProjectors,
  ...gateProjectors,
  ...usageProjectors,
  ...callProjectors,
  ...memoryProjectors,
};

/** Types of events that tables are made from; the others only stand in the log. */
export const projectedTypes: ReadonlySet<EventType> = new Set(Object.keys(projectors) as EventType[]);

/** Folds one event into the projections, inside the caller's transaction. Throws Fault DUPLICATE_EVENT. */
export function project(db: Connection, event: AnyEvent): void {
  const projector = projectors[event.type] as ((db: Connection, event: AnyEvent) => void) | undefined;
  projector?.(db, event);
}
