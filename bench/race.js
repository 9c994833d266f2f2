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

/**
 * One run in a directory of its own: `ms` by the clock, `cpuMs` of the processors, with all that it starts. `prepare` fills the
 * directory before the clock starts. Directories stay until the end: ext4 looks at each file that was removed just now
 * before it makes one, and a run would pay for the one before.
 */
export function measure(command, prepare = () => undefined) {
  const cwd = mkdtempSync(join(home, 'run-'));
  prepare(cwd);
  const [output, times] = ['.output', '.times'].map((name) => openSync(join(cwd, name), 'w+'));
  const began = performance.now();
  const { status, stderr } = spawnSync('sh', ['-c', '"$@" && times >&3', 'sh', ...command], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', output, 'pipe', times],
  });
  const ms = performance.now() - began;
  const [, children = ''] = readFileSync(join(cwd, '.times'), 'utf8').trim().split('\n');
  const seconds = Array.from(
    children.matchAll(/(\d+)m([\d.]+)s/g),
    ([, minutes, rest]) => 60 * minutes + +rest,
  );
  for (const file of [output, times]) closeSync(file);
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
  return { ms, cpuMs: 1000 * seconds.reduce((sum, one) => sum + one, 0) };
}

/** One timed run, in milliseconds. */
export function time([command, ...args]) {
  const cwd = mkdtempSync(join(home, 'run-'));
  const began = performance.now();
  const { status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  const ms = performance.now() - began;
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
  return Number(kilobytes) / 1024;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs the contestants in turn and gives the median of each. */
export function race(contestants, times) {
  const results = contestants.map(() => []);
  contestants.forEach((contestant) => time(contestant)); // warm-up
  for (let round = 0; round < times; round++)
    contestants.forEach((contestant, index) => results[index].push(time(contestant)));
  return results.map(median);
}
