import { day, moment } from '../../x509/validity.js';
import { call, option, words, type Text } from '../../words.js';
import type { FleetAction, FleetReason } from './fleet-plan.js';

/** Whom a reason is about. */
export interface ReasonOf {
  readonly kind: 'ca' | 'host' | 'client';
  readonly name: string;
  readonly action: FleetAction;
  /** The certificate directory. */
  readonly directory: string;
  /** `servers/NAME`, `clients/NAME`. */
  readonly folder: string;
}

/** Reasons as a sentence, with what to do about them. */
export function reasonWords(reasons: readonly FleetReason[], of: ReasonOf): Text {
  return reasons
    .map((reason) => reasonText(reason, of))
    .reduce<Text>((all, one, at) => (at === 0 ? one : words`${all}; ${one}`), '');
}

function reasonText(reason: FleetReason, of: ReasonOf): Text {
  switch (reason.code) {
    case 'missing':
      return of.kind === 'ca' ? 'there is none yet' : 'it has no certificate yet';
    case 'due':
      return of.kind === 'ca'
        ? words`it expires on ${day(reason.endsOn)}: renew it with \`${call('renewCa', {}, of.directory)}\``
        : `it expires on ${day(reason.endsOn)}`;
    case 'expired':
      return of.kind === 'ca'
        ? words`it expired on ${day(reason.endsOn)}: renew it with \`${call('renewCa', {}, of.directory)}\``
        : `it expired on ${day(reason.endsOn)}`;
    case 'names-changed':
      return namesText(reason);
    case 'key-type-changed':
      return of.action === 'wait'
        ? `its key is ${reason.from}, and the fleet file asks for ${reason.to}: remove the key on the host, and it makes another one`
        : `its key is ${reason.from}, and the fleet file asks for ${reason.to}`;
    case 'other-ca':
      return 'another CA signed it';
    case 'old-ca':
      return 'the old CA signed it, and the roll-over to the new one is not finished';
    case 'roll-over':
      return `a roll-over of the CA is at the step ${reason.stage}: nothing is signed for a ${of.kind} until it has gone on`;
    case 'new-key':
      return 'its CSR is of a new key';
    case 'csr-waiting':
      return 'its CSR has come';
    case 'no-csr':
      return 'its CSR is needed';
    case 'outside-window':
      return words`its maintenance window opens on ${moment(reason.until)}; ${option('ignoreWindow', true)} renews it now`;
    case 'not-in-file':
      return of.action === 'revoke'
        ? 'the fleet file does not name it'
        : words`the fleet file does not name it: ${option('prune', true)} revokes it`;
    case 'revoked':
      return `it was revoked on ${day(reason.at)}: take it out of the fleet file, or move ${of.folder} away to have another one`;
    case 'ca-ends':
      return words`its CA expires on ${day(reason.endsOn)}, and no certificate can outlive its CA: renew the CA first with \`${call('renewCa', {}, of.directory)}\``;
    case 'key-elsewhere':
      return reason.is === 'on-controller'
        ? `its private key is here, and the fleet file wants it on the host: move ${of.folder} away, and the CSR that has come is signed`
        : `its private key is on the host, and the fleet file wants it here: move ${of.folder} away, and another one is made`;
    case 'broken':
      return `${reason.file}: ${reason.why}`;
  }
}

function namesText({ added, removed }: Extract<FleetReason, { code: 'names-changed' }>): string {
  const shown = (names: readonly string[]): string =>
    names.map((name) => name.slice(name.indexOf(':') + 1)).join(', ');
  const texts = [
    ...(added.length > 0 ? [`it lacks ${shown(added)}`] : []),
    ...(removed.length > 0 ? [`the fleet file does not name ${shown(removed)}`] : []),
  ];
  return texts.join(', and ');
}
