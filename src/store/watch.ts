import { type FSWatcher, unwatchFile, utimesSync, watch, watchFile } from "node:fs";
import { dirname } from "node:path";

/** Where the kernel gives no directory watch, the log's file is looked at this often (milliseconds). */
const STAT_INTERVAL_MS = 500;

/** inotify where it is to be had, else the file's status now and then. Keeps the process alive. */
export function watchDirectory(path: string, changed: () => void, watcher: typeof watch = watch): { close(): void } {
  let current: FSWatcher | undefined;
  const fallBack = (): void => {
    current?.close();
    current = undefined;
    watchFile(`${path}-wal`, { interval: STAT_INTERVAL_MS }, changed);
  };
  try {
    current = watcher(dirname(path), changed);
    current.on("error", fallBack);
  } catch {
    fallBack();
  }
  return {
    close() {
      current?.close();
      unwatchFile(`${path}-wal`, changed);
    },
  };
}

/**
 * Wakes the watchers of other processes after a commit. SQLite's own last write comes before the
 * commit can be seen, so a watcher woken by that alone would look too early and then never again.
 */
export function wakeWatchers(path: string, nowMs: number): void {
  try {
    utimesSync(`${path}-wal`, nowMs / 1_000, nowMs / 1_000);
  } catch {
    // Only a hint: the events are committed, and a watcher finds them with whatever comes next.
  }
}
