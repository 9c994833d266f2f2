import type { FleetStatusEvent } from '../lib/index.js';
import { describeFleetLook } from './present-fleet-status.js';

export interface Looks {
  readonly observer: ((event: FleetStatusEvent) => void) | undefined;
  /** Leaves the terminal as it was. */
  end(): void;
}

/** Shows how many hosts were looked at: a line that is written again in a terminal, nothing elsewhere, where a program looks. */
export function observeLooks(): Looks {
  const { isTTY, columns } = process.stderr;
  if (!(isTTY && columns > 0)) return { observer: undefined, end: () => undefined };
  let shown = false;
  return {
    observer: (event) => {
      const line = describeFleetLook(event).slice(0, Math.max(1, process.stderr.columns - 1));
      process.stderr.write(`\r${line}\x1b[K`);
      shown = true;
    },
    end: () => {
      if (shown) process.stderr.write('\r\x1b[2K');
    },
  };
}
