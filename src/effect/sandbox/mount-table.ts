import { readFileSync } from "node:fs";
import { Fault } from "../../kernel/fault.js";

/** One mount of the sandbox, in fstab's terms. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** A mount of the host, as far as binding from it needs to know. */
export interface HostMount {
  readonly point: string;
  readonly noexec: boolean;
}

/** The mount table as the text `mount --all` reads. Throws Fault SANDBOX_SETUP on a path no table can hold. */
export function formatMounts(mounts: readonly Mount[]): string {
  return mounts
    .map((mount) => [mount.source, mount.target].map(escapeField).concat(mount.type, mount.options.join(","), "0 0"))
    .map((fields) => fields.join(" "))
    .join("\n");
}

function escapeField(path: string): string {
  if (/[\n\r\0]/.test(path))
    throw new Fault("SANDBOX_SETUP", `cannot mount ${JSON.stringify(path)}: its name holds a line break. Rename it.`);
  return path.replace(/[\\ \t]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`);
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

/** An overlay of `lowers` (uppermost first) with its changes in `<layer>/upper`; `layer` is a path on the stage. */
export function overlay(target: string, lowers: readonly string[], layer: string): Mount {
  const directories = [`lowerdir=${lowers.join(":")}`, `upperdir=${layer}/upper`, `workdir=${layer}/work`];
  // volatile: nothing of a layer is trusted after a crash, and without it each call would sync the whole disk
  return {
    source: "overlay",
    target,
    type: "overlay",
    options: ["userxattr", "volatile", "nosuid", "nodev", ...directories],
  };
}
