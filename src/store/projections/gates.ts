import { insertAlert } from "../sql/insert-alert.js";
import { insertApproval } from "../sql/insert-approval.js";
import { insertEscalation } from "../sql/insert-escalation.js";
import { insertViolation } from "../sql/insert-violation.js";
import { resolveApproval } from "../sql/resolve-approval.js";
import { resolveEscalation } from "../sql/resolve-escalation.js";
import { jsonOf, keyOf, type Projectors } from "./projector.js";

/** `approvals`, `escalations`, `alerts`, `violations`. */
export const gateProjectors: Projectors = {
  APPROVAL_REQUESTED: (db, event) => {
    const { id, kind, proposal_hash, message, expires_at } = event.payload;
    const lists = { require: jsonOf(event.payload.require), exclude: jsonOf(event.payload.exclude) };
    db.run(insertApproval, { ...keyOf(event), id, kind, proposal_hash, message, expires_at, ...lists });
  },
  APPROVAL_RESOLVED: (db, { payload, hlc }) => {
    const { id, decision, by, identity, reason, proposal_hash } = payload;
    const resolution = jsonOf({ decision, by, identity, reason, proposal_hash, hlc });
    db.run(resolveApproval, { id, decision, resolution });
  },
  ESCALATION: (db, event) => {
    const { id, from, to, reason, needs = null } = event.payload;
    db.run(insertEscalation, { ...keyOf(event), id, sender: from, recipient: to, reason, needs });
  },
  ESCALATION_RESOLVED: (db, { payload: { id, action, by, reason, agent = null } }) => {
    db.run(resolveEscalation, { id, action, by, reason, agent });
  },
  ALERT: (db, event) => {
    const { severity, message, to, key = null } = event.payload;
    db.run(insertAlert, { ...keyOf(event), severity, message, recipient: to, key, hlc: event.hlc });
  },
  SECURITY_VIOLATION: (db, event) => {
    db.run(insertViolation, { ...keyOf(event), ...event.payload, hlc: event.hlc });
  },
};
