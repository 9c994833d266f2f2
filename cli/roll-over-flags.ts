import type { Options } from 'yargs';
import type { RollOverChange } from '../lib/index.js';
import { EXIT } from './exit-codes.js';
import { executionFlags, runFlags, seconds } from './flags.js';
import { sayNotes } from './notes.js';
import { describeRollOverChange, rollOverChangeAsJson, rollOverWords } from './present-roll-over.js';
import { print, printJson, resultStyle, say } from './streams.js';

/** Flags of every command of a roll-over that writes. */
export const rollOverRunFlags = {
  ...executionFlags,
  'dry-run': { ...executionFlags['dry-run'], describe: 'Show what would be done, and write nothing' },
  'allow-open-modes': runFlags['allow-open-modes'],
  'lock-timeout': runFlags['lock-timeout'],
} as const satisfies Record<string, Options>;

/** Flags of those that connect to the hosts. */
export const lookFlags = {
  'connect-timeout': {
    type: 'number',
    default: 10,
    requiresArg: true,
    describe: 'Timeout per connection to a host, in seconds',
    coerce: (given: number) => seconds('connect-timeout', given, given > 0),
    group: 'Running:',
  },
} as const satisfies Record<string, Options>;

/** So many hosts are looked at between two lines of progress. */
const LINE_EACH = 50;

/** Tells how many hosts were looked at, where they are many. */
export function tellOfHosts(quiet: boolean | undefined): ((looked: number, all: number) => void) | undefined {
  if (quiet) return undefined;
  return (looked, all) => {
    if (looked % LINE_EACH === 0 && looked < all) say(rollOverWords.looked(looked, all));
  };
}

/** Prints what a command did. One that failed for some says so by its exit code. */
export function showRollOverChange(
  action: string,
  change: RollOverChange,
  {
    file,
    json,
    quiet,
    dryRun = false,
  }: Readonly<Record<'json' | 'quiet' | 'dryRun', boolean | undefined>> & {
    readonly file: string | undefined;
  },
): void {
  if (json) printJson(rollOverChangeAsJson(action, change, dryRun));
  else if (!quiet) {
    sayNotes(change.notes);
    print(...describeRollOverChange(change, file, dryRun, resultStyle()));
  }
  if (change.failed.length > 0) process.exitCode = EXIT.failed;
}
