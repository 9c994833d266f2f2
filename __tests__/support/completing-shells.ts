import { readFileSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from './program.js';
import { useAnyTerminal } from './terminal.js';

/** Real shells that complete command lines, each with its script installed as the help says. */

export type Shell = 'bash' | 'bash with bash-completion' | 'zsh' | 'fish';

/** Gives what a shell in `cwd`, with `home`, completes each line with: of each word what follows the last = or :, sorted. */
export type Completing = (cwd: string, home: string, lines: readonly string[]) => Promise<string[][]>;

/** The script of a shell, as it was built. */
export function scriptPath(shell: 'bash' | 'zsh' | 'fish'): string {
  return fileURLToPath(new URL(`../../dist/completion/${shell}`, import.meta.url));
}

/** What a key of each terminal does: insert all completions and keep the line; list them; and begin a new one. */
const INSERT = '\x1b*\x18\x02\x15';
const LIST = '\x14\x15';

export function useCompletingShells(): Readonly<Record<Shell, Completing>> {
  const terminal = useAnyTerminal();
  const ask = async (
    cwd: string,
    home: string,
    words: readonly string[],
    lines: readonly string[],
    keys: string,
  ): Promise<string[]> => {
    await writeFile(join(home, 'answers'), '');
    const shell = terminal(cwd, words, { env: { HOME: home, INPUTRC: '/dev/null', ZDOTDIR: home } });
    await shell.sees('ready> ');
    shell.types(`${lines.map((line) => `${line}${keys}`).join('')}exit\n`);
    await shell.ends();
    const answers = (await readFile(join(home, 'answers'), 'utf8')).split('\0').slice(0, -1);
    if (answers.length !== lines.length) throw new Error(`not every line was completed: ${shell.words()}`);
    return answers;
  };
  const bash = async (cwd: string, home: string, lines: readonly string[], setUp: string) => {
    const show = `bind -x '"\\C-x\\C-b": printf "%s\\0" "$READLINE_LINE" >> ~/answers'`;
    await writeFile(join(home, 'bashrc'), `${setUp}\n${show}\nPS1='ready> '\n`);
    const start = ['bash', '--noprofile', '--rcfile', join(home, 'bashrc'), '-i'];
    const answers = await ask(cwd, home, start, lines, INSERT);
    return answers.map((answer, at) => {
      if (answer === lines[at]) return []; // bash rang its bell
      const kept = /^.*[ =:]/.exec(lines[at]!)![0];
      return ends(answer.startsWith(kept) ? answer.slice(kept.length).split(/(?<!\\) /) : [answer]);
    });
  };
  return {
    bash: async (cwd, home, lines) => {
      await cp(scriptPath('bash'), join(home, '.docker-tls-openssl.bash'));
      return bash(cwd, home, lines, '. ~/.docker-tls-openssl.bash');
    },
    'bash with bash-completion': async (cwd, home, lines) => {
      await install('bash', join(home, '.local/share/bash-completion/completions/docker-tls-openssl'));
      return bash(cwd, home, lines, '. /usr/share/bash-completion/bash_completion');
    },
    zsh: async (cwd, home, lines) => {
      await install('zsh', join(home, '.zfunc/_docker-tls-openssl'));
      await writeFile(join(home, '.zshrc'), zshrc);
      const answers = await ask(cwd, home, ['zsh', '-i'], lines, LIST);
      return answers.map((answer) => ends(answer.split('\n')));
    },
    fish: async (cwd, home, lines) => {
      await install('fish', join(home, '.config/fish/completions/docker-tls-openssl.fish'));
      const text = String.raw`for line in $argv; complete -C $line | string replace -r '\t.*' ''; printf '\0'; end`;
      // fish loads no completion of a program that it does not find.
      await writeFile(join(home, 'docker-tls-openssl'), '', { mode: 0o755 });
      const env = { HOME: home, PATH: `${process.env['PATH']!}:${home}` };
      const { stdout } = await command(cwd, 'fish', ['-c', text, ...lines], { env });
      return stdout
        .split('\0')
        .slice(0, -1)
        .map((answer) => ends(answer.split('\n')));
    },
  };
}

async function install(shell: 'bash' | 'zsh' | 'fish', path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await cp(scriptPath(shell), path);
}

function ends(words: readonly string[]): string[] {
  const found = words.map((word) => word.replace(/^.*[=:]/, '').trim()).filter((word) => word !== '');
  return [...new Set(found)].sort();
}

/** zsh lists what it would show to a person, who types on. */
const zshrc = String.raw`
fpath+=~/.zfunc
autoload -Uz compinit
compinit -u -D
list-hits() {
  compadd() {
    if [[ ${'${@[1,(i)(-|--)]}'} != *-(O|A|D)\ * ]]; then
      local -a hits
      builtin compadd -A hits "$@"
      print -rl -- $hits >> ~/answers
    fi
    builtin compadd "$@"
  }
  _main_complete
  unfunction compadd
  printf '\0' >> ~/answers
}
zle -C list-hits list-choices list-hits
bindkey '^T' list-hits
PS1='ready> '
`;

/** The text of a script. */
export function scriptOf(shell: 'bash' | 'zsh' | 'fish'): string {
  return readFileSync(scriptPath(shell), 'utf8');
}
