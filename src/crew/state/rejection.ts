import type { AnyNewEvent, EventPayload } from "../../schema/event.js";
import { eventAt, type Place } from "./records.js";

/** Events that turn a task's work down and have it go on; `why` is what its status says. */
export function rejectionEvents(
  place: Place,
  rejection: EventPayload<"TASK_REJECTED">,
  why: "rework" | "escalated" = "rework",
): AnyNewEvent[] {
  const status = eventAt(place, "TASK_STATUS", { status: "IN_PROGRESS", reason: why });
  return [eventAt(place, "TASK_REJECTED", rejection), status];
}
