import type { AppliedFleet, FleetPlan } from '../lib/index.js';
import { EXIT } from './exit-codes.js';
import { sayNotes } from './notes.js';
import { appliedAsJson, describeApplied, describeFleetPlan, fleetPlanAsJson } from './present-fleet.js';
import { print, printJson, resultStyle } from './streams.js';

/** How much is printed, and as what. */
export interface ResultFlags {
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** Prints what would be done. `more`: what the JSON of another command than `fleet plan` has beside. */
export function printFleetPlan(plan: FleetPlan, { json, quiet, verbose }: ResultFlags, more?: object): void {
  if (json) printJson({ ...fleetPlanAsJson(plan), ...more });
  else if (!quiet) {
    sayNotes(plan.notes);
    print(...describeFleetPlan(plan, resultStyle(), verbose ?? false));
  }
}

/** Prints what was done, and sets the exit code. Failures are printed also where only errors are. */
export function printApplied(
  command: string,
  applied: AppliedFleet,
  { json, quiet, verbose }: ResultFlags,
): void {
  const hasFailed = applied.failed.length > 0;
  if (hasFailed) process.exitCode = EXIT.failed;
  if (json) printJson(appliedAsJson(command, applied));
  else if (!quiet) {
    sayNotes(applied.notes);
    print(...describeApplied(applied, resultStyle(), verbose ?? false));
  } else if (hasFailed) print(...describeApplied({ ...applied, left: [] }, resultStyle(), false));
}
