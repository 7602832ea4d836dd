import { insertRevocation } from "../sql/insert-revocation.js";
import { putAgent } from "../sql/put-agent.js";
import { putPlanApproval } from "../sql/put-plan-approval.js";
import { putWorknode } from "../sql/put-worknode.js";
import { raiseEpoch } from "../sql/raise-epoch.js";
import { terminateAgent } from "../sql/terminate-agent.js";
import { terminateWorknode } from "../sql/terminate-worknode.js";
import { jsonOf, type Projector, type Projectors } from "./projector.js";

const spawnAgent: Projector<"AGENT_SPAWNED"> = (db, { payload, run, task, seq, hlc }) => {
  const { agent, role, tier, model, parent, token_hash, capability } = payload;
  const held = { status: agent.status, token_hash, capability: capability.id, depth: capability.depth };
  db.run(putAgent, { cycle: run, agent: agent.id, task: task ?? "-", role, tier, model, parent, ...held, hlc });
  db.run(putWorknode, { id: agent.id, record: jsonOf(agent), seq });
};

/** `agents`, `worknodes`, plan approvals, and what is revoked. */
export const agentProjectors: Projectors = {
  AGENT_SPAWNED: spawnAgent,
  AGENT_UPDATED: (db, { payload: { agent }, seq }) => {
    db.run(putWorknode, { id: agent.id, record: jsonOf(agent), seq });
  },
  AGENT_TERMINATED: (db, { payload: { agent_id, reason }, run, task, seq, hlc }) => {
    db.run(terminateAgent, { cycle: run, agent: agent_id, task, reason, hlc });
    db.run(terminateWorknode, { id: agent_id, seq });
  },
  PLAN_APPROVED: (db, { payload: { plan_hash, plan_id, path, by, via }, hlc }) => {
    db.run(putPlanApproval, { plan_hash, plan_id, path, os_user: by.os_user, git_email: by.git_email, via, hlc });
  },
  KILLED: (db, { payload }) => {
    db.run(raiseEpoch, [payload.epoch]);
  },
  CAPABILITY_REVOKED: (db, { payload }) => {
    db.run(insertRevocation, [payload.id, payload.reason]);
  },
};
