import { ciphers } from '../../../lib/internal.js';
import { genrsa, genrsaStep } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { chosen, cipher, flag, ofKey, out, passout, secrets, show } from './step.js';

export const command = defineCommand(
  (yargs) =>
    yargs.positional('numbits', { type: 'string', default: '4096', describe: 'Key size in bits' }).options({
      ...out,
      ...passout,
      ...cipher,
      traditional: flag('Write PKCS#1 [default: PKCS#8]'),
      ...ofKey,
    }),
  async (flags, environment) => {
    const { passout } = await secrets(flags, environment);
    const { out, traditional, numbits } = flags;
    return show(
      'step genrsa',
      { out, traditional, bits: numbits, cipher: chosen(ciphers, flags), passout },
      genrsaStep,
      genrsa,
      flags,
      environment,
    );
  },
);
