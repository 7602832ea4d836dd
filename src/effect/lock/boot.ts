import { readFileSync } from "node:fs";

let known: string | undefined;

/** The id of this boot of the machine, or undefined where there is none to be had (no Linux). */
export function currentBoot(): string | undefined {
  known ??= readBoot();
  return known === "" ? undefined : known;
}

function readBoot(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}
