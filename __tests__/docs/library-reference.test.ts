import { expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { reference } from '../support/reference.js';

const page = fileURLToPath(new URL('../../docs/library-reference.md', import.meta.url));
const text = reference();
if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page, text);

test('docs/library-reference.md is what the source says (`npm run docs` writes it)', () => {
  expect(readFileSync(page, 'utf8')).toBe(text);
});
