import { expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { verifyRules } from '../../lib/report/verify-directory.js';

const page = new URL('../../docs/commands/verify.md', import.meta.url).pathname;

test('the page of verify holds the table of its rules', () => {
  const cells = verifyRules.map(({ id, severity, what, source }) => [`\`${id}\``, severity, what, source]);
  const rows = [['rule', 'severity', 'what is wrong', 'source'], ['---', '---', '---', '---'], ...cells];
  const table = rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
  const text = readFileSync(page, 'utf8');
  const current = text.replace(
    /<!-- table -->[\s\S]*<!-- help -->/,
    () => `<!-- table -->\n\n${table}\n\n<!-- help -->`,
  );
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page, current);
  else expect(text).toBe(current);
});
