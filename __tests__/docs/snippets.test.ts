import { expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { snippets } from '../../lib/index.js';

const page = new URL('../../docs/commands/snippet.md', import.meta.url);
const checks = {
  run: 'run against a daemon',
  validated: 'validated with its own tool',
  documentation: 'checked against its documentation or source',
};

test('the page of snippet has a row for each, with its source', () => {
  const text = readFileSync(page, 'utf8');
  const lines = snippets().map(
    ({ name, summary, source, check }) => `| \`${name}\` | ${summary} | ${source} | ${checks[check]} |`,
  );
  const table = [
    '| name | what it is for | source | how it was checked |',
    '| --- | --- | --- | --- |',
    ...lines,
  ];
  const current = text.replace(
    /<!-- sources -->[^]*<!-- end of sources -->/,
    () => `<!-- sources -->\n\n${table.join('\n')}\n\n<!-- end of sources -->`,
  );
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page, current);
  else expect(text).toBe(current);
});
