import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseDaemonJson, withSettings } from '../../lib/docker/daemon/daemon-json.js';
import { ConfigurationError } from '../../lib/errors.js';
import { times } from '../support/form.js';

const set = { hosts: ['fd://', 'tcp://0.0.0.0:2376'], tlsverify: true };

test.each([
  [
    'nothing',
    undefined,
    '{\n  "hosts": [\n    "fd://",\n    "tcp://0.0.0.0:2376"\n  ],\n  "tlsverify": true\n}\n',
  ],
  [
    'an empty file',
    ' \n',
    '{\n  "hosts": [\n    "fd://",\n    "tcp://0.0.0.0:2376"\n  ],\n  "tlsverify": true\n}\n',
  ],
  ['an empty object', '{}', '{ "hosts": ["fd://","tcp://0.0.0.0:2376"], "tlsverify": true }'],
  [
    'four blanks',
    '{\n    "b": {"x":1},\n    "a": [1,2]\n}\n',
    '{\n    "b": {"x":1},\n    "a": [1,2],\n    "hosts": [\n        "fd://",\n        "tcp://0.0.0.0:2376"\n    ],\n    "tlsverify": true\n}\n',
  ],
  [
    'tabs, and a key that is there',
    '{\n\t"tlsverify":  false ,\n\t"z": 1\n}',
    '{\n\t"tlsverify":  true ,\n\t"z": 1,\n\t"hosts": [\n\t\t"fd://",\n\t\t"tcp://0.0.0.0:2376"\n\t]\n}',
  ],
  [
    "Windows's line ends",
    '{\r\n  "a": 1\r\n}\r\n',
    '{\r\n  "a": 1,\r\n  "hosts": [\r\n    "fd://",\r\n    "tcp://0.0.0.0:2376"\r\n  ],\r\n  "tlsverify": true\r\n}\r\n',
  ],
  ['one line', '{"a": 1}', '{"a": 1, "hosts": ["fd://","tcp://0.0.0.0:2376"], "tlsverify": true}'],
])('all but the keys stays as it is: %s', (_, before, after) => {
  expect(withSettings(before, set)).toBe(after);
});

const keys = fc.stringMatching(/^[a-z"\\ -]{1,12}$/).filter((key) => !(key in set));
const objects = fc.dictionary(keys, fc.jsonValue(), { maxKeys: 6 });
const spaces = fc.constantFrom(undefined, 1, 2, 4, '\t', '   ');

test('whatever the file holds, it holds it afterwards, and it comes back', () => {
  fc.assert(
    fc.property(objects, spaces, fc.constantFrom('', '\n'), (object, space, end) => {
      const text = JSON.stringify(object, null, space) + end;
      const after = withSettings(text, set);
      // To the order of the keys.
      expect(JSON.stringify(JSON.parse(after))).toBe(
        JSON.stringify({ ...(JSON.parse(text) as object), ...set }),
      );
      expect(withSettings(after, set)).toBe(after);
      const lines = text.split('\n').filter((line) => /[^\s{}]/.test(line));
      if (space !== undefined) for (const line of lines) expect(after).toContain(line);
      const back = withSettings(after, { hosts: undefined, tlsverify: undefined });
      expect(JSON.stringify(JSON.parse(back))).toBe(JSON.stringify(JSON.parse(text)));
    }),
    { numRuns: times(100, 500) },
  );
});

describe('a broken file is refused with its line and column', () => {
  test.each([
    ['a comma too many', '{\n  "a": 1,\n}\n', 3, 1],
    ['a comma too few', '{\n  "a": 1\n  "b": 2\n}\n', 3, 3],
    ['a comment', '{\n  // no\n  "a": 1\n}\n', 2, 3],
    ['an end too early', '{\n  "a": [1', 2, 10],
    ['a list', '\n [1]', 2, 2],
    ['a string', '"hosts"', 1, 1],
    ['a key twice', '{\n  "hosts": [],\n  "hosts": []\n}', 3, 3],
  ])('%s', (_, text, line, column) => {
    expect(() => parseDaemonJson(text, '/etc/docker/daemon.json')).toThrow(ConfigurationError);
    try {
      parseDaemonJson(text, '/etc/docker/daemon.json');
    } catch (error) {
      expect(error).toMatchObject({
        code: 'ERR_CONFIGURATION',
        path: '/etc/docker/daemon.json',
        line,
        column,
      });
      expect(String(error)).toContain(`/etc/docker/daemon.json, line ${line}, column ${column}: `);
    }
  });
});
