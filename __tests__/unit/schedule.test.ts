import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { artifactsOf, dependencies, inputsOf, readsOf, writesOf } from '../../lib/plan/schedule.js';
import type { OpensslStep, Product, Step } from '../../lib/plan/step.js';
import { recommended } from '../../lib/recipes/recommended.js';
import { parseSerial } from '../../lib/x509/serial.js';
import { templates, wantedCa, wantedClient, wantedServer } from './plans.js';

/** A step of openssl that reads and writes these files. */
function step(reads: string, writes: string, product?: Product): OpensslStep {
  const files = (text: string): string[] => text.split(' ').filter((file) => file !== '');
  return {
    kind: 'openssl',
    title: 'a step',
    command: 'req',
    args: [
      ...files(reads).map((path) => ({ reads: path })),
      ...files(writes).map((path) => ({ writes: path, ...(product && { product }) })),
    ],
  };
}
const write = (path: string): Step => ({ kind: 'write-file', path, content: '' });
const folder = (path: string): Step => ({ kind: 'make-directory', path });
const copy = (from: string, to: string): Step => ({ kind: 'copy-file', from, to });
const mode = (bits: number, ...paths: string[]): Step => ({ kind: 'set-mode', mode: bits, paths });
const remove = (...paths: string[]): Step => ({ kind: 'remove', paths });
const check = (certificate: string, key: string, issuer: string): Step => ({
  kind: 'check',
  certificate,
  key,
  issuer,
  serial: parseSerial('1'),
  role: 'server',
  altNames: [],
});

describe('what each kind of step reads and writes', () => {
  test.each<[Step, string[], string[]]>([
    [step('a b', 'c'), ['a', 'b'], ['c']],
    [write('a'), [], ['a']],
    [folder('a'), [], ['a']],
    [copy('a', 'b'), ['a'], ['b']],
    [mode(0o400, 'a', 'b'), [], ['a', 'b']],
    [remove('a', 'b'), [], ['a', 'b']],
    [check('cert', 'key', 'ca'), ['cert', 'key', 'ca'], []],
  ])('%j', (each, reads, writes) => {
    expect(readsOf(each)).toEqual(reads);
    expect(writesOf(each)).toEqual(writes);
  });
});

describe('a step waits for', () => {
  test.each<[string, Step[], number[][]]>([
    ['nothing, where no file is shared', [step('', 'a'), step('', 'b'), step('', 'c')], [[], [], []]],
    ['the one that writes what it reads', [step('', 'a'), step('a', 'b'), step('b', 'c')], [[], [0], [1]]],
    ['the one that writes what it writes', [step('', 'a'), step('', 'a')], [[], [0]]],
    ['those that read what it writes', [step('a', 'b'), step('a', 'c'), step('', 'a')], [[], [], [0, 1]]],
    ['nothing, where two read the same', [step('ca', 'a'), step('ca', 'b')], [[], []]],
    [
      'the earlier signature with the same ca.srl',
      [step('a.csr ca.srl', 'a.pem ca.srl'), step('b.csr ca.srl', 'b.pem ca.srl')],
      [[], [0]],
    ],
    [
      'the second of three with the same ca.srl, which waits for the first',
      [step('', 's'), step('s', 's'), step('s', 's')],
      [[], [0], [1]],
    ],
    [
      'what is checked before its mode is set',
      [step('', 'a'), check('a', 'k', 'ca'), mode(0o444, 'a')],
      [[], [0], [0, 1]],
    ],
    [
      'all readers of what it removes',
      [write('x'), step('x', 'a'), step('x', 'b'), remove('x')],
      [[], [0], [0], [0, 1, 2]],
    ],
    ['the copy of what it removes', [copy('a', 'b'), remove('a')], [[], [0]]],
    ['the directory that it writes into', [folder('d'), write('d/a'), step('', 'd/e/f')], [[], [0], [0]]],
    ['not for a directory of a like name', [folder('d'), write('dd/a'), write('d.a')], [[], [], []]],
    ['not for what comes after it', [step('a', 'b'), step('', 'a')], [[], [0]]],
    ['nothing, alone', [step('a', 'a')], [[]]],
    ['nothing, where there is nothing', [], []],
  ])('%s', (_what, steps, expected) => {
    expect(dependencies(steps)).toEqual(expected);
  });
});

