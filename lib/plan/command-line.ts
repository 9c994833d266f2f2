import { formatAltName } from '../x509/alt-names.js';
import type { Passphrase } from '../x509/passphrase.js';
import type { Arg, OpensslStep, Plan, Step } from './step.js';

/** How a file named in a step is spelled on a command line. */
export interface Spelling {
  reads(path: string): string;
  writes(path: string): string;
}

/** The names as they stand in the step: what a person would type in the certificate directory. */
const asWritten: Spelling = { reads: (path) => path, writes: (path) => path };

/** The words after `openssl`. A passphrase is `fd:3`, the next `fd:4`, …: never the secret. */
export function argv(step: OpensslStep, spelling: Spelling = asWritten): string[] {
  let descriptor = 3;
  const word = (arg: Arg): string => {
    if (typeof arg === 'string') return arg;
    if ('reads' in arg) return spelling.reads(arg.reads);
    if ('writes' in arg) return spelling.writes(arg.writes);
    return `fd:${descriptor++}`;
  };
  return [step.command, ...step.args.map(word)];
}

/** The passphrases of a step, in the order of their descriptors. */
export function passphrasesOf(step: OpensslStep): Passphrase[] {
  return step.args.flatMap((arg) => (typeof arg === 'object' && 'passphrase' in arg ? [arg.passphrase] : []));
}

/** The command as a line that a shell takes: `openssl genrsa -aes256 -passout fd:3 -out ca-key.pem 4096`. */
export function commandLine(step: OpensslStep): string {
  return ['openssl', ...argv(step)].map(shellWord).join(' ');
}

/** A word as a POSIX shell takes it: plain where that is safe, else in single quotes. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A plan as a person would type it: the exact commands, in order; a check of ours stands as a comment. */
export function planLines(plan: Pick<Plan, 'steps'>): string[] {
  return plan.steps.flatMap(stepLines);
}

/** One step as lines of shell. */
export function stepLines(step: Step): string[] {
  switch (step.kind) {
    case 'openssl':
      return [commandLine(step)];
    case 'write-file':
      return [`cat > ${shellWord(step.path)} <<'EOF'`, ...step.content.replace(/\n$/, '').split('\n'), 'EOF'];
    case 'make-directory':
      return [`mkdir -p -m 0700 ${shellWord(step.path)}`];
    case 'copy-file':
      return [`cp ${shellWord(step.from)} ${shellWord(step.to)}`];
    case 'set-mode':
      return [`chmod 0${step.mode.toString(8)} ${step.paths.map(shellWord).join(' ')}`];
    case 'remove':
      return [`rm ${step.paths.map(shellWord).join(' ')}`];
    case 'check': {
      const names = step.altNames.map(formatAltName).join(' ');
      return [
        `# check ${step.certificate}: a ${step.role === 'ca' ? 'CA' : step.role} of ${step.issuer}, key ${step.key}${names && `, names ${names}`}`,
      ];
    }
  }
}
