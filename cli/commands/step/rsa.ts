import { ciphers } from '../../../lib/internal.js';
import { rsa, rsaStep } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { chosen, cipher, flag, needed, ofKey, out, passin, passout, secrets, show } from './step.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 step rsa --in rsa-key.pem --out plain.pem --traditional', 'Rewrite a key as PKCS#1'],
      ['$0 step rsa --in rsa-key.pem --out secret.pem --aes256 --passout file:ca.pass', 'Encrypt a key'],
    ],
  },
  (yargs) =>
    yargs.options({
      in: needed('Private key file to read'),
      ...passin,
      ...out,
      ...passout,
      ...cipher,
      traditional: flag('Write PKCS#1 [default: PKCS#8]'),
      ...ofKey,
    }),
  async (flags, environment) => {
    const { out, traditional } = flags;
    return show(
      'step rsa',
      {
        in: flags.in,
        out,
        traditional,
        cipher: chosen(ciphers, flags),
        ...(await secrets(flags, environment)),
      },
      rsaStep,
      rsa,
      flags,
      environment,
    );
  },
);
