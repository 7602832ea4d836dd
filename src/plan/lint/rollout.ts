import type { PlanAction } from "../../schema/plan-task.js";
import { error, type Finding } from "../plan-fault.js";
import type { LintRule, LintSubject, TaskEntry } from "./subject.js";

/** Longest life of a confirmation token (notes/coordination.md). */
const MAX_CONFIRMATION_TTL_MS = 60 * 60_000;

/** Rollout stages that cannot dispatch what they say (S2:37, 67). */
export const findRolloutFaults: LintRule = ({ plan, tasks }) => {
  const { mode, canary } = plan.rollout;
  const missing =
    mode === "canary" && canary === undefined
      ? [
          {
            ...error(["rollout", "mode"], "bad-rollout", "mode canary needs `canary: {target, allowActions}`"),
            absence: true,
          },
        ]
      : [];
  if (canary === undefined) return missing;
  const target = plan.targets[canary.target];
  const local =
    target?.kind === "local"
      ? [error(["rollout", "canary", "target"], "bad-rollout", "a canary runs on one remote target; this one is local")]
      : [];
  const intents = new Set(tasks.flatMap(({ task }) => task.action?.intent ?? []));
  const idle = canary.allowActions.flatMap((intent, index) =>
    intents.has(intent)
      ? []
      : [error(["rollout", "canary", "allowActions", index], "matches-nothing", `no task has the intent '${intent}'`)],
  );
  return [...missing, ...local, ...idle];
};

function destructiveFindings({ task, path }: TaskEntry, action: PlanAction): Finding[] {
  if (!action.destructive) return [];
  const token = task.approval?.confirmationToken;
  return [
    ...(token === undefined
      ? [
          {
            ...error(
              [...path, "action"],
              "destructive-without-confirmation",
              "a destructive action needs approval.confirmationToken",
            ),
            absence: true,
          },
        ]
      : []),
    ...(action.onFailure === "contain"
      ? [
          error(
            [...path, "action", "onFailure"],
            "destructive-not-fail-fast",
            "a destructive action stops at its first failure",
          ),
        ]
      : []),
  ];
}

function actionFindings({ tiers }: LintSubject, entry: TaskEntry): Finding[] {
  const { task, path } = entry;
  const token = task.approval?.confirmationToken;
  const long =
    token !== undefined && token.ttl > MAX_CONFIRMATION_TTL_MS
      ? [
          error(
            [...path, "approval", "confirmationToken", "ttl"],
            "looser-limit",
            "a confirmation token lives at most 1h",
          ),
        ]
      : [];
  if (task.action === undefined) {
    const idle =
      task.approval === undefined
        ? []
        : [error([...path, "approval"], "matches-nothing", "approval of a task is of its action, and it has none")];
    return [...idle, ...long];
  }
  const tier = tiers.get(task.owner);
  const owner =
    tier === undefined || tier === "executive"
      ? []
      : [
          error(
            [...path, "owner"],
            "action-not-executive",
            `actions are proposed by the executive tier; '${task.owner}' is ${tier}`,
          ),
        ];
  return [...owner, ...destructiveFindings(entry, task.action), ...long];
}

/** Actions on targets without the barriers they need (S2:34, 39; REQUIREMENTS C6). */
export const findActionFaults: LintRule = (subject) => subject.tasks.flatMap((entry) => actionFindings(subject, entry));
