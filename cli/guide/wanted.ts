/** Whether someone sits at a terminal that can show questions, and no CI does. */
export function guideIsWanted(env: NodeJS.ProcessEnv = process.env): boolean {
  const streams = [process.stdin, process.stdout, process.stderr];
  return streams.every(({ isTTY }) => isTTY) && !env['CI'] && env['TERM'] !== 'dumb';
}
