import { parseDocument } from "yaml";
import { z } from "zod";
import { err, ok, type Result } from "../kernel/result.js";
import type { Plan } from "../schema/plan.js";
import { loadPlan } from "./load-plan.js";

/** Files one amendment may add. */
const MAX_FILES = 20;

const patchSchema = z.strictObject({
  write: z
    .array(z.string().regex(/^[^*?[\]{}]+$/))
    .min(1)
    .max(MAX_FILES),
});

/** The names an amendment adds: `{ write: [path, ...] }` and nothing else. The error is for who proposed it. */
export function readPatch(patch: unknown): Result<readonly string[], string> {
  const parsed = patchSchema.safeParse(patch);
  if (parsed.success) return ok([...new Set(parsed.data.write)]);
  return err(
    `amend needs patch { write: [path, ...] } and nothing else: 1 to ${MAX_FILES} files, by name, no patterns.`,
  );
}

/**
 * Adds files to a task of a plan's text; comments and everything else stay. The result is linted like any plan: its
 * first fault is the error.
 */
export function amendPlan(source: string, task: string, files: readonly string[]): Result<string, string> {
  const before = loadPlan(source, "plan.yaml").plan;
  const at = before === undefined ? undefined : findTask(before, task);
  if (at === undefined) return err(`the plan has no task '${task}'.`);
  const added = files.filter((file) => !at.write.includes(file));
  if (added.length === 0) return err(`${task} may write ${files.join(", ")} already: amending would change nothing.`);
  const document = parseDocument(source);
  document.setIn([...at.path, "files", "write"], [...at.write, ...added]);
  const text = document.toString({ lineWidth: 0 });
  const fault = loadPlan(text, "plan.yaml").faults.find(({ severity }) => severity === "error");
  return fault === undefined ? ok(text) : err(`${fault.code}: ${fault.message}`);
}

interface Found {
  readonly path: readonly (string | number)[];
  readonly write: readonly string[];
}

function findTask({ phases }: Plan, id: string): Found | undefined {
  const found = phases.flatMap(({ tasks }, phase) =>
    tasks.flatMap((task, index) =>
      task.id === id ? [{ path: ["phases", phase, "tasks", index], write: task.files.write }] : [],
    ),
  );
  return found[0];
}
