import { basename } from 'node:path';
import { environmentOf, type DaemonCommand } from './dockerd-command.js';
import type { Variable } from './exec-line.js';
import { UNIT, type DaemonPlaces } from './places.js';
import type { Refusal } from './refusal.js';
import { listOf, readUnit } from './unit.js';

/** A drop-in for the daemon's unit. */
export interface DropIn {
  readonly content: string;
  /** What it does, in a few words. */
  readonly what: string;
}

/**
 * Refuses where something would undo our drop-in with that content: another one that comes later or stands in a directory that has
 * precedence, or a file of variables. `variable`: what it sets. Errors: `ERR_FILE`.
 */
export async function overruled(
  root: string,
  { dropIn = '', units }: DaemonPlaces,
  { rest, removed, setting }: DaemonCommand,
  content: string,
  variable?: Pick<Variable, 'name' | 'value'>,
): Promise<Refusal[]> {
  const unit = await readUnit(root, UNIT, { path: dropIn.slice(1), content }, units);
  const lines = unit ? listOf(unit, 'Service', 'ExecStart') : [];
  const wanted = removed.length === 0 ? setting.value : rest;
  const now = unit && variable && (await environmentOf(root, unit, new Set([variable.name]))).environment;
  const set = variable && now?.get(variable.name);
  const isSet = set?.value === variable?.value;
  if (lines.length === 1 && lines[0]?.value === wanted && isSet) return [];
  const { file, line } = (isSet ? lines.at(-1) : set) ?? setting;
  const hint = 'give it a name that comes earlier, and run the same command again';
  return [{ why: `${file} comes after ${basename(dropIn)}, and would undo it`, hint, file, line }];
}
