import type { FileToPut, OpensslStep } from '../plan/step.js';
import { filesOfCa } from '../set/authorities.js';
import { ATTRIBUTES } from '../set/issued/texts.js';
import { caInfilesStep } from '../steps/ca-infiles.js';
import { fittingDigest } from '../steps/req.js';
import { hexadecimal } from '../x509/der.js';
import type { Serial } from '../x509/serial.js';
import type { Days } from '../x509/validity.js';
import type { ExistingCa } from './recommended.js';

/** CSRs that one `openssl ca` signs: with the same lifetime and the same extensions. */
export interface SigningTogether {
  readonly csrs: readonly string[];
  readonly signer: ExistingCa;
  readonly days: Days;
  /** Of the first certificate; each other has the next number. */
  readonly serial: Serial;
  readonly extfile: string;
  /** The section of `extfile`. */
  readonly extensions: string;
  /** Each takes its subjectAltName from its CSR. Only for CSRs that the plan itself makes. */
  readonly takesNames: boolean;
  /** A directory of its own, for its index, its serial numbers, and the certificates until they are moved. */
  readonly folder: string;
  readonly title: string;
}

/** What signs CSRs together. */
export interface SignedTogether {
  /** To be put before it runs; they are not needed any more when it has run. */
  readonly files: readonly Extract<FileToPut, { readonly content: string }>[];
  readonly sign: OpensslStep;
  /** The certificates, in the order of the CSRs. */
  readonly signed: readonly string[];
}

/** `openssl ca` with an index of its own that is not kept: one process signs all of these CSRs. */
export function signTogether(signing: SigningTogether): SignedTogether {
  const { csrs, signer, days, serial, extfile, extensions, takesNames, folder, title } = signing;
  const [config, database, serials] = [`${folder}/ca.cnf`, `${folder}/index.txt`, `${folder}/serial`];
  const files = [
    { path: config, content: configuration({ folder, database, serials, takesNames }) },
    { path: database, content: '' },
    { path: `${database}.attr`, content: ATTRIBUTES },
    { path: serials, content: `${serial}\n` },
  ];
  const first = BigInt(`0x${serial}`);
  const signs = csrs.map((csr, at) => {
    const own = hexadecimal(first + BigInt(at)) as Serial;
    return { csr, serial: own, writes: `${folder}/${own}.pem`, ...(takesNames && { takesNames }) };
  });
  const sign = caInfilesStep({
    config,
    configured: files.map(({ path }) => path).filter((path) => path !== config),
    signs,
    ca: filesOfCa(signer.ofRole).certificate,
    caKey: signer.keyRef,
    passin: signer.passphrase,
    days,
    digest: fittingDigest(signer),
    extfile,
    extensions,
    title,
  });
  return { files, sign, signed: signs.map(({ writes }) => writes) };
}

interface Configuration extends Pick<SigningTogether, 'folder' | 'takesNames'> {
  readonly database: string;
  readonly serials: string;
}

/** openssl-ca(1), CONFIGURATION FILE OPTIONS. The paths lie where openssl runs. */
function configuration({ folder, database, serials, takesNames }: Configuration): string {
  return `# What openssl ca needs to sign requests.
[ ca ]
default_ca = own

[ own ]
database = ${database}
serial = ${serials}
new_certs_dir = ${folder}
policy = any
copy_extensions = ${takesNames ? 'copy' : 'none'}

# Each subject stays as it is.
[ any ]
`;
}
