/** Hooks of git that `check` serves. */
export const HOOKS = ["pre-commit", "commit-msg", "pre-push", "pre-receive"] as const;
export type HookName = (typeof HOOKS)[number];
