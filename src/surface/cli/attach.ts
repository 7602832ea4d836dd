import { describeVerb, withArguments } from "./arguments.js";
import { type CliContext, type Verb, writeLine } from "./context.js";
import { followRun, runningCycle } from "./follow.js";
import { createProgress } from "./progress/progress.js";
import { withStore } from "./project.js";

const NOTHING = 7;
const INTERRUPTED = 130;

/** `worknode attach`: shows the run under way as if it had been started here; leaving it does not stop it. */
export const attachVerb: Verb = (context, args) => {
  const command = describeVerb(
    context,
    "attach",
    "Show the run under way. Ctrl-C leaves it running; `worknode kill` stops it.",
  );
  return withArguments(command, args, () => attach(context));
};

async function attach(context: CliContext): Promise<number> {
  return await withStore(context, async (store) => {
    const cycle = runningCycle(store);
    if (cycle === undefined) {
      writeLine(context.err, "worknode: nothing runs here now. `worknode status` shows what was.");
      return NOTHING;
    }
    const progress = createProgress(context);
    progress.seed(store.events({ run: cycle }));
    const { signal } = context;
    const followed = await followRun(store, cycle, {
      signal,
      onEvents: (events) => {
        for (const event of events) progress.show(event);
      },
    });
    progress.end();
    if (followed.kind === "ended") return followed.exitCode;
    if (followed.kind === "left") writeLine(context.out, `Left; cycle ${cycle} goes on.`);
    else writeLine(context.err, "worknode: the run's process is gone. `worknode continue` carries on.");
    return followed.kind === "left" ? 0 : INTERRUPTED;
  });
}
