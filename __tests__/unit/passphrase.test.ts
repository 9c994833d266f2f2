import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { Passphrase, toPassphrase } from '../../lib/x509/passphrase.js';
import { refusal, refusalError } from './refusal.js';

const secret = 'correct horse battery staple';
const passphrase = Passphrase.of(secret);

describe('a passphrase shows as <passphrase>', () => {
  const nested = { a: { b: { c: { d: { e: { f: [passphrase] } } } } } };
  const held = new Map([[passphrase, new Set([passphrase])]]);

  test.each<[string, string]>([
    ['in String', String(passphrase)],
    ['in toString', passphrase.toString()],
    ['in a template literal', `${passphrase}`],
    ['in a sum of texts', ['', passphrase].join('')],
    ['in JSON', JSON.stringify({ passphrase })],
    ['in JSON to any depth', JSON.stringify(nested)],
    ['in util.inspect', inspect(passphrase)],
    ['in util.inspect of an object', inspect({ passphrase })],
    ['in util.inspect to any depth', inspect(nested, { depth: Infinity })],
    ['in util.inspect with all that is hidden', inspect(nested, { depth: Infinity, showHidden: true })],
    ['in util.inspect with getters', inspect(nested, { depth: Infinity, getters: true, showProxy: true })],
    ['in util.inspect of a Map and a Set', inspect(held, { depth: Infinity })],
    ['in an Error cause', inspect(new Error('failed', { cause: passphrase }))],
    ['in an error that holds it', inspect(Object.assign(new Error('failed'), { options: { passphrase } }))],
  ])('%s', (_where, text) => {
    expect(text).toContain('<passphrase>');
    expect(text).not.toContain('horse');
  });

  test('without util.inspect.custom it has nothing to show', () => {
    expect(inspect(passphrase, { customInspect: false, showHidden: true })).not.toContain('horse');
  });

  test('has no property that holds it', () => {
    expect(Reflect.ownKeys(passphrase)).toEqual([]);
    expect(Object.entries(passphrase)).toEqual([]);
    expect(structuredClone(passphrase)).toEqual({});
  });

  test('until it is revealed', () => {
    expect(String(passphrase.reveal())).toBe(secret);
  });
});

describe('one line of 4 to 1023 bytes is taken as it is', () => {
  test.each([
    ['4 bytes', 'abcd'],
    ['4 bytes of blanks', '    '],
    ['4 bytes that are one character', '😀'],
    ['4 bytes that are two characters', 'ää'],
    ['1023 bytes', 'a'.repeat(1023)],
    ['1023 bytes that are 512 characters', `${'ä'.repeat(511)}a`],
    ['blanks around it', '  a b  '],
    ['a tab', 'a\tbc'],
    ['what a shell or openssl would take apart', `$HOME 'a' "b" \\c #d`],
  ])('%s', (_what, text) => {
    expect(String(Passphrase.of(text).reveal())).toBe(text);
  });
});

describe('what openssl could not take as it stands is refused', () => {
  const end = 'it holds a line end, where openssl would stop reading';

  test.each([
    ['nothing', '', 'it is empty'],
    ['3 bytes', 'abc', 'it is shorter than 4 bytes'],
    ['3 bytes that are one character', '€', 'it is shorter than 4 bytes'],
    ['1024 bytes', 'a'.repeat(1024), 'it is 1024 bytes long, and openssl would cut it at 1023'],
    [
      '1024 bytes that are 512 characters',
      'ä'.repeat(512),
      'it is 1024 bytes long, and openssl would cut it at 1023',
    ],
    ['a newline', 'horse\nstaple', end],
    ['a newline at its end', 'horse\n', end],
    ['a carriage return', 'horse\rstaple', end],
    ['a carriage return at its end', 'horse\r', end],
    ['half a character', 'horse\ud83d', 'it holds half a character (a lone surrogate), which has no bytes'],
    ['a NUL', 'horse\0staple', 'it holds a NUL byte, where openssl would stop reading'],
  ])('%s', (_what, text, why) => {
    const error = refusalError(() => Passphrase.of(text));
    expect(error).toMatchObject({ option: 'passphrase', message: `this passphrase cannot be used: ${why}` });
    expect(error.hint).toBe('a passphrase is one line of 4 to 1023 bytes');
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('horse\\n');
    expect(`${error.message} ${error.hint}`).not.toContain('horse');
  });
});

test('bytes that are no text are taken as they are, and as they were', () => {
  const bytes = Buffer.from([0x67, 0x72, 0xf6, 0xdf, 0x65]);
  const passphrase = Passphrase.of(bytes);
  bytes.fill(0);
  expect(passphrase.reveal()?.toString('latin1')).toBe('größe');
});

test('a passphrase that is not known yet reveals nothing', () => {
  expect(Passphrase.unknown().reveal()).toBeUndefined();
  expect(String(Passphrase.unknown())).toBe('<passphrase>');
});

test('a text becomes a passphrase, a passphrase stays one', () => {
  expect(String(toPassphrase(secret).reveal())).toBe(secret);
  expect(toPassphrase(passphrase)).toBe(passphrase);
  expect(refusal(() => toPassphrase('abc'))).toMatch(/^ERR_INPUT passphrase: .*shorter than 4 bytes$/);
});
