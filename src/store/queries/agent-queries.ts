import type { Connection } from "../connection.js";
import { hasAlert } from "../sql/has-alert.js";
import { listAgents } from "../sql/list-agents.js";
import { listAlerts } from "../sql/list-alerts.js";
import { listOpenEscalations } from "../sql/list-open-escalations.js";
import { listPendingApprovals } from "../sql/list-pending-approvals.js";
import { listRepeatedDenials } from "../sql/list-repeated-denials.js";
import { listUsage } from "../sql/list-usage.js";
import { listViolations } from "../sql/list-violations.js";
import { readApproval } from "../sql/read-approval.js";
import { readEscalation } from "../sql/read-escalation.js";
import { readPlanApproval } from "../sql/read-plan-approval.js";
import { readUsageAfter } from "../sql/read-usage-after.js";
import { readUsageTotals } from "../sql/read-usage-totals.js";
import { readWorknode } from "../sql/read-worknode.js";

/** Questions about agents, what waits for people, notices and money. */
export function createAgentQueries(db: Connection) {
  return {
    /** The capabilities agents hold or held in a cycle. */
    agents: (cycle: number) => listAgents(db, cycle),
    /** The record of an agent or a person. */
    worknode: (id: string) => readWorknode(db, id),
    /** An approval by its id. */
    approval: (id: string) => readApproval(db, id),
    /** Approvals nobody has answered, of one cycle or of all (null), oldest first. */
    pendingApprovals: (cycle: number | null = null) => listPendingApprovals(db, cycle),
    /** Who approved a plan of this hash. */
    planApproval: (planHash: string) => readPlanApproval(db, planHash),
    /** An escalation by its id. */
    escalation: (id: string) => readEscalation(db, id),
    /** Escalations nobody has resolved, of one cycle or of all (null), oldest first. */
    openEscalations: (cycle: number | null = null) => listOpenEscalations(db, cycle),
    /** Alerts of a cycle or of all (null), newest first. */
    alerts: (cycle: number | null, limit: number) => listAlerts(db, cycle, limit),
    /** Violations of a cycle or of all (null), newest first. */
    hasAlert: (cycle: number, key: string) => hasAlert(db, cycle, key),
    violations: (cycle: number | null, limit: number) => listViolations(db, cycle, limit),
    /** What somebody was denied more than once in a cycle, the most frequent first. */
    repeatedDenials: (cycle: number, limit: number) => listRepeatedDenials(db, cycle, limit),
    /** What each agent of each task of a cycle has reserved and spent. */
    usage: (cycle: number) => listUsage(db, cycle),
    /** What a cycle has reserved and spent. */
    usageTotals: (cycle: number) => readUsageTotals(db, cycle),
    /** What the requests answered after an event cost, in all cycles. */
    usageAfter: (seq: number) => readUsageAfter(db, seq),
  };
}
