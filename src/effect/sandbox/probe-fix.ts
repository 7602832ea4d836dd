import { existsSync, readFileSync } from "node:fs";

/** Reads a kernel setting; undefined where the kernel has none. Injected in tests. */
export type ReadSetting = (name: string) => string | undefined;

/** Reads `/proc/sys/<name with dots as slashes>`. */
export const readKernelSetting: ReadSetting = (name) => {
  try {
    return readFileSync(`/proc/sys/${name.replaceAll(".", "/")}`, "utf8").trim();
  } catch {
    return undefined;
  }
};

/** What the remedy depends on. */
export interface FixFacts {
  /** What the set-up said. */
  readonly said: string;
  /** Where layers are to be. */
  readonly place: string;
  readonly read: ReadSetting;
  readonly inContainer: boolean;
  readonly isRoot: boolean;
}

/** Whether this process seems to run in a container. */
export function seemsContainer(): boolean {
  return existsSync("/.dockerenv") || existsSync("/run/.containerenv");
}

/** Kernel settings that forbid user namespaces, whether root is exempt, and what switches them back. */
const SWITCHES = [
  { name: "user.max_user_namespaces", off: "0", rootToo: true, on: "15000" },
  { name: "kernel.unprivileged_userns_clone", off: "0", rootToo: false, on: "1" },
  { name: "kernel.apparmor_restrict_unprivileged_userns", off: "1", rootToo: false, on: "0" },
];

/** Errors of the disk that layers are to be on: the kernel's refusal of a namespace, which may say the same, is no such. */
const DISKS = [
  {
    says: /\b(ENOSPC|EDQUOT): |cannot mount overlay .*: (No space left on device|Disk quota exceeded)|takes no further file/,
    fix: (place: string) =>
      `free space and names of files on the disk that holds ${place} (df -h, df -i), or set XDG_STATE_HOME to a directory on another`,
  },
  {
    says: /\b(EROFS|EACCES|EPERM|ENOTDIR|EEXIST): /,
    fix: (place: string) => `make ${place} a directory you can write, or set XDG_STATE_HOME to one`,
  },
];

/** The likeliest remedy for a sandbox that cannot be set up: settings first, then what the set-up said. */
export function fixForSetup(facts: FixFacts): string {
  if (/GNU tar/.test(facts.said)) return "sudo apt-get install tar";
  const disk = DISKS.find(({ says }) => says.test(facts.said));
  if (disk !== undefined) return disk.fix(facts.place);
  const off = SWITCHES.find((one) => (one.rootToo || !facts.isRoot) && facts.read(one.name) === one.off);
  if (off !== undefined) return `sudo sysctl -w ${off.name}=${off.on}`;
  if (/said nothing|was killed|no program ran/.test(facts.said))
    return "one of these programs does not do what it is for: sudo apt-get install --reinstall util-linux perl-base coreutils tar dash bubblewrap";
  if (facts.inContainer)
    return "start the container with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined, and with a volume (not the container's own overlay) for XDG_STATE_HOME";
  if (/overlay/.test(facts.said))
    return "set XDG_STATE_HOME to a directory on ext4, xfs or btrfs; overlays of ordinary users need Linux 5.11 or newer";
  if (/not found|No such file/.test(facts.said)) return "sudo apt-get install util-linux perl-base coreutils";
  return "allow user namespaces for this user (see user_namespaces(7)); the detail says what the kernel refused";
}
