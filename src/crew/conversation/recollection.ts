import { knownFixes, taskMemory } from "../../memory/task-memory.js";
import { oneLine } from "../../memory/text.js";
import type { Crew } from "../state/context.js";
import type { TaskRun } from "../state/task-status.js";
import { conversationStream } from "./conversation.js";

/** Files of a task that are named to whoever goes on with it. */
const MAX_FILES = 50;
/** Files of the cycle that are looked through for them. */
const MAX_FILES_READ = 1_000;
/** Characters of what the conversation before said last. */
const MAX_SAID_CHARS = 1_000;

/**
 * What a work conversation is told in its first message of what came before it: where the task stands, fixes
 * known for what it was rejected for (S3:434), then decisions, fixes and completed work that bear on it. It starts
 * from here after a handover, a remedy or a restart, and not from nothing. Empty when nothing is known.
 */
export function recollect(crew: Crew, run: TaskRun): string {
  const { remedies, rejections, open } = run.state;
  const remedy = remedies.at(-1);
  const fixes = knownFixes(crew.store, [...rejections, ...[...open.values()].map(({ reason }) => reason)].join("\n"));
  const row = crew.store.queries.task(crew.cycle, run.task.id);
  const sections = row === undefined ? [] : taskMemory(crew.store, row, { except: fixes.map(({ id }) => id) });
  return [
    ...standing(crew, run),
    ...(remedy === undefined ? [] : [`Guidance from ${remedy.by}: ${remedy.reason}`]),
    ...rejections.map((feedback, index) => `Rejection ${index + 1}: ${feedback}`),
    ...listed(
      "Fixes known for these errors",
      fixes.map(({ line }) => line),
    ),
    ...sections.flatMap(({ heading, lines }) => listed(heading, lines)),
  ].join("\n");
}

/** What earlier conversations about the task did; nothing when this is the first. */
function standing(crew: Crew, { task, state }: TaskRun): string[] {
  const before = crew.store.queries.conversations(crew.cycle, task.id, "work");
  const last = before.filter(({ outcome }) => outcome !== null).at(-1);
  if (last === undefined) return [];
  const kept = crew.store.queries.filesKept(crew.cycle, MAX_FILES_READ).filter((file) => file.task === task.id);
  const files = kept.slice(0, MAX_FILES).map(({ path, kind }) => `${path} (${kind})`);
  const steps = [...state.steps.values()].filter(({ status }) => status === "done").map(({ step }) => step);
  const said = lastWords(crew, last.id);
  return [
    `This task was worked on before, by ${last.agent}; its last conversation ended: ${oneLine(last.outcome ?? "")}.`,
    `Files of this task kept so far: ${files.length === 0 ? "none" : files.reverse().join(", ")}. Read them before you change them.`,
    ...(steps.length === 0 ? [] : [`Steps done: ${steps.join(", ")}`]),
    ...(said === "" ? [] : [`It said last: ${said}`]),
  ];
}

/** The text of a conversation's newest reply that has one. */
function lastWords(crew: Crew, conversation: string): string {
  const filter = {
    stream: conversationStream(conversation),
    type: "MODEL_RESPONSE",
    reverse: true,
    limit: 10,
  } as const;
  for (const event of crew.store.events(filter)) {
    const blocks = event.type === "MODEL_RESPONSE" ? event.payload.reply.content : [];
    const text = blocks.map((block) => (block.type === "text" ? String(block["text"]) : "")).join(" ");
    if (text.trim() !== "") return oneLine(text, MAX_SAID_CHARS);
  }
  return "";
}

function listed(heading: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${heading}:`, ...lines.map((line) => `- ${line}`)];
}
