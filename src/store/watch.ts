import { type FSWatcher, unwatchFile, utimesSync, watch, watchFile } from "node:fs";
import { dirname } from "node:path";

/** Where the kernel gives no directory watch, the log's file is looked at this often (milliseconds). */
const STAT_INTERVAL_MS = 500;

/** Commits within this time wake the watchers together (milliseconds). */
const WAKE_TOGETHER_MS = 20;

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

/** Wakes the watchers of other processes after commits. */
export interface Waker {
  /** Something was committed. */
  readonly wake: () => void;
  /** Wakes for what was committed and not told yet. */
  readonly flush: () => void;
}

/**
 * Touches the log's file after a commit. SQLite's own last write comes before the commit can be seen, so a watcher woken
 * by that alone would look too early and then never again. The first commit wakes at once; those that follow within
 * WAKE_TOGETHER_MS wake together, after the last of them.
 */
export function createWaker(path: string): Waker {
  let timer: NodeJS.Timeout | undefined;
  let late = false;

  function touch(): void {
    const now = Date.now() / 1_000;
    try {
      utimesSync(`${path}-wal`, now, now);
    } catch {
      // Only a hint: the events are committed, and a watcher finds them with whatever comes next.
    }
  }

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (late) touch();
    late = false;
  }

  return {
    flush,
    wake() {
      if (timer !== undefined) {
        late = true;
        timer.ref();
        return;
      }
      touch();
      timer = setTimeout(flush, WAKE_TOGETHER_MS).unref();
    },
  };
}
