import type { FleetEvent } from '../lib/index.js';
import { describeFleetProgress } from './present-fleet.js';
import { say } from './streams.js';

export interface FleetProgressLine {
  readonly observer: (event: FleetEvent) => void;
  /** Leaves the terminal as it was. */
  end(): void;
}

/** Where nothing is written again, a line tells how far it is after so long. */
const LINE_MS = 5000;

/** Shows how far a fleet has come: one line that is written again in a terminal, a line now and then elsewhere. */
export function observeFleet(): FleetProgressLine {
  const { isTTY, columns } = process.stderr;
  return isTTY && columns > 0 ? oneLine() : fewLines();
}

function oneLine(): FleetProgressLine {
  let shown = false;
  const clear = (): void => {
    if (shown) process.stderr.write('\r\x1b[2K');
    shown = false;
  };
  return {
    observer: (event) => {
      if (event.type !== 'progress') return;
      const line = describeFleetProgress(event).slice(0, Math.max(1, process.stderr.columns - 1));
      process.stderr.write(`\r${line}\x1b[K`);
      shown = true;
    },
    end: clear,
  };
}

function fewLines(): FleetProgressLine {
  let last = performance.now();
  return {
    observer: (event) => {
      if (event.type !== 'progress' || performance.now() - last < LINE_MS) return;
      last = performance.now();
      say(describeFleetProgress(event));
    },
    end: () => undefined,
  };
}
