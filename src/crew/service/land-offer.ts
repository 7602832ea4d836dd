import { isSubsetOf } from "../../capability/write-set.js";
import { writeNewFile } from "../../effect/repository/checkout-survey.js";
import { parseYaml } from "../../plan/document.js";
import { loadPlan } from "../../plan/load-plan.js";
import { hasErrors } from "../../plan/plan-fault.js";
import { planText } from "../../plan/survey/plan-text.js";
import type { PlanTask } from "../../schema/plan-task.js";
import type { CycleRow } from "../../store/cycle-rows.js";
import type { Crew } from "../state/context.js";

const TASK = "RESOLVE-1";

/** A plan that resolves a conflict, and how to run it. */
export interface Offer {
  /** Where it was written, relative to the repository. */
  readonly plan: string;
  readonly command: string;
}

/**
 * Writes a plan with one task that resolves the conflict of a landing; nothing runs. Null where no plan could be
 * offered that lints clean, for example because a path is denied to every agent.
 */
export async function offerResolution(
  crew: Crew,
  row: CycleRow,
  conflict: { readonly commit: string; readonly paths: readonly string[] },
): Promise<Offer | null> {
  const plan = `.worknode/plans/land-${row.number}-${conflict.commit.slice(0, 8)}.yaml`;
  const text = resolutionPlan(crew, row, conflict.paths);
  if (hasErrors(loadPlan(text, plan).faults)) return null;
  await writeNewFile(crew.repository.root, plan, text);
  return { plan, command: `worknode run ${plan} --base ${crew.branch}` };
}

function resolutionPlan(crew: Crew, row: CycleRow, paths: readonly string[]): string {
  const data = parseYaml(crew.planSource).data as Record<string, unknown>;
  const touching = [...crew.tasks.values()].map(({ task }) => task).filter((task) => touches(task, paths));
  const last = touching.at(-1);
  const waived = crew.plan.waivers.filter(({ tasks }) => last !== undefined && tasks.includes(last.id));
  const titles = touching.map(({ id, title }) => `${id} (${title})`).join(", ");
  return planText({
    apiVersion: "worknode/v1",
    kind: "Plan",
    id: `land-${row.number}`,
    title: `Resolve what ${row.branch} and the branch it is to land on both changed`,
    ...(data["workspace"] === undefined ? {} : { workspace: data["workspace"] }),
    ...(data["budget"] === undefined ? {} : { budget: data["budget"] }),
    ...(waived.length === 0 ? {} : { waivers: waived.map((waiver) => ({ ...waiver, tasks: [TASK] })) }),
    phases: [
      {
        id: "resolve",
        tasks: [
          {
            id: TASK,
            title: `Resolve the conflict marks in ${paths.join(", ")}`,
            description: `Both sides stand between the marks <<<<<<< and >>>>>>>: the first is the branch as it is now, the second the work of ${titles || row.title}. Keep what both mean, and leave no mark.`,
            owner: "implementer",
            files: { write: [...paths] },
            ...verifyOf(data, last),
          },
        ],
      },
    ],
  });
}

function touches({ files }: PlanTask, paths: readonly string[]): boolean {
  return paths.some((path) => isSubsetOf([path], files.write));
}

/** The task's `verify` as its plan has it. */
function verifyOf(data: Record<string, unknown>, task: PlanTask | undefined): object {
  const phases = (data["phases"] ?? []) as { tasks?: { id?: unknown; verify?: unknown }[] }[];
  const raw = phases.flatMap(({ tasks }) => tasks ?? []).find(({ id }) => task !== undefined && id === task.id);
  return raw?.verify === undefined ? {} : { verify: raw.verify };
}
