import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { parse } from 'yaml';
import { refusePath } from '../../../lib/shell/refuse-path.js';
import {
  ansibleLiteral,
  composeLiteral,
  hclLiteral,
  javaLiteral,
  jsonLiteral,
  rustLiteral,
} from '../../../lib/shell/literals.js';

/** With a quote, a backslash before a `u`, a line end, a mark that turns text round, and characters of one and of two units. */
const odd = String.raw`it's "my" $HOME ${'${x}'} %{y} {{z}} a\u0041\b: ü😀` + '\n\u202e\u2028\x7f\u{e0001}';

describe('a literal in double quotes', () => {
  test('is read alike by JavaScript, YAML, Python and TOML', () => {
    const literal = jsonLiteral(odd);
    expect(JSON.parse(literal)).toBe(odd);
    expect(parse(literal)).toBe(odd);
    const program = `import json, sys, tomllib
literal = sys.stdin.read()
print(json.dumps([eval(literal), tomllib.loads("a = " + literal)["a"]]))`;
    const read = execFileSync('python3', ['-c', program], { input: literal, encoding: 'utf8' });
    expect(JSON.parse(read)).toEqual([odd, odd]);
  });

  test('shows everything that it holds', () => {
    expect(jsonLiteral('\n\u202e\u2028\x7f')).toBe(String.raw`"\n\u202e\u2028\u007f"`);
  });
});

test('a literal of Java is plain ASCII', () => {
  expect(javaLiteral(odd)).toMatch(/^[\x20-\x7e]+$/);
  expect(JSON.parse(javaLiteral(odd))).toBe(odd);
});

test('a literal of Rust escapes by code point', () => {
  expect(rustLiteral('a "b" \\n ü\n\u202e\u{e0001}')).toBe(String.raw`"a \"b\" \\n ü\u{a}\u{202e}\u{e0001}"`);
});

test('a literal of HCL begins no template', () => {
  expect(hclLiteral('a "b" $c ${d} %{e} $${f} \\n ü\n\u{e0001}')).toBe(
    String.raw`"a \"b\" $c \u0024{d} \u0025{e} $\u0024{f} \\n ü\u000a\U000e0001"`,
  );
});

test('a literal of Compose has no variable', () => {
  expect(composeLiteral('$HOME "x"')).toBe(String.raw`"$$HOME \"x\""`);
});

test.each(['{{ x }}', '{% x %}', '{# x #}'])('a literal of Ansible with %s is marked', (text) => {
  expect(ansibleLiteral(text)).toBe(`!unsafe "${text}"`);
  expect(ansibleLiteral('{x}')).toBe('"{x}"');
});

test('a path that a language cannot hold is refused, with what is wrong in it', () => {
  expect(() => {
    refusePath('this', /[$]/, '/a$b', 'directory');
  }).toThrow(
    expect.objectContaining({
      code: 'ERR_INPUT',
      option: 'directory',
      message: expect.stringContaining('this cannot hold "$" in a path: "/a$b"'),
    }),
  );
});
