import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  encryptedCaKeys,
  formatWithin,
  InputError,
  keyTypeName,
  parseRenewRequest,
  parseWithin,
  planRenewal,
  type RenewRequest,
} from '../lib/index.js';
import { renewWords } from './present-renewal.js';

interface TimerFlags {
  readonly names: readonly string[];
  readonly passphraseFile?: string | undefined;
  readonly exec?: string | undefined;
  readonly openssl?: string | undefined;
}

/** What a timer runs: this program by its full path, with what was asked for; nobody can be asked for a passphrase there. */
export async function timerCommandLine(request: RenewRequest, flags: TimerFlags): Promise<string[]> {
  const values = parseRenewRequest({ ...request, due: true });
  await planRenewal(values, true); // what it would refuse each night is told now
  const { directory } = values;
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
