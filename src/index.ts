/**
 * The library. `open` gives a repository's memory and log; `runPlan`, `continueRun` and `callTool` are
 * what the command line calls.
 */

export { continueRun, type RunOptions, type RunResult, runPlan, type SessionOptions } from "./crew/cycle/session.js";
export { open, type Worknode } from "./crew/service/library.js";
export { callTool, type ToolOptions } from "./crew/service/tool-call.js";
export { Fault } from "./kernel/fault.js";
export { parseScript } from "./model/scripted/script.js";
export { startScriptedServer } from "./model/scripted/server.js";
export type { AnyEvent, EventLine, EventType } from "./schema/event.js";
export type { ToolReport } from "./schema/tool-report.js";
