import { readFileSync } from "node:fs";
import { release } from "node:os";

/** One mount of the sandbox, in fstab's terms; options mount(2) has no flag for are the file system's own. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: readonly string[];
  /** Left out where its target went since it was planned: a program of the host's ended, and took its socket with it. */
  readonly mayBeGone?: true;
}

/** A mount of the host, as far as binding from it needs to know. */
export interface HostMount {
  readonly point: string;
  readonly noexec: boolean;
}

/** Flags of mount(2), from `<sys/mount.h>`: the same on every processor. */
const FLAGS: Readonly<Record<string, number>> = {
  ro: 1,
  nosuid: 2,
  nodev: 4,
  noexec: 8,
  remount: 32,
  bind: 4_096,
  rbind: 4_096 + 16_384,
};
const RESTRICTIONS = 15;

/** Arguments of one call of mount(2): source, target, type, flags, data. */
export type MountCall = readonly [source: string, target: string, type: string, flags: number, data: string];

/** The system calls of one mount. A bind takes restrictions by a second call only. */
export function mountCalls({ source, target, type, options }: Mount): MountCall[] {
  const flags = options.reduce((sum, option) => sum + (FLAGS[option] ?? 0), 0);
  const data = options.filter((option) => FLAGS[option] === undefined).join(",");
  const [restrictions, remount, bind] = [flags & RESTRICTIONS, FLAGS["remount"] ?? 0, FLAGS["bind"] ?? 0];
  if ((flags & bind) === 0 || (flags & remount) !== 0 || restrictions === 0)
    return [[source, target, type, flags, data]];
  return [
    [source, target, type, flags - restrictions, data],
    ["none", target, type, remount + bind + restrictions, ""],
  ];
}

/** The host's mounts that this process sees; none where `/proc` is missing. */
export function readHostMounts(file = "/proc/self/mountinfo"): HostMount[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [];
  }
  return text
    .split("\n")
    .map((line) => line.split(" "))
    .filter((fields) => fields.length > 5)
    .map((fields) => ({
      point: unescapePoint(fields[4] ?? ""),
      noexec: (fields[5] ?? "").split(",").includes("noexec"),
    }));
}

function unescapePoint(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Whether `path` is `directory` or lies in it. Both are absolute and normal. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === "/" ? "/" : `${directory}/`);
}

/**
 * A read-only bind of a host path, with every host mount below it bound read-only as well: a bind
 * is refused when it would uncover what the host has mounted over, and `ro` holds for one mount only.
 */
export function bindReadOnly(source: string, target: string, host: readonly HostMount[]): Mount[] {
  const below = host.filter((mount) => mount.point !== source && isWithin(mount.point, source)).map((one) => one.point);
  const bind = below.length > 0 ? "rbind" : "bind";
  const one = (from: string, to: string, how: string): Mount => ({
    source: from,
    target: to,
    type: "none",
    options: [how, "ro", "nosuid", "nodev", ...(isNoexec(from, host) ? ["noexec"] : [])],
  });
  return [
    one(source, target, bind),
    ...[...new Set(below)].map((point) => one(point, target + point.slice(source.length), "bind")),
  ];
}

/** A user namespace may not drop `noexec` from a bind of the host's mount; `nosuid` and `nodev` are always added. */
function isNoexec(path: string, host: readonly HostMount[]): boolean {
  let best: HostMount | undefined;
  for (const mount of host)
    if (isWithin(path, mount.point) && mount.point.length >= (best?.point.length ?? 0)) best = mount;
  return best?.noexec ?? false;
}

/** A writable bind. */
export function bindWritable(source: string, target: string): Mount {
  return { source, target, type: "none", options: ["bind"] };
}

/** First kernel that gives overlays a number of their own, unless told not to. */
const UUID_KERNEL = [6, 6] as const;

/** Whether a kernel is of a release or a later one. */
export function isKernelSince([major, minor]: readonly [number, number], text = release()): boolean {
  const [first = 0, second = 0] = text.split(".").map((field) => Number.parseInt(field, 10));
  return first > major || (first === major && second >= minor);
}

/** An overlay of `lowers` (uppermost first) with its changes in `<layer>/upper`; `layer` is a path on the stage. */
export function overlay(target: string, lowers: readonly string[], layer: string): Mount {
  const directories = [`lowerdir=${lowers.join(":")}`, `upperdir=${layer}/upper`, `workdir=${layer}/work`];
  // volatile: nothing of a layer is trusted after a crash, and without it each call would sync the whole disk;
  // uuid=null: or the kernel writes one on a new layer, which then looks as if a command had touched it
  return {
    source: "overlay",
    target,
    type: "overlay",
    options: [
      "userxattr",
      "volatile",
      ...(isKernelSince(UUID_KERNEL) ? ["uuid=null"] : []),
      "nosuid",
      "nodev",
      ...directories,
    ],
  };
}
