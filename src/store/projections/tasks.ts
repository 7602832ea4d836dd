import { assignTask } from "../sql/assign-task.js";
import { claimTask } from "../sql/claim-task.js";
import { completeTask } from "../sql/complete-task.js";
import { endStep } from "../sql/end-step.js";
import { insertTask } from "../sql/insert-task.js";
import { mergeTask } from "../sql/merge-task.js";
import { rejectTask } from "../sql/reject-task.js";
import { startStep } from "../sql/start-step.js";
import { startTask } from "../sql/start-task.js";
import { updateTaskDeadline } from "../sql/update-task-deadline.js";
import { updateTaskFiles } from "../sql/update-task-files.js";
import { updateTaskOutputs } from "../sql/update-task-outputs.js";
import { updateTaskStatus } from "../sql/update-task-status.js";
import { jsonOf, keyOf, type Projectors } from "./projector.js";

/** `tasks` and `steps`. An event of a task that its cycle does not hold changes nothing. */
export const taskProjectors: Projectors = {
  TASK_ADDED: (db, event) => {
    const { id, title, owner = "", estimate = null, needs = [], files = [] } = event.payload;
    const row = { title, phase: "-", owner, estimate, needs: jsonOf(needs), files: jsonOf(files) };
    db.run(insertTask, { ...row, cycle: event.run, id, position: event.seq, seq: event.seq });
  },
  REWORK_OPENED: (db, event) => {
    const { id, title, phase, owner, estimate, needs, files } = event.payload;
    const row = { title, phase, owner, estimate, needs: jsonOf(needs), files: jsonOf(files) };
    db.run(insertTask, { ...row, cycle: event.run, id, position: event.seq, seq: event.seq });
  },
  TASK_CLAIMED: (db, event) => {
    db.run(claimTask, { ...keyOf(event), by: event.payload.by, hlc: event.hlc });
  },
  TASK_STARTED: (db, event) => {
    const { attempt, agent, base_commit, worktree } = event.payload;
    db.run(startTask, { ...keyOf(event), attempt, agent, base_commit, worktree, hlc: event.hlc });
  },
  TASK_STATUS: (db, event) => {
    const { status, reason = null } = event.payload;
    db.run(updateTaskStatus, { ...keyOf(event), status, reason, hlc: event.hlc });
  },
  PLAN_AMENDED: (db, event) => {
    db.run(updateTaskFiles, { ...keyOf(event), files: jsonOf(event.payload.write) });
  },
  TASK_OUTPUTS: (db, event) => {
    db.run(updateTaskOutputs, { ...keyOf(event), outputs: jsonOf(event.payload.outputs) });
  },
  EVENT_TASK_COMPLETED: (db, event) => {
    const { commit, summary, outputs, attempts, files, waivers } = event.payload;
    const lists = { outputs: jsonOf(outputs), changed: jsonOf(files), waivers: jsonOf(waivers) };
    db.run(completeTask, { ...keyOf(event), commit, summary, attempts, ...lists, hlc: event.hlc });
  },
  TASK_REJECTED: (db, event) => {
    db.run(rejectTask, { ...keyOf(event), attempt: event.payload.attempt, feedback: event.payload.feedback });
  },
  TASK_MERGED: (db, event) => {
    db.run(mergeTask, { ...keyOf(event), commit: event.payload.commit });
  },
  TASK_ASSIGNED: (db, event) => {
    db.run(assignTask, { ...keyOf(event), assignee: event.payload.assignee });
  },
  DEADLINE_SET: (db, event) => {
    db.run(updateTaskDeadline, { cycle: event.run, task: event.task, deadline: event.payload.deadline });
  },
  STEP_STARTED: (db, event) => {
    const { step, kind } = event.payload;
    db.run(startStep, { cycle: event.run, task: event.task ?? "-", step, kind, seq: event.seq });
  },
  STEP_ENDED: (db, event) => {
    const { step, status, outputs, error = null, provide = null } = event.payload;
    const key = { cycle: event.run, task: event.task ?? "-", step, seq: event.seq };
    db.run(endStep, { ...key, status, outputs: jsonOf(outputs), error, provide });
  },
};
