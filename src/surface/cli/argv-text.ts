/** An argument list as one would type it: an argument with a space or a sign of the shell's in it is quoted. */
export function argvText(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(" ");
}
