/** Plans that worknode ships and shows; each is one without an error. With what a change of them may reach for. */
export const PLANS: Readonly<Record<string, string>> = {
  "plans/minimal.yaml": "plans/minimal.yaml",
  "plans/linkcheck.yaml": "plans/linkcheck.yaml",
  "plans/demo/plan.yaml": ".worknode/plans/demo.yaml",
};
