import { existsSync } from "node:fs";
import { visible } from "../../kernel/visible.js";
import { projectBrief, renderBrief } from "../../memory/brief.js";
import { describeNothing } from "../../memory/nothing.js";
import { openReader, type StoreReader } from "../../store/reader.js";
import { type ReadingContext, writeLine } from "./context.js";
import { locateProject } from "./project.js";

/** Exit code of `continue` when nothing is incomplete (DESIGN §13). */
const NOTHING = 7;

/** `worknode continue --brief`: prints where the last run stood and starts nothing. Throws what opening throws. */
export function showBrief(context: ReadingContext): number {
  const { databasePath } = locateProject(context);
  if (!existsSync(databasePath)) return sayNothing(context, undefined);
  const store = openReader(databasePath);
  try {
    const brief = projectBrief(store);
    if (brief === undefined) return sayNothing(context, store);
    context.out.write(visible(renderBrief(brief)));
    return 0;
  } finally {
    store.close();
  }
}

/** Says that nothing is incomplete, in the sources' words (S4:202), and which cycle ended last. */
export function sayNothing(context: ReadingContext, store: StoreReader | undefined): number {
  const { error, last } = describeNothing(store);
  writeLine(context.err, `worknode: ${error}`);
  if (last !== null) writeLine(context.err, visible(last));
  return NOTHING;
}
