import type { RefusedChange } from "../../schema/effect.js";
import type { AnyEvent } from "../../schema/event.js";
import type { DispatchResult, RolloutMode } from "../../schema/result.js";
import type { Verdict } from "../../schema/verdict.js";

/** What a session needs, as the command line gives it. */
export interface SessionOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  mode?: RolloutMode;
  signal: AbortSignal;
  onEvent(event: AnyEvent): void;
}

/** Options of a new run. */
export interface RunOptions extends SessionOptions {
  planPath: string;
  yes: boolean;
  inputs: Readonly<Record<string, string>>;
  includeWip: boolean;
  confirm?: (question: string) => Promise<boolean>;
}

/** Figures of a run, for its summary. */
export interface RunSummary {
  tasks: Readonly<Record<string, number>>;
  denials: number;
  attempts: number;
  tokens: number;
  usd: number;
  reserved: number;
  elapsedMs: number;
  branch: string;
  trace: string;
}

/** How a run ended. */
export interface RunResult {
  exitCode: number;
  reason: string;
  cycle: number;
  summary: RunSummary;
  dispatch: DispatchResult;
}

/** What `worknode tool` prints (issue 2, point 11). */
export interface ToolReport {
  verdict: Verdict;
  result?: unknown;
  effects?: {
    kept: boolean;
    changes: readonly { path: string; kind: string }[];
    refused: readonly RefusedChange[];
  };
  workspace: string | null;
}
