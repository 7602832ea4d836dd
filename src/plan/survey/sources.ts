import type { ConfigProject } from "../../schema/config.js";

/** What a survey may look at: names and texts of the user's checkout, never anything run. */
export interface Sources {
  /** Files git knows, sorted. */
  readonly files: readonly string[];
  /** Text of a file, ignored ones too; undefined where there is none or it is too long. */
  read(path: string): string | undefined;
  /** Names in a folder of the checkout; none where there is no such folder. */
  list(path: string): readonly string[];
  /** Whether a program is found in PATH, or at this path of the checkout. */
  has(program: string): boolean;
}

/** A project found, with what a person should know of it. */
export interface Found {
  readonly project: ConfigProject;
  readonly notes: readonly string[];
  /** Whether its tests are but those of the projects below it. */
  readonly handsOn?: boolean;
}

/** `path` inside a project's folder; `.` is the repository itself. */
export function inside(folder: string, path: string): string {
  return folder === "." ? path : `${folder}/${path}`;
}

/** Whether a file is a project's: in its folder, and in none of the projects below. */
export function isWithin(folder: string, path: string): boolean {
  return folder === "." || path.startsWith(`${folder}/`);
}
