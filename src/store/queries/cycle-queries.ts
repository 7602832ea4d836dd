import type { TaskStatus } from "../../schema/states.js";
import type { Connection } from "../connection.js";
import type { CycleCounts } from "../cycle-rows.js";
import { countCycle, countLoud } from "../sql/count-cycle.js";
import { countTasks } from "../sql/count-tasks.js";
import { findSeq } from "../sql/find-seq.js";
import { listActuals } from "../sql/list-actuals.js";
import { listCycles } from "../sql/list-cycles.js";
import { listSettled } from "../sql/list-settled.js";
import { listSteps } from "../sql/list-steps.js";
import { listTasks } from "../sql/list-tasks.js";
import { listTasksDoneAfter } from "../sql/list-tasks-done-after.js";
import { listTasksEndedAfter } from "../sql/list-tasks-ended-after.js";
import { listTasksIn } from "../sql/list-tasks-in.js";
import { listTasksOf } from "../sql/list-tasks-of.js";
import { readClaim } from "../sql/read-claim.js";
import { readCycle } from "../sql/read-cycle.js";
import { readKv } from "../sql/read-kv.js";
import { readLastEndedCycle } from "../sql/read-last-ended-cycle.js";
import { readLastSession } from "../sql/read-last-session.js";
import { readLatestIncompleteCycle } from "../sql/read-latest-incomplete-cycle.js";
import { readMaxCycle } from "../sql/read-max-cycle.js";
import { readTask } from "../sql/read-task.js";

/** Questions about cycles, their tasks and steps. */
export function createCycleQueries(db: Connection) {
  return {
    /** A cycle by its number. */
    cycle: (number: number) => readCycle(db, number),
    /** The newest cycle that is neither done nor failed; of one plan, or of any when the id is null. */
    latestIncompleteCycle: (planId: string | null = null) => readLatestIncompleteCycle(db, planId),
    /** The newest cycle that is done or failed. */
    lastEndedCycle: () => readLastEndedCycle(db),
    /** Cycles, newest first. */
    cycles: (limit: number) => listCycles(db, limit),
    /** The highest cycle number used; 0 when there is none. */
    maxCycle: () => readMaxCycle(db),
    /** The value of a key such as `cycle:current`. */
    kv: (key: string) => readKv(db, key),
    /** The tasks of a cycle in plan order. */
    tasks: (cycle: number) => listTasks(db, cycle),
    /** A task of a cycle. */
    task: (cycle: number, id: string) => readTask(db, cycle, id),
    /** Tasks of a cycle in one of some states, in plan order. */
    tasksIn: (cycle: number, statuses: readonly TaskStatus[], limit: number) => listTasksIn(db, cycle, statuses, limit),
    /** Which of some tasks of a cycle others need not wait for any more. */
    settled: (cycle: number, ids: readonly string[]) => listSettled(db, cycle, ids),
    /** Tasks of an owner or agent in a state, in plan order. */
    tasksOf: (cycle: number, assignee: string, status: string) => listTasksOf(db, cycle, assignee, status),
    /** Tasks done since a stamp, newest first. */
    tasksEndedAfter: (cycle: number, hlc: string, limit: number) => listTasksEndedAfter(db, cycle, hlc, limit),
    /** The first task an agent works on in the newest cycle that is open, else in the one that stands for outside cycles. */
    claimOf: (agent: string, outside: number) => readClaim(db, agent, outside),
    /** Tasks of any cycle done since a stamp, oldest first. */
    tasksDoneAfter: (hlc: string, limit: number) => listTasksDoneAfter(db, hlc, limit),
    /** The last event stamped no later than a stamp; 0 when there is none. */
    seqAt: (hlc: string) => findSeq(db, hlc),
    /** Estimates and times of tasks a role did, last done first. */
    actuals: (role: string, limit: number) => listActuals(db, role, limit),
    /** The steps of a task in the order they started. */
    steps: (cycle: number, task: string) => listSteps(db, cycle, task),
    /** The latest session of a cycle. */
    lastSession: (cycle: number) => readLastSession(db, cycle),
    /** How many tasks of a cycle are in each state. */
    countTasks: (cycle: number) => countTasks(db, cycle),
    /** How many violations, alerts and ended executions a cycle has. */
    loudCounts: (cycle: number) => countLoud(db, cycle),
    /** What has happened in a cycle. Reads every call of the database: for summaries, not for hot paths. */
    counts: (cycle: number): CycleCounts => ({ tasks: countTasks(db, cycle), ...countCycle(db, cycle) }),
  };
}