test('what a step waits for is told in a list that grows with the plan', () => {
  const edges = (clients: number): number => {
    const leaves = Array.from({ length: clients }, (_, index) => wantedClient('ec:p256', `client-${index}`));
    const before = dependencies(recommended({ ca: wantedCa('ec:p256'), leaves, templates }).steps);
    return before.reduce((sum, { length }) => sum + length, 0);
  };
  const [few, many] = [edges(100), edges(1000)];
  expect(many).toBeLessThan(10.5 * few);
});

describe('in the recommended plan', () => {
  const { steps } = recommended({
    ca: wantedCa(),
    leaves: [wantedServer(), wantedClient(), wantedServer('rsa:4096', 'web1')],
    templates,
  });
  const waitsFor = dependencies(steps);
  const writes = (path: string): number => steps.findIndex((each) => writesOf(each).includes(path));
  const all = (kind: Step['kind']): number[] =>
    [...steps.keys()].filter((index) => steps[index]?.kind === kind);

  /** All that a step waits for, also through others. */
  function before(index: number): Set<number> {
    return new Set(waitsFor[index]!.flatMap((each) => [each, ...before(each)]));
  }

  test('the keys wait for nothing but their directory', () => {
    expect(waitsFor[writes('ca-key.pem')]).toEqual([]);
    expect(waitsFor[writes('server-key.pem')]).toEqual([]);
    expect(waitsFor[writes('key.pem')]).toEqual([]);
    expect(waitsFor[writes('servers/web1/server-key.pem')]).toEqual([writes('servers/web1')]);
  });

  test('no signature waits for another one', () => {
    const signed = ['server-cert.pem', 'cert.pem', 'servers/web1/server-cert.pem'].map(writes);
    signed.forEach((index) => expect([...before(index)].filter((each) => signed.includes(each))).toEqual([]));
  });

  test('a signature waits for the CA, its key and its own CSR', () => {
    expect(waitsFor[writes('server-cert.pem')]).toEqual(
      [writes('ca-key.pem'), writes('ca.pem'), writes('server.cnf'), writes('server.csr')].sort(
        (a, b) => a - b,
      ),
    );
  });

  test('the mode is set when all was checked', () => {
    const checks = all('check');
    const [keys, certificates] = all('set-mode');
    expect(checks).toHaveLength(4);
    checks.forEach((index) => {
      expect(waitsFor[keys!]).toContain(index);
      expect(waitsFor[certificates!]).toContain(index);
    });
  });

  test('files are removed when their last reader is done', () => {
    const [removal] = all('remove');
    const removed = writesOf(steps[removal!]!);
    const readers = [...steps.keys()].filter((index) =>
      readsOf(steps[index]!).some((path) => removed.includes(path)),
    );
    expect(readers).toHaveLength(7); // req -x509, three times req and x509 -req
    readers.forEach((index) => expect(waitsFor[removal!]).toContain(index));
  });
});

