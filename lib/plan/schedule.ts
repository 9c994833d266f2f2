import type { TokenKey } from '../x509/key-ref.js';
import type { Arg, FileToPut, OpensslStep, Plan, Product, Step } from './step.js';

/** The files a step reads. */
export function readsOf(step: Step): string[] {
  switch (step.kind) {
    case 'openssl':
      return [
        ...step.args.flatMap((arg) => (typeof arg === 'object' && 'reads' in arg ? [arg.reads] : [])),
        ...(step.alsoReads ?? []),
      ];
    case 'copy-file':
      return [step.from];
    case 'put-files':
      return step.files.flatMap((file) => takenBy(file) ?? []);
    case 'concatenate':
      return step.append ? [step.to, ...step.from] : [...step.from];
    case 'check':
      return [step.certificate, step.key, step.issuer, step.publicKeyOf, step.like].filter(
        (path) => path !== undefined,
      );
    case 'check-signed':
      return [
        ...step.certificates.flatMap((one) =>
          'key' in one ? [one.certificate, one.key] : [one.certificate],
        ),
        step.issuer,
      ];
    case 'check-key':
      return [step.key];
    case 'check-crl':
      return [step.crl, step.issuer];
    case 'record':
      return [...step.certificates];
    case 'write-file':
    case 'echo':
    case 'make-directory':
    case 'set-mode':
    case 'remove':
      return [];
  }
}

/** The files a step makes, changes or removes. */
export function writesOf(step: Step): string[] {
  switch (step.kind) {
    case 'openssl':
      return [...outputsOf(step).map(({ writes }) => writes), ...(step.updates ?? [])];
    case 'write-file':
    case 'echo':
    case 'make-directory':
      return [step.path];
    case 'copy-file':
    case 'concatenate':
      return [step.to];
    case 'put-files':
      return step.files.flatMap((file) => ('moved' in file ? [file.path, file.moved] : [file.path]));
    case 'record':
      return [step.index, step.records];
    case 'set-mode':
    case 'remove':
      return [...step.paths];
    case 'check':
    case 'check-signed':
    case 'check-key':
    case 'check-crl':
      return [];
  }
}

/** What a file is copied from, or moved from. */
function takenBy(file: FileToPut): string | undefined {
  return 'copyOf' in file ? file.copyOf : 'moved' in file ? file.moved : undefined;
}

/** Whether a step writes a private key, for however short a time. */
export function writesKey(step: Step): boolean {
  if (step.kind === 'copy-file') return holdsKey(step.product);
  return step.kind === 'openssl' && outputsOf(step).some(({ product }) => holdsKey(product));
}

/** The key in a token that a step uses. */
export function tokenOf(step: Step): TokenKey | undefined {
  if (step.kind !== 'openssl') return undefined;
  return step.args.flatMap((arg) => (typeof arg === 'object' && 'token' in arg ? [arg.token] : []))[0];
}

/** The files that an openssl command writes by its arguments, and the certificates that `ca` signs. */
export function outputsOf(step: OpensslStep): Extract<Arg, { writes: string }>[] {
  const named = step.args.filter((arg) => typeof arg === 'object' && 'writes' in arg);
  const signed = step.signs?.map(({ writes }) => ({ writes, product: 'certificate' }) as const);
  return signed ? [...named, ...signed] : named;
}

/**
 * For each step the earlier steps that must be done before it: those that write what it reads, and those that read or
 * write what it writes. All that is not ordered by a file may run side by side. A step that others wait for is not named
 * again behind them, so that the list grows with the plan and not with its square. Steps that use a key in a token run
 * one after the other.
 */
