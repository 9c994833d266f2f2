import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { argv, passphrasesOf, stepLines } from '../../lib/plan/command-line.js';
import { readsOf, writesOf } from '../../lib/plan/schedule.js';
import type { OpensslStep, Step } from '../../lib/plan/step.js';
import { typed } from '../../lib/recipes/typed.js';
import { InputError } from '../../lib/index.js';
import { Passphrase } from '../../lib/x509/passphrase.js';

const passphrase = Passphrase.of('correct horse');

/** A step that has to be one of openssl. */
function openssl(step: Step): OpensslStep {
  if (step.kind !== 'openssl') throw new Error(`this is a step of kind ${step.kind}`);
  return step;
}

describe('a line of openssl', () => {
  test('is the step that it says', () => {
    expect(typed`openssl genrsa -out server-key.pem 4096`).toEqual({
      kind: 'openssl',
      title: 'private key server-key.pem',
      command: 'genrsa',
      args: ['-out', { writes: 'server-key.pem', product: 'private-key' }, '4096'],
    });
  });

  test('of several lines is one, and blanks around it do not count', () => {
    expect(typed`
      openssl req -new
        -key  k.pem
        -out k.csr
    `).toEqual(typed`openssl req -new -key k.pem -out k.csr`);
  });

  test.each<[Step, string[], string[]]>([
    [typed`openssl genrsa -aes256 -out k.pem 4096`, [], ['k.pem']],
    [typed`openssl rsa -in k.pem -out k.pem`, ['k.pem'], ['k.pem']],
    [typed`openssl req -new -key k.pem -config c.cnf -out k.csr`, ['k.pem', 'c.cnf'], ['k.csr']],
    [typed`openssl req -new -x509 -keyout k.pem -out c.pem`, [], ['k.pem', 'c.pem']],
    [
      typed`openssl x509 -req -in k.csr -CA ca.pem -CAkey ca-key.pem -out c.pem -extfile e.cnf`,
      ['k.csr', 'ca.pem', 'ca-key.pem', 'e.cnf'],
      ['c.pem', 'ca.srl'],
    ],
    [typed`openssl x509 -req -in k.csr -signkey k.pem -out c.pem`, ['k.csr', 'k.pem'], ['c.pem']],
    [
      typed`openssl x509 -req -in k.csr -CA ca.pem -CAkey ca-key.pem -CAserial n.txt -out c.pem`,
      ['k.csr', 'ca.pem', 'ca-key.pem'],
      ['c.pem', 'n.txt'],
    ],
    // A word that no flag stands before is a word, even where a file of that name was read.
    [typed`openssl req -subj k.pem -days k.pem -new -key k.pem -out k.csr`, ['k.pem'], ['k.csr']],
  ])('%# reads and writes what its flags say', (step, reads, writes) => {
    expect(readsOf(step)).toEqual(reads);
    expect(writesOf(step)).toEqual(writes);
  });

  test.each<[Step, (string | undefined)[], string]>([
    [typed`openssl genrsa -out k.pem 2048`, ['private-key'], 'private key k.pem'],
    [typed`openssl rsa -in k.pem -out k.pem`, ['private-key'], 'private key k.pem without its passphrase'],
    [typed`openssl req -new -key k.pem -out k.csr`, ['csr'], 'certificate signing request k.csr'],
    [typed`openssl req -new -x509 -key k.pem -out ca.pem`, ['certificate'], 'self-signed certificate ca.pem'],
    [
      typed`openssl req -new -x509 -keyout k.pem -out ca.pem`,
      ['private-key', 'certificate'],
      'private key and self-signed certificate ca.pem',
    ],
    [
      typed`openssl req -new -keyout k.pem -out k.csr`,
      ['private-key', 'csr'],
      'private key and certificate signing request k.csr',
    ],
    [
      typed`openssl x509 -req -in k.csr -CA ca.pem -CAkey k.pem -out c.pem`,
      ['certificate'],
      'certificate c.pem',
    ],
  ])('%# says what its files are, and what it makes', (step, products, title) => {
    const { args } = openssl(step);
    const written = args.flatMap((arg) => (typeof arg === 'object' && 'writes' in arg ? [arg.product] : []));
    expect(written).toEqual(products);
    expect(openssl(step).title).toBe(title);
  });

  test.each([
    ['ca.pem', 'ca.srl'],
    ['server/ca.pem', 'server/ca.srl'],
    ['my.ca.crt', 'my.ca.srl'],
    ['a.d/ca.pem', 'a.d/ca.srl'],
  ])('that signs with %s reads and writes %s, which no flag names', (ca, serials) => {
    const step = typed`openssl x509 -req -in k.csr -CA ${ca} -CAkey k.pem -CAcreateserial -out c.pem`;
    expect(openssl(step).updates).toEqual([serials]);
    expect(argv(openssl(step))).not.toContain(serials);
  });

  test.each([
    [typed`openssl genrsa -out k.pem 2048`],
    [typed`openssl req -new -key k.pem -out k.csr`],
    [typed`openssl rsa -in k.pem -out k.pem`],
  ])('%# that does not sign updates nothing', (step) => {
    expect(openssl(step).updates).toBeUndefined();
  });
});

