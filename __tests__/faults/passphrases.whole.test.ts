import { describe, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import fc from 'fast-check';
import { findOpenssl, genpkey, InputError, Passphrase } from '../../lib/index.js';
import { opensslOutput, openssl } from '../support/openssl.js';
import { program, type ProgramOptions } from '../support/program.js';
import { times } from '../support/form.js';
import { usePromise } from '../support/tally.js';
import { useTemporaryDirectory } from '../support/temporary-directory.js';

/** A promise of hundreds of runs is one test. */
jest.setTimeout(600_000);

const tally = usePromise('a passphrase is used byte for byte, or refused before anything runs');
const temporary = useTemporaryDirectory();

const bytesOf = (given: string | Uint8Array): Buffer =>
  typeof given === 'string' ? Buffer.from(given) : Buffer.from(given);

/** Why openssl could not take it as it stands, each with the words that say so. */
function reasons(given: string | Uint8Array): RegExp[] {
  const bytes = bytesOf(given);
  return [
    // Half a character becomes something else on its way to bytes.
    ...(typeof given === 'string' && bytes.toString() !== given ? [/half a character/] : []),
    ...(bytes.includes(0x0a) || bytes.includes(0x0d) ? [/line end/] : []),
    ...(bytes.includes(0) ? [/NUL/] : []),
    ...(bytes.length < 4 ? [/empty|shorter than 4 bytes/] : []),
    ...(bytes.length > 1023 ? [/bytes long/] : []),
  ];
}

const awkward = [
  ...[' ', '\t', "'", '"', '$', '`', '\\', '%', '#', ':', '=', '!', '*', '-', '\u0001', '\u0004', '\u001b'],
  ...['\u007f', '\u0085', '\u00a0', '\u2028', '\ufeff', '\u200b', '\ufffd', 'é', 'e\u0301', '€'],
  ...['😀', 'пароль'],
];
const fatal = ['\n', '\r', '\0', '\ud800', '\udfff'];
const codeUnits = fc.array(fc.nat(0xffff), { maxLength: 40 }).map((units) => String.fromCharCode(...units));
const longOnes = fc
  .tuple(
    fc.constantFrom('a', 'ä', '€', '😀'),
    fc.integer({ min: 1000, max: 1040 }),
    fc.string({ maxLength: 4 }),
  )
  .map(([unit, bytes, end]) => unit.repeat(Math.floor(bytes / Buffer.byteLength(unit))) + end);
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ unit: fc.constantFrom(...awkward), maxLength: 20 }),
  fc.string({ unit: fc.constantFrom(...awkward, ...fatal), maxLength: 20 }),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  codeUnits,
  longOnes,
);
const byteStrings = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ min: 1, minLength: 4, maxLength: 40 }),
  fc.uint8Array({ min: 0x80, minLength: 1015, maxLength: 1030, size: 'max' }),
);
const anything = fc.oneof(texts, byteStrings);

/** Counts the tries of a property, too. */
async function holds(what: string, property: (count: () => void) => Promise<void> | void): Promise<void> {
  let tried = 0;
  await tally.attempt(what, async () => property(() => tried++));
  tally.kept(Math.max(0, tried - 1));
}

describe('any text and any bytes', () => {
  const many = times(1500, 100_000);

  test('are taken as they are, or refused for one of the reasons', async () => {
    const told = new Set<string>();
    let taken = 0;
    await holds('taken or refused', (count) => {
      const property = fc.property(anything, (given) => {
        count();
        const why = reasons(given);
        let passphrase: Passphrase;
        try {
          passphrase = Passphrase.of(given);
        } catch (error) {
          if (!(error instanceof InputError) || error.option !== 'passphrase') throw error;
          const reason = why.find((words) => words.test(error.message));
          if (!reason) throw new Error(`it was refused: ${error.message}`, { cause: error });
          told.add(reason.source);
          return;
        }
        taken++;
        if (why.length > 0) throw new Error(`it was taken, against ${why.join()}`);
        if (!bytesOf(given).equals(passphrase.reveal()!)) throw new Error('it was changed');
      });
      fc.assert(property, { numRuns: many });
    });
    tally.none();
    expect(told.size).toBe(5);
    expect(taken).toBeGreaterThan(many / 4);
  });

  test('stay what they were when they were given', () => {
    const bytes = Buffer.from('correct horse');
    const passphrase = Passphrase.of(bytes);
    bytes.fill(0);
    expect(String(passphrase.reveal())).toBe('correct horse');
  });
});

