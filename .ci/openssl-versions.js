// Makes the table of docs/openssl-versions.md of what the tests found with each OpenSSL, in OPENSSL_MATRIX_RESULTS, and
// compares it with what stands there; UPDATE_DOCS=1 writes it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.OPENSSL_MATRIX_RESULTS;
const page = new URL('../docs/openssl-versions.md', import.meta.url);
const versions = readdirSync(folder)
  .map((file) => file.replace(/\.json$/, ''))
  .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
const results = versions.map((version) => JSON.parse(readFileSync(join(folder, `${version}.json`), 'utf8')));

const notes = [
  ...new Set(results.flatMap((found) => Object.values(found).flatMap(([, ...rest]) => rest))),
].sort();
const cell = ([verdict, ...rest] = ['not run']) => {
  const numbers = rest.map((note) => notes.indexOf(note) + 1).sort((one, other) => one - other);
  return numbers.length > 0 ? `${verdict} (${numbers.join(', ')})` : verdict;
};
const row = (cells) => `| ${cells.join(' | ')} |`;
const recipes = [...new Set(results.flatMap(Object.keys))].sort();
const table = [
  row(['recipe', ...versions]),
  row(['---', ...versions.map(() => '---')]),
  ...recipes.map((recipe) => row([`\`${recipe}\``, ...results.map((found) => cell(found[recipe]))])),
  '',
  ...notes.map((note, at) => `${at + 1}. ${note}`),
].join('\n');

const before = readFileSync(page, 'utf8');
if (!/<!-- matrix -->[\s\S]*<!-- \/matrix -->/.test(before))
  throw new Error('docs/openssl-versions.md has no place for it');
const after = before.replace(
  /<!-- matrix -->[\s\S]*<!-- \/matrix -->/,
  () => `<!-- matrix -->\n\n${table}\n\n<!-- /matrix -->`,
);
if (process.env.UPDATE_DOCS === '1') writeFileSync(page, after);
else if (after !== before) {
  console.error(`docs/openssl-versions.md says something else than the tests found:\n\n${table}`);
  process.exitCode = 1;
}