describe('a filling', () => {
  test.each(['a', 'a b', '  a  ', '', "it's", '-out', '$HOME', 'a\nb', '\\'])('%j is one word', (text) => {
    expect(argv(openssl(typed`openssl genrsa ${text} -out k.pem 2048`))).toEqual([
      ...['genrsa', text, '-out', 'k.pem', '2048'],
    ]);
  });

  test('within a word is a part of it, blanks and all', () => {
    expect(argv(openssl(typed`openssl req -subj /O=${'A B'}/CN=${'c d'} -new -out k.csr`))).toEqual([
      ...['req', '-subj', '/O=A B/CN=c d', '-new', '-out', 'k.csr'],
    ]);
  });

  test('is a file where a flag says so', () => {
    const step = typed`openssl req -new -key ${'a b.pem'} -out ${'c d.csr'}`;
    expect(readsOf(step)).toEqual(['a b.pem']);
    expect(writesOf(step)).toEqual(['c d.csr']);
    expect(stepLines(step)).toEqual(["openssl req -new -key 'a b.pem' -out 'c d.csr'"]);
  });
});

describe('a passphrase', () => {
  const line = typed`openssl rsa -in k.pem -passin ${passphrase} -passout ${Passphrase.of('battery staple')} -out k.pem`;

  test('goes through a descriptor, in the order of the line', () => {
    expect(stepLines(line)).toEqual(['openssl rsa -in k.pem -passin fd:3 -passout fd:4 -out k.pem']);
    expect(passphrasesOf(openssl(line)).map((each) => String(each.reveal()))).toEqual([
      'correct horse',
      'battery staple',
    ]);
  });

  test('is nowhere to be seen', () => {
    const shown = [JSON.stringify(line), inspect(line, { depth: Infinity, showHidden: true })].join('\n');
    expect(shown).toContain('<passphrase>');
    expect(shown).not.toMatch(/horse|staple/);
  });

  test('within a word would not be one: its text does not get there', () => {
    expect(argv(openssl(typed`openssl rsa -passin pass:${passphrase} -out k.pem`))).toEqual([
      ...['rsa', '-passin', 'pass:<passphrase>', '-out', 'k.pem'],
    ]);
  });

  test.each<[string, () => Step]>([
    ['echo', () => typed`echo ${passphrase} > pass`],
    ['cp', () => typed`cp ${passphrase} a`],
    ['rm', () => typed`rm ${passphrase}`],
    ['chmod', () => typed`chmod 0400 ${passphrase}`],
    ['mkdir', () => typed`mkdir -p ${passphrase}`],
  ])('is not given to %s', (_, line) => {
    expect(line).toThrow(new TypeError('only openssl is given a passphrase'));
  });
});

