import { ciphers } from '../../../lib/internal.js';
import { pkey, pkeyStep } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { chosen, cipher, needed, ofKey, out, passin, passout, secrets, show } from './step.js';

export const command = defineCommand(
  (yargs) =>
    yargs.options({
      in: needed('Private key file to read'),
      ...passin,
      ...out,
      ...passout,
      ...cipher,
      ...ofKey,
    }),
  async (flags, environment) => {
    const { out } = flags;
    return show(
      'step pkey',
      { in: flags.in, out, cipher: chosen(ciphers, flags), ...(await secrets(flags, environment)) },
      pkeyStep,
      pkey,
      flags,
      environment,
    );
  },
);
