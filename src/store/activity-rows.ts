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
  tool: string | null;
  /** What it is about: path, command or pattern. */
  object: string | null;
  effect: "kept" | "discarded" | null;
}

/** An execution and the call it made. Members are null until their event is there. */
export interface ExecutionRow {
  id: string;
  cycle: number;
  task: string | null;
  tool: string | null;
  /** What the call is about: path, command or pattern. */
  object: string | null;
  verdict: "Approved" | "PolicyBlocked" | "EscalationRequired" | null;
  effect: "kept" | "discarded" | null;
  /** Event that holds the tool's result. */
  result_seq: number | null;
  outcome: "ACCEPT" | "REJECT" | "CONTINUE" | "ERROR" | "BLOCKED" | "CANCELLED" | null;
  seal: string | null;
  /** Event that ended it. */
  ended_seq: number | null;
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