describe('a subject', () => {
  test.each(['/CN=größe', '/O=日本', '/CN=a\u00a0b'])(
    '%s of more than ASCII is told to be UTF-8',
    (subject) => {
      expect(argv(openssl(typed`openssl req -subj ${subject} -new -out k.csr`))).toEqual([
        ...['req', '-subj', subject, '-utf8', '-new', '-out', 'k.csr'],
      ]);
    },
  );

  test.each(['/CN=docker.example', '/O=A B/CN=~!@#'])('%s of ASCII is left as it is', (subject) => {
    expect(argv(openssl(typed`openssl req -subj ${subject} -new -out k.csr`))).not.toContain('-utf8');
  });

  test('-utf8 comes with -subj alone', () => {
    expect(argv(openssl(typed`openssl req -new -key ${'größe.pem'} -out k.csr`))).not.toContain('-utf8');
  });
});

describe('the other programs', () => {
  test.each<[Step, Step, string]>([
    [
      typed`echo 01 > ca.srl`,
      { kind: 'echo', path: 'ca.srl', text: '01', append: false },
      'echo 01 > ca.srl',
    ],
    [
      typed`echo extendedKeyUsage = serverAuth >> extfile.cnf`,
      { kind: 'echo', path: 'extfile.cnf', text: 'extendedKeyUsage = serverAuth', append: true },
      'echo extendedKeyUsage = serverAuth >> extfile.cnf',
    ],
    [
      typed`echo subjectAltName = ${'DNS:a, IP:10.0.0.5'} >> ${'an extfile'}`,
      { kind: 'echo', path: 'an extfile', text: 'subjectAltName = DNS:a, IP:10.0.0.5', append: true },
      "echo subjectAltName = DNS:a, IP:10.0.0.5 >> 'an extfile'",
    ],
    [typed`cp ca.pem client/ca.pem`, copy('ca.pem', 'client/ca.pem'), 'cp ca.pem client/ca.pem'],
    [typed`cp ${'a b'} ${'c d'}`, copy('a b', 'c d'), "cp 'a b' 'c d'"],
    [
      typed`rm -v a.csr b.csr`,
      { kind: 'remove', paths: ['a.csr', 'b.csr'], verbose: true },
      'rm -v a.csr b.csr',
    ],
    [typed`rm a.csr`, { kind: 'remove', paths: ['a.csr'], verbose: false }, 'rm a.csr'],
    [
      typed`chmod -v 0400 a.pem b.pem`,
      { kind: 'set-mode', mode: 0o400, paths: ['a.pem', 'b.pem'], verbose: true },
      'chmod -v 0400 a.pem b.pem',
    ],
    [
      typed`chmod 0444 a.pem`,
      { kind: 'set-mode', mode: 0o444, paths: ['a.pem'], verbose: false },
      'chmod 0444 a.pem',
    ],
    [typed`mkdir -p server`, { kind: 'make-directory', path: 'server' }, 'mkdir -p -m 0700 server'],
  ])('%# is a step, and is shown as it is typed', (step, expected, line) => {
    expect(step).toEqual(expected);
    expect(stepLines(step)).toEqual([line]);
  });

  test.each<[string, () => Step]>([
    ['curl', () => typed`curl -O https://example.com`],
    ['sudo', () => typed`sudo openssl genrsa -out k.pem`],
    ['OPENSSL', () => typed`OPENSSL genrsa -out k.pem`],
    ['undefined', () => typed``],
  ])('%s is none of them', (program, line) => {
    expect(line).toThrow(new InputError('line', `a tutorial's line begins with ${program}`));
  });

  test('openssl has commands that are none of them', () => {
    const thrown = new InputError('line', "a tutorial's line has openssl s_client");
    expect(() => typed`openssl s_client -connect h:2376`).toThrow(thrown);
  });
});

function copy(from: string, to: string): Step {
  return { kind: 'copy-file', from, to };
}
