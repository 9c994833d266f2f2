import type { Step } from '../plan/step.js';
import { caFiles } from '../set/layout.js';
import { fittingDigest, reqStep } from '../steps/req.js';
import { verifyStep } from '../steps/verify.js';
import { x509ReqStep } from '../steps/x509-req.js';
import { chainCaSteps, chainFiles, writeAboveSteps, type ParentChain } from './chain.js';
import type { KeyRef } from '../x509/key-ref.js';
import type { KeyKind, KeyType } from '../x509/key-type.js';
import type { Passphrase } from '../x509/passphrase.js';
import type { Serial } from '../x509/serial.js';
import type { Days } from '../x509/validity.js';

/** The CA that signs a new one: it lies in a directory of its own. */
export interface ParentCa extends KeyKind, ParentChain {
  /** Its certificate's file, absolute. */
  readonly path: string;
  readonly keyRef: KeyRef;
  readonly passphrase: Passphrase | undefined;
}

/** What a parent signs with, and for how long. */
export interface SignedByParent {
  readonly parent: ParentCa;
  readonly days: Days;
}

/** What its parent signs for. */
interface SignedCa {
  readonly keyRef: KeyRef;
  readonly key: KeyType | undefined;
  readonly passphrase: Passphrase | undefined;
  readonly days: Days;
  readonly serial: Serial;
}

interface IntermediateCaSteps {
  readonly make: readonly Step[];
  readonly check: readonly Step[];
  readonly scaffolding: readonly string[];
  /** The file that begins with the parent's certificate. */
  readonly issuer: string;
}

const csr = 'ca.csr';

/** The steps that differ for a CA that another one signs: a CSR, the parent's signature, and the CAs above behind the certificate. */
export function intermediateCaSteps(
  { keyRef, key, passphrase, days, serial }: SignedCa,
  parent: ParentCa,
  config: string,
): IntermediateCaSteps {
  const { certificate } = caFiles;
  const { root, between } = chainFiles;
  const hasBetween = parent.between.length > 0;
  return {
    make: [
      ...writeAboveSteps(parent),
      reqStep({
        key: keyRef,
        passin: passphrase,
        config,
        digest: key && fittingDigest(key),
        out: csr,
        title: 'certificate signing request of the CA',
      }),
      x509ReqStep({
        in: csr,
        ca: parent.path,
        caKey: parent.keyRef,
        passin: parent.passphrase,
        days,
        setSerial: serial,
        digest: fittingDigest(parent),
        extfile: config,
        extensions: 'v3_ca',
        out: certificate,
        title: 'certificate of the CA, signed by its parent',
      }),
      ...chainCaSteps(parent),
    ],
    check: [
      verifyStep({
        in: certificate,
        caFile: root,
        ...(hasBetween ? { untrusted: between } : {}),
        title: 'verification of the CA',
      }),
    ],
    issuer: hasBetween ? between : root,
    scaffolding: [csr],
  };
}
