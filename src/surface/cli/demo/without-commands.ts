import { isMap, isSeq, parseDocument, type YAMLMap } from "yaml";

/** A command the demo does not run, and why nothing else is done instead. */
export interface RefusedCommand {
  readonly task: string;
  readonly command: string;
}

/**
 * The demo's plan for a machine without a sandbox: commands are never run unconfined, so they are taken
 * out, and what they would have proved is waived in the open.
 */
export function withoutCommands(plan: string): { plan: string; refused: RefusedCommand[] } {
  const document = parseDocument(plan);
  const refused: RefusedCommand[] = [];
  for (const task of tasksOf(document.get("phases"))) {
    const verify = task.get("verify");
    if (!isMap(verify)) continue;
    const id = String(task.get("id"));
    const { test } = verify.toJSON() as { test?: string[] };
    refused.push({ task: id, command: (test ?? []).join(" ") });
    task.delete("verify");
  }
  const tasks = refused.map(({ task }) => task);
  const reason = "this machine has no sandbox, so the demo's commands are refused";
  document.set(
    "waivers",
    document.createNode(["tests", "coverage"].map((rule) => ({ rule, tasks: [...tasks], reason }))),
  );
  return { plan: document.toString(), refused };
}

function tasksOf(phases: unknown): YAMLMap[] {
  const list = isSeq(phases) ? phases.items : [];
  return list.flatMap((phase) => {
    const tasks = isMap(phase) ? phase.get("tasks") : undefined;
    return isSeq(tasks) ? tasks.items.filter(isMap) : [];
  });
}
