import { digests } from '../../../lib/internal.js';
import { x509Req, x509ReqStep } from '../../../lib/index.js';
import { defineCommand } from '../../command.js';
import {
  chosen,
  common,
  days,
  digest,
  extensions,
  flag,
  needed,
  out,
  passin,
  secrets,
  serial,
  show,
  text,
} from './step.js';

export const command = defineCommand(
  {
    examples: [
      ['$0 step x509-req --in a.csr --CA ca.pem --CAkey ca-key.pem --out a.pem', 'Sign a CSR'],
      ['$0 step x509-req --in a.csr --CA ca.pem --CAkey ca-key.pem --days 30 --out a.pem', 'For a month'],
    ],
  },
  (yargs) =>
    yargs.options({
      in: needed('CSR file'),
      CA: needed('CA certificate file'),
      CAkey: needed('CA private key file'),
      ...passin,
      ...days,
      ...serial,
      CAserial: text('File with the last serial number of the CA [default: that of --CA with .srl]'),
      CAcreateserial: flag('Create the file of serials if it does not exist'),
      extfile: text('File with the extensions'),
      ...extensions,
      ...digest,
      ...out,
      ...common,
    }),
  async (flags, environment) => {
    const { passin } = await secrets(flags, environment);
    const { CA: ca, CAkey: caKey, out, days, extfile, extensions, set_serial: setSerial } = flags;
    const { CAserial: caSerial, CAcreateserial: caCreateSerial } = flags;
    const options = {
      in: flags.in,
      ca,
      caKey,
      out,
      days,
      extfile,
      extensions,
      setSerial,
      caSerial,
      caCreateSerial,
      digest: chosen(digests, flags),
      passin,
    };
    return show('step x509-req', options, x509ReqStep, x509Req, flags, environment);
  },
);
