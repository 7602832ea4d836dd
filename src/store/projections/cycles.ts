import { addCycleBudget } from "../sql/add-cycle-budget.js";
import { endCycle } from "../sql/end-cycle.js";
import { endSession } from "../sql/end-session.js";
import { insertCycle } from "../sql/insert-cycle.js";
import { insertSession } from "../sql/insert-session.js";
import { insertTask } from "../sql/insert-task.js";
import { putKv } from "../sql/put-kv.js";
import { putPhase } from "../sql/put-phase.js";
import { updateCycleDeviation } from "../sql/update-cycle-deviation.js";
import { updateCyclePhase } from "../sql/update-cycle-phase.js";
import { updateCycleReview } from "../sql/update-cycle-review.js";
import { updateCycleStatus } from "../sql/update-cycle-status.js";
import { jsonOf, nanoUsd, type Projector, type Projectors } from "./projector.js";

const startCycle: Projector<"CYCLE_STARTED"> = (db, { payload, seq, hlc }) => {
  const { cycle, plan_id, plan_hash, plan_path, title, instruction, branch, base_commit, opened_by } = payload;
  const columns = { cycle, plan_id, plan_hash, plan_path, title, instruction, branch, base_commit, opened_by };
  db.run(insertCycle, { ...columns, mode: payload.mode ?? null, inputs: jsonOf(payload.inputs), seq, hlc });
  for (const [position, task] of payload.tasks.entries()) {
    const { id, phase, owner, estimate } = task;
    const lists = { needs: jsonOf(task.needs), files: jsonOf(task.files) };
    db.run(insertTask, { cycle, id, position, title: task.title, phase, owner, estimate, ...lists, seq });
  }
  db.run(putKv, ["cycle:current", String(cycle)]);
  db.run(putKv, [`cycle:${cycle}:status`, "planning"]);
  db.run(putKv, [`cycle:${cycle}:instruction`, instruction]);
};

/** `cycles`, `phases`, `sessions` and the keys of S4:210-214. */
export const cycleProjectors: Projectors = {
  CYCLE_STARTED: startCycle,
  CYCLE_STATUS: (db, { payload: { cycle, status } }) => {
    db.run(updateCycleStatus, { cycle, status });
    db.run(putKv, [`cycle:${cycle}:status`, status]);
  },
  CYCLE_ENDED: (db, { payload: { cycle, status, exit_code, reason }, hlc }) => {
    db.run(endCycle, { cycle, status, exit_code, reason, hlc });
    db.run(putKv, [`cycle:${cycle}:status`, status]);
  },
  SESSION_STARTED: (db, { payload, seq, hlc }) => {
    db.run(insertSession, { cycle: payload.cycle, pid: payload.pid, resumed: payload.resumed ? 1 : 0, seq, hlc });
  },
  SESSION_ENDED: (db, { payload: { cycle, exit_code, reason }, hlc }) => {
    db.run(endSession, { cycle, exit_code, reason, hlc });
  },
  PLAN_REVIEWED: (db, { payload: { cycle, decision } }) => {
    db.run(updateCycleReview, { cycle, decision });
  },
  PHASE_STARTED: (db, { payload: { cycle, phase }, hlc }) => {
    db.run(updateCyclePhase, { cycle, phase });
    db.run(putPhase, { cycle, phase, status: "IN_PROGRESS", hlc });
  },
  PHASE_ENDED: (db, { payload: { cycle, phase, status }, hlc }) => {
    db.run(putPhase, { cycle, phase, status, hlc });
  },
  DEVIATION: (db, { payload: { cycle, value } }) => {
    db.run(updateCycleDeviation, { cycle, value });
  },
  BUDGET_ADDED: (db, { payload: { cycle, usd, tokens } }) => {
    db.run(addCycleBudget, { cycle, nano_usd: nanoUsd(usd), tokens });
  },
};
