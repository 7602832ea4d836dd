import { existsSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { invalid } from "../../kernel/fault.js";
import { isWithin } from "./mount-table.js";

/** Trees of the machine itself: the sandbox has its own, or none. */
const MACHINE = ["/etc", "/proc", "/sys", "/dev", "/run", "/var/run"];
/** What programs keep passwords and keys in, below a home. */
const CREDENTIALS = [
  ".ssh",
  ".gnupg",
  ".aws",
  ".azure",
  ".kube",
  ".docker",
  ".claude",
  ".codex",
  ".gemini",
  ".password-store",
  ".mozilla",
  ".netrc",
  ".npmrc",
  ".yarnrc.yml",
  ".pypirc",
  ".git-credentials",
  ".m2/settings.xml",
  ".gradle/gradle.properties",
  ".cargo/credentials",
  ".cargo/credentials.toml",
  ".local/share/keyrings",
  ...["gh", "glab-cli", "hub", "git", "gcloud", "op", "rclone", "sops", "containers", "google-chrome", "chromium"].map(
    (name) => `.config/${name}`,
  ),
];

/** Where what no command may see lies. */
export interface Guarded {
  readonly home: string | undefined;
  /** The project's state directory; those of all projects lie beside it. */
  readonly stateDir: string;
  /** The user's checkout. */
  readonly root: string;
}

/** A toolchain that a plan may not name: its place in the list, and what is told. */
export interface ToolchainFault {
  readonly index: number;
  readonly message: string;
}

/**
 * The toolchains that would show commands more than programs: a home, worknode's state, the checkout or what holds one of
 * them, the machine's own trees, and what holds keys. By the name and by what links lead to.
 */
export function toolchainFaults(named: readonly string[], guarded: Guarded): ToolchainFault[] {
  return named.flatMap((path, index) => {
    const why = [resolve(path), realOf(path)].map((one) => refusal(one, guarded)).find((text) => text !== undefined);
    const message = `workspace.toolchains cannot name ${path}: ${why}. Name the program's own folder.`;
    return why === undefined ? [] : [{ index, message }];
  });
}

/** The toolchains a plan names, as they are. Throws Fault TOOLCHAIN_REFUSED (exit 2) for the first that is a fault. */
export function checkToolchains(named: readonly string[], guarded: Guarded): readonly string[] {
  const [fault] = toolchainFaults(named, guarded);
  if (fault !== undefined) throw invalid("TOOLCHAIN_REFUSED", fault.message);
  return named;
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // a missing one is told when it is to be mounted
  }
}

function refusal(path: string, { home, stateDir, root }: Guarded): string | undefined {
  const homes = [...new Set([home ?? "/root", homedir(), "/root"])];
  const state = dirname(stateDir);
  const secrets = homes.flatMap((one) => CREDENTIALS.map((name) => join(one, name)));
  const rules: readonly (readonly [string, boolean])[] = [
    ["it holds more than programs", path.split("/").length < 3],
    ["it is a home or holds one", [...homes, `/home/${basename(path)}`].some((one) => isWithin(one, path))],
    ["worknode keeps its keys and state there", isWithin(path, state) || isWithin(state, path)],
    ["the checkout lies in it", isWithin(root, path)],
    ["it belongs to the machine", MACHINE.some((tree) => isWithin(path, tree))],
    ["keys and passwords are kept there", secrets.some((secret) => reaches(path, secret))],
  ];
  return rules.find(([, holds]) => holds)?.[0];
}

/** Whether a path lies in what holds keys, or holds it. */
function reaches(path: string, secret: string): boolean {
  return isWithin(path, secret) || (isWithin(secret, path) && existsSync(secret));
}
