import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `condition` holds; fails where it does not come to that. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries++) {
    if (tries === 1000) throw new Error('what was waited for does not happen');
    await sleep(10);
  }
}
