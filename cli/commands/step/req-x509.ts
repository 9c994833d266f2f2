import { digests } from '../../../lib/internal.js';
import { reqX509, reqX509Step } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import { chosen, common, days, extensions, out, request, secrets, serial, show } from './step.js';

export const command = defineCommand(
  {
    examples: [
      [
        "$0 step req-x509 --key ca-key.pem --subj '/CN=my CA' --days 365 --out my-ca.pem",
        'Create the certificate of a CA for a year',
      ],
    ],
  },
  (yargs) => yargs.options({ ...request, ...days, ...serial, ...extensions, ...out, ...common }),
  async (flags, environment) => {
    const { passin } = await secrets(flags, environment);
    const { key, subj, config, out, days, extensions, set_serial: setSerial } = flags;
    const options = {
      key,
      subj,
      config,
      out,
      days,
      extensions,
      setSerial,
      digest: chosen(digests, flags),
      passin,
    };
    return show('step req-x509', options, reqX509Step, reqX509, flags, environment);
  },
);
