import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { commandLine, planLines, stepLines } from '../../lib/plan/command-line.js';
import { shellWord } from '../../lib/shell/sh.js';
import type { Step } from '../../lib/plan/step.js';
import { Passphrase } from '../../lib/x509/passphrase.js';
import { genrsaStep } from '../../lib/steps/genrsa.js';
import { parseAltNames } from '../../lib/x509/alt-names.js';
import { parseSerial } from '../../lib/x509/serial.js';
import { times } from '../support/form.js';

describe('a command as a shell takes it', () => {
  test('is that word again when a shell reads it', () => {
    const tricky = fc.string({
      unit: fc.constantFrom(...Array.from(`'"\\$\`!*?~#&;|<>(){}[] \n\tabä`)),
      maxLength: 20,
    });
    const word = fc.oneof(tricky, fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (words) => {
        expect(readAsShell(words.map(shellWord).join(' '))).toEqual(words);
      }),
      { numRuns: times(200, 2000) },
    );
  });

  test('and so is each word of a command', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (out) => {
        expect(readAsShell(commandLine(genrsaStep({ out })))).toEqual([
          'openssl',
          'genrsa',
          '-out',
          out,
          '4096',
        ]);
      }),
      { numRuns: times(50, 300) },
    );
  });
});

/** POSIX sh, as far as it is needed: blanks, single quotes, a backslash outside of them; anything else is a mistake. */
function readAsShell(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (character === ' ') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'") {
      const end = line.indexOf("'", at + 1);
      if (end < 0) throw new Error('a quote is left open');
      word = (word ?? '') + line.slice(at + 1, end);
      at = end;
    } else if (character === '\\') {
      word = (word ?? '') + line[++at]!;
    } else if (/[A-Za-z0-9_@%+=:,./-]/.test(character)) {
      word = (word ?? '') + character;
    } else {
      throw new Error(`${JSON.stringify(character)} has a meaning to a shell`);
    }
  }
  return word === undefined ? words : [...words, word];
}

describe('each kind of step as lines of shell', () => {
  const check = {
    kind: 'check',
    certificate: 'server-cert.pem',
    key: 'server-key.pem',
    issuer: 'ca.pem',
    serial: parseSerial('1'),
  } as const;

  const kinds: [Step, string[]][] = [
    [genrsaStep({ out: 'my key', bits: 2048 }), ["openssl genrsa -out 'my key' 2048"]],
    [
      { kind: 'write-file', path: 'a.cnf', content: 'one\n\n$two\n' },
      ["cat > a.cnf <<'EOF'", 'one', '', '$two', 'EOF'],
    ],
    [{ kind: 'write-file', path: 'a b', content: 'one' }, ["cat > 'a b' <<'EOF'", 'one', 'EOF']],
    [{ kind: 'make-directory', path: 'servers/web 1' }, ["mkdir -p -m 0700 'servers/web 1'"]],
    [{ kind: 'copy-file', from: 'ca.pem', to: 'a b/ca.pem' }, ["cp ca.pem 'a b/ca.pem'"]],
    [{ kind: 'set-mode', mode: 0o400, paths: ['a', 'b c'] }, ["chmod 0400 a 'b c'"]],
    [{ kind: 'set-mode', mode: 0o444, paths: ['a'] }, ['chmod 0444 a']],
    [
      { kind: 'set-mode', mode: 0o640, paths: ['a', 'b c'], group: 7 },
      ["chgrp 7 a 'b c'", "chmod 0640 a 'b c'"],
    ],
    [{ kind: 'check-key', key: 'k', publicKey: '' }, ['# check k: the same key, unencrypted']],
    [
      { kind: 'check-key', key: 'k', publicKey: '', passphrase: Passphrase.unknown() },
      ['# check k: the same key, encrypted with AES-256'],
    ],
    [{ kind: 'remove', paths: ['a.csr', 'b c'] }, ["rm a.csr 'b c'"]],
    [
      { ...check, role: 'server', altNames: parseAltNames(['a,::1']) },
      ['# check server-cert.pem: a server of ca.pem, key server-key.pem, names DNS:a IP:::1'],
    ],
    [
      { ...check, role: 'client', altNames: [] },
      ['# check server-cert.pem: a client of ca.pem, key server-key.pem'],
    ],
    [{ ...check, role: 'ca', altNames: [] }, ['# check server-cert.pem: a CA of ca.pem, key server-key.pem']],
  ];

  test.each(kinds.map(([step, lines]) => ({ kind: step.kind, step, lines })))(
    '$kind: $lines',
    ({ step, lines }) => {
      expect(stepLines(step)).toEqual(lines);
    },
  );

  test('a plan is its steps in order', () => {
    const steps: Step[] = [
      { kind: 'make-directory', path: 'a' },
      { kind: 'write-file', path: 'a/b', content: 'c\n' },
      { kind: 'remove', paths: ['a/b'] },
    ];
    expect(planLines({ steps })).toEqual(['mkdir -p -m 0700 a', "cat > a/b <<'EOF'", 'c', 'EOF', 'rm a/b']);
    expect(planLines({ steps: [] })).toEqual([]);
  });
});
