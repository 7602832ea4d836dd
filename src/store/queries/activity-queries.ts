import type { Connection } from "../connection.js";
import { headOf } from "../log.js";
import { listConversations } from "../sql/list-conversations.js";
import { listExecutions } from "../sql/list-executions.js";
import { listFilesKept } from "../sql/list-files-kept.js";
import { listFilesKeptAfter } from "../sql/list-files-kept-after.js";
import { listFilesKeptBy } from "../sql/list-files-kept-by.js";
import { listLastChanges } from "../sql/list-last-changes.js";
import { listUnknownCalls } from "../sql/list-unknown-calls.js";
import { readExecution } from "../sql/read-execution.js";

/** Questions about conversations, calls and files. */
export function createActivityQueries(db: Connection) {
  return {
    /** The stamp of the newest event; null when there is none. */
    newestStamp: () => headOf(db).hlc,
    /** The conversations of a kind about a task (null: outside tasks), oldest first. */
    conversations: (cycle: number, task: string | null, kind: string) => listConversations(db, cycle, task, kind),
    /** Calls of a cycle that were allowed and whose result was never recorded. */
    unknownCalls: (cycle: number) => listUnknownCalls(db, cycle),
    /** An execution and the call it made. */
    execution: (id: string) => readExecution(db, id),
    /** Ended executions of a conversation, oldest first. */
    executions: (conversation: string) => listExecutions(db, conversation),
    /** Files changed in a cycle, last changed first. */
    filesKept: (cycle: number, limit: number) => listFilesKept(db, cycle, limit),
    /** Files of a task changed after an event, first changed first, among the `limit` its cycle changed last. */
    filesKeptBy: (of: { cycle: number; task: string; afterSeq: number; limit: number }) => listFilesKeptBy(db, of),
    /** Files of any cycle changed since a stamp, by name. */
    filesKeptAfter: (hlc: string, limit: number) => listFilesKeptAfter(db, hlc, limit),
    /** The event that changed each of some files last, in any cycle. */
    lastChanges: (paths: readonly string[]) => listLastChanges(db, paths),
  };
}
