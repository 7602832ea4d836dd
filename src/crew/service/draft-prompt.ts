import { planText } from "../../plan/survey/plan-text.js";
import type { Config } from "../../schema/config.js";
import { fence } from "../conversation/prompts.js";

/** Id and task of the plan a draft is made under, and the output that holds the draft. */
export const DRAFT_PLAN = "draft";
export const DRAFT_TASK = "DRAFT-1";
export const DRAFT_OUTPUT = "plan";

/** What a draft is asked for. */
export interface DraftWish {
  readonly goal: string;
  /** Files the person named; none: the drafter finds them. */
  readonly files: readonly string[];
  /** Most a draft may cost, in US dollars; null where no price is known. */
  readonly usd: number | null;
}

/** The plan under which an executive drafts another one: it reads, and writes no file. */
export function draftingPlan({ goal, usd }: DraftWish): string {
  return planText({
    apiVersion: "worknode/v1",
    kind: "Plan",
    id: DRAFT_PLAN,
    title: `Draft a plan: ${goal}`,
    budget: { ...(usd === null ? {} : { usd }), wallClock: "30m" },
    phases: [
      {
        id: "draft",
        tasks: [
          {
            id: DRAFT_TASK,
            title: "Draft the plan",
            owner: "executive",
            outputs: { [DRAFT_OUTPUT]: { type: "string", description: "The whole plan as YAML" } },
          },
        ],
      },
    ],
  });
}

const FORM = `apiVersion: worknode/v1
kind: Plan
id: short-name
title: What is to be achieved
budget: { usd: 5, wallClock: 4h }
phases:
  - id: build
    tasks:
      - id: X-1
        title: What this task makes, in one line
        description: What is wanted, precisely enough to be judged
        owner: implementer
        needs: []
        files: { write: [src/part.js, test/part.test.js] }
        verify:
          test: [program, argument]
          coverage: { report: coverage/lcov.info, format: lcov }`;

/** First message of the drafter's conversation. */
export function draftPrompt(wish: DraftWish, config: Config, root: string): string {
  return [
    "Draft a plan for the goal below. You write no file: the plan is the output of this task. Nothing runs until a person has read and approved it.",
    `Workspace root: ${root}`,
    "The goal, in a person's words:",
    fence(wish.goal),
    ...(wish.files.length === 0 ? [] : [`Files the person named: ${wish.files.join(", ")}`]),
    "What is known of this repository; take the commands from here:",
    fence(planText({ projects: config.projects, workspace: config.workspace, instructions: config.instructions })),
    "The form of a plan:",
    fence(FORM),
    "Rules:",
    "- Read the code before you plan. Small tasks, each with the exact files it writes, its tests among them. No patterns where names will do.",
    "- Tasks that may write the same file, or need each other's work, are ordered by `needs`. What does not depend on each other runs at the same time.",
    "- Every task that writes code has `verify.test` and `verify.coverage`. Where no coverage report can be had, add `waivers: [{ rule: coverage, tasks: [X-1], reason: ... }]` and say why: a person will see it.",
    "- Commands are lists of arguments, never a shell. Owners: `implementer` writes code, `executive` only below docs/.",
    "- `workspace` as it is known above, unless it is empty. No triggers, no targets, no agents of your own.",
    "- CI files, .worknode/, .git and client settings can be written by no agent.",
    `Call submit_result with the output \`${DRAFT_OUTPUT}\`: the whole plan as YAML. It is linted at once, and its faults come back to you.`,
  ].join("\n");
}
