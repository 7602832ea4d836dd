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