describe('what is left when a plan is done', () => {
  const key = (path: string, bits = 0o600): object => ({ path, product: 'private-key', mode: bits });
  const file = (path: string, product = 'file', bits = 0o644): object => ({ path, product, mode: bits });

  test.each<[string, Step[], object[]]>([
    ['a private key is 0600', [step('', 'k', 'private-key')], [key('k')]],
    ['a certificate is 0644', [step('', 'c', 'certificate')], [file('c', 'certificate')]],
    ['a CSR is 0644', [step('', 'c', 'csr')], [file('c', 'csr')]],
    ['what openssl writes besides is 0644', [step('', 'ca.srl')], [file('ca.srl')]],
    ['a file that was written is 0644', [write('a.cnf')], [file('a.cnf')]],
    [
      'a copy is what its source is',
      [step('', 'c', 'csr'), copy('c', 'd')],
      [file('c', 'csr'), file('d', 'csr')],
    ],
    ['a copy of what was there is a certificate', [copy('ca.pem', 'd')], [file('d', 'certificate')]],
    ['the mode that was set', [step('', 'k', 'private-key'), mode(0o400, 'k')], [key('k', 0o400)]],
    [
      'the last mode that was set',
      [write('a'), mode(0o400, 'a'), mode(0o444, 'a')],
      [file('a', 'file', 0o444)],
    ],
    [
      'the mode of two files',
      [write('a'), write('b'), mode(0o440, 'a', 'b')],
      [file('a', 'file', 0o440), file('b', 'file', 0o440)],
    ],
    ['not what was removed', [write('a'), write('b'), remove('a')], [file('b')]],
    ['what was removed and made anew', [write('a'), remove('a'), step('', 'a', 'csr')], [file('a', 'csr')]],
    [
      'made anew, it has no mode of before',
      [write('a'), mode(0o400, 'a'), remove('a'), write('a')],
      [file('a')],
    ],
    ['not a mode of what the plan does not make', [mode(0o400, 'there')], []],
    ['no directory and no check', [folder('d'), check('a', 'b', 'c')], []],
    [
      'a key that is rewritten in place once',
      [step('', 'k', 'private-key'), step('k', 'k', 'private-key')],
      [key('k')],
    ],
  ])('%s', (_what, steps, artifacts) => {
    expect(artifactsOf({ steps })).toEqual(artifacts);
  });
});

describe('what must be there before', () => {
  test.each<[string, Step[], string[]]>([
    ['what is read', [step('a b', 'c')], ['a', 'b']],
    ['not what was written before', [step('', 'a'), step('a', 'b'), check('b', 'a', 'ca')], ['ca']],
    ['what is written only afterwards', [step('a', 'b'), step('', 'a')], ['a']],
    ['what is read and written by the same step', [step('k', 'k')], ['k']],
    ['each once', [step('ca', 'a'), step('ca', 'b')], ['ca']],
    ['the source of a copy', [copy('ca.pem', 'd/ca.pem')], ['ca.pem']],
    ['nothing', [step('', 'a'), write('b'), folder('c')], []],
  ])('%s', (_what, steps, inputs) => {
    expect(inputsOf({ steps })).toEqual(inputs);
  });
});

test('any order that keeps the dependencies has each file read after the same write', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const names = fc.uniqueArray(name, { maxLength: 2 }).map((files) => files.join(' '));
  const steps = fc.array(
    fc.tuple(names, names).map(([reads, writes]) => step(reads, writes)),
    { maxLength: 8 },
  );
  /** What each step finds in the files it reads, and what is in them at the end: the number of the step that wrote it. */
  const run = (plan: readonly Step[], order: readonly number[]): object => {
    const content: Record<string, number> = {};
    const found: Record<number, (number | undefined)[]> = {};
    for (const index of order) {
      found[index] = readsOf(plan[index]!).map((path) => content[path]);
      for (const path of writesOf(plan[index]!)) content[path] = index;
    }
    return { content, found };
  };
  fc.assert(
    fc.property(steps, fc.infiniteStream(fc.nat()), (plan, choices) => {
      const waitsFor = dependencies(plan).map((before) => new Set(before));
      const waiting = new Set(plan.keys());
      const order: number[] = [];
      while (waiting.size > 0) {
        const ready = [...waiting].filter((index) => waitsFor[index]!.size === 0);
        const next = ready[choices.next().value! % ready.length]!;
        order.push(next);
        waiting.delete(next);
        waitsFor.forEach((before) => before.delete(next));
      }
      expect(run(plan, order)).toEqual(run(plan, [...plan.keys()]));
    }),
    { numRuns: 1000 },
  );
});
