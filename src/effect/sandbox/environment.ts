import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { isSystemPath } from "./host-view.js";
import { isWithin } from "./mount-table.js";
import type { SandboxSetting } from "./spec.js";
import { COREPACK_HOME } from "./toolchain.js";

const STANDARD_PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
/**
 * npm asks no registry, and package managers run as they are there, whatever `packageManager` names: pnpm before 11 and
 * yarn 1 take the presence of `COREPACK_ROOT` for corepack having chosen them, pnpm from 11 on has a setting of its own.
 * Names of npm's settings are left to npm, which warns of each it does not know. Offline in capitals too: pnpm hands no
 * `npm_...` on to the scripts it runs.
 */
const OFFLINE = {
  npm_config_offline: "true",
  NPM_CONFIG_OFFLINE: "true",
  COREPACK_ROOT: "/nonexistent",
  pnpm_config_pm_on_fail: "ignore",
};
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The whole environment of a command, as `NAME=value`. Names no shell knows are left out. */
export function commandEnvironment(setting: SandboxSetting, hostPath: string): string[] {
  const values: Record<string, string> = {
    PATH: commandSearchPath(setting, hostPath),
    HOME: "/tmp/home",
    USER: "worknode",
    LANG: "C.UTF-8",
    CI: "1",
    PYTHONDONTWRITEBYTECODE: "1",
    ...plain(setting.env),
    ...(setting.network ? {} : OFFLINE),
    ...homeOf(setting.toolchains, "RUSTUP_HOME", ".rustup"),
    ...homeOf(setting.toolchains, "COREPACK_HOME", COREPACK_HOME),
    ...setting.env,
  };
  return Object.entries(values)
    .filter(([name, value]) => NAME.test(name) && !value.includes("\0"))
    .map(([name, value]) => `${name}=${value}`);
}

/**
 * Output is read by models and kept in the log, so it is without colours; many programs take `CI` for a wish to have them.
 * Not where the plan asks for colours: Node says a word to each process that has both. `FORCE_COLOR=0` would not do, as
 * some take any value for yes.
 */
function plain(env: SandboxSetting["env"]): Record<string, string> {
  return "FORCE_COLOR" in env ? {} : { NO_COLOR: "1" };
}

/** The host's search path as far as the sandbox shows it, then what the toolchains add, then the standard one. */
export function commandSearchPath(setting: Pick<SandboxSetting, "shownRoot" | "toolchains">, hostPath: string): string {
  const shown = (entry: string): boolean =>
    entry.startsWith("/") &&
    !isWithin(entry, setting.shownRoot) &&
    !entry.endsWith("/node_modules/.bin") &&
    (isSystemPath(entry) || setting.toolchains.some((tool) => isWithin(entry, tool) || dirname(tool) === entry));
  const added = setting.toolchains.flatMap((tool) =>
    [join(tool, "bin"), join(tool, "shims"), tool].filter((entry) => existsSync(entry) && /\/(bin|shims)$/.test(entry)),
  );
  return [...new Set([...hostPath.split(":").filter(shown), ...added, ...STANDARD_PATH])].join(":");
}

/** What a program was installed into is looked for below HOME, which is another one here. */
function homeOf(toolchains: readonly string[], variable: string, place: string): Record<string, string> {
  const home = toolchains.find((path) => path.endsWith(`/${place}`));
  return home === undefined ? {} : { [variable]: home };
}
