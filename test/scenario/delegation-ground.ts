import { use } from "./scripted-run.js";

/** A plan whose first task hands work on: what may be handed on lies in its other two. */
export const PLAN = `apiVersion: worknode/v1
kind: Plan
id: hand
title: Hand on
budget: { usd: 50 }
phases:
  - id: build
    tasks:
      - {id: P, title: Hand on, owner: executive, files: {write: [docs/p.md]}}
      - {id: A, title: Notes, needs: [P], owner: implementer, files: {write: [notes/*.md, A.md]}}
      - {id: B, title: Another, needs: [P], owner: implementer, files: {write: [B.md]}}
`;

/** A call that hands task A on. */
export const spawn = (more: object = {}): object =>
  use("spawn_agent", { role: "implementer", task: "A", reason: "split", ...more });

/** The same plan with its agents named; `executive` says what more holds for that one. */
export const planOf = (executive = ""): string =>
  PLAN.replace(
    "phases:",
    `agents:
  executive: { tier: executive${executive} }
  implementer: { tier: implementation }
  second: { tier: implementation }
  validator: { tier: validation }
phases:`,
  );

export const end = (agent: string): object => use("terminate_agent", { agent_id: agent, reason: "over" });

export const resolve = (action: string, more: object = {}): object =>
  use("resolve_escalation", { action, reason: "so be it", ...more });

export const blocker = use("report_blocker", { reason: "stuck" });
