import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  encryptedCaKeys,
  formatWithin,
  InputError,
  installTimer,
  keyTypeName,
  parseWithin,
  planRenewal,
  timerFiles,
  type RenewRequest,
  type TimerKind,
} from '../lib/index.js';
import type { Environment } from './environment.js';
import { describeTimer, renewWords } from './present-renewal.js';
import { printExactly, printJson } from './streams.js';

export interface TimerFlags {
  readonly names: readonly string[];
  readonly printTimer?: TimerKind | undefined;
  readonly apply?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly passphraseFile?: string | undefined;
  readonly exec?: string | undefined;
  readonly openssl?: string | undefined;
}

/** Prints what would run `renew` once a day, or sets it up. */
export async function runTimer(
  request: RenewRequest,
  flags: TimerFlags,
  { signal }: Environment,
): Promise<void> {
  const argv = await timerCommandLine(request, flags);
  const kind = flags.printTimer ?? 'systemd';
  const files = timerFiles(kind, argv);
  const placed = flags.apply && !flags.dryRun ? await installTimer(argv, { signal }) : undefined;
  if (flags.json) printJson({ ok: true, command: 'renew', kind, installed: placed !== undefined, files });
  else
    printExactly(
      ...describeTimer(files, {
        kind,
        asked: flags.printTimer !== undefined,
        installed: placed !== undefined,
      }),
    );
}

/** What a timer runs: this program by its full path, with what was asked for; nobody can be asked for a passphrase there. */
async function timerCommandLine(request: RenewRequest, flags: TimerFlags): Promise<string[]> {
  const { directory } = await planRenewal({ ...request, due: true }); // what it would refuse each night is told now
  const [key] = flags.passphraseFile === undefined ? await encryptedCaKeys(directory) : [];
  if (key !== undefined)
    throw new InputError('timer', renewWords.timerAsksNobody(join(directory, key)), {
      hint: renewWords.timerAsksNobodyHint,
    });
  const flag = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [name, value];
  // The environment of a timer has no OPENSSL_BIN.
  const openssl =
    flags.openssl ?? (process.env['OPENSSL_BIN'] === '' ? undefined : process.env['OPENSSL_BIN']);
  return [
    process.execPath,
    await realpath(process.argv[1] ?? ''),
    ...['renew', '--due', ...flags.names, '--dir', directory, '--quiet'],
    ...(request.newKey ? ['--new-key'] : []),
    ...flag('--key', typeof request.key === 'object' ? keyTypeName(request.key) : request.key),
    ...flag('--days', request.days === undefined ? undefined : String(request.days)),
    ...flag('--within', request.within === undefined ? undefined : formatWithin(parseWithin(request.within))),
    ...flag('--passphrase-file', flags.passphraseFile && resolve(flags.passphraseFile)),
    ...flag('--openssl', openssl?.includes('/') ? resolve(openssl) : openssl),
    ...flag('--exec', flags.exec),
  ];
}
