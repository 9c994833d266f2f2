import { bashCompletion } from './bash.js';
import { fishCompletion } from './fish.js';
import { manualPages, type Release } from './man.js';
import { readReference, type Reference } from './reference.js';
import { completionShells, type CompletionShell } from './shells.js';
import { zshCompletion } from './zsh.js';

const completions: Readonly<Record<CompletionShell, (template: string, reference: Reference) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/**
 * Makes what the build derives from the commands: the texts of files, by their paths in dist/. `template` reads one of cli/reference/.
 */
export async function derivedFiles(
  template: (name: string) => string,
  release: Release,
): Promise<Record<string, string>> {
  const reference = await readReference();
  const scripts = completionShells.map((shell): readonly [string, string] => [
    `completion/${shell}`,
    completions[shell](template(`completion.${shell}`), reference),
  ]);
  const pages = Object.entries(manualPages(reference, release)).map(
    ([name, page]): readonly [string, string] => [`man/${name}`, page],
  );
  return Object.fromEntries([...scripts, ...pages]);
}
