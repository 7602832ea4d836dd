import { eventPayloadSchemas } from "../../schema/event.js";
import type { PlanTrigger, PlanTriggerAction } from "../../schema/plan-trigger.js";
import { cronFault, isTimeZone } from "../cron.js";
import { createChecker, type ExpressionChecker } from "../expression-check.js";
import { type DataPath, error, type Finding, warning } from "../plan-fault.js";
import { unknownName } from "./identity.js";
import { knownNames, type LintRule, type LintSubject } from "./subject.js";

/** Who a notice may go to beside the plan's agents. */
const RECIPIENTS = ["assignee", "executive", "human"];
/** Events of the sources that tools report beside those of the log (S3:119-139). */
const REPORTED_EVENTS = ["COMPILATION_FAILED", "TEST_FAILED"];
/** Fields of an action that its type cannot do without. */
const NEEDED: Readonly<Record<PlanTriggerAction["type"], keyof PlanTriggerAction>> = {
  SPAWN_AGENT: "agent_config",
  NOTIFY: "to",
  ESCALATE: "to",
  RUN_TASK: "task",
  REPORT: "to",
};

function actionFindings({ known }: LintSubject, path: DataPath, action: PlanTriggerAction): Finding[] {
  const needed = NEEDED[action.type];
  const recipients = new Set([...RECIPIENTS, ...known.agents]);
  const missing =
    action[needed] === undefined
      ? [{ ...error(path, "bad-trigger", `a ${action.type} action needs '${needed}'`), absence: true }]
      : [];
  const role = action.agent_config?.role;
  return [
    ...missing,
    ...(role === undefined ? [] : unknownName([...path, "agent_config", "role"], "agent", role, known.agents)),
    ...(action.task === undefined ? [] : unknownName([...path, "task"], "task", action.task, known.tasks)),
    ...(action.to === undefined ? [] : unknownName([...path, "to"], "agent", action.to, recipients)),
  ];
}

function timeFindings(path: DataPath, trigger: PlanTrigger): Finding[] {
  const cron = trigger.cron === undefined ? undefined : cronFault(trigger.cron);
  const zone = trigger.timezone;
  return [
    ...(cron === undefined ? [] : [error([...path, "cron"], "bad-cron", cron)]),
    ...(zone === undefined || isTimeZone(zone)
      ? []
      : [error([...path, "timezone"], "bad-timezone", `unknown time zone '${zone}'`)]),
  ];
}

function selectorFindings({ known }: LintSubject, path: DataPath, of: string | undefined): Finding[] {
  if (of === undefined || of === "plan" || of === "tasks.*") return [];
  const id = /^tasks\.(.+)$/.exec(of)?.[1];
  if (id !== undefined) return unknownName([...path, "of"], "task", id, known.tasks);
  return [error([...path, "of"], "bad-trigger", "a deadline is of 'plan', 'tasks.*' or 'tasks.<id>'")];
}

function eventFindings(path: DataPath, trigger: PlanTrigger, checker: ExpressionChecker): Finding[] {
  const key = trigger.key === undefined ? undefined : checker.check(trigger.key, "value");
  const names = new Set([...Object.keys(eventPayloadSchemas), ...REPORTED_EVENTS]);
  const type = trigger.event_type;
  const unknown =
    type === undefined || names.has(type)
      ? []
      : [
          warning(
            [...path, "event_type"],
            "unknown-event",
            `no event of type '${type}' is ever recorded${knownNames(REPORTED_EVENTS)}`,
          ),
        ];
  return [...unknown, ...(key === undefined ? [] : [error([...path, "key"], key.code, key.message)])];
}

/** Triggers that can never fire, or that ask for what the plan does not have. */
export const findTriggerFaults: LintRule = (subject) => {
  const checker = createChecker({ event: "map" });
  return subject.plan.triggers.flatMap((trigger, index) => {
    const path = ["triggers", index];
    const rungs = (trigger.ladder ?? []).flatMap((rung, at) =>
      actionFindings(subject, [...path, "ladder", at, "action"], rung.action),
    );
    return [
      ...timeFindings(path, trigger),
      ...selectorFindings(subject, path, trigger.of),
      ...eventFindings(path, trigger, checker),
      ...(trigger.action === undefined ? [] : actionFindings(subject, [...path, "action"], trigger.action)),
      ...rungs,
    ];
  });
};

/** The plan's own time zone. */
export const findZoneFaults: LintRule = ({ plan }) =>
  isTimeZone(plan.timezone) ? [] : [error(["timezone"], "bad-timezone", `unknown time zone '${plan.timezone}'`)];