/** Whether Node opens a private key with these bytes. */
function opens(key: string, passphrase: string | Buffer): boolean {
  try {
    return createPrivateKey({ key, passphrase }).type === 'private';
  } catch {
    return false;
  }
}

const look = ['pkey', '-in', 'k.pem', '-noout', '-passin'];

/** Whether openssl opens `k.pem` with the passphrase on a descriptor. */
async function opensByDescriptor(passphrase: Buffer): Promise<boolean> {
  const { path } = await findOpenssl();
  const child = spawn(path, [...look, 'fd:3'], {
    cwd: temporary(),
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  const descriptor = child.stdio[3] as Writable;
  descriptor.on('error', () => undefined).end(Buffer.concat([passphrase, Buffer.from('\n')]));
  return (await ended)[0] === 0;
}

/** Whether openssl opens `k.pem` with the first line of a file. */
async function opensByFile(content: Buffer): Promise<boolean> {
  await writeFile(join(temporary(), 'given'), content);
  return (await openssl([...look, 'file:given'], temporary())).code === 0;
}

/** As near as another passphrase can be. */
function neighbours(given: string | Uint8Array, at: number): Buffer[] {
  const bytes = bytesOf(given);
  const index = at % bytes.length;
  const flipped = [0x01, 0x20, 0x80].map((bit) => {
    const other = Buffer.from(bytes);
    other[index]! ^= bit;
    return other;
  });
  const text = typeof given === 'string' ? given : bytes.toString('latin1');
  const shorter = [Array.from(text).slice(0, -1).join(''), text.trim(), text.trimStart(), text.trimEnd()];
  const others = [...shorter, ...(typeof given === 'string' ? [text.normalize()] : [])].map((other) =>
    Buffer.from(other, typeof given === 'string' ? 'utf8' : 'latin1'),
  );
  const all = [...flipped, ...others, bytes.subarray(1), Buffer.concat([bytes, Buffer.from(' ')])];
  return [...new Map(all.map((other) => [other.toString('hex'), other])).values()].filter(
    (other) => !other.equals(bytes),
  );
}

describe('a key that is made with a passphrase', () => {
  const rounds = times(6, 400);
  const usable = anything.filter((given) => reasons(given).length === 0);
  const blanks = fc
    .tuple(fc.constantFrom('', ' ', '  ', '\t'), usable, fc.constantFrom('', ' ', '  ', '\t'))
    .map(([before, given, after]) => (typeof given === 'string' ? before + given + after : given))
    .filter((given) => reasons(given).length === 0);

  test('opens with exactly that one', async () => {
    const options = { cwd: temporary(), out: 'k.pem', algorithm: 'ec:p256', overwrite: true };
    let others = 0;
    await holds('made and opened', async (count) => {
      const property = fc.asyncProperty(blanks, fc.nat(), async (given, at) => {
        count();
        const bytes = bytesOf(given);
        await genpkey({ ...options, passout: typeof given === 'string' ? given : Passphrase.of(given) });
        const key = await readFile(join(temporary(), 'k.pem'), 'utf8');
        if (!key.includes('BEGIN ENCRYPTED PRIVATE KEY')) throw new Error('it is not encrypted');
        if (!opens(key, bytes)) throw new Error('Node does not open it');
        if (typeof given === 'string' && !opens(key, given))
          throw new Error('Node does not open it by the text');
        if (!(await opensByDescriptor(bytes))) throw new Error('openssl does not open it by a descriptor');
        if (!(await opensByFile(bytes))) throw new Error('openssl does not open it by a file');
        const near = neighbours(given, at);
        others += near.length;
        const wrong = near.find((other) => opens(key, other));
        if (wrong) throw new Error(`it opens with ${wrong.toString('hex')} too`);
        // openssl itself takes only what has no end in it.
        const [first] = near.filter((other) => reasons(new Uint8Array(other)).length === 0);
        if (first && (await opensByFile(first))) throw new Error('openssl opens it with another one');
      });
      await fc.assert(property, { numRuns: rounds });
    });
    tally.none();
    expect(others).toBeGreaterThan(5 * rounds);
  });

  test('or it is found out: one that was made with another', async () => {
    const key = async (passphrase: string): Promise<string> => {
      const algorithm = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
      await opensslOutput(
        ['genpkey', ...algorithm, '-aes256', '-pass', `pass:${passphrase}`, '-out', 'k.pem'],
        temporary(),
      );
      return readFile(join(temporary(), 'k.pem'), 'utf8');
    };
    const text = 'correct horse ';
    const cut = await key(text.trimEnd());
    expect(opens(cut, text)).toBe(false);
    expect(await opensByDescriptor(Buffer.from(text))).toBe(false);
    expect(await opensByFile(Buffer.from(text))).toBe(false);
    expect(
      neighbours(text, 3)
        .filter((other) => opens(cut, other))
        .map(String),
    ).toEqual(['correct horse']);
  });
});

describe('a file with a passphrase', () => {
  const latin1 = Buffer.from('pässwörter', 'latin1');
  const step = ['step', 'genpkey', '--algorithm', 'ec:p256', '--out', 'k.pem', '--overwrite', '--passout'];

  /** The first of them are the short form. */
  const taken: readonly (readonly [string, string | Buffer, string | Buffer])[] = [
    ['with a line end', 'correct horse\n', 'correct horse'],
    ['with a line end of Windows', 'correct horse\r\n', 'correct horse'],
    ['with blanks at both ends', '  correct horse \t', '  correct horse \t'],
    ['with a byte order mark, which belongs to it', '\ufeffcorrect horse\n', '\ufeffcorrect horse'],
    ['that is not UTF-8', Buffer.concat([latin1, Buffer.from('\n')]), latin1],
    ['without a line end', 'correct horse', 'correct horse'],
    ['with what a shell would read', `'$HOME' "\`id\`" \\n %s #\n`, `'$HOME' "\`id\`" \\n %s #`],
    ['with control characters', 'correct\u001b[31m\u0004\u007fhorse\n', 'correct\u001b[31m\u0004\u007fhorse'],
    ['of 1023 bytes', `${'€'.repeat(341)}\n`, '€'.repeat(341)],
  ];
  test.each(taken.slice(0, times(3, taken.length)))(
    '%s is used byte for byte',
    async (what, content, expected) => {
      const given = bytesOf(content);
      const passphrase = bytesOf(expected);
      await writeFile(join(temporary(), 'pass'), given);
      const ways: readonly (readonly [string, ProgramOptions])[] = [
        ['file:pass', {}],
        // What is not UTF-8 cannot be handed over so by these tests.
        ...(typeof content === 'string' ? [['stdin', { input: content }] as const] : []),
      ];
      for (const [source, options] of ways.slice(0, times(1, ways.length)))
        await tally.attempt(`${what}, by ${source}`, async () => {
          const { code, stderr } = await program(temporary(), [...step, source], options);
          expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
          const key = await readFile(join(temporary(), 'k.pem'), 'utf8');
          expect(opens(key, passphrase)).toBe(true);
          expect(neighbours(passphrase, 3).filter((other) => opens(key, other))).toEqual([]);
          // openssl reads the same from the same file; it alone keeps the half of a line end of Windows.
          expect(await opensByFile(given)).toBe(!given.includes(0x0d));
        });
      tally.none();
    },
  );

  const refused: readonly (readonly [string, string | Buffer, string])[] = [
    ['of two lines', 'correct horse\nbattery\n', 'line end'],
    ['with a NUL', 'correct\0horse\n', 'NUL'],
    ['of 1024 bytes', `${'x'.repeat(1024)}\n`, '1024 bytes long'],
    ['of megabytes', 'x'.repeat(3_000_000), 'bytes long'],
    ['with an empty line after it', 'correct horse\n\n', 'line end'],
    ['of two lines of Windows', 'correct horse\r\nbattery\r\n', 'line end'],
    ['with the line end of an old Macintosh', 'correct horse\r', 'line end'],
    ['in UTF-16', Buffer.from('correct horse\n', 'utf16le'), 'NUL|line end'],
    ['of three bytes', 'abc\n', 'shorter than 4 bytes'],
    ['that is empty', '', 'empty'],
    ['that is only a line end', '\r\n', 'empty'],
  ];
  test.each(refused.slice(0, times(2, refused.length)))('%s is refused', async (what, content, why) => {
    await writeFile(join(temporary(), 'pass'), content);
    await tally.attempt(what, async () => {
      const { code, stdout, stderr } = await program(temporary(), [...step, 'file:pass']);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^error: the passphrase from pass cannot be used: .*(${why})`));
      await expect(readFile(join(temporary(), 'k.pem'))).rejects.toThrow('ENOENT');
    });
    tally.none();
  });
});

test('nothing was left out', () => {
  expect(tally.tried()).toBeGreaterThanOrEqual(times(1500 + 6 + 5, 100_000 + 400 + 28));
});
