import type { Arg, OpensslStep } from '../plan/step.js';
import type { KeyType } from '../x509/key-type.js';
import { algorithmArgs } from './genpkey.js';
import { nameArgs, type RequestOptions } from './req.js';

/** openssl-req(1) with -newkey: a key that is not encrypted, and its CSR. */
export interface ReqNewkeyOptions extends Omit<RequestOptions, 'key' | 'passin'> {
  /** Any but RSA: before 3.0, `genrsa` writes such a key in another form than `req`. */
  readonly algorithm: Exclude<KeyType, { readonly algorithm: 'rsa' }>;
  /** The file for the private key. */
  readonly keyout: string;
  /** The file for the CSR. */
  readonly out: string;
}

/** `openssl req -new -newkey EC -pkeyopt … -nodes -config CNF -keyout KEY -out OUT` as a value: one openssl for both files. */
export function reqNewkeyStep(options: ReqNewkeyOptions): OpensslStep {
  const { algorithm, keyout, out, title = `private key and certificate signing request ${out}` } = options;
  const args: Arg[] = [
    '-new',
    '-newkey',
    ...algorithmArgs(algorithm),
    '-nodes',
    ...nameArgs(options),
    '-keyout',
    { writes: keyout, product: 'private-key' },
    '-out',
    { writes: out, product: 'csr' },
  ];
  return {
    kind: 'openssl',
    title,
    command: 'req',
    args,
    needs: algorithm.algorithm === 'ec' ? 'ec-keys' : 'ed25519',
  };
}
