import type { CheckName } from "../schema/verdict.js";
import type {
  ActionFacts,
  BudgetFacts,
  GateFacts,
  Image,
  ObservedPath,
  PolicyFact,
  RiskFacts,
  SignOff,
} from "./facts.js";

type Test = (value: unknown) => boolean;
/** The members a value of this type would have, none of them looked at yet. */
type Unseen<T> = { readonly [K in keyof T]?: unknown };

const isNumber: Test = (value) => typeof value === "number" && Number.isFinite(value);
const isAmount: Test = (value) => typeof value === "number" && !Number.isNaN(value);
const isLeft: Test = (value) => value === null || isAmount(value);
const isBoolean: Test = (value) => typeof value === "boolean";
const isText: Test = (value) => typeof value === "string";
const isTextOrNull: Test = (value) => value === null || isText(value);
const isTextOrNone: Test = (value) => value === undefined || isText(value);
const isObject: Test = (value) => typeof value === "object" && value !== null;
const isFunction: Test = (value) => typeof value === "function";

/** An object whose members pass. Members are named in the code, not looked up by name: each call comes here some fifty times. */
const shape =
  <T>(test: (members: Unseen<T>) => boolean): Test =>
  (value) =>
    isObject(value) && test(value as Unseen<T>);
/** Counts by index, because `every` skips what a sparse array lacks. */
const listOf =
  (test: Test): Test =>
  (value) => {
    if (!Array.isArray(value)) return false;
    for (let index = 0; index < value.length; index += 1) if (!test(value[index])) return false;
    return true;
  };

const isSignOff = shape<SignOff>(
  ({ by, proposalHash, decision, expiresMs }) =>
    isText(by) && isText(proposalHash) && isText(decision) && isNumber(expiresMs),
);
const isImages = listOf(
  shape<Image>(
    ({ path, before, after, base, fault }) =>
      isText(path) &&
      isTextOrNull(before) &&
      isText(after) &&
      (base === undefined || isTextOrNull(base)) &&
      isTextOrNone(fault),
  ),
);
const isPathFacts = listOf(
  shape<ObservedPath>(({ path, kind, linkOnTheWay }) => isText(path) && isText(kind) && isBoolean(linkOnTheWay)),
);
const isPolicies = listOf(
  shape<PolicyFact>(
    ({ id, level, pass, reason, overridden }) =>
      isText(id) && isText(level) && isBoolean(pass) && isText(reason) && isBoolean(overridden),
  ),
);
const isAction = shape<ActionFacts>(
  ({ kind, targets, irreversible, probeAgeMs }) =>
    isText(kind) && isNumber(targets) && isBoolean(irreversible) && isLeft(probeAgeMs),
);
const isFiles = shape<ReadonlySet<string>>(({ has }) => isFunction(has));
const isLookUp = shape<GateFacts["laterFiles"]>(({ has, leadsTo }) => isFunction(has) && isFunction(leadsTo));
const isWriteSet = shape<GateFacts["writes"]>((set) => isLookUp(set) && Array.isArray(set.patterns));
const isBudget = shape<BudgetFacts>(
  ({ executionsLeft, tokensLeft, usdLeft, timeLeftMs }) =>
    isAmount(executionsLeft) && isLeft(tokensLeft) && isLeft(usdLeft) && isLeft(timeLeftMs),
);
const isRisk = shape<RiskFacts>(
  (risk) => hasRiskLimits(risk) && isBoolean(risk.violatedWithinDay) && isBoolean(risk.rejectedBefore),
);
const isReview = shape<GateFacts["review"]>(
  ({ auditor, humans, excluded, selfReview }) =>
    (auditor === null || isSignOff(auditor)) &&
    areSignOffs(humans) &&
    areTexts(excluded) &&
    (selfReview === undefined || isBoolean(selfReview)),
);
const areSignOffs = listOf(isSignOff);
const areTexts = listOf(isText);

function hasRiskLimits({ auto, auditor, human, humanReview, action }: Unseen<RiskFacts>): boolean {
  const limits = isNumber(auto) && isNumber(auditor) && isNumber(human) && isText(humanReview);
  return limits && (action === undefined || isAction(action));
}

/** A fact by its name, and whether it is there and of its type. */
interface Fact {
  readonly name: keyof GateFacts;
  readonly isThere: (facts: Unseen<GateFacts>) => boolean;
}

const capability: Fact = { name: "capability", isThere: (facts) => isObject(facts.capability) };
const images: Fact = { name: "images", isThere: (facts) => isImages(facts.images) };
const nowMs: Fact = { name: "nowMs", isThere: (facts) => isNumber(facts.nowMs) };

/** The facts each check stands on. A call is denied where one of them is missing or of another type. */
const FACTS_OF: Readonly<Record<CheckName, readonly Fact[]>> = {
  schema: [{ name: "inputFault", isThere: (facts) => isTextOrNone(facts.inputFault) }],
  capability: [
    nowMs,
    { name: "killed", isThere: (facts) => isBoolean(facts.killed) },
    capability,
    { name: "planHash", isThere: (facts) => isTextOrNone(facts.planHash) },
  ],
  plan: [
    { name: "shownRoot", isThere: (facts) => isText(facts.shownRoot) },
    { name: "phaseActive", isThere: (facts) => isBoolean(facts.phaseActive) },
    { name: "writes", isThere: (facts) => isWriteSet(facts.writes) },
    { name: "laterFiles", isThere: (facts) => isLookUp(facts.laterFiles) },
    { name: "loadedFiles", isThere: (facts) => isFiles(facts.loadedFiles) },
    { name: "isDenied", isThere: (facts) => isFunction(facts.isDenied) },
    { name: "paths", isThere: (facts) => isPathFacts(facts.paths) },
    images,
  ],
  limits: [
    capability,
    images,
    { name: "elsewhere", isThere: ({ elsewhere }) => elsewhere === undefined || isFiles(elsewhere) },
  ],
  budget: [{ name: "budget", isThere: (facts) => isBudget(facts.budget) }],
  policy: [{ name: "policies", isThere: (facts) => isPolicies(facts.policies) }],
  risk: [images, { name: "risk", isThere: (facts) => isRisk(facts.risk) }],
  review: [nowMs, { name: "review", isThere: (facts) => isReview(facts.review) }],
};

/** The first fact of a check that is missing or of the wrong type; undefined when all are there. */
export function missingFact(check: CheckName, facts: GateFacts): string | undefined {
  if (!isObject(facts)) return "facts";
  for (const fact of FACTS_OF[check]) if (!fact.isThere(facts)) return fact.name;
  return undefined;
}
