import type { OpensslVersion } from '../../openssl/capabilities.js';
import { ownConfig } from '../../openssl/config.js';
import { parseConf } from '../../x509/openssl-conf.js';
import { readRegular } from '../../store/read-regular.js';
import type { OpensslStep } from '../../plan/step.js';
import type { Asked, Known } from './asked.js';
import { readInput, type Holds } from './files.js';
import { packedBy, pkcs12Action } from './pkcs12.js';
import { hasFlag, inputAfter, passphraseAfter, wordAfter } from './words.js';

/** Reads from a command, and from its inputs before it runs, what it asks for. `known`: what the plan has made so far. */
export async function askedOf(
  step: OpensslStep,
  version: OpensslVersion | undefined,
  known: (path: string) => Known | undefined,
  locate: (path: string) => string,
): Promise<Asked> {
  const has = (of: Known | undefined, holds: Holds): of is Known => {
    if (holds === 'text') return of?.text !== undefined;
    return (holds === 'key' ? of?.publicKey : holds === 'csr' ? of?.csr : of?.certificate) !== undefined;
  };
  const input = async (flag: string, holds: Holds): Promise<Known | undefined> => {
    const file = inputAfter(step, flag);
    if (!file) return undefined;
    const made = known(file.path);
    if (has(made, holds)) return { ...made, shown: file.shown };
    return readInput(locate(file.path), file.shown, holds, passphraseAfter(step, '-passin'));
  };
  const action = pkcs12Action(step);
  const rewrites = step.command === 'rsa' || step.command === 'pkey';
  const [key, of, ca, config] = await Promise.all([
    (rewrites ? input('-in', 'key') : input('-key', 'key')).then(
      (found) => found ?? input(action === 'export' ? '-inkey' : '-signkey', 'key'),
    ),
    rewrites || action
      ? undefined
      : input('-in', step.command === 'x509' && !hasFlag(step, '-req') ? 'certificate' : 'csr'),
    input(step.command === 'ca' ? '-cert' : '-CA', 'certificate'),
    input('-extfile', 'text').then((found) => found ?? input('-config', 'text')),
  ]);
  const texts = action === 'export' ? [await input('-in', 'text'), await input('-certfile', 'text')] : [];
  const opened = action === 'open' ? inputAfter(step, '-in') : undefined;
  const [serials] = step.updates ?? [];
  const before = (serials === undefined ? undefined : known(serials)?.text?.trim()) ?? '';
  const isNumber = /^[0-9A-F]+$/i.test(before);
  const set = wordAfter(step, '-set_serial');
  return {
    step,
    version,
    began: Date.now(),
    conf: parseConf(config ? (config.text ?? '.include') : await ownText()),
    key: key?.publicKey && { ...key, publicKey: key.publicKey },
    of,
    ca,
    packed: opened ? known(opened.path)?.packed : packedBy(key, texts),
    serial: set !== undefined ? BigInt(set) : isNumber ? BigInt(`0x${before}`) + 1n : undefined,
  };
}

async function ownText(): Promise<string> {
  return (await readRegular(ownConfig())).bytes.toString('latin1');
}
