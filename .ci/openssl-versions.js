// Compares what the tests found with each OpenSSL, in OPENSSL_MATRIX_RESULTS, with the table of docs/openssl-versions.md:
// the columns of the versions that were run. UPDATE_DOCS=1 writes the table, and needs all of them.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.OPENSSL_MATRIX_RESULTS;
const page = new URL('../docs/openssl-versions.md', import.meta.url);
const before = readFileSync(page, 'utf8');
const place = /<!-- matrix -->([\s\S]*)<!-- \/matrix -->/;
const [, stands] = place.exec(before) ?? [];
if (stands === undefined) throw new Error('docs/openssl-versions.md has no place for the table');

const versions = readdirSync(folder)
  .map((file) => file.replace(/\.json$/, ''))
  .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
/** By version, by recipe: the verdict, then what is to be noted. */
const found = new Map(
  versions.map((version) => [version, JSON.parse(readFileSync(join(folder, `${version}.json`), 'utf8'))]),
);
const row = (cells) => `| ${cells.join(' | ')} |`;

/** The table of all that was found. */
function table() {
  const results = [...found.values()];
  const notes = [
    ...new Set(results.flatMap((one) => Object.values(one).flatMap(([, ...rest]) => rest))),
  ].sort();
  const cell = ([verdict, ...rest] = ['not run']) => {
    const numbers = rest.map((note) => notes.indexOf(note) + 1).sort((one, other) => one - other);
    return numbers.length > 0 ? `${verdict} (${numbers.join(', ')})` : verdict;
  };
  const recipes = [...new Set(results.flatMap(Object.keys))].sort();
  return [
    row(['recipe', ...versions]),
    row(['---', ...versions.map(() => '---')]),
    ...recipes.map((recipe) => row([`\`${recipe}\``, ...results.map((one) => cell(one[recipe]))])),
    '',
    ...notes.map((note, at) => `${at + 1}. ${note}`),
  ].join('\n');
}

/** What the page says, in the form of what was found. */
function told() {
  const notes = [...stands.matchAll(/^\d+\. (.*)$/gm)].map(([, note]) => note);
  const [head, , ...rows] = [...stands.matchAll(/^\| (.*) \|$/gm)].map(([, line]) => line.split(' | '));
  return new Map(
    head.slice(1).map((version, column) => [
      version,
      Object.fromEntries(
        rows.map(([recipe, ...cells]) => {
          const [, verdict, numbers = ''] = /^(.*?)(?: \((.*)\))?$/.exec(cells[column]);
          const noted = numbers.split(', ').filter(Boolean);
          return [recipe.replaceAll('`', ''), [verdict, ...noted.map((number) => notes[number - 1])]];
        }),
      ),
    ]),
  );
}

const inOrder = (one) =>
  JSON.stringify(
    Object.entries(one ?? {})
      .map(([recipe, [verdict, ...notes]]) => [recipe, verdict, ...notes.sort()])
      .sort(),
  );

if (process.env.UPDATE_DOCS === '1') {
  const missing = [...told().keys()].filter((version) => !found.has(version));
  if (missing.length > 0) throw new Error(`no result of ${missing.join(', ')}`);
  writeFileSync(
    page,
    before.replace(place, () => `<!-- matrix -->\n\n${table()}\n\n<!-- /matrix -->`),
  );
} else {
  const page = told();
  const wrong = versions.filter((version) => inOrder(found.get(version)) !== inOrder(page.get(version)));
  for (const version of wrong)
    console.error(
      `docs/openssl-versions.md is wrong about ${version}; the tests found: ${inOrder(found.get(version))}`,
    );
  if (wrong.length > 0 || versions.length === 0) process.exitCode = 1;
}
