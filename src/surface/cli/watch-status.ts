import type { AnyEvent } from "../../schema/event.js";
import type { Store } from "../../store/store.js";
import type { CliContext } from "./context.js";
import { followRun, runningCycle } from "./follow.js";

const CLEAR = "\u001b[H\u001b[2J";
/** Events that change what `status` says of a task; on a terminal every event draws it anew. */
const TELLING: ReadonlySet<AnyEvent["type"]> = new Set([
  "TASK_STARTED",
  "TASK_STATUS",
  "EVENT_TASK_COMPLETED",
  "APPROVAL_REQUESTED",
  "APPROVAL_RESOLVED",
  "ESCALATION",
]);

/** Shows the status now and on every change, until the run ends or the person leaves; once where nothing runs. */
export async function watchStatus(context: CliContext, store: Store, show: () => void): Promise<number> {
  const { out, signal } = context;
  const draw = (): void => {
    if (out.isTTY) out.write(CLEAR);
    show();
  };
  const cycle = runningCycle(store);
  draw();
  if (cycle === undefined) return 0;
  await followRun(store, cycle, {
    signal,
    onEvents: (events) => {
      if (out.isTTY || events.some(({ type }) => TELLING.has(type))) draw();
    },
  });
  draw();
  return 0;
}
