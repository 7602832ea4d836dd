import type { Decision, OwnTask } from "../../schema/memory.js";

/** A task as another tool wrote it down. */
export interface ImportedTask extends OwnTask {
  status: "open" | "done" | "cancelled" | "blocked";
  /** What else it says, kept as a note. */
  details?: string;
}

/** What was read from another tool's files. */
export interface Imported {
  tasks: ImportedTask[];
  decisions: Decision[];
}
