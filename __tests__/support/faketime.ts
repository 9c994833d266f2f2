import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findOpenssl } from '../../lib/index.js';
import { command, main, type Outcome } from './program.js';

/** How far a clock is off, as faketime reads it: whole seconds from the real time. */
export function faketimeOffset(aheadMs: number): string {
  return `${aheadMs < 0 ? '-' : '+'}${Math.abs(Math.round(aheadMs / 1000))}`;
}

/**
 * The library that sets a program's clock (package faketime), as LD_PRELOAD: ld.so puts the machine's own directory for
 * $LIB. The program `faketime` is not used: it fails where one that was killed had the same process id.
 */
export const faketimeLibrary = '/usr/$LIB/faketime/libfaketime.so.1';

const library = {
  LD_PRELOAD: faketimeLibrary,
  // Only what a clock says is off: timers run as ever.
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  DONT_FAKE_MONOTONIC: '1',
};

/** What sets a program's clock, for its environment: `+60`, `@2020-01-01 00:00:00` (goes on), `2020-01-01 00:00:00` (stands). */
export function atClock(clock: string): Readonly<Record<string, string>> {
  return { ...library, FAKETIME: clock };
}

/** A moment in the past, for atClock. */
export function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 19).replace('T', ' ');
}

/** As atClock, with the clock from a file that can change while the program runs. */
export function atClockOf(file: string): Readonly<Record<string, string>> {
  return { ...library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1' };
}

/** An openssl whose clock is off: the program passes its own environment on as little as all else. `script` comes before it. */
export async function opensslAt(directory: string, aheadMs: number, script = ''): Promise<string> {
  const { path: real } = await findOpenssl();
  const path = join(directory, 'openssl');
  const lines = [
    '#!/bin/sh',
    `ahead=${faketimeOffset(aheadMs)}`,
    script,
    `if [ "$ahead" = +0 ]; then exec '${real}' "$@"; fi`,
    `exec env FAKETIME="$ahead" LD_PRELOAD='${faketimeLibrary}' '${real}' "$@"`,
  ];
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o755 });
  return path;
}

/** For `--import`: the library that sets the clock is in the program already; without an offset it would be in openssl's way. */
export const forgetLibrary = 'data:text/javascript,delete process.env.LD_PRELOAD';

/** Runs the program by a clock that is off, in `cwd`; `folder` is for the openssl that it uses. */
export async function programAt(
  cwd: string,
  folder: string,
  args: readonly string[],
  aheadMs: number,
): Promise<Outcome> {
  const env = {
    OPENSSL_BIN: await opensslAt(folder, aheadMs),
    TZ: 'UTC',
    ...atClock(faketimeOffset(aheadMs)),
  };
  return command(cwd, process.execPath, ['--import', forgetLibrary, main, ...args], { env });
}