export function dependencies(steps: readonly Step[]): number[][] {
  const writers = new Map<string, number>();
  /** Since it was last written. */
  const readers = new Map<string, number[]>();
  let checked: number | undefined;
  let login: number | undefined;
  let running: number[] = [];
  return steps.map((step, index) => {
    const before = new Set<number | undefined>();
    const [reads, writes] = [new Set(readsOf(step)), new Set(writesOf(step))];
    for (const path of reads) before.add(writers.get(path));
    for (const path of writes) {
      before.add(writers.get(path));
      for (const each of readers.get(path) ?? []) before.add(each);
      for (const directory of above(path)) before.add(writers.get(directory));
    }
    // A check looks at what will be there in the end, and no openssl is at work on it any more.
    if (step.kind === 'check' || step.kind === 'check-signed') {
      for (const each of [checked, ...running]) before.add(each);
      [checked, running] = [index, []];
    }
    if (step.kind === 'record') before.add(checked); // what was checked is recorded
    if (step.kind === 'openssl') running.push(index);
    if (tokenOf(step)) {
      // A wrong PIN is tried once, for a few lock a token; and SoftHSM may not find a token while another process logs into it.
      before.add(login);
      login = index;
    }
    for (const path of reads) {
      const others = readers.get(path);
      if (others) others.push(index);
      else readers.set(path, [index]);
    }
    for (const path of writes) {
      writers.set(path, index);
      readers.delete(path);
      // It makes the directories that are not there yet.
      if (step.kind !== 'put-files') continue;
      for (const directory of above(path)) if (!writers.has(directory)) writers.set(directory, index);
    }
    before.delete(undefined);
    return ([...before] as number[]).sort((a, b) => a - b);
  });
}

/** The directories that a path lies in, as it spells them. */
function above(path: string): string[] {
  const directories: string[] = [];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
    directories.push(path.slice(0, end));
  return directories;
}

/** A file that a plan leaves in the certificate directory. */
export interface Artifact {
  readonly path: string;
  readonly product: Product | 'file';
  readonly mode: number;
}

/**
 * What is left when a plan is done: all that its steps write, less what they remove, with the mode that the last
 * set-mode step gives, or openssl's own (0600 for what holds a private key, 0644 for the rest) whatever the umask.
 */
export function artifactsOf(plan: Pick<Plan, 'steps'>): Artifact[] {
  const left = new Map<string, Artifact>();
  for (const step of plan.steps) {
    switch (step.kind) {
      case 'openssl':
        for (const { writes: path, product = 'file' } of outputsOf(step)) {
          left.set(path, { path, product, mode: ownMode(product) });
        }
        for (const path of step.updates ?? []) left.set(path, { path, product: 'file', mode: 0o644 });
        break;
      case 'write-file':
      case 'echo':
        left.set(step.path, { path: step.path, product: 'file', mode: 0o644 });
        break;
      case 'copy-file': {
        const product = step.product ?? left.get(step.from)?.product ?? 'certificate';
        left.set(step.to, { path: step.to, product, mode: ownMode(product) });
        break;
      }
      case 'record':
        for (const path of writesOf(step)) left.set(path, { path, product: 'file', mode: 0o600 });
        break;
      case 'put-files':
        for (const file of step.files) {
          const from = takenBy(file);
          const product = from === undefined ? 'file' : (left.get(from)?.product ?? 'certificate');
          if ('moved' in file) left.delete(file.moved);
          left.set(file.path, { path: file.path, product, mode: ownMode(product) });
        }
        break;
      case 'concatenate':
        left.set(step.to, { path: step.to, product: 'certificate', mode: ownMode('certificate') });
        break;
      case 'set-mode':
        for (const path of step.paths) {
          const artifact = left.get(path);
          if (artifact) left.set(path, { ...artifact, mode: step.mode });
        }
        break;
      case 'remove':
        for (const path of step.paths) left.delete(path);
        break;
      case 'make-directory':
      case 'check':
      case 'check-signed':
      case 'check-key':
      case 'check-crl':
        break;
    }
  }
  return [...left.values()];
}

function ownMode(product: Artifact['product']): number {
  return holdsKey(product) ? 0o600 : 0o644;
}

function holdsKey(product: Artifact['product'] | undefined): boolean {
  return product === 'private-key' || product === 'pkcs12';
}

/** The files that must be there before the plan runs: read by a step, and written by none before it. */
export function inputsOf(plan: Pick<Plan, 'steps'>): string[] {
  const written = new Set<string>();
  const inputs = new Set<string>();
  for (const step of plan.steps) {
    for (const path of readsOf(step)) if (!written.has(path)) inputs.add(path);
    for (const path of writesOf(step)) written.add(path);
  }
  return [...inputs];
}
