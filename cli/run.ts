import { EXIT } from './exit-codes.js';

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/** Heeds the signals, also after its run: see main.ts. The next run puts its own in its place. */
let heeds: ((signal: (typeof SIGNALS)[number]) => void) | undefined;

/** One run of a command, from its arguments to its exit code. */
export async function run(typed: readonly string[], version: string): Promise<number> {
  const interrupt = new AbortController();
  let args = typed;
  let ended: (typeof SIGNALS)[number] | undefined;
  let over = false;
  const stop = (signal: (typeof SIGNALS)[number]): void => {
    if (over) process.exit(); // what was done is done: only its output is still on its way
    ended ??= signal;
    interrupt.abort();
  };
  for (const signal of SIGNALS) {
    if (heeds) process.off(signal, heeds);
    process.on(signal, stop);
  }
  heeds = stop;
  try {
    const { answerWithHelp, refuseUnknown, withoutAliases } = await import('./first-word.js');
    args = withoutAliases(typed);
    refuseUnknown(args);
    const answered = answerWithHelp(args);
    if (answered !== undefined) return answered;
    const { parser } = await import('./parser.js');
    await (await parser(args, { signal: interrupt.signal, version })).parseAsync();
    return EXIT.done;
  } catch (error) {
    const { fail } = await import('./fail.js');
    return fail(error, args, ended);
  } finally {
    over = true;
  }
}
