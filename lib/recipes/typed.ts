import { InputError } from '../errors.js';
import type { Arg, OpensslCommand, OpensslStep, Product, Step } from '../plan/step.js';
import { serialFileOf } from '../steps/x509-req.js';
import { Passphrase } from '../x509/passphrase.js';

/** What stands in a line where the text has its reader's own: a word (blanks and all), or a passphrase. */
type Filling = string | Passphrase;

/**
 * A line of a tutorial as it is typed there, as a step: typed`openssl genrsa -out ${name} 4096`. The flags say which
 * files are read and which are written. Takes openssl, echo, mkdir, cp, chmod and rm: what the tutorials use. Errors:
 * `ERR_INPUT` for another program, or another command of openssl.
 */
export function typed(line: TemplateStringsArray, ...fillings: readonly Filling[]): Step {
  const [program, ...words] = split(line.raw, fillings);
  const [first, ...rest] = words;
  switch (program) {
    case 'openssl':
      return opensslLine(commandOf(first), rest);
    case 'echo': {
      const [redirection, path] = texts(words).slice(-2);
      const text = texts(words).slice(0, -2).join(' ');
      return { kind: 'echo', path: path ?? '', text, append: redirection === '>>' };
    }
    case 'mkdir':
      return { kind: 'make-directory', path: texts(rest).join() };
    case 'cp':
      return { kind: 'copy-file', from: texts(words)[0] ?? '', to: texts(words)[1] ?? '' };
    case 'chmod': {
      const [mode = '', ...paths] = texts(words).filter((word) => word !== '-v');
      return { kind: 'set-mode', mode: parseInt(mode, 8), paths, verbose: words.includes('-v') };
    }
    case 'rm':
      return {
        kind: 'remove',
        paths: texts(words).filter((word) => word !== '-v'),
        verbose: words.includes('-v'),
      };
    default:
      throw new InputError('line', `a tutorial's line begins with ${String(program)}`, {
        hint: 'it can begin with openssl, echo, mkdir, cp, chmod or rm',
      });
  }
}

/** At blanks; a filling is never split. */
function split(raw: readonly string[], fillings: readonly Filling[]): Filling[] {
  const marked = raw.reduce((text, part, at) => `${text}\0${at - 1}\0${part}`);
  return marked
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => {
      const whole = /^\0(\d+)\0$/.exec(word);
      if (whole) return fillings[Number(whole[1])] ?? '';
      return word.replace(/\0(\d+)\0/g, (_, at: string) => String(fillings[Number(at)]));
    });
}

function texts(words: readonly Filling[]): string[] {
  return words.map((word) => {
    if (word instanceof Passphrase) throw new TypeError('only openssl is given a passphrase');
    return word;
  });
}

const commands: readonly OpensslCommand[] = ['genrsa', 'genpkey', 'req', 'x509', 'rsa', 'pkey', 'verify'];

function commandOf(word: Filling | undefined): OpensslCommand {
  const command = commands.find((one) => one === word);
  if (command) return command;
  throw new InputError('line', `a tutorial's line has openssl ${String(word)}`, {
    hint: `openssl's command can be ${commands.join(', ')}`,
  });
}

const readBy = new Set(['-in', '-key', '-signkey', '-CA', '-CAkey', '-extfile', '-config']);
const writtenBy = new Set(['-out', '-keyout']);

function opensslLine(command: OpensslCommand, words: readonly Filling[]): OpensslStep {
  const product = productOf(command, words);
  const args = words.flatMap((word, at): Arg[] => {
    const flag = words[at - 1];
    if (word instanceof Passphrase) return [{ passphrase: word }];
    if (typeof flag !== 'string') return [word];
    if (readBy.has(flag)) return [{ reads: word }];
    if (writtenBy.has(flag)) return [{ writes: word, product: flag === '-keyout' ? 'private-key' : product }];
    // openssl takes the bytes of -subj for Latin-1 unless it is told.
    return flag === '-subj' && /[^\x20-\x7e]/.test(word) ? [word, '-utf8'] : [word];
  });
  const after = (flag: string): string => String(words[words.indexOf(flag) + 1] ?? '');
  const updates = !words.includes('-CA')
    ? []
    : [words.includes('-CAserial') ? after('-CAserial') : serialFileOf(after('-CA'))];
  return {
    kind: 'openssl',
    title: title(command, product, after('-out'), words),
    command,
    args,
    ...(updates.length > 0 ? { updates } : {}),
  };
}

function productOf(command: OpensslCommand, words: readonly Filling[]): Product {
  if (command === 'x509') return 'certificate';
  if (command === 'req') return words.includes('-x509') ? 'certificate' : 'csr';
  return 'private-key';
}

function title(command: OpensslCommand, product: Product, out: string, words: readonly Filling[]): string {
  if (command === 'rsa') return `private key ${out} without its passphrase`;
  if (words.includes('-keyout'))
    return `private key and ${product === 'csr' ? 'certificate signing request' : 'self-signed certificate'} ${out}`;
  if (product === 'csr') return `certificate signing request ${out}`;
  return product === 'private-key'
    ? `private key ${out}`
    : `${words.includes('-x509') ? 'self-signed ' : ''}certificate ${out}`;
}
