// How the benchmarks measure: one run, the rivals in turn, so that a slow moment of the machine strikes both; medians.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const program = join(import.meta.dirname, '..', 'dist', 'cli', 'main.cjs');
export const home = mkdtempSync(join(tmpdir(), 'bench-'));

/** A command line of the program. */
export function cli(...args) {
  return [process.execPath, program, ...args];
}

/** One timed run in a directory of its own, in milliseconds. `prepare` fills the directory before the clock starts. */
export function time([command, ...args], prepare = () => undefined) {
  const cwd = mkdtempSync(join(home, 'run-'));
  prepare(cwd);
  const output = openSync(join(cwd, '.output'), 'w');
  const began = performance.now();
  const { status, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', output, 'pipe'],
  });
  const ms = performance.now() - began;
  closeSync(output);
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')}: ${stderr}`);
  rmSync(cwd, { recursive: true });
  return ms;
}

/** The most memory that a run of the program holds at once, in MiB: VmHWM of proc(5). Linux only. */
export function peak([node, ...args], prepare = () => undefined) {
  const cwd = mkdtempSync(join(home, 'run-'));
  prepare(cwd);
  const [report, watch] = [join(cwd, '.peak'), join(cwd, '.watch.cjs')];
  const files = "require('node:fs')";
  writeFileSync(
    watch,
    `process.on('exit', () => ${files}.writeFileSync(${JSON.stringify(report)}, ${files}.readFileSync('/proc/self/status')));`,
  );
  const { status, stderr } = spawnSync(node, ['--require', watch, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(report, 'utf8'));
  rmSync(cwd, { recursive: true });
  return Number(kilobytes) / 1024;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs the contestants in turn and gives the median of each. A contestant is a command line, or it and what prepares it. */
export function race(contestants, times) {
  const each = contestants.map((one) => (Array.isArray(one) ? { command: one } : one));
  const results = each.map(() => []);
  const run = ({ command, prepare }) => time(command, prepare);
  each.forEach(run); // warm-up
  for (let round = 0; round < times; round++)
    each.forEach((contestant, index) => results[index].push(run(contestant)));
  return results.map(median);
}
