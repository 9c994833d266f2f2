import { EXIT } from './exit-codes.js';

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

/** One run of a command, from its arguments to its exit code. */
export async function run(args: readonly string[], version: string): Promise<number> {
  const interrupt = new AbortController();
  let ended: (typeof SIGNALS)[number] | undefined;
  let over = false;
  const stop = (signal: (typeof SIGNALS)[number]): void => {
    if (over) process.exit(); // what was done is done: only its output is still on its way
    ended ??= signal;
    interrupt.abort();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
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
