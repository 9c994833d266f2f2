import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DockerTlsError } from '../../lib/errors.js';
import { loadTemplates, quote, render } from '../../lib/recipes/templates.js';
import { templates } from './plans.js';

describe('a character with a meaning to OpenSSL loses it', () => {
  test.each([
    ['plain', 'plain'],
    ['a b', 'a b'],
    ['a=b', 'a=b'],
    ['a,b;c', 'a,b;c'],
    ['ä 日 😀', 'ä 日 😀'],
    ['a\\b', 'a\\\\b'],
    ['"a"', '\\"a\\"'],
    ["it's", "it\\'s"],
    ['`a`', '\\`a\\`'],
    ['$a', '\\$a'],
    ['${a}', '\\${a}'],
    ['$ENV::HOME', '\\$ENV::HOME'],
    ['#a', '\\#a'],
    ['a\nb', 'a\\nb'],
    ['a\rb', 'a\\rb'],
    ['a\tb', 'a\\tb'],
    ['\\n', '\\\\n'],
    ['\\$', '\\\\\\$'],
  ])('%j is %j', (value, quoted) => {
    expect(quote(value)).toBe(quoted);
  });

  test('a number is its digits', () => {
    expect(quote(3)).toBe('3');
  });
});

/**
 * What OpenSSL reads from `key = VALUE` (config(5); crypto/conf/conf_def.c, str_copy): a backslash takes the meaning from
 * the next character or makes it a control character, quotes begin a quoted part, `$` a variable, `#` a comment.
 */
function readAsOpenssl(line: string): string {
  let value = '';
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (character === '\\') {
      const next = line[++at];
      if (next === undefined) throw new Error('the line goes on');
      value += { n: '\n', r: '\r', b: '\b', t: '\t' }[next] ?? next;
    } else if ('"\'`$#\n\r'.includes(character)) {
      throw new Error(`${JSON.stringify(character)} has a meaning`);
    } else {
      value += character;
    }
  }
  return value;
}

describe('for any value', () => {
  const tricky = fc.string({
    unit: fc.constantFrom(...Array.from('\\"\'`$#{}()&<>=@,;:[] \n\r\t'), 'n', 'ENV::', 'ä'),
    maxLength: 20,
  });
  const value = fc.oneof(tricky, fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary-ascii' }));

  test('OpenSSL reads what was meant', () => {
    fc.assert(
      fc.property(value, (text) => {
        expect(readAsOpenssl(quote(text))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  test('a rendered template has no more lines than before, and the value is where it was put', () => {
    fc.assert(
      fc.property(value, (text) => {
        const lines = render('a.cnf', 'before\nCN = {{value}}\nafter\n', { value: text }).split('\n');
        expect(lines).toHaveLength(4);
        expect(readAsOpenssl(lines[1]!.slice('CN = '.length))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a template that cannot be rendered', () => {
  test.each([
    ['a section left open', '{{#names}}'],
    ['a tag left open', '{{name'],
    ['a section that was never opened', '{{/names}}'],
  ])('with %s is named', (_what, template) => {
    let error: unknown;
    try {
      render('mine.cnf', template, {});
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(DockerTlsError);
    expect(error).toMatchObject({ code: 'ERR_TEMPLATE' });
    expect((error as DockerTlsError).message).toMatch(
      /^cannot render the template mine\.cnf: Unclosed|^cannot render the template mine\.cnf: Unopened/,
    );
  });
});

describe('templates are loaded', () => {
  const names = ['ca.cnf', 'server.cnf', 'client.cnf'] as const;
  let own: string;
  beforeEach(async () => {
    own = await mkdtemp(join(tmpdir(), 'templates-'));
  });
  afterEach(() => rm(own, { recursive: true }));

  test("the package's own", async () => {
    expect(await loadTemplates('recommended', names)).toEqual({ templates, changed: false });
  });

  test("the user's, and the package's for the rest", async () => {
    await writeFile(join(own, 'server.cnf'), 'mine');
    expect(await loadTemplates('recommended', names, own)).toEqual({
      templates: { ...templates, 'server.cnf': 'mine' },
      changed: true,
    });
  });

  test('an empty one of the user counts', async () => {
    await writeFile(join(own, 'ca.cnf'), '');
    expect(await loadTemplates('recommended', names, own)).toMatchObject({
      templates: { 'ca.cnf': '' },
      changed: true,
    });
  });

  test('a directory without any is refused', async () => {
    await expect(loadTemplates('recommended', names, own)).rejects.toMatchObject({
      code: 'ERR_TEMPLATE',
      message: `found no template in ${own}`,
      hint: 'it can hold ca.cnf, server.cnf, client.cnf',
    });
  });

  test('one that cannot be read is refused', async () => {
    await mkdir(join(own, 'ca.cnf'));
    await expect(loadTemplates('recommended', names, own)).rejects.toMatchObject({
      code: 'ERR_TEMPLATE',
      message: `cannot read the template ${join(own, 'ca.cnf')}: it is a directory`,
      hint: expect.stringContaining('template') as unknown,
    });
  });
});
