import { setImmediate } from 'node:timers/promises';

/** Lets other work run after so many small files: a child that writes, or a signal that stops all of it. */
const AT_ONCE = 25;

/** To be awaited in a long loop of synchronous calls, with the number of the turn. */
export async function breathe(at: number): Promise<void> {
  if (at % AT_ONCE === AT_ONCE - 1) await setImmediate();
}
