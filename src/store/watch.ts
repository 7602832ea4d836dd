import { type FSWatcher, unwatchFile, watch, watchFile } from "node:fs";
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
