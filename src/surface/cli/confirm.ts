import { createInterface } from "node:readline/promises";

/** Asks a yes/no question on standard error, so that standard output stays clean; anything but yes is no. */
export async function confirmOnTerminal(question: string): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}

/**
 * Asks for one key on standard error and takes it without the return key; what is not one key alone, as pasted text,
 * counts as none of them. Empty where the terminal went away.
 */
export async function keyOnTerminal(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(`${question} `);
  stdin.setRawMode(true);
  try {
    return await new Promise<string>((resolve) => {
      stdin.once("data", (data: Buffer) => resolve(data.length === 1 ? data.toString("latin1") : "many"));
      stdin.once("end", () => resolve(""));
    });
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write("\n");
  }
}
