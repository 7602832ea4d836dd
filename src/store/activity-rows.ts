/** A conversation; open while `outcome` is null. */
export interface ConversationRow {
  id: string;
  cycle: number;
  task: string | null;
  kind: "plan-review" | "work" | "critic" | "audit" | "escalation";
  agent: string;
  model: string;
  outcome: string | null;
  seq: number;
}

/** A call that was allowed and whose result was never recorded. */
export interface UnknownCallRow {
  call_id: string;
  task: string | null;
  tool: string;
  /** What it is about: path, command or pattern. */
  object: string;
  effect: "kept" | "discarded" | null;
}

/** The end of an execution. */
export interface ExecutionRow {
  id: string;
  cycle: number;
  task: string | null;
  conversation: string;
  worker: string;
  outcome: string;
  seal: string;
  seq: number;
}

/** The last kept change of a file in a cycle. */
export interface FileRow {
  cycle: number;
  path: string;
  task: string | null;
  kind: string;
  seq: number;
  hlc: string;
}
