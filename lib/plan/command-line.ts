import { hereDocument, shellWord } from '../shell/sh.js';
import { formatAltName } from '../x509/alt-names.js';
import type { Passphrase } from '../x509/passphrase.js';
import type { Arg, OpensslStep, Plan, PutFilesStep, Step } from './step.js';

/** Where a file named in a step lies when the command runs; without one, names are what a person would type. */
export interface Spelling {
  reads(path: string): string;
  writes(path: string): string;
}

/** The words after `openssl`. A passphrase is `fd:3`, the next `fd:4`, …: never the secret. */
export function argv(step: OpensslStep, spelling?: Spelling): string[] {
  let descriptor = 3;
  const words = (arg: Arg): string | string[] => {
    if (typeof arg === 'string') return arg;
    if ('reads' in arg) return spelling ? spelling.reads(arg.reads) : (arg.as ?? arg.reads);
    if ('writes' in arg) return spelling ? spelling.writes(arg.writes) : (arg.as ?? arg.writes);
    if ('token' in arg)
      return arg.access === 'engine'
        ? [arg.token.uri, arg.form, 'engine', '-engine', 'pkcs11']
        : arg.token.uri;
    return `fd:${descriptor++}`;
  };
  return [step.command, ...step.args.flatMap(words)];
}

/** The passphrases of a step, in the order of their descriptors. */
export function passphrasesOf(step: OpensslStep): Passphrase[] {
  return step.args.flatMap((arg) => (typeof arg === 'object' && 'passphrase' in arg ? [arg.passphrase] : []));
}

/** The command as a line that a shell takes: `openssl genrsa -aes256 -passout fd:3 -out ca-key.pem 4096`. */
export function commandLine(step: OpensslStep): string {
  return ['openssl', ...argv(step)].map(shellWord).join(' ');
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
      return contentLines(step.path, step.content);
    case 'echo':
      return [
        `echo ${step.text.split(' ').map(shellWord).join(' ')} ${step.append ? '>>' : '>'} ${shellWord(step.path)}`,
      ];
    case 'make-directory':
      return [`mkdir -p -m 0700 ${shellWord(step.path)}`];
    case 'copy-file':
      return [`cp ${shellWord(step.from)} ${shellWord(step.to)}`];
    case 'concatenate':
      return [`cat ${step.from.map(shellWord).join(' ')} ${step.append ? '>>' : '>'} ${shellWord(step.to)}`];
    case 'put-files':
      return putLines(step);
    case 'set-mode':
      return [
        ...(step.group === undefined ? [] : [`chgrp ${step.group} ${step.paths.map(shellWord).join(' ')}`]),
        `chmod ${step.verbose ? '-v ' : ''}0${step.mode.toString(8)} ${step.paths.map(shellWord).join(' ')}`,
      ];
    case 'remove':
      return [`rm ${step.verbose ? '-v ' : ''}${step.paths.map(shellWord).join(' ')}`];
    case 'check': {
      const names = step.altNames.map(formatAltName).join(' ');
      return [
        `# check ${step.certificate}: a ${step.role === 'ca' ? 'CA' : step.role} of ${step.issuer}${step.key === undefined ? '' : `, key ${step.key}`}${names && `, names ${names}`}`,
      ];
    }
    case 'check-signed':
      return [
        `# check ${step.certificates.map(({ certificate }) => certificate).join(' ')}: each a ${step.role} of ${step.issuer}`,
      ];
    case 'check-crl':
      return [
        `# check ${step.crl}: CRL ${step.number} of ${step.issuer}, ${step.revoked.length} revoked, for ${step.days} days`,
      ];
    case 'record':
      return [`# record in ${step.index}: ${step.certificates.join(' ')}`];
    case 'check-key':
      return [
        `# check ${step.key}: the same key, ${step.passphrase ? 'encrypted with AES-256' : 'unencrypted'}`,
      ];
  }
}

function contentLines(path: string, content: string): string[] {
  if (content === '') return [`: > ${shellWord(path)}`];
  return hereDocument(path, content.replace(/\n$/, '').split('\n'));
}

function putLines({ files }: PutFilesStep): string[] {
  const folders = new Set(files.map(({ path }) => path.replace(/\/?[^/]*$/, '')).filter(Boolean));
  return [
    ...Array.from(folders, (folder) => `mkdir -p -m 0700 ${shellWord(folder)}`),
    ...files.flatMap((file) => {
      if ('content' in file) return contentLines(file.path, file.content);
      const [command, from] = 'moved' in file ? ['mv', file.moved] : ['cp', file.copyOf];
      return [`${command} ${shellWord(from)} ${shellWord(file.path)}`];
    }),
  ];
}
